package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWhatMattersDoesNotDrownInFindingsOfOneKind: an export lacks dozens of
// optional columns, and one that the mapping must have.
func TestWhatMattersDoesNotDrownInFindingsOfOneKind(t *testing.T) {
	t.Parallel()
	for _, optional := range []int{2, 4, 40} {
		dir := t.TempDir()
		var columns, rules strings.Builder
		for n := range optional {
			fmt.Fprintf(&columns, "C%d: string?, ", n)
			fmt.Fprintf(&rules, "        - { system: \"urn:x\", value: $C%d }\n", n)
		}
		mapping := "chartlift: 1\nid: m\nversion: 1.0.0\nsources:\n  people: { csv: { path: people.csv }, key: [ID], columns: { " + strings.TrimSuffix(columns.String(), ", ") +
			" } }\nmaps:\n  person:\n    from: people\n    resource: Patient\n    id: $ID\n    elements:\n      birthDate: $DOB | date YYYY-MM-DD\n      identifier:\n" + rules.String()
		writeText(t, filepath.Join(dir, "m.yaml"), mapping)
		writeText(t, filepath.Join(dir, "people.csv"), "ID\n1\n")
		_, got, _ := chartlift(t, "check", "--mapping", filepath.Join(dir, "m.yaml"), "--source", dir)
		full, errors := regexp.MustCompile(` warning W0203 column`).FindAllString(got, -1), regexp.MustCompile(` error E0203 column "DOB"`).FindAllString(got, -1)
		want := optional
		if optional > 4 {
			want = 3
		}
		if len(full) != want || len(errors) != 1 {
			t.Errorf("%d optional columns: %d warnings, %d errors:\n%s", optional, len(full), len(errors), got)
		}
		if more := strings.Contains(got, fmt.Sprintf("and %d more W0203: ", optional-3)); more != (optional > 4) {
			t.Errorf("%d optional columns:\n%s", optional, got)
		}
		if _, list, _ := chartlift(t, "check", "--json", "--mapping", filepath.Join(dir, "m.yaml"), "--source", dir); strings.Count(list, `"W0203"`) != optional {
			t.Errorf("the list has not all of %d: %s", optional, list)
		}
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
