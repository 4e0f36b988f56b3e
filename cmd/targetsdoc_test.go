package cmd_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/sandbox"
)

// rowsOfTargets returns the cells of the table of targets in docs/targets.md,
// by the name in the first.
func rowsOfTargets(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/targets.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "| target | statement at hand | what it says | `--as` | tested against |\n|---|---|---|---|---|\n")
	if !ok {
		t.Fatal("docs/targets.md has no table of targets any more")
	}
	rows := map[string][]string{}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|\n "), " | ")
		rows[cells[0]] = cells
	}
	return rows
}

// The names that --as takes are those of its help and those of docs/targets.md,
// none more and none less.
func TestEachSimulatedTargetIsDocumentedAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	var want []string
	for _, p := range sandbox.Profiles() {
		want = append(want, p.Name)
	}
	slices.Sort(want)
	var documented []string
	quoted := regexp.MustCompile("^`([a-z]+)`$")
	for name, cells := range rowsOfTargets(t) {
		if len(cells) != 5 {
			t.Errorf("%s: the row has %d cells", name, len(cells))
			continue
		}
		m := quoted.FindStringSubmatch(cells[3])
		if simulated := strings.Contains(cells[4], "simulated"); simulated != (m != nil) {
			t.Errorf("%s: --as is %s, and tested against is %q", name, cells[3], cells[4])
		}
		if m != nil {
			documented = append(documented, m[1])
		}
	}
	slices.Sort(documented)
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("docs/targets.md (-want +got)\n%s", diff)
	}
	_, help, _ := chartlift(t, "sandbox", "--help")
	_, list, _ := strings.Cut(help, "of a server says: ")
	list, _, _ = strings.Cut(list, " (")
	if diff := cmp.Diff(want, strings.Split(list, ", ")); diff != "" {
		t.Errorf("--help (-want +got)\n%s", diff)
	}
}

// Each target that the tool is made for has its row, which says whether a
// statement is at hand.
func TestEachTargetOfTheMissionSaysWhetherItsStatementIsAtHand(t *testing.T) {
	t.Parallel()
	rows := rowsOfTargets(t)
	for target, statement := range map[string]string{
		"Epic": "No R4 statement", "Oracle Health (Cerner)": "R4, public", "Meditech": "No R4 statement", "athenahealth": "none is at hand", "Allscripts / Veradigm": "No R4 statement",
		"Azure": "R4, public", "HAPI": "its own", "Medplum": "its own",
	} {
		found := ""
		for name, cells := range rows {
			if strings.HasPrefix(name, target) {
				found = cells[1]
			}
		}
		if !strings.Contains(found, statement) {
			t.Errorf("%s: %q does not say %q", target, found, statement)
		}
	}
	if code, _, stderr := chartlift(t, "sandbox", "--as", "athenahealth", "--project", t.TempDir()); code != 2 || !strings.Contains(stderr, "athenahealth") {
		t.Errorf("--as athenahealth: exit code %d, %s", code, stderr)
	}
}
