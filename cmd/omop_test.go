package cmd_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// converted is what a shipped mapping made of a real dump.
type converted struct {
	project string
	files   map[string]string // NAME.ndjson: content
	ledger  ledgerJSON
}

// convert runs a shipped mapping over dumps below shared/data, checks the
// ledger, and skips where a dump is absent.
func convert(t *testing.T, mapping string, dumps ...string) converted {
	t.Helper()
	c := converted{project: t.TempDir()}
	out := filepath.Join(c.project, "out")
	args := []string{"run", "--mapping", mapping, "--to", out, "--project", c.project}
	for _, d := range dumps {
		path := filepath.Join(legacySets, d)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("SKIPPED: the real dump %s is not there", d)
		}
		args = append(args, "--source", path)
	}
	run(t, 0, args...)
	c.ledger = ledgers(t, c.project)[0]
	files, err := tree(out)
	if err != nil {
		t.Fatal(err)
	}
	c.files = files
	return c
}

// types counts the resources by type.
func (c converted) types(t *testing.T) map[string]int {
	t.Helper()
	n := map[string]int{}
	for name, content := range c.files {
		if resourceType, ok := strings.CutSuffix(filepath.Base(name), ".ndjson"); ok {
			n[resourceType] = strings.Count(content, "\n")
		}
	}
	return n
}

// rows returns what became of the rows of each table that has some.
func (c converted) rows() map[string][4]int64 {
	n := map[string][4]int64{}
	for _, table := range c.ledger.Tables {
		if table.Read > 0 {
			n[strings.ToLower(table.Table)] = [4]int64{table.Loaded, table.Merged, table.Filtered, table.Rejected}
		}
	}
	return n
}

// findings counts those of a severity, by code.
func (c converted) findings(t *testing.T, severity string) map[string]int {
	t.Helper()
	var found struct {
		Rows []struct {
			Severity, Code string
			Findings       int
		}
	}
	text := run(t, 0, "report", "findings", "--json", "--project", c.project)
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, f := range found.Rows {
		if f.Severity == severity {
			n[f.Code] += f.Findings
		}
	}
	return n
}

// resource returns the resource of the type that has the identifier, in the
// compact form of its file.
func (c converted) resource(t *testing.T, resourceType, system, value string) string {
	t.Helper()
	want := `"system":"` + system + `","value":"` + value + `"}`
	lines := bufio.NewScanner(strings.NewReader(c.files[resourceType+".ndjson"]))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return lines.Text()
		}
	}
	t.Fatalf("no %s with the identifier %s", resourceType, want)
	return ""
}

func TestEachRowOfAnOMOPDatabaseBecomesWhatItsTableSays(t *testing.T) {
	t.Parallel()
	c := convert(t, "omop", "omop-synthea27nj/Synthea27Nj_5.4.zip")
	wantTypes := map[string]int{
		"Patient":          28,
		"Practitioner":     67,
		"PractitionerRole": 67,
		"Encounter":        1791 + 1791,            // visits and their details
		"Observation":      10040 - 726 + 8099 + 3, // measurements (two are one blood pressure), observations, causes of death
		"Condition":        470,
		"Procedure":        1649,
		// Every drug exposure is of the type 32869, a pharmacy's claim.
		"MedicationDispense": 883,
		"Device":             1,
		"DeviceUseStatement": 1,
		"Basic":              28, // observation periods
	}
	if diff := cmp.Diff(wantTypes, c.types(t)); diff != "" {
		t.Error(diff)
	}
	wantRows := map[string][4]int64{
		"person": {28}, "death": {3}, "provider": {67}, "visit_occurrence": {1791}, "visit_detail": {1791}, "condition_occurrence": {470},
		"drug_exposure": {883}, "procedure_occurrence": {1649}, "device_exposure": {1}, "measurement": {10040}, "observation": {8099},
		"observation_period": {28}, "concept": {0, 0, 2294, 0}, // concepts are looked up
	}
	if diff := cmp.Diff(wantRows, c.rows()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{}, c.findings(t, "error")); diff != "" {
		t.Error(diff)
	}
	patient := c.resource(t, "Patient", "urn:chartlift:omop:person", "10")
	for _, want := range []string{`"birthDate":"1971-08-22"`, `"gender":"male"`, `{"url":"text","valueString":"hawaiian"}`} {
		if !strings.Contains(patient, want) {
			t.Errorf("no %s in %s", want, patient)
		}
	}
	if strings.Contains(patient, "2076-8") {
		t.Errorf("a race was guessed of concept 0: %s", patient)
	}
}

func TestAnOMOPDatabaseMakesTheSameResourcesFromSQLiteAsFromCSV(t *testing.T) {
	t.Parallel()
	fromCSV := convert(t, "omop", "omop-synthea27nj/Synthea27Nj_5.4.zip")
	again := convert(t, "omop", "omop-synthea27nj/Synthea27Nj_5.4.zip")
	fromSQLite := convert(t, "omop-sqlite", "omop-synthea27nj/synthea27nj.sqlite.gz")
	if diff := cmp.Diff(fromCSV.files, again.files); diff != "" {
		t.Errorf("two runs differ: %.2000s", diff)
	}
	if diff := cmp.Diff(fromCSV.files, fromSQLite.files); diff != "" {
		t.Errorf("CSV and SQLite differ: %.2000s", diff)
	}
}
