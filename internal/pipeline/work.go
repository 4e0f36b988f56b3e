package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/validate/plausible"
)

// mapper is one worker's tools.
type mapper struct {
	t      *table
	worker *transform.Worker
	in     *Input
	origin issue.Origin // of the row at hand, for a panic's message
	code   string       // of the first error that the validator found
	found  issue.Reporter
	issues []issue.Issue            // of the resource at hand
	shapes map[uint64][]issue.Issue // of resources that are valid: what the validator has to say of them all the same
	reads  map[*mappings.Map]bool   // whether a profile of the map looks at values that the shape leaves out
	last   struct {                 // what reads says of the last map that was asked for
		of    *mappings.Map
		reads bool
	}
	built  []transform.Built // of the batch at hand
	said   []remark          // of the batch at hand
	filled *support          // of what profiles must support
	likely *plausible.Worker // nil where nobody asks what is hardly true

	waiting []waiting     // to be weighed
	members []fhir.Member // of what waits

	marks  []byte // of the batch at hand, for who asks so later
	marked []int  // where those of each row end
}

// mapper returns the tools of one more worker.
func (t *table) mapper() *mapper {
	m := &mapper{t: t, shapes: map[uint64][]issue.Issue{}, filled: newSupport(), reads: map[*mappings.Map]bool{}}
	m.found = m.finding
	if t.Plausible != nil && t.rehearsal == nil {
		m.likely = t.Plausible.Worker(m.say)
	}
	m.worker = t.binding.Worker(transform.Hooks{
		Report: m.report,
		Unmapped: func(x *mappings.Crosswalk, code, display string) {
			if t.silent {
				return
			}
			t.told.UnmappedCode(x.Name, x.SourceSystem, code, display, 1)
		},
	})
	return m
}

// work maps and validates batches until todo is closed.
func (t *table) work(ctx context.Context, todo <-chan work, done chan<- product) error {
	m := t.mapper()
	defer func() { t.used(m.worker, m.filled) }()
	for {
		var w work
		var more bool
		select {
		case w, more = <-todo:
		case <-ctx.Done(): // another worker failed, and the reader may be waiting for its batch
			return ctx.Err()
		}
		if !more {
			return nil
		}
		p, err := m.batch(w)
		if err != nil {
			return err
		}
		if err := pass(ctx, done, p); err != nil {
			return err
		}
	}
}

// used writes down what rules and crosswalks came to in a worker's hands.
func (t *table) used(w *transform.Worker, filled *support) {
	if t.silent {
		return
	}
	filled.each(t.told.MustSupport)
	rules, codes := w.Usage()
	for _, u := range rules {
		t.told.RuleUse(u.Address(), u.Rule.Pos.String(), u.N)
	}
	for _, u := range w.Fields() {
		f := reports.Field{Table: t.def.Source.Name, Column: u.Column, Element: u.Element}
		switch {
		case u.Rule != nil:
			f.Rule = u.Rule.Address
		case u.Viewed:
			f.Rule = reports.ByView + strings.Join(t.def.Source.ReadBy, ",")
		}
		t.told.FieldUse(f, reports.FieldCounts{Rows: u.Rows, Filled: u.Filled, Made: u.Made, Lost: u.Lost})
	}
	for _, u := range codes {
		if !u.Crosswalk.Silent {
			t.told.CrosswalkUse(u.Crosswalk.Name, u.Equivalence, u.N)
		}
	}
}

// batch makes the product of one piece of work. A panic becomes an error that
// names the row.
func (m *mapper) batch(w work) (p product, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: a fault of this program, please report it: %v\n%s", m.origin, v, debug.Stack())
		}
	}()
	old := m.t.leftover()
	m.built, m.said = old.built, old.said // the batch takes them with it
	if w.shelved != nil {
		return m.unshelve(w, old)
	}
	p = product{work: w}
	if w.groups != nil {
		p.rows = make([]outcome, len(w.groups))
		for i, g := range w.groups {
			m.at(&g[0].Origin)
			p.rows[i].Row = m.worker.Group(w.index, g)
			m.keep(&p.rows[i], &g[0].Origin)
		}
		m.weighAll()
		p.said = m.said
		return p, m.worker.Err()
	}
	p.rows = slices.Grow(old.rows, len(w.batch.Records))[:len(w.batch.Records)]
	m.marks, m.marked = m.marks[:0], m.marked[:0]
	m.worker.Ahead(w.batch.Records)
	for i := range w.batch.Records {
		m.row(w, i, &p.rows[i])
		m.marked = append(m.marked, len(m.marks))
	}
	m.weighAll()
	p.built, p.said = m.built, m.said
	m.mark(p.rows)
	return p, m.worker.Err()
}

// mark hands out the marks of a batch.
func (m *mapper) mark(rows []outcome) {
	if len(m.marks) == 0 {
		return
	}
	all, from := string(m.marks), 0
	for i, to := range m.marked {
		rows[i].marks, from = all[from:to], to
	}
}

