package transform

import (
	"maps"
	"strings"
	"sync/atomic"

	"chartlift/mappings"
)

// Survivor is the resource that stands for another one. It counts the
// references that were led to it.
type Survivor struct {
	ID   string
	refs atomic.Int64
}

// References returns how many references were led to the survivor instead of
// the other one.
func (s *Survivor) References() int64 { return s.refs.Load() }

// Count takes down a reference that was led to the survivor elsewhere.
func (s *Survivor) Count() { s.refs.Add(1) }

// Redirect makes references to these resources of a type, by id, lead to the
// ones that stand for them, beside those that it was told before. It is said
// between two passes, when all of the survivors are accepted or will be.
func (e *Engine) Redirect(resource string, to map[string]*Survivor) {
	if e.survivors == nil {
		e.survivors = map[string]map[string]*Survivor{}
	}
	if e.survivors[resource] == nil {
		e.survivors[resource] = map[string]*Survivor{}
	}
	maps.Copy(e.survivors[resource], to)
}

// count takes down a reference that was led to a survivor. A rehearsal's are
// not counted: the run makes them once more.
func (e *Engine) count(s *Survivor) {
	if !e.rehearsal {
		s.refs.Add(1)
	}
}

// lead counts a reference that the row at hand leads to a survivor: it is to be
// counted in every row.
func (w *Worker) lead(s *Survivor) {
	w.effects++
	w.b.engine.count(s)
}

// Rehearsal returns an engine that makes the same resources, but trusts that
// whatever refers to maps that are not done will resolve; its resources have
// Key and Updated.
func (e *Engine) Rehearsal(done func(*mappings.Map) bool) *Engine {
	r := *e
	r.rehearsal, r.trusted = true, maps.Clone(e.trusted)
	for _, m := range e.prog.Maps {
		if !done(m) {
			r.TrustIn(m)
		}
	}
	return &r
}

// patientReference begins the text of a reference to a Patient that a mapping
// writes out.
const patientReference = "Patient/"

// writtenReference leads the text of a reference that the mapping writes by
// itself, { reference: "Patient/${ID}" }, to the survivor.
func (b *binder) writtenReference(r *mappings.Rule, write writer) writer {
	if r.Name != "reference" || r.Type != "string" || r.Element == nil {
		return write
	}
	engine := b.binding.engine
	return func(w *Worker) written {
		start := len(w.buf)
		out := write(w)
		if out == nothing || engine.survivors == nil {
			return out
		}
		id, ok := strings.CutPrefix(string(w.buf[start:]), `"`+patientReference)
		if !ok {
			return out
		}
		s := engine.survivors["Patient"][strings.TrimSuffix(id, `"`)]
		if s == nil {
			return out
		}
		engine.count(s)
		w.back(start)
		w.buf = append(append(append(w.buf, `"`+patientReference...), s.ID...), '"')
		return out
	}
}
