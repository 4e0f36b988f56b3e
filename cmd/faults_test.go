package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fault is a mistake in the files of a clinic that nobody sees by looking at
// them.
type fault struct {
	name   string
	what   string                                  // what happened to the files
	plant  func(t *testing.T, f map[string]string) // does it to the clean files
	caught []string                                // every sign of it with the starter, see signs
	known  []string                                // where there is none: every sign of it with a mapping that says what the clinic knows
	person string                                  // what a person can do where nothing catches it, or catches it in part
}

// starter is the mapping as it is shipped, ownMapping what a clinic made of it:
// control totals, limits, columns that must be filled.
const (
	starter    = "generic-csv"
	ownMapping = "../testdata/faults/mapping/clinic.yaml"
)

// signs returns everything by which chartlift tells a run over the folder from
// one over clean files: findings of check, findings of the run with their
// tables, and rows of the ledger that were merged or rejected.
func signs(t *testing.T, mapping, folder string) []string {
	t.Helper()
	all := byCode(t, "check", anyExit(t, "check", "--mapping", mapping, "--source", folder, "--json"))
	project := t.TempDir()
	ran := anyExit(t, "run", "--mapping", mapping, "--source", folder, "--to", filepath.Join(project, "out"), "--project", project, "--json")
	if _, err := os.Stat(filepath.Join(project, ".chartlift", "runs.db")); err != nil {
		return append(all, "run: does not start")
	}
	all = append(all, byCode(t, "run", run(t, 0, "report", "findings", "--json", "--project", project))...)
	var l ledgerJSON
	if err := json.Unmarshal([]byte(ran), &l); err != nil {
		t.Fatal(err)
	}
	var merged, rejected []string
	for _, table := range l.Tables {
		if table.Merged > 0 {
			merged = append(merged, fmt.Sprintf("%d %s", table.Merged, table.Table))
		}
		if table.Rejected > 0 {
			rejected = append(rejected, fmt.Sprintf("%d %s", table.Rejected, table.Table))
		}
	}
	if len(merged) > 0 {
		all = append(all, "ledger: merged "+strings.Join(merged, ", "))
	}
	if len(rejected) > 0 {
		all = append(all, "ledger: rejected "+strings.Join(rejected, ", "))
	}
	return all
}

// byCode reads findings as JSON, those of check or the rows of a report, and
// returns one sign for each code.
func byCode(t *testing.T, from, text string) []string {
	t.Helper()
	type finding struct{ Severity, Code, Table string }
	var found struct{ Findings, Rows []finding }
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	tables := map[string][]string{}
	for _, f := range append(found.Findings, found.Rows...) {
		if f.Severity == "information" || from == "run" && strings.HasPrefix(f.Code, "W0") { // check has said those
			continue
		}
		tables[f.Code] = append(tables[f.Code], f.Table)
	}
	var all []string
	for _, code := range slices.Sorted(maps.Keys(tables)) {
		slices.Sort(tables[code])
		all = append(all, strings.TrimSpace(from+": "+code+" "+strings.Join(slices.Compact(tables[code]), ", ")))
	}
	return all
}

// anyExit runs chartlift, whatever its exit code, and returns what it prints to
// standard output.
func anyExit(t *testing.T, args ...string) string {
	t.Helper()
	p := newProgram(t, args...)
	err := p.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.out.String()
}

// cleanFiles reads the clinic that has no mistake.
func cleanFiles(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../testdata/faults/*.csv")
	if err != nil || len(paths) == 0 {
		t.Fatal("no clean files", err)
	}
	files := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(text)
	}
	return files
}

func planted(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestACleanClinicRaisesNothing(t *testing.T) {
	t.Parallel()
	for _, mapping := range []string{starter, ownMapping} {
		if got := signs(t, mapping, planted(t, cleanFiles(t))); len(got) > 0 {
			t.Errorf("the clean clinic raises %v with %s", got, mapping)
		}
	}
}

func TestPlantedFaultsAreCaughtAsThePageSays(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			files, before := cleanFiles(t), cleanFiles(t)
			f.plant(t, files)
			if cmp.Equal(before, files) {
				t.Fatal("nothing was planted")
			}
			folder := planted(t, files)
			if diff := cmp.Diff(f.caught, signs(t, starter, folder)); diff != "" {
				t.Error(diff)
			}
			if len(f.caught) > 0 {
				return
			}
			if diff := cmp.Diff(f.known, signs(t, ownMapping, folder)); diff != "" {
				t.Errorf("with the clinic's mapping:\n%s", diff)
			}
		})
	}
}

func TestDocumentationOfPlantedFaults(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Planted faults\n\nWhat is wrong with a file is not always seen by looking at it. Each of these mistakes was planted into the files of a small clean clinic (`testdata/faults`), " +
		"which were then checked and run with the mapping `generic-csv`. A test plants them again and fails where this page is wrong.\n\n")
	unseen, known := 0, 0
	for _, f := range faults() {
		switch {
		case len(f.caught) > 0:
		case len(f.known) > 0:
			known++
		default:
			unseen++
		}
	}
	fmt.Fprintf(&b, "%d of %d are caught by the starter as it is, some of them only in part, and %d more by a mapping that says what the clinic knows: the number of rows of each table, limits of values, columns that must be filled "+
		"([clinic.yaml](../testdata/faults/mapping/clinic.yaml)). **%d are caught by nothing**, and a person has to look. Where one finding stands for a whole column, the column is wrong, not the row.\n\n",
		len(faults())-unseen-known, len(faults()), known, unseen)
	b.WriteString("`check` is `chartlift check --source`; `run` is what `chartlift report findings` lists with the tables; the ledger is the last table of a run. The codes are in [codes.md](codes.md).\n\n")
	b.WriteString("| fault | what happened | caught by | what to do |\n|---|---|---|---|\n")
	for _, f := range faults() {
		caught := strings.Join(f.caught, "<br>")
		switch {
		case caught == "" && len(f.known) > 0:
			caught = "clinic.yaml only:<br>" + strings.Join(f.known, "<br>")
		case caught == "":
			caught = "**nothing**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.name, f.what, caught, strings.ReplaceAll(f.person, "|", `\|`))
	}
	documented(t, "faults.md", b.String())
}
