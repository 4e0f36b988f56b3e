package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openMRS runs the shipped mapping over the demo's dump and returns the project
// and the files that it wrote.
func openMRS(t *testing.T) (project string, files map[string]string) {
	t.Helper()
	dump := filepath.Join(legacySets, "openmrs-bahmni-mysql", "openmrs_backup_v0.92.sql.gz")
	if _, err := os.Stat(dump); err != nil {
		t.Skipf("SKIPPED: the dump of OpenMRS is not here: %v", err)
	}
	project = t.TempDir()
	out := filepath.Join(project, "out")
	if code, stdout, stderr := chartlift(t, "run", "--mapping", "openmrs-mysql", "--source", dump, "--to", out, "--project", project); code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	files, err := tree(out)
	if err != nil {
		t.Fatal(err)
	}
	return project, files
}

func TestAnOpenMRSDumpBecomesFHIR(t *testing.T) {
	t.Parallel()
	project, files := openMRS(t)
	t.Run("each table becomes what the mapping's page says", func(t *testing.T) { openMRSTypes(t, files) })
	t.Run("rows are accounted for", func(t *testing.T) { openMRSRows(t, project) })
	t.Run("nothing is wrong but codes of unknown editions", func(t *testing.T) { openMRSFindings(t, project) })
	t.Run("results have units, limits and flags", func(t *testing.T) { openMRSResources(t, files) })
	t.Run("two runs give the same bytes", func(t *testing.T) {
		_, again := openMRS(t)
		if diff := cmp.Diff(files, again); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}

func openMRSTypes(t *testing.T, files map[string]string) {
	types := map[string]int{}
	for name, content := range files {
		if resource, ok := strings.CutSuffix(filepath.Base(name), ".ndjson"); ok {
			types[resource] = strings.Count(content, "\n")
		}
	}
	want := map[string]int{
		"Patient":       7,
		"Practitioner":  21,
		"RelatedPerson": 2,       // one relationship, told of both
		"Location":      12 + 19, // locations and beds
		"Encounter":     11 + 22, // visits and encounters
		"EpisodeOfCare": 1,
		// Of 333 obs rows 18 are diagnoses and their members, 76 flags and
		// limits beside a value, 1 is a picture.
		"Observation":       333 - 18 - 76 - 1,
		"DocumentReference": 1,
		"Condition":         2 + 3, // conditions, and obs groups that are diagnoses
		"MedicationRequest": 12,
		"ServiceRequest":    11,
		"Medication":        345,
		"HealthcareService": 2,
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
}

func openMRSRows(t *testing.T, project string) {
	rows := map[string][5]int64{}
	for _, l := range ledgers(t, project) {
		if err := l.check(); err != nil {
			t.Error(err)
		}
		for _, table := range l.Tables {
			rows[table.Table] = [5]int64{table.Read, table.Loaded, table.Merged, table.Filtered, table.Rejected}
		}
	}
	for table, want := range map[string][5]int64{
		"patient": {7, 7, 0, 0, 0}, "person": {31, 28, 0, 3, 0}, "provider": {21, 21, 0, 0, 0}, "obs": {333, 333, 0, 0, 0}, "orders": {23, 23, 0, 0, 0},
		"drug_order": {12, 12, 0, 0, 0}, "conditions": {2, 2, 0, 0, 0}, "encounter": {22, 22, 0, 0, 0}, "visit": {11, 11, 0, 0, 0},
		"person_name": {30, 0, 0, 30, 0}, // they are looked up
	} {
		if rows[table] != want {
			t.Errorf("%s: %v, want %v (read, loaded, merged, filtered, rejected)", table, rows[table], want)
		}
	}
}

func openMRSFindings(t *testing.T, project string) {
	code, stdout, stderr := chartlift(t, "report", "findings", "--json", "--project", project)
	var found struct {
		Rows []struct {
			Severity, Code, Rule string
			Findings             int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &found); code != 0 || err != nil {
		t.Fatalf("%d: %v\n%s", code, err, stderr)
	}
	got := map[string]int{}
	for _, f := range found.Rows {
		got[f.Severity+" "+f.Code+" "+f.Rule] += f.Findings
	}
	want := map[string]int{ // a procedure code and two codes of ICD-10 whose edition nobody knows
		"warning unmapped-code observation.code.coding[1][].system": 1,
		"warning unmapped-code request.code.coding[1][].system":     2,
		"warning unmapped-code diagnosis.code.coding[1][].system":   1,
		"warning garbled-text ":                                     2, // concept names that the dump has as S��
		"warning unmapped-code condition.code.coding[1][].system":   1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func openMRSResources(t *testing.T, files map[string]string) {
	for name, parts := range map[string][]string{
		"Observation.ndjson": {
			`"text":"Creatinine"`, `"valueQuantity":{"value":1.7,"unit":"mg/dL"`, `"code":"A","display":"Abnormal"`, `"low":{"value":0.4,`, `"high":{"value":1.4,`,
		},
		"Patient.ndjson":           {`"value":"SEM203001"`, `"birthDate":"1985"`, `"valueDate":"1985-06-07"`, `"family":"MSAFIRI","given":["MARIAM","MICHAEL"]`, `"gender":"male"`},
		"MedicationRequest.ndjson": {`"value":"ORD-309"`, `"status":"completed"`, `"value":2,"unit":"Week(s)"`, `"frequency":1,"period":8,"periodUnit":"h"`, `"doseQuantity":{"value":2,"unit":"Tablet(s)"}`},
		"Condition.ndjson":         {`"text":"Diabetes II, uncomplicated"`, `"code":"E11.9"`, `"code":"provisional"`},
	} {
		if !hasLine(files[name], parts) {
			t.Errorf("%s has no line with all of %q", name, parts)
		}
	}
}

func hasLine(text string, parts []string) bool {
	for line := range strings.Lines(text) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return true
		}
	}
	return false
}
