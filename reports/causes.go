package reports

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// cause is a reason with how often it was found, and where.
type cause struct {
	text   string
	tables []string
	n      int64
}

// says shows a cause: 4 × a day that does not exist (patients).
func (c *cause) says() string {
	text := fmt.Sprintf("%s × %s", thousands(c.n), c.text)
	if len(c.tables) > 0 {
		text += " (" + strings.Join(c.tables[:min(3, len(c.tables))], ", ") + ")"
	}
	return text
}

// causes sums findings up by what they mean, errors first, then by how many
// there are. A check of the mapping speaks for itself. What is formally right
// but hardly true has arrived: it explains nothing.
func (s Summary) causes(codes map[string]issue.Code) []*cause {
	doubts := map[string]bool{}
	for _, c := range s.Plausibility.Listed {
		doubts[c.Rule] = true
	}
	var all []*cause
	for _, g := range s.Findings.First {
		if g.Severity == "information" || doubts[g.Code] {
			continue
		}
		text := titleOf(g.Code, codes)
		if g.Code == "check-failed" {
			text = g.Message
		}
		at := slices.IndexFunc(all, func(c *cause) bool { return c.text == text })
		if at < 0 {
			at, all = len(all), append(all, &cause{text: text})
		}
		all[at].n += g.Count
		if g.Table != "" && !slices.Contains(all[at].tables, g.Table) {
			all[at].tables = append(all[at].tables, g.Table)
		}
	}
	return all
}

// countOf is how many findings have a code, of those that the summary lists.
func (s Summary) countOf(code string) (n int64) {
	for _, g := range s.Findings.First {
		if g.Code == code {
			n += g.Count
		}
	}
	return n
}

// titleOf says what a code means, or the code where nobody says.
func titleOf(code string, codes map[string]issue.Code) string {
	if c, ok := codes[code]; ok && c.Title != "" {
		return c.Title
	}
	return code
}
