package mllp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mostResults is how many observations one message tells of, where no report
// holds them together.
const mostResults = 50

// observed is an Observation on its way.
type observed struct {
	item
	*observation
}

// reported is a DiagnosticReport on its way.
type reported struct {
	item
	*report
}

// group is what one ORU^R01 tells of: the results of one report, or of one
// patient, encounter, status and panel.
type group struct {
	patient   string // reference
	encounter string // reference, "" where none
	report    *reported
	results   []observed
}

// groups puts observations together in the order of their first ones. Results
// of a report that is in the same bundle go with it.
func groups(all []observed, reports []reported) []*group {
	var out []*group
	open := map[string]*group{}
	of := map[string]*group{} // by the reference of a result
	for i := range reports {
		g := &group{patient: reports[i].Subject.Reference, encounter: reports[i].Encounter.Reference, report: &reports[i]}
		out = append(out, g)
		for _, r := range reports[i].Result {
			if of[r.Reference] == nil {
				of[r.Reference] = g
			}
		}
	}
	for _, o := range all {
		if g := of["Observation/"+o.ID]; g != nil && g.patient == o.Subject.Reference {
			g.results = append(g.results, o)
			continue
		}
		key := o.key()
		g := open[key]
		if g == nil || len(g.results) == mostResults {
			g = &group{patient: o.Subject.Reference, encounter: o.Encounter.Reference}
			open[key], out = g, append(out, g)
		}
		g.results = append(g.results, o)
	}
	return out
}

// key is the same for observations that may be told together: an order has one
// status and is about one thing.
func (o observed) key() string {
	about := o.category()
	if _, known := panels[about]; !known {
		about = coded(o.Code)
	}
	return strings.Join([]string{o.Subject.Reference, o.Encounter.Reference, o.Status, about}, "\n")
}

// missing is how many results of the group's report are not in the bundle.
func (g *group) missing() int {
	n := 0
	for _, r := range g.report.Result {
		if !slices.ContainsFunc(g.results, func(o observed) bool { return "Observation/"+o.ID == r.Reference }) {
			n++
		}
	}
	return n
}

// message writes ORU^R01 (section 7.3.1). Results that cannot be written were
// taken out before.
func (g *group) message(pid string) (message, error) {
	obr, err := g.order()
	if err != nil {
		return message{}, err
	}
	m := message{event: "ORU^R01^ORU_R01", segments: []string{pid}}
	if visit, ok := strings.CutPrefix(g.encounter, "Encounter/"); ok {
		m.segments = append(m.segments, segment("PV1", field{1, "1"}, field{2, "U"}, field{19, ours(visit)}))
	}
	m.segments = append(m.segments, obr)
	if g.report != nil {
		m.at = timestamp(first(g.report.Issued, g.report.Effective, g.report.Period.Start))
		if g.report.Text != "" {
			m.segments = append(m.segments, segment("NTE", field{1, "1"}, field{3, escape(g.report.Text)}))
		}
	}
	n := 0
	for _, o := range g.results {
		lines, err := o.segments(&n)
		if err != nil {
			return message{}, err
		}
		m.segments = append(m.segments, lines...)
		m.at = later(m.at, first(timestamp(o.Issued), o.at()))
	}
	return m, nil
}

// order writes OBR.
func (g *group) order() (string, error) {
	if g.report != nil {
		r := g.report
		status, known := orderStatus[r.Status]
		if !known {
			return "", fmt.Errorf("%w: DiagnosticReport.status has no code in HL7 table 0123; map it to another status or leave the row out", errNotCarried)
		}
		return segment("OBR", field{1, "1"}, field{3, order(r.ID)}, field{4, coded(r.Code)}, field{7, timestamp(first(r.Effective, r.Period.Start))},
			field{22, timestamp(r.Issued)}, field{25, status}), nil
	}
	o := g.results[0]
	about := o.Code
	if panel, known := panels[o.category()]; known {
		about = concept{Coding: []coding{panel}, Text: panel.Display}
	}
	earliest := slices.MinFunc(g.results, func(a, b observed) int { return cmp.Compare(a.at(), b.at()) })
	issued := ""
	for _, r := range g.results {
		issued = later(issued, timestamp(r.Issued))
	}
	return segment("OBR", field{1, "1"}, field{3, order(o.ID)}, field{4, coded(about)}, field{7, earliest.at()}, field{22, issued},
		field{25, orderStatus[o.Status]}), nil
}
