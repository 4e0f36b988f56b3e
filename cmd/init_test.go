package cmd_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/cmd"
	"chartlift/internal/console"
)

const legacySets = "../../shared/data/"

// chartlift runs a command in this process and returns its exit code.
func chartlift(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = cmd.Main(t.Context(), args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return code, out.String(), err.String()
}

// drafts says what init must find in a set, at the least.
type drafts struct {
	set    string
	mapped map[string]string // table → resource
	lines  []string          // of the draft
}

func sets() []drafts {
	return []drafts{
		{"synthea-ma/csv", map[string]string{
			"patients": "Patient", "encounters": "Encounter", "conditions": "Condition", "allergies": "AllergyIntolerance", "medications": "MedicationRequest",
			"observations": "Observation", "immunizations": "Immunization", "procedures": "Procedure", "providers": "Practitioner", "organizations": "Organization",
		}, []string{"family: $LAST", "birthDate: $BIRTHDATE | date", "gender: $GENDER | code patients_gender", "code: $CODE | check snomed", "code: $CODE | check cvx"}},
		{"openhospital-mariadb", map[string]string{
			"oh_patient": "Patient", "oh_admission": "Encounter", "oh_opd": "Encounter", "oh_laboratory": "Observation", "oh_patientvaccine": "Immunization", "oh_therapies": "MedicationRequest",
		}, []string{"family: $PAT_SNAME", "- $PAT_FNAME", "birthDate: $PAT_BDATE | date", "gender: $PAT_SEX | code", "text $oh_exam.EXA_DESC", "text $oh_disease.DIS_DESC"}},
		{"openemr-mysql", map[string]string{"patient_data": "Patient"}, []string{"family: $lname", "birthDate: $DOB | date", "gender: $sex | code", "maritalStatus: $status | concept"}},
		{"patienthub-mssql", map[string]string{"Patient": "Patient"}, []string{"text: $FullName", "birthDate: $DOB | date", "value: $PhoneNumber"}},
		{
			"openmrs-bahmni-mysql",
			map[string]string{"patient": "Patient", "encounter": "Encounter", "visit": "Encounter", "obs": "Observation", "conditions": "Condition"},
			[]string{"family: $person_name.family_name", "birthDate: $person.birthdate | date", "subject: ref patient($person_id)"},
		},
		{"openelis-bahmni-postgres", map[string]string{"patient": "Patient"}, []string{"family: $person.last_name", "gender: $gender | code"}},
		{"omop-synthea27nj", map[string]string{
			"PERSON": "Patient", "VISIT_OCCURRENCE": "Encounter", "CONDITION_OCCURRENCE": "Condition", "MEASUREMENT": "Observation", "PROCEDURE_OCCURRENCE": "Procedure", "DRUG_EXPOSURE": "MedicationRequest",
		}, []string{"birthDate: $birth_datetime | date", "code: $condition_source_value | check snomed"}},
		{"febrl", map[string]string{"dataset1": "Patient", "dataset4a": "Patient", "dataset4b": "Patient"}, []string{"family: $surname", "birthDate: $date_of_birth | date 'YYYYMMDD'"}},
		{"northwind-mssql", nil, []string{"maps: {}"}},
		{"spreadsheets", nil, []string{"maps: {}"}},
		{"csv-spectrum", nil, []string{"maps: {}"}},
		{"crosswalks", nil, []string{"maps: {}"}},
	}
}

func TestInitMakesAProjectOfEverySetThatChecksAndRuns(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(legacySets); err != nil {
		t.Skipf("the data sets are not here: %v", err)
	}
	for _, set := range sets() {
		t.Run(set.set, func(t *testing.T) {
			if testing.Short() {
				t.Skip("long")
			}
			project := filepath.Join(t.TempDir(), "project")
			code, out, said := chartlift(t, "init", legacySets+set.set, "--out", project, "--json", "--quiet")
			if code != 0 {
				t.Fatalf("init: exit code %d\n%s", code, said)
			}
			mapped := tablesOf(t, out)
			for table, resource := range set.mapped {
				if mapped[table] != resource {
					t.Errorf("%s is %q, want %s", table, mapped[table], resource)
				}
			}
			if set.mapped == nil && len(mapped) > 0 {
				t.Errorf("there is nothing clinical, but %v is mapped", mapped)
			}
			text := read(t, project, "mapping/draft.yaml")
			for _, line := range set.lines {
				if !strings.Contains(text, line) {
					t.Errorf("the draft has no %q", line)
				}
			}
			if tests := strings.Contains(text, "maps: {}"); tests == exists(project, "tests/draft.yaml") {
				t.Errorf("the draft has maps: %v, and tests: %v", !tests, tests)
			}
			rehearse(t, project, len(mapped) > 0)
		})
	}
}

// tablesOf returns the tables that init maps, with their resources.
func tablesOf(t *testing.T, out string) map[string]string {
	t.Helper()
	var found struct {
		Tables []struct {
			Table    string  `json:"table"`
			Resource string  `json:"resource"`
			Reason   string  `json:"reason"`
			Sure     float64 `json:"confidence"`
		} `json:"tables"`
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	mapped := map[string]string{}
	for _, table := range found.Tables {
		if table.Reason == "" {
			t.Errorf("%s has no reason", table.Table)
		}
		if table.Resource != "" {
			mapped[table.Table] = table.Resource
		}
	}
	return mapped
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil
}

// rehearse checks, tests and runs a project without a flag that names mapping
// or source.
func rehearse(t *testing.T, project string, mapped bool) {
	t.Helper()
	if code, out, said := chartlift(t, "check", "--project", project, "--quiet"); code != 0 || strings.Contains(out, " error ") {
		t.Fatalf("check: exit code %d\n%s%s", code, out, said)
	}
	if exists(project, "tests") {
		if code, out, said := chartlift(t, "test", "--project", project, "--quiet"); code != 0 {
			t.Errorf("test: exit code %d\n%s%s", code, out, said)
		}
	}
	code, out, said := chartlift(t, "run", "--dry-run", "--project", project, "--quiet", "--fail-on", "never")
	if code != 0 || !strings.HasSuffix(strings.TrimSpace(out), "balanced") {
		t.Fatalf("run: exit code %d\n%s%s", code, out, said)
	}
	code, out, _ = chartlift(t, "report", "ledger", "--json", "--project", project)
	var l ledgerJSON
	if err := json.Unmarshal([]byte(out), &l); err != nil || code != 0 {
		t.Fatalf("ledger: exit code %d, %v", code, err)
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
	loaded := int64(0)
	for _, table := range l.Tables {
		loaded += table.Loaded
	}
	if (loaded > 0) != mapped {
		t.Errorf("%d rows are loaded", loaded)
	}
}

// unpacked returns the folder of an archive's files whose names end so.
func unpacked(t *testing.T, archive, end string, most int) string {
	t.Helper()
	f, err := os.Open(legacySets + archive)
	if err != nil {
		t.Skipf("the data set is not here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := tar.NewReader(z)
	for n := 0; n < most; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || !strings.HasSuffix(h.Name, end) {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return dir
}

func TestMessagesTakeTheShippedMapping(t *testing.T) {
	t.Parallel()
	dir := unpacked(t, "hl7v2-fhir-converter/hl7v2.tar.gz", ".hl7", 12)
	project := filepath.Join(t.TempDir(), "project")
	code, out, said := chartlift(t, "init", dir, "--out", project, "--quiet")
	if code != 0 || !strings.Contains(out, "extends the shipped mapping hl7v2-adt-oru (the sources are messages or documents)") {
		t.Fatalf("exit code %d\n%s%s", code, out, said)
	}
	if text := read(t, project, "migration.yaml"); !strings.Contains(text, "mapping: mapping/site.yaml") {
		t.Error(text)
	}
	rehearse(t, project, true)
}

func TestPollutedFilesMakeAProject(t *testing.T) {
	t.Parallel()
	dir := unpacked(t, "pollock/polluted_files.tar.gz", ".csv", 25)
	project := filepath.Join(t.TempDir(), "project")
	if code, _, said := chartlift(t, "init", dir, "--out", project, "--quiet"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	rehearse(t, project, false)
}

func TestOneTableIsEnough(t *testing.T) {
	t.Parallel()
	source := filepath.Join(legacySets, "openemr-mysql/example_patient_data.sql")
	if _, err := os.Stat(source); err != nil {
		t.Skipf("the data set is not here: %v", err)
	}
	project := filepath.Join(t.TempDir(), "project")
	if code, _, said := chartlift(t, "init", source, "--out", project, "--quiet", "--timezone", "America/Chicago"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	if text := read(t, project, "mapping/draft.yaml"); !strings.Contains(text, "timezone: America/Chicago") {
		t.Error(text)
	}
	rehearse(t, project, true)
}
