package dedupe

import (
	"fmt"

	"chartlift/internal/issue"
)

// Where one value stands in more than half of the records that have one, it
// tells hardly anybody apart: it is a default of the old system, or the wrong
// column. Fewer records prove nothing.
const (
	tooCommon    = .5
	enoughToTell = 100
)

// discerns reports whether values of this kind are to tell people apart.
func (k Kind) discerns() bool {
	switch k {
	case Sex, Suffix, State, SourceSystem, City, Deceased, LastSeen, Middle, Other:
		return false
	}
	return true
}

// columnIssues says which columns hold nothing, or one value almost everywhere.
func (t *table) columnIssues() []issue.Issue {
	var all []issue.Issue
	for i := range t.feeds {
		f := &t.feeds[i]
		if f.to == nil || t.n < enoughToTell {
			continue
		}
		filled, most := f.to.spread()
		switch {
		case filled == 0:
			all = append(all, issue.Issue{
				Severity: issue.Warning, Code: "dedupe-empty-column", Type: "value", Column: f.field.Column,
				Message: "no record has a value here that could be compared: is it the right column, with the right kind?",
			})
		case f.field.Kind.discerns() && float64(most) > tooCommon*float64(filled) && filled >= enoughToTell:
			all = append(all, issue.Issue{
				Severity: issue.Warning, Code: "dedupe-one-value", Type: "value", Column: f.field.Column,
				Message: fmt.Sprintf("one value stands in %.0f %% of the records that have one, so it tells hardly anybody apart: if the old system enters it by itself, make it empty; else leave the column out",
					100*float64(most)/float64(filled)),
			})
		}
	}
	return all
}

// spread returns how many records have a value, and how many the commonest one.
func (c *column) spread() (filled, most uint32) {
	counts := make([]uint32, c.dict.len())
	for _, id := range c.ids {
		if id != 0 {
			filled++
			counts[id]++
			most = max(most, counts[id])
		}
	}
	return filled, most
}
