package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"chartlift/internal/issue"
	"chartlift/internal/mappingtest"
	"chartlift/mappings"
)

// changeJSON is a change that no test noticed, as test --mutate --json prints
// it.
type changeJSON struct {
	Rule   string `json:"rule"`
	Change string `json:"change"`
	File   string `json:"file"`
	Line   int    `json:"line"`
}

// mutate tells which rules could be wrong without a test noticing. It finds
// fault with tests, not with the mapping: the exit code is 0.
func mutate(s *settings, prog *mappings.Program, file mappingFile, results []mappingtest.Result) error {
	tests := make([]*mappings.Test, 0, len(results))
	tested := map[*mappings.Map]bool{}
	for _, r := range results {
		tests = append(tests, r.Test)
		tested[r.Test.Map] = true
	}
	changes, err := mappingtest.Mutate(prog, tests)
	if err != nil {
		return err
	}
	if !s.json {
		fmt.Fprint(s.streams.Out, mutateText(changes, tested, file))
		return nil
	}
	out := struct {
		Changes   int          `json:"changes"`
		Noticed   int          `json:"noticed"`
		Unnoticed []changeJSON `json:"unnoticed"`
	}{Changes: len(changes), Unnoticed: []changeJSON{}}
	for _, c := range changes {
		if c.Noticed {
			out.Noticed++
			continue
		}
		out.Unnoticed = append(out.Unnoticed, changeJSON{c.Rule, c.What, file.shown(c.At.File), c.At.Line})
	}
	return json.NewEncoder(s.streams.Out).Encode(out)
}

// mutateText lists what no test noticed. A map without any test is one line,
// not all its rules.
func mutateText(changes []mappingtest.Change, tested map[*mappings.Map]bool, file mappingFile) string {
	var b strings.Builder
	noticed := 0
	untested := map[*mappings.Map]int{}
	var order []*mappings.Map
	for _, c := range changes {
		switch {
		case c.Noticed:
			noticed++
		case c.Map != nil && !tested[c.Map]:
			if untested[c.Map]++; untested[c.Map] == 1 {
				order = append(order, c.Map)
			}
		default:
			fmt.Fprintf(&b, "not noticed  %s:%d  %s: %s\n", file.shown(c.At.File), c.At.Line, c.Rule, c.What)
		}
	}
	for _, m := range order {
		fmt.Fprintf(&b, "no test      %s:%d  %s: none of %s is noticed\n", file.shown(m.Pos.File), m.Pos.Line, m.Name, issue.Count(untested[m], "change"))
	}
	share := 100
	if len(changes) > 0 {
		share = 100 * noticed / len(changes)
	}
	fmt.Fprintf(&b, "the tests notice %d of %s (%d %%)\n", noticed, issue.Count(len(changes), "change"), share)
	return b.String()
}
