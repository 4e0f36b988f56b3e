package tables

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
)

// mostBereft bounds the names of maps in one message.
const mostBereft = 6

// bereft says which records are about patients who are not made, because the
// table that makes them was not given. R4 lets a subject be left out of an
// Encounter or Observation, so these would be loaded and look whole: a record
// of nobody in a chart is worse than one that is missing. A map that may also
// refer to patients of a table that is there is none of them.
func (t *Set) bereft() {
	var names, sources []string
	var first *mappings.Source
	for _, m := range t.prog.Maps {
		gone := t.patientsGone(m)
		if len(gone) == 0 {
			continue
		}
		names = append(names, m.Name)
		for _, s := range gone {
			if first == nil {
				first = s
			}
			if !slices.Contains(sources, s.Name) {
				sources = append(sources, s.Name)
			}
		}
	}
	if first == nil {
		return
	}
	more := ""
	if n := len(names) - mostBereft; n > 0 {
		names, more = names[:mostBereft], fmt.Sprintf(" and %d more", n)
	}
	t.Alone = "the patients are missing: " + strings.Join(sources, ", ") + " cannot be made without " + strings.Join(t.lacking(first), ", ") + ", so " + strings.Join(names, ", ") + more +
		" would have no patient whom they are about, or are not made at all; give the file, or mend its name" + t.others()
	t.Findings = slices.Insert(t.Findings, 0, issue.Issue{Severity: issue.Warning, Code: reports.PatientsAbsent, Type: "not-found", At: first.Pos, Message: t.Alone})
}

// patientsGone returns the tables without rows of which the patients of a map's
// records would be made; none where the map has no rows itself, or one of its
// references leads to patients that are there.
func (t *Set) patientsGone(m *mappings.Map) (gone []*mappings.Source) {
	rowless := func(m *mappings.Map) bool {
		return m.From == nil || m.From.Rowless(func(s *mappings.Source) bool { return slices.Contains(t.Absent, s) })
	}
	if rowless(m) {
		return nil
	}
	there := false
	m.EachPipe(func(_ string, p *mappings.Pipe) {
		switch {
		case p.Ref == nil || p.Ref.Map.Resource != "Patient":
		case !rowless(p.Ref.Map):
			there = true
		case p.Ref.Map.From != nil && !p.Ref.Optional:
			gone = append(gone, p.Ref.Map.From)
		}
	})
	if there {
		return nil
	}
	return gone
}

// lacking names the tables that were not given of which a source is made, the
// first few.
func (t *Set) lacking(s *mappings.Source) []string {
	var out []string
	for _, a := range t.Absent {
		if name := Wanted(a); a.View == nil && s.MadeOf(a) && !slices.Contains(out, name) && len(out) < 3 {
			out = append(out, name)
		}
	}
	return out
}
