package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// count is the number of resources of a type, over all patients.
type count struct {
	typ                        string
	want, got, patients, equal int
}

// result is the whole comparison.
type result struct {
	counts  []count
	tallies []tally
}

// passed reports whether all counts agree and no row is below the threshold.
func (r *result) passed() bool {
	for _, c := range r.counts {
		if c.equal != c.patients {
			return false
		}
	}
	for _, t := range r.tallies {
		if !t.passed() {
			return false
		}
	}
	return len(r.tallies) > 0
}

// print writes the two tables, the systematic differences and examples of what
// differs.
func (r *result) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "resource\ttruth\toutput\tpatients\twith equal count")
	for _, c := range r.counts {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", c.typ, c.want, c.got, c.patients, c.equal)
	}
	fmt.Fprintln(w, "\nresource\tfield\tcomparable\tequal\tby rule\tpercent")
	for _, t := range r.tallies {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.2f\n", t.typ, t.field, t.comparable, t.equal, t.within, t.percent())
	}
	w.Flush()
	r.printDifferences(out)
	for _, t := range r.tallies {
		if t.passed() {
			continue
		}
		fmt.Fprintf(out, "\n%s %s differs:\n", t.typ, t.field)
		for _, e := range t.examples {
			fmt.Fprintln(out, "  "+e)
		}
	}
}

func (r *result) printDifferences(out io.Writer) {
	fmt.Fprintln(out, "\nSystematic differences")
	used := map[int]int{}
	for _, t := range r.tallies {
		for d, n := range t.used {
			used[d] += n
		}
	}
	for i, d := range differences {
		typ := d.typ
		if typ == "" {
			typ = "any type"
		}
		fmt.Fprintf(out, "- %s: %s; %s (%d times). %s\n", typ, strings.Join(d.fields, ", "), d.kind, used[i], d.reason)
	}
}

// String says what the kind means in the printed list.
func (k differenceKind) String() string {
	switch k {
	case sourceSilent:
		return "not in the CSV"
	case chosen:
		return "written otherwise on purpose"
	}
	return "equal as far as the CSV tells"
}
