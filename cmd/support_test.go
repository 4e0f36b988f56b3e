package cmd_test

import (
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMustSupportIsCountedAsIfEveryResourceWereLookedAt: a run looks at the
// first resource of a shape only; counting must not notice. --validate full
// looks at each.
func TestMustSupportIsCountedAsIfEveryResourceWereLookedAt(t *testing.T) {
	t.Parallel()
	count := func(validate, workers string) [][]string {
		project := t.TempDir()
		code, _, errs := chartlift(t, "run", "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy", "--to", filepath.Join(project, "out"), "--project", project,
			"--fail-on", "never", "--validate", validate, "--workers", workers, "--quiet")
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		code, out, errs := chartlift(t, "report", "must-support", "--project", project, "--format", "csv")
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if code != 0 || err != nil {
			t.Fatalf("exit code %d, %v: %s", code, err, errs)
		}
		return rows
	}
	full := count("full", "1")
	if !slices.ContainsFunc(full, func(r []string) bool {
		return r[0] == "bodyweight" && r[1] == "Observation.value[x]" && r[2] == "43" && r[3] == "43"
	}) {
		t.Fatalf("the weights are not counted: %v", full)
	}
	for _, workers := range []string{"1", "4"} {
		if got := count("new", workers); !slices.EqualFunc(got, full, slices.Equal[[]string]) {
			t.Errorf("%s workers count otherwise than --validate full:\n%v\n%v", workers, got, full)
		}
	}
}
