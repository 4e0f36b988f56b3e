package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/internal/reconcile"
	"chartlift/reports"
)

// kept is what the run database keeps of a comparison: what is told, and the
// values that differ, as the policy of the run has it.
func (f *following) kept(o compareOptions, r *reconcile.Result, told comparisonJSON) reports.Comparison {
	out := reports.Comparison{
		Of: f.run, Sample: o.percent(), Delivered: r.Population, Compared: r.Compared, Differ: r.Differ, Bound: r.Bound(), Failed: int64(told.Failed), Notes: r.Notes,
	}
	for _, k := range reconcile.Kinds() {
		if o.tells(k) {
			out.Kinds = append(out.Kinds, string(k))
		}
	}
	for _, t := range told.Tables {
		out.Counts = append(out.Counts, reports.ComparedCount{Stratum: "table", Name: t.Source + "/" + t.Table, Source: t.Now, Delivered: t.Then, Server: -1, Bound: -1})
	}
	for _, t := range r.Types {
		c := reports.ComparedCount{Stratum: "type", Name: t.Type, Source: t.Source, Delivered: t.Journal, Server: t.Server, Compared: t.Compared, Differ: t.Differ, Bound: t.Bound()}
		if t.Compared == 0 {
			c.Bound = -1
		}
		out.Counts = append(out.Counts, c)
	}
	for _, p := range r.Patients {
		out.Counts = append(out.Counts, reports.ComparedCount{
			Stratum: "patients", Name: p.Name, Source: p.Delivered, Delivered: p.Delivered, Server: p.Server, Compared: p.Patients, Differ: p.Differ, Bound: p.Bound(),
		})
	}
	for _, d := range r.Differences {
		if !o.tells(d.Kind) {
			continue
		}
		x := reports.ComparedDifference{Kind: string(d.Kind), Type: d.Type, ID: d.ID, Origin: d.Origin, Says: d.Says}
		for _, v := range d.Changes {
			x.Values = append(x.Values, reports.ComparedValue(v))
		}
		out.Found = append(out.Found, x)
	}
	return out
}

// comparisonJSON is the stable form of reconcile --json and verify --json.
type comparisonJSON struct {
	Run         string             `json:"run"`
	Target      string             `json:"target"`
	Compared    int64              `json:"compared"`
	Uncompared  int64              `json:"uncompared"` // there, and their content could not be compared
	Delivered   int64              `json:"delivered"`
	Differ      int64              `json:"differ"`
	Bound       float64            `json:"bound"`
	Failed      int                `json:"failed"`
	Unfinished  bool               `json:"unfinished"` // the run did not come to its end: more was to be delivered
	Kinds       map[string]int     `json:"kinds"`
	Tables      []comparedTable    `json:"tables"`
	Types       []comparedType     `json:"types"`
	Patients    []comparedPatients `json:"patients"`
	Differences []comparedResource `json:"differences"`
	Notes       []string           `json:"notes"`
}

type comparedTable struct {
	Source string `json:"source"`
	Table  string `json:"table"`
	Then   int64  `json:"then"`
	Now    int64  `json:"now"`
}

type comparedType struct {
	Type      string `json:"type"`
	Source    int64  `json:"source"`
	Delivered int64  `json:"delivered"`
	Server    int64  `json:"server"` // -1: it does not say
	Compared  int64  `json:"compared"`
	Differ    int64  `json:"differ"`

	Uncompared int64 `json:"uncompared"`

	// Bound is the highest share of the type that may differ, with 95 %
	// confidence.
	Bound float64 `json:"bound"`
}

// comparedPatients is the patients whose resources were counted and who have
// about as many.
type comparedPatients struct {
	Stratum   string  `json:"stratum"`
	Patients  int64   `json:"patients"`
	Differ    int64   `json:"differ"`
	Delivered int64   `json:"delivered"`
	Server    int64   `json:"server"` // -1: it is not searched by patient
	Bound     float64 `json:"bound"`
}

type comparedResource struct {
	Kind     string   `json:"kind"`
	Resource string   `json:"resource,omitempty"`
	Paths    []string `json:"paths,omitempty"`
	Row      string   `json:"row,omitempty"`
	Says     string   `json:"says,omitempty"`

	Values []comparedValue `json:"values,omitempty"` // with --show-values
}

// comparedValue is what was sent and what the server holds at a path: data of a
// patient.
type comparedValue struct {
	Path string `json:"path"`
	Sent string `json:"sent"`
	Held string `json:"held"`
}

