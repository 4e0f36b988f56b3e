package mappings

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// taken counts what is taken from a published map and what is left out, so that
// nothing is dropped unsaid.
type taken struct {
	r    *walkReader
	file *node
	left map[string]int // reason → codes
}

func newTaken(r *walkReader, file *node) *taken {
	return &taken{r: r, file: file, left: map[string]int{}}
}

// accepts reports whether the crosswalk accepts targets of this equivalence,
// and counts those that it does not.
func (t *taken) accepts(equivalence string) bool {
	if equivalence == "" || slices.Contains(t.r.accepted, equivalence) {
		return true
	}
	t.left[equivalence]++
	return false
}

// note tells what the map came to. What is left out is met as an unmapped code,
// where the source has it.
func (t *taken) note() {
	if len(t.left) == 0 {
		return
	}
	used := map[string]int{}
	for _, target := range t.r.x.Target {
		if target.Equivalence != "" {
			used[target.Equivalence]++
		}
	}
	t.r.prog.Notes = append(t.r.prog.Notes, issue.Issue{
		Severity: issue.Information, Code: "I0402", Type: "informational", At: t.file.pos,
		Message: fmt.Sprintf("the crosswalk %s has %d codes (%s); left out of %s: %s. equivalence: [ … ] says which relations are accepted",
			t.r.x.Name, len(t.r.x.Target), counts(used), t.file.text, counts(t.left)),
	})
}

func counts(of map[string]int) string {
	var parts []string
	for _, k := range keysOf(of) {
		parts = append(parts, fmt.Sprintf("%d %s", of[k], k))
	}
	return strings.Join(parts, ", ")
}
