package pipeline

import (
	"slices"
	"strings"

	"chartlift/internal/shards"
	"chartlift/mappings"
)

// Placement is a table and where it is converted, when a job is spread over
// processes.
type Placement struct {
	Table *Table
	Way   shards.Way
	Why   string // in words for the user
}

// Spread says where each table of the job is converted so that everything comes
// out as in one process: in shards, whatever no other table refers to; before
// them, what other tables refer to; and when the shards are put together, as in
// one process, what needs the whole. whole names sources that are not to be cut
// for whatever reason. Tables come in the order in which they are converted,
// then those that are only read.
func Spread(job Job, whole []string) []Placement {
	s := &spreading{run: &run{Job: job}, why: map[*mappings.Source]string{}}
	s.tables = order(job.Tables, job.Program, s.refs)
	for _, t := range s.tables {
		s.why[t.Source] = s.needsAll(t, whole)
	}
	for s.inherit() {
	}
	s.announcements()
	var out []Placement
	for _, t := range s.tables {
		out = append(out, s.place(t))
	}
	for _, t := range job.Tables {
		switch {
		case slices.Contains(s.tables, t):
		case len(t.Source.ReadBy) > 0 || t.Source.View != nil:
			out = append(out, Placement{t, shards.InMerge, "only views read it"})
		default:
			out = append(out, Placement{t, shards.LookupsOnly, "only lookups read it: every process does"})
		}
	}
	return out
}

// spreading is what Spread finds out.
type spreading struct {
	*run
	tables    []*Table
	why       map[*mappings.Source]string // needs the whole; "" where it does not
	announced map[*mappings.Map]bool
}

// needsAll says why the table can only be converted in one process, "" where it
// need not be.
func (s *spreading) needsAll(t *Table, whole []string) string {
	switch {
	case slices.Contains(whole, t.Source.Name):
		return "you asked for it"
	case t.Source.View != nil:
		return "it is a view, whose rows are made of other tables"
	case s.Match != nil:
		return "people are matched, which needs all of them"
	}
	for _, m := range s.mapsOf(t.Source) {
		if m.Dedupe != nil {
			return "of resources of " + m.Name + " that tell the same one is kept, which needs all of them"
		}
		if slices.ContainsFunc(m.Lookups, func(l *mappings.Lookup) bool { return l.In.View != nil }) {
			return "it looks in a view"
		}
	}
	return ""
}

// inherit makes what refers to a table that needs the whole wait for it, and
// reports whether there was any.
func (s *spreading) inherit() bool {
	changed := false
	for _, t := range s.tables {
		for _, m := range s.mapsOf(t.Source) {
			for _, ref := range m.Refs {
				if s.why[t.Source] == "" && s.why[ref.From] != "" {
					s.why[t.Source], changed = "it refers to "+ref.From.Name+", which needs the whole", true
				}
			}
		}
	}
	return changed
}

// announcements finds the maps whose resources are announced before they are
// made (see announce): what is expected of them is known without converting a
// row.
func (s *spreading) announcements() {
	s.announced = map[*mappings.Map]bool{}
	done := map[*mappings.Source]bool{}
	for _, t := range s.tables {
		for _, m := range s.mapsOf(t.Source) {
			for _, ref := range m.Refs {
				if !done[ref.From] && s.why[t.Source] == "" {
					s.announced[ref] = true
				}
			}
		}
		done[t.Source] = true
	}
}

func (s *spreading) place(t *Table) Placement {
	if why := s.why[t.Source]; why != "" {
		return Placement{t, shards.InMerge, why}
	}
	var by []string
	announced := false
	for _, other := range s.tables {
		for _, m := range s.mapsOf(other.Source) {
			for _, ref := range m.Refs {
				if ref.From != t.Source {
					continue
				}
				if s.announced[ref] {
					announced = true
				} else if !slices.Contains(by, other.Source.Name) {
					by = append(by, other.Source.Name)
				}
			}
		}
	}
	switch {
	case len(by) > 0:
		return Placement{t, shards.InPlan, namesOf(by) + " refer to it"}
	case announced:
		return Placement{t, shards.InShards, "what refers to it takes its announced keys"}
	}
	return Placement{t, shards.InShards, "nothing refers to it"}
}

// namesOf joins the first names.
func namesOf(list []string) string {
	if len(list) > 2 {
		return strings.Join(list[:2], ", ") + " and others"
	}
	return strings.Join(list, " and ")
}

// mapsOf returns the maps that take rows of a source.
func (r *run) mapsOf(s *mappings.Source) []*mappings.Map {
	var out []*mappings.Map
	for _, m := range r.Program.Maps {
		if m.From == s {
			out = append(out, m)
		}
	}
	return out
}

// unknown returns the types of resources whose ids a process does not have that
// converts a part: they are made in other parts, or later. ways are by the name
// of the source.
func unknown(prog *mappings.Program, ways map[string]shards.Way) []string {
	var out []string
	for _, m := range prog.Maps {
		way := ways[m.From.Name]
		if (way == shards.InShards || way == shards.InMerge) && !slices.Contains(out, m.Resource) {
			out = append(out, m.Resource)
		}
	}
	return out
}