// at says which row is at hand. Nearly always it comes from the same table of
// the same file as the one before.
func (m *mapper) at(o *issue.Origin) {
	if m.in == nil || o.Source != m.origin.Source || o.Table != m.origin.Table {
		m.in = m.t.input(*o)
	}
	m.origin = *o
}

// row maps one record, unless it duplicates another. out is as it is made.
func (m *mapper) row(w work, i int, out *outcome) {
	rec := &w.batch.Records[i]
	m.at(&rec.Origin)
	if w.twins == nil || w.twins[i].verdict == transform.Unique {
		out.Row = m.worker.Row(rec)
		m.keep(out, &rec.Origin)
		return
	}
	if w.twins[i].verdict == transform.Conflict {
		m.report(issue.Issue{
			Severity: issue.Error, Code: "duplicate-key", Type: "duplicate", Rule: m.t.def.Source.Name, Origin: rec.Origin,
			Message: "row " + strconv.FormatInt(w.twins[i].other, 10) + " has the same key but other values; extend the key, or say in the mapping which one counts: dedupe: { on: [KEY], keep: last }",
		})
		out.Rejected = "duplicate-key"
	}
}

// keep validates what was made of a row and takes it out of the worker's
// buffers.
func (m *mapper) keep(out *outcome, origin *issue.Origin) {
	out.Groups = slices.Clone(out.Groups)
	start := len(m.built)
	for i := range out.Built {
		b := &out.Built[i]
		if m.valid(b) {
			m.weigh(b, origin)
			b.Members = nil // the worker's buffer
			m.built = append(m.built, *b)
			continue
		}
		out.invalid = append(out.invalid, b.Resource.Type)
		if out.Rejected == "" {
			out.Rejected = m.code
		}
	}
	if m.t.rehearsal == nil {
		m.worker.Provenances(m.built[start:])
		m.provable(m.built[start:])
	}
	out.built, out.Built = m.built[start:len(m.built):len(m.built)], nil
}

// maxShapes bounds the shapes that a worker remembers. Tables have dozens to
// thousands.
const maxShapes = 1 << 14

// valid reports whether the resource may be delivered. One that differs from an
// earlier one only in values that are right by themselves is not checked again.
func (m *mapper) valid(b *transform.Built) bool {
	m.code, m.issues = "", m.issues[:0]
	shaped := b.Shape != 0 && !m.readsValues(b.Map) && !m.t.Policy.CheckAll // others of its shape will not be looked at
	if said, known := m.shapes[b.Shape]; known && shaped {
		for _, i := range said {
			i.Origin = m.origin
			m.finding(i)
		}
		m.filled.again(b.Shape)
		return true
	}
	b.Piece.Keep() // what the validator says, and what it remembers, is cut out of the JSON
	ok := m.t.check.CheckSupport(b.Resource, m.origin, m.found, m.filled.into(shaped))
	keep := ok && b.Shape != 0 && repeatable(m.issues)
	if keep {
		if len(m.shapes) >= maxShapes {
			clear(m.shapes)
			m.filled.forget()
		}
		m.shapes[b.Shape] = slices.Clone(m.issues)
	}
	if shaped {
		m.filled.first(b.Shape, keep)
	}
	return ok || m.t.Policy.WarnInvalid
}

// readsValues reports whether a profile of the map looks at values that the
// shape leaves out.
func (m *mapper) readsValues(of *mappings.Map) bool {
	if of == m.last.of {
		return m.last.reads
	}
	reads, asked := m.reads[of]
	if !asked {
		reads = m.t.Check.ReadsValues(of.Profiles)
		m.reads[of] = reads
	}
	m.last.of, m.last.reads = of, reads
	return reads
}

// repeatable reports whether warnings can be said again of every resource of
// the same shape: none has a value of the row in it, and none is said once for
// all.
func repeatable(said []issue.Issue) bool {
	return len(said) <= 16 && !slices.ContainsFunc(said, func(i issue.Issue) bool { return i.Severity != issue.Warning || i.Value != "" })
}

// provable validates the Provenance of what was made. Its targets are looked
// for nowhere: they are accepted, or not, when they are put in order, and it
// goes with them.
func (m *mapper) provable(built []transform.Built) {
	for i := range built {
		if p := built[i].Provenance; p != nil && !m.t.loose.Check(*p, m.origin, m.found) {
			built[i].Provenance = nil
		}
	}
}

// finding takes down what the validator found.
func (m *mapper) finding(i issue.Issue) {
	m.issues = append(m.issues, i)
	if i.Severity >= issue.Error {
		if m.t.Policy.WarnInvalid {
			i.Severity = issue.Warning
		} else if m.code == "" {
			m.code = i.Code
		}
	}
	m.report(i)
}

// input returns the input that a row came from.
func (t *table) input(o issue.Origin) *Input { return t.byOrigin[[2]string{o.Source, o.Table}] }
