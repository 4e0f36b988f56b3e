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
