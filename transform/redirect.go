package transform

import (
	"maps"
	"strings"
	"sync/atomic"

	"chartlift/mappings"
)

// Survivor is the Patient that stands for another one. It counts the references that were led to it.
type Survivor struct {
	ID   string
	refs atomic.Int64
}

// References returns how many references were led to the survivor instead of the other Patient.
func (s *Survivor) References() int64 { return s.refs.Load() }

// Count takes down a reference that was led to the survivor elsewhere.
func (s *Survivor) Count() { s.refs.Add(1) }

// Redirect makes references to these Patients, by id, lead to the ones that stand for them. It is said between two passes,
// when all of the survivors are accepted.
func (e *Engine) Redirect(to map[string]*Survivor) { e.survivors = to }

// Rehearsal returns an engine that makes the same resources, but trusts that whatever refers to maps that are not done
// will resolve; its resources have Key and Updated.
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

// patientReference begins the text of a reference to a Patient that a mapping writes out.
const patientReference = "Patient/"

// writtenReference leads the text of a reference that the mapping writes by itself, { reference: "Patient/${ID}" }, to the survivor.
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
		s := engine.survivors[strings.TrimSuffix(id, `"`)]
		if s == nil {
			return out
		}
		s.refs.Add(1)
		w.back(start)
		w.buf = append(append(append(w.buf, `"`+patientReference...), s.ID...), '"')
		return out
	}
}
