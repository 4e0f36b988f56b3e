package cmd_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

// inProcess runs a command that must end well in this process, and returns what
// it prints.
func inProcess(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, out, err := chartlift(t, args...)
	if code != 0 {
		t.Fatalf("chartlift %v: exit code %d\n%s%s", args, code, out, err)
	}
	return out
}

// reportNames returns the names that report --help lists, sorted.
func reportNames(t *testing.T) []string {
	t.Helper()
	help := inProcess(t, "report", "--help")
	help, _, _ = strings.Cut(help, "Usage:")
	var names []string
	for _, line := range regexp.MustCompile(`(?m)^  ([a-z-]+(?:, [a-z]+)*)(?: |$)`).FindAllStringSubmatch(help, -1) {
		names = append(names, strings.Split(line[1], ", ")...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestTheReadmeListsEveryReportThatHelpLists(t *testing.T) {
	t.Parallel()
	names := reportNames(t)
	for _, r := range reports.Reports() {
		if !slices.Contains(names, r.Name) {
			t.Errorf("report --help does not list %s", r.Name)
		}
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, row, found := strings.Cut(string(text), "\n| `report [NAME]` |")
	if !found {
		t.Fatal("README.md has no row for report")
	}
	row, _, _ = strings.Cut(row, "\n")
	row = regexp.MustCompile(`\(.*?\)`).ReplaceAllString(row, "")
	var listed []string
	for _, name := range regexp.MustCompile("`([a-z-]+)[^`]*`").FindAllStringSubmatch(row, -1) {
		listed = append(listed, name[1])
	}
	slices.Sort(listed)
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("the row `report [NAME]` of README.md (-help +README):\n%s", diff)
	}
}

func TestEveryListIsWrittenInEveryForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "patients.csv")
	mapping := filepath.Join(dir, "m.yaml")
	if err := os.WriteFile(source, []byte("ID,SEX\n1,F\n2,=1+1\n3,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mapping, []byte(`chartlift: 1
id: forms
sources: { patients: { key: ID, csv: { path: patients.csv } } }
crosswalks: { sex: { inline: { F: female }, unmapped: { use: unknown } } }
maps:
  patient: { from: patients, resource: Patient, elements: { gender: $SEX | code sex } }
`), 0o600); err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(dir, "p")
	inProcess(t, "run", "-m", mapping, "-s", source, "--to", filepath.Join(dir, "out"), "--project", project, "--quiet")
	for _, r := range reports.Reports() {
		of := func(form string) string {
			return inProcess(t, "report", r.Name, "--project", project, "--format", form)
		}
		head := strings.Fields(strings.SplitN(of("csv"), "\n", 2)[0])
		rows, err := csv.NewReader(strings.NewReader(of("csv"))).ReadAll()
		if err != nil || len(head) == 0 {
			t.Fatalf("%s as CSV: %v", r.Name, err)
		}
		var table struct {
			Name, Title string
			Rows        []map[string]any
		}
		if err := json.Unmarshal([]byte(of("json")), &table); err != nil || table.Name != r.Name || table.Title != r.Title || len(table.Rows) != len(rows)-1 {
			t.Errorf("%s as JSON: %v, %q with %d rows, CSV has %d", r.Name, err, table.Name, len(table.Rows), len(rows)-1)
		}
		if lines := strings.Count(of("markdown"), "\n"); lines != len(rows)+1 {
			t.Errorf("%s as Markdown has %d lines for %d rows", r.Name, lines, len(rows)-1)
		}
		text := of("text")
		if lines := strings.Count(text, "\n"); len(rows) > 1 && lines != len(rows)+1 || len(rows) == 1 && text != "nothing\n" {
			t.Errorf("%s as text has %d lines for %d rows", r.Name, lines, len(rows)-1)
		}
	}
	if text := inProcess(t, "report", "unmapped-codes", "--project", project, "--format", "csv"); !strings.Contains(text, ",'=1+1,") {
		t.Errorf("a formula of the source runs in a spreadsheet:\n%s", text)
	}
}
