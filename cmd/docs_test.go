package cmd_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"chartlift/cmd"
	"chartlift/mappings"
	"chartlift/validate/plausible"
)

var update = flag.Bool("update", false, "write the documentation anew")

// documented compares a file of docs with what the program says, or writes it.
func documented(t *testing.T, name, want string) {
	t.Helper()
	path := "../docs/" + name
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/%s is stale (%v); go test ./cmd -run Documentation -update writes it", name, err)
	}
}

func TestDocumentationOfExitCodes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Exit codes\n\nScripts and CI jobs rely on them.\n\n| code | meaning |\n| ---: | --- |\n")
	for i, c := range cmd.ExitCodes() {
		if c.Code != i || c.Meaning == "" {
			t.Errorf("exit code %d is %+v", i, c)
		}
		fmt.Fprintf(&b, "| %d | %s |\n", c.Code, c.Meaning)
	}
	documented(t, "exit-codes.md", b.String())
}

func TestDocumentationOfCodes(t *testing.T) {
	t.Parallel()
	lists := cmd.CodeLists()
	var sections []string
	for name := range lists {
		sections = append(sections, name)
	}
	slices.Sort(sections)
	var b strings.Builder
	b.WriteString("# Stable codes\n\nEvery finding and every error has one. Scripts may rely on them; messages may change.\n")
	for _, name := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| code | what it means | what to do |\n| --- | --- | --- |\n", name)
		last := ""
		for _, c := range lists[name] {
			if c.Code <= last {
				t.Errorf("%s: %s does not come after %s", name, c.Code, last)
			}
			if c.Title == "" || c.Fix == "" {
				t.Errorf("%s: %s is not explained", name, c.Code)
			}
			last = c.Code
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, cell(c.Title), cell(c.Fix))
		}
	}
	documented(t, "codes.md", b.String())
}

func TestDocumentationOfPlausibility(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(plausibilityIntro)
	for _, r := range plausible.Rules() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %v %% | %s |\n", r.Name, r.Category, cell(r.Title), r.Threshold, cell(r.Source))
	}
	documented(t, "plausibility.md", b.String())
}

const plausibilityIntro = `# Plausibility

What is formally right but hardly true: ` + "`run`" + ` looks at every resource that is valid, also in a dry run. Each violation is a warning with its row
(` + "`chartlift report findings`" + `), no row is rejected for it, and every rule ends with a verdict (` + "`chartlift report plausibility`" + `, and in the page):

- *fail*: more violations than the threshold; a few are life, many are a mistake of the mapping or of the source;
- *pass with violations*, *pass*;
- *not applicable*: the rule found nothing to look at, which is not the same as having passed;
- *silenced*: the mapping says why.

Dates are compared as precisely as they are written: ` + "`1980`" + ` may be any day of that year, and a time of day leaves a day of room on both sides for its zone. Results, letters and bills may follow
a death by 60 days. A month has a gap if it holds less than half of what the twelve months around it usually hold, at least 20, and is much further from that than they are from each other.

A site tunes or silences a rule in its mapping:

` + "```yaml" + `
plausibility:
  event-before-1950: { threshold: 5% }
  month-gap: { off: the practice is closed every August }
` + "```" + `

` + "`run --plausibility=false`" + ` looks at nothing.

| rule | category | what is hardly true | may be | source |
| --- | --- | --- | --- | --- |
`

// cell keeps a text inside its cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}

func TestDocumentationOfMappingSchema(t *testing.T) {
	t.Parallel()
	text, err := mappings.Schema()
	if err != nil {
		t.Fatal(err)
	}
	documented(t, "mapping.schema.json", string(text))
}
