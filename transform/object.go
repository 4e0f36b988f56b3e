package transform

import (
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// boundMember is a member of an object: its name as it is written, and its
// value.
type boundMember struct {
	prefix   []byte // "name":
	write    writer // of the name, the value and a comma; nil: the prefix is a run of constant members with their values
	made     int    // slot of the count of values that it made
	choice   string // of which at most one branch may be written, "" where the mapping proves it
	required bool
	sibling  bool // _NAME, the extensions of a primitive
	absent   bool // a reference into a table that was not given
	rule     *mappings.Rule
	run      []fhir.Member // of a run of constants: where they stand in the prefix
	top      bool          // of the resource itself: its place is taken down
	hash     uint64        // tells it from all others in a shape
}

// members binds the members of an object; those of the resource itself are top.
func (b *binder) members(rules []*mappings.Rule, top bool) ([]boundMember, error) {
	members := make([]boundMember, 0, len(rules))
	for _, m := range rules {
		prefix := []byte(`"` + m.Name + `":`)
		if m.Kind == mappings.Const && m.Unconditional() {
			if last := len(members) - 1; last < 0 || members[last].write != nil {
				members = append(members, boundMember{rule: m, top: top, hash: b.number()})
			}
			members[len(members)-1].constant(m, prefix)
			continue
		}
		value, err := b.rule(m)
		if err != nil {
			return nil, err
		}
		required := m.Element != nil && m.Element.Min > 0 && m.Element.Choice == "" && (m.Fed || len(m.Checks) > 0)
		absent := m.Pipe != nil && m.Pipe.Ref != nil && b.binding.engine.absent[m.Pipe.Ref.Map.From]
		bound := boundMember{prefix: prefix, required: required, absent: absent, rule: m, made: b.counted(m), sibling: m.Name[0] == '_', top: top, hash: b.number()}
		if bound.write = bound.whole(value); top {
			bound.write = b.repeat(m, bound.write)
		}
		if m.Contested {
			bound.choice = m.Element.Choice
		}
		members = append(members, bound)
	}
	return members, nil
}

// number returns another one each time.
func (b *binder) number() uint64 {
	b.numbers++
	return b.numbers * mix
}

// whole returns what writes the member with its name before the value and a
// comma behind it.
func (m *boundMember) whole(value writer) writer {
	prefix, hash := m.prefix, m.hash
	return func(w *Worker) written {
		mark, first := len(w.buf), len(w.values)
		w.buf = append(w.buf, prefix...)
		out := value(w)
		if out == nothing {
			w.back(mark)
			return nothing
		}
		w.buf = append(w.buf, ',')
		if first < len(w.values) {
			w.wrap(&w.values[first], mark, len(prefix), hash)
		}
		return out
	}
}

// constant adds a member to a run of constants.
func (m *boundMember) constant(r *mappings.Rule, prefix []byte) {
	start := int32(len(m.prefix) + len(prefix))
	m.prefix = append(append(append(m.prefix, prefix...), constantJSON(r)...), ',')
	m.run = append(m.run, fhir.Member{Name: r.Name, Start: start, End: int32(len(m.prefix) - 1)})
}

func (b *binder) object(r *mappings.Rule) (writer, error) {
	b.keepCompared(r.Rules)
	root := r == b.m.Root // its { and id are written already
	members, err := b.members(r.Rules, root)
	if err != nil {
		return nil, err
	}
	write := func(w *Worker) written {
		start := len(w.buf)
		if !root {
			w.buf = append(w.buf, '{')
		}
		out, missing := writeMembers(w, members)
		if !root && (out == nothing || r.Fed && out != fed && !r.Keep) {
			w.back(start)
			return nothing
		}
		if missing != nil {
			w.lacks(missing)
		}
		w.buf[len(w.buf)-1] = '}' // over the last comma
		return out
	}
	if root {
		return write, nil
	}
	return b.remember(r, write), nil
}

// lacks deals with a required element that has no value. Where that is because
// a whole table was not given the resource is left out with a warning: it is
// not the row's fault.
func (w *Worker) lacks(m *boundMember) {
	if m.absent {
		w.orphan = true
		w.warn(issue.Issue{
			Code: MissingTable, Type: "not-found", Rule: m.rule.Address, Column: columnOf(m.rule),
			Message: "no resource is made of this row: it cannot be without its reference into a table that was not given",
		})
		return
	}
	w.refuse(issue.Issue{
		Code: "required-missing", Type: "required", Rule: m.rule.Address, Column: columnOf(m.rule), Expression: m.rule.Address,
		Message: "FHIR requires this element, but the row gives no value for it; fill the source or map another column",
	})
}

// writeMembers appends every member with a comma behind it. missing is a
// required one that has no value.
func writeMembers(w *Worker, members []boundMember) (out written, missing *boundMember) {
	chosen := "" // the choice of the last member, where it is contested; branches stand side by side
	for i := range members {
		m := &members[i]
		if m.write == nil {
			w.constants(m)
			out = max(out, constant)
			continue
		}
		mark, before := len(w.buf), w.refusals
		got := m.write(w)
		if got == nothing {
			if m.required && missing == nil && w.refusals == before { // else its own reason is said already
				missing = m
			}
			continue
		}
		if m.choice != "" {
			if m.choice == chosen {
				w.back(mark)
				w.twoChoices(m)
				continue
			}
			chosen = m.choice
		}
		if missing != nil && m.sibling && missing.rule.Name == m.rule.Name[1:] {
			missing = nil // a value that is not there, but has an extension that says why, is given
		}
		w.count(m.made)
		if m.top {
			w.members = append(w.members, fhir.Member{Name: m.rule.Name, Start: int32(mark - w.begun + len(m.prefix)), End: int32(len(w.buf) - w.begun - 1)})
		}
		out = max(out, got)
	}
	return out, missing
}

// constants appends a run of constant members, and takes down where they stand
// in the resource itself.
func (w *Worker) constants(m *boundMember) {
	mark := int32(len(w.buf))
	w.buf = append(w.buf, m.prefix...)
	w.values = append(w.values, span{start: mark, end: int32(len(w.buf)), kind: stretch, hash: m.hash})
	if !m.top {
		return
	}
	mark -= int32(w.begun)
	for _, c := range m.run {
		w.members = append(w.members, fhir.Member{Name: c.Name, Start: mark + c.Start, End: mark + c.End})
	}
}
