package pipeline

import (
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/transform"
	"chartlift/validate/plausible"
)

// weighAtOnce is how many resources are made before they are looked at for what
// is hardly true. The program text that makes resources and the one that weighs
// them are each as large as the processor's cache for program text: by turns
// for each row, they drive each other out of it.
const weighAtOnce = 64

// waiting is a resource that was made and is still to be weighed.
type waiting struct {
	resource fhir.Resource
	from, to int // its members in mapper.members; equal where they are not known
	origin   *issue.Origin
}

// weigh looks for what is right but hardly true, or says where to look. Where
// it looks itself, it waits for more of the same batch.
func (m *mapper) weigh(b *transform.Built, origin *issue.Origin) {
	switch {
	case m.likely != nil:
		from := len(m.members)
		m.members = append(m.members, b.Members...) // the worker writes its own again for the next row
		m.waiting = append(m.waiting, waiting{b.Resource, from, len(m.members), origin})
		if len(m.waiting) == weighAtOnce {
			m.weighAll()
		}
	case m.t.shelf != nil && m.t.Marks:
		m.marks = plausible.AppendMarks(m.marks, b.Resource.JSON, b.Members)
	}
}

// weighAll weighs what waits. It is called before anything is reported of a
// later row or resource, so that findings stand in the order of the rows.
func (m *mapper) weighAll() {
	if len(m.waiting) == 0 {
		return
	}
	in, origin := m.in, m.origin
	for i := range m.waiting {
		w := &m.waiting[i]
		m.likely.Ahead(w.resource, m.members[w.from:w.to])
	}
	for i := range m.waiting {
		w := &m.waiting[i]
		if m.at(w.origin); w.from == w.to {
			m.likely.Check(w.resource, m.origin)
		} else {
			m.likely.CheckMembers(w.resource, m.members[w.from:w.to], m.origin)
		}
	}
	clear(m.waiting) // what they refer to may go
	m.waiting, m.members = m.waiting[:0], m.members[:0]
	m.in, m.origin = in, origin
}

// report reports what was found in the row at hand.
func (m *mapper) report(i issue.Issue) {
	m.weighAll()
	m.say(i)
}

// say takes down what is to be reported of the row at hand. The collector
// reports it: workers come to rows in any order, and which of many findings are
// kept, and what the first of them says, must not depend on it.
func (m *mapper) say(i issue.Issue) {
	if !m.t.silent {
		m.said = append(m.said, remark{m.in, i})
	}
}
