package handover

import "slices"

// WithResults returns the levels with each DiagnosticReport joined with the
// Observations that are its results, for targets to which a report goes with
// all of them or not at all, such as HL7 v2 messages. The results leave their
// own level; one that several reports name goes with the first of the last
// level that has them.
func (s *Set) WithResults() ([]Level, error) {
	levels, err := s.Levels()
	if _, known := s.index["DiagnosticReport"]; !known || err != nil {
		return levels, err
	}
	taken := map[int32]bool{}
	var out []Level
	for _, l := range slices.Backward(levels) { // reports come after what they refer to
		if err := l.gather(taken); err != nil {
			return nil, err
		}
		if len(l.rows) > 0 {
			out = append(out, l)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// gather puts results behind the reports of the level, and leaves out those
// that went with a report. What stands alone comes first: in a circle of types
// it may be what reports refer to.
func (l *Level) gather(taken map[int32]bool) error {
	var together []int32
	with := map[int]bool{}
	for _, row := range l.rows {
		if l.set.typeOf(row) != "DiagnosticReport" {
			continue
		}
		refs, err := l.set.refersTo(row)
		if err != nil {
			return err
		}
		together = append(together, row)
		for _, to := range refs {
			if l.set.typeOf(to) == "Observation" && !taken[to] {
				taken[to], with[len(together)] = true, true
				together = append(together, to)
			}
		}
	}
	alone := slices.DeleteFunc(slices.Clone(l.rows), func(row int32) bool { return taken[row] || l.set.typeOf(row) == "DiagnosticReport" })
	l.with = make(map[int]bool, len(with))
	for at := range with {
		l.with[len(alone)+at] = true
	}
	l.rows = append(alone, together...)
	return nil
}

func (s *Set) typeOf(row int32) string { return s.types[s.rows.at(row).typ] }