func (f *following) compareResult(o compareOptions, r *reconcile.Result, tables []comparedTable) comparisonJSON {
	out := comparisonJSON{
		Run: f.run, Target: f.target.name, Compared: r.Compared, Uncompared: r.Uncompared, Delivered: r.Population, Differ: r.Differ, Bound: r.Bound(), Unfinished: !f.whole,
		Kinds: map[string]int{}, Tables: tables, Types: []comparedType{}, Patients: []comparedPatients{}, Differences: []comparedResource{}, Notes: append([]string{}, r.Notes...),
	}
	for _, t := range r.Types {
		out.Types = append(out.Types, comparedType{t.Type, t.Source, t.Journal, t.Server, t.Compared, t.Differ, t.Uncompared, t.Bound()})
	}
	for _, p := range r.Patients {
		out.Patients = append(out.Patients, comparedPatients{p.Name, p.Patients, p.Differ, p.Delivered, p.Server, p.Bound()})
	}
	for _, d := range r.Differences {
		if o.counts(d.Kind) {
			out.Failed++
		}
		if !o.tells(d.Kind) {
			continue
		}
		x := comparedResource{Kind: string(d.Kind), Paths: d.Paths(), Says: d.Says, Resource: d.Type}
		if d.ID != "" {
			x.Resource += "/" + d.ID
		}
		if d.Origin.Row > 0 {
			x.Row = rowArgument(d.Origin)
		}
		if f.s.showValues {
			for _, v := range d.Changes {
				x.Values = append(x.Values, comparedValue(v))
			}
		}
		out.Kinds[x.Kind]++
		out.Differences = append(out.Differences, x)
	}
	return out
}

// line is a difference without its kind and values.
func (d comparedResource) line() string {
	parts := []string{d.Resource, strings.Join(d.Paths, ", "), d.Says, d.Row}
	return strings.Join(slices.DeleteFunc(parts, func(t string) bool { return t == "" }), "  ")
}

// mostShown bounds the list on a terminal; --json has all.
const mostShown = 50

func (c comparisonJSON) print(s *settings) error {
	out := s.streams.Out
	if s.json {
		return json.NewEncoder(out).Encode(c)
	}
	fmt.Fprintf(out, "run %s against %s\n\n", c.Run, c.Target)
	c.printDifferences(out)
	c.printCounts(out)
	fmt.Fprintln(out)
	for _, n := range c.Notes {
		fmt.Fprintln(out, n)
	}
	fmt.Fprintf(out, "%d of %s compared field by field, %d differ", c.Compared, issue.Count(c.Delivered, "resource"), c.Differ)
	if c.Uncompared > 0 {
		fmt.Fprintf(out, "; %d present, not compared", c.Uncompared)
	}
	if c.Compared+c.Uncompared < c.Delivered {
		fmt.Fprintf(out, "; with 95 %% confidence at most %.2f %% of all do", c.Bound*100)
	}
	fmt.Fprintf(out, "\n%s\n", c.verdict())
	return nil
}

// verdict is the last line: how many differences there are, and whether the
// exit code tells of them.
func (c comparisonJSON) verdict() string {
	all := len(c.Differences)
	switch {
	case all > 0 && c.Failed == 0:
		return issue.Count(all, "difference") + ", none of the kinds in --fail-on"
	case all > c.Failed:
		return fmt.Sprintf("%s, %d of the kinds in --fail-on", issue.Count(all, "difference"), c.Failed)
	case c.Failed > 0:
		return issue.Count(c.Failed, "difference")
	case c.Unfinished:
		return "no differences so far: the run is unfinished"
	case c.Uncompared > 0:
		return "no differences in what was compared"
	}
	return "no differences"
}

// printDifferences lists what differs; before all counts, of which a large
// export has a screen full.
func (c comparisonJSON) printDifferences(out io.Writer) {
	for i, d := range c.Differences {
		if i == mostShown {
			fmt.Fprintf(out, "and %d more; --json lists them\n", len(c.Differences)-i)
			break
		}
		fmt.Fprintf(out, "%s %s\n", d.Kind, d.line())
		for _, v := range d.Values {
			fmt.Fprintf(out, "  %s: sent %s, held %s\n", v.Path, orNothing(v.Sent), orNothing(v.Held))
		}
	}
	if len(c.Differences) > 0 {
		fmt.Fprintln(out)
	}
}

// printCounts prints how many there are of each type, and the tables that have
// other rows than they had.
func (c comparisonJSON) printCounts(out io.Writer) {
	fmt.Fprintf(out, "%-28s %10s %10s %10s\n", "type", "source", "delivered", "server")
	for _, t := range c.Types {
		server := "?"
		if t.Server >= 0 {
			server = fmt.Sprint(t.Server)
		}
		fmt.Fprintf(out, "%-28s %10d %10d %10s\n", t.Type, t.Source, t.Delivered, server)
	}
	for _, t := range c.Tables {
		switch {
		case t.Now == t.Then:
		case c.Unfinished && t.Then == 0:
			fmt.Fprintf(out, "\n%s was not read yet", t.Source)
		case c.Unfinished && t.Then < t.Now: // it may have had them all: how many were there is known at the end only
			fmt.Fprintf(out, "\n%s: %d rows were read, and it has %d now", t.Source, t.Then, t.Now)
		default:
			fmt.Fprintf(out, "\n%s had %d rows then and has %d now", t.Source, t.Then, t.Now)
		}
	}
}
