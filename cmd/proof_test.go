package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// proofs are the shipped mappings with sets of their systems, below the folder
// of all sets. generic-csv and generic-xlsx are starters that have none.
func proofs() map[string]string {
	return map[string]string{
		"bahmni":               "openmrs-bahmni-mysql",
		"ccda":                 "ccda-fhir-converter/ccda.tar.gz",
		"hl7v2-adt-oru":        "hl7v2-fhir-converter/hl7v2.tar.gz",
		"omop":                 "omop-synthea27nj/Synthea27Nj_5.4.zip",
		"omop-sqlite":          "omop-synthea27nj/synthea27nj.sqlite.gz",
		"openelis-postgres":    "openelis-bahmni-postgres",
		"openhospital-mariadb": "openhospital-mariadb",
		"openmrs-mysql":        "openmrs-bahmni-mysql",
		"synthea-csv":          "synthea-ma/csv",
	}
}

// TestValidatingEveryResourceFindsNothingMore holds the findings of a run that
// validates each shape of resource once against those of one that validates all
// resources: what the compiler and the engine have proven needs no second look.
// The sets are whole, so that it takes minutes: CHARTLIFT_LONG=1 go test -run
// FindsNothingMore ./cmd. Two sets are compared in every test run
// (TestShippedMappingsConvertTheDataSetsOfTheirSystems).
func TestValidatingEveryResourceFindsNothingMore(t *testing.T) {
	if os.Getenv("CHARTLIFT_LONG") == "" {
		t.Skip("takes minutes; CHARTLIFT_LONG is not set")
	}
	for mapping, set := range proofs() {
		t.Run(mapping, func(t *testing.T) {
			if _, err := os.Stat(legacySets + set); err != nil {
				t.Skipf("the set is not here: %v", err)
			}
			quick, full := findingsOf(t, mapping, set, "new"), findingsOf(t, mapping, set, "full")
			if diff := cmp.Diff(quick, full); diff != "" {
				t.Errorf("validating every resource finds something else (-new +full):\n%s", diff)
			}
		})
	}
}

// findingsOf runs a mapping over a set and returns the report of its findings.
func findingsOf(t *testing.T, mapping, set, how string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"run", "--mapping", mapping, "--source", legacySets + set, "--project", dir, "--to", filepath.Join(dir, "out"), "--validate", how, "--fail-on", "never", "--quiet", "--workers", "1"}
	if code, printed, said := chartlift(t, args...); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, printed, said)
	}
	code, findings, said := chartlift(t, "report", "findings", "--project", dir)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	return findings
}
