package suites

import (
	"fmt"
	"slices"
	"strings"
)

// Title is the heading of the part that Markdown writes.
const Title = "## HL7's own suites"

// Markdown writes the results as a part of a page: how many passed, and every
// case that fails or is not meant for us, by its reason.
func Markdown(all []Result) string {
	var b strings.Builder
	b.WriteString(Title + "\n\nHL7 publishes the tests of its FHIRPath engines and the cases of its validator as `org.hl7.fhir.testcases:fhir-test-cases` " + Version +
		". Maven gets them into a cache; nothing of them is kept here. A test of FHIRPath passes\nwhere value and type are the same, or an error is wanted and comes. A case of the validator passes where both call the resource valid, or both invalid; each case with a profile counts twice, " +
		"without and with it.\n\n| | cases | passed | failed | different, with a reason | not meant for us |\n|---|---:|---:|---:|---:|---:|\n")
	for _, name := range []string{"FHIRPath", "Validator"} {
		n := count(all, name)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", name, n[Passed]+n[Failed]+n[Differs]+n[NotOurs], n[Passed], n[Failed], n[Differs], n[NotOurs])
	}
	for _, part := range []struct {
		verdict Verdict
		title   string
	}{{Failed, "Failed: what is missing here"}, {Differs, "Different, with a reason"}, {NotOurs, "Not meant for us"}} {
		writeReasons(&b, part.title, grouped(all, part.verdict))
	}
	return b.String()
}

func count(all []Result, suite string) map[Verdict]int {
	n := map[Verdict]int{}
	for _, r := range all {
		if r.Suite == suite {
			n[r.Verdict]++
		}
	}
	return n
}

// reasonGroup are the cases that one reason explains.
type reasonGroup struct {
	suite, why string
	count      int
	names      []string // of those that were judged
}

// grouped puts the cases of one verdict together by suite and reason; the
// reason with most cases comes first.
func grouped(all []Result, v Verdict) []*reasonGroup {
	var groups []*reasonGroup
	for _, r := range all {
		if r.Verdict != v {
			continue
		}
		at := slices.IndexFunc(groups, func(g *reasonGroup) bool { return g.suite == r.Suite && g.why == r.Why })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &reasonGroup{suite: r.Suite, why: r.Why})
		}
		groups[at].count++
		if r.Ours+r.Theirs != "" { // it was judged
			groups[at].names = append(groups[at].names, r.Name)
		}
	}
	slices.SortStableFunc(groups, func(a, b *reasonGroup) int {
		if a.suite != b.suite {
			return strings.Compare(a.suite, b.suite)
		}
		return b.count - a.count
	})
	return groups
}

func writeReasons(b *strings.Builder, title string, groups []*reasonGroup) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| | cases | why | those that were judged |\n|---|---:|---|---|\n", title)
	for _, g := range groups {
		fmt.Fprintf(b, "| %s | %d | %s | %s |\n", g.suite, g.count, g.why, strings.Join(g.names, ", "))
	}
}
