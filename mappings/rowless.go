package mappings

import (
	"slices"
	"strings"
)

// Rowless reports whether the table surely has no rows where those for which
// gone is true have none: each SELECT of a view takes its rows from one of
// them, or joins one by other than a LEFT JOIN. Where that cannot be told from
// the SQL it is false.
func (s *Source) Rowless(gone func(*Source) bool) bool {
	if gone(s) {
		return true
	}
	if s.View == nil || len(s.View.text.arms) == 0 {
		return false
	}
	v := s.View.text
	if slices.ContainsFunc(v.tokens, func(t viewToken) bool { return t.is("RIGHT", "FULL") }) {
		return false // rows come from the other side, too
	}
	return !slices.ContainsFunc(v.arms, func(a viewArm) bool { return !s.armRowless(a, gone) })
}

// armRowless reports whether one SELECT surely has no rows.
func (s *Source) armRowless(a viewArm, gone func(*Source) bool) bool {
	for i, item := range a.items {
		at := slices.IndexFunc(s.View.Tables, func(t *Source) bool { return strings.EqualFold(t.Name, item.name) })
		if at < 0 || !s.View.Tables[at].Rowless(gone) { // at < 0: a name of WITH
			continue
		}
		if i == 0 || !s.View.text.leftJoined(item) {
			return true
		}
	}
	return false
}

// leftJoined reports whether rows stay that have no partner in the table: LEFT
// JOIN or LEFT OUTER JOIN stands before it.
func (v *viewText) leftJoined(item viewItem) bool {
	before := item.at - 2 // JOIN or a comma is at item.at-1
	if before > 0 && v.tokens[before].is("OUTER") {
		before--
	}
	return before >= 0 && v.tokens[item.at-1].is("JOIN") && v.tokens[before].is("LEFT")
}
