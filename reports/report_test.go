package reports_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// sample records a run with something of everything and returns its database.
func sample(t *testing.T, o reports.Options) (*reports.DB, string) {
	t.Helper()
	db, path := open(t)
	rec, err := db.Begin(context.Background(), reports.RunInfo{
		Command: "run", Args: "--mapping mapping.yaml --source legacy/", ToolVersion: "1.2.3", Mapping: "mapping.yaml",
		MappingSHA256: strings.Repeat("0123456789abcdef", 4), Target: "https://fhir.example.org/r4", Site: "st-mary", Actor: "j.doe",
		Started: time.Date(2026, 11, 22, 10, 11, 12, 0, time.UTC), Options: o,
	})
	if err != nil {
		t.Fatal(err)
	}
	patients, allergies := source(t, rec, "patients"), source(t, rec, "allergies")
	source(t, rec, "rooms")
	rec.Rows(patients, []reports.RowRange{
		{First: 1, Last: 117},
		{First: 118, Last: 118, Outcome: reports.Rejected, Reason: "bad-date"},
		{First: 119, Last: 9_000},
		{First: 9_001, Last: 9_001, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 12},
		{First: 9_002, Last: 9_400, Outcome: reports.Merged, Reason: "exact-duplicate"},
		{First: 9_401, Last: 9_460, Outcome: reports.Filtered, Reason: "where"},
		{First: 9_461, Last: 10_012},
	})
	rec.Rows(allergies, []reports.RowRange{{First: 1, Last: 40_000}, {First: 40_001, Last: 42_117, Outcome: reports.Rejected, Reason: "refused"}})
	if _, err := rec.Source(reports.SourceInfo{Source: "audit_trail.csv", Table: "audit_trail", Rows: 88_412, Bytes: 31_000_000}); err != nil {
		t.Fatal(err)
	}
	sampleFindings(rec, patients, allergies)
	sampleDelivery(rec, patients, allergies)
	finish(t, rec, reports.Succeeded)
	change(t, path, "UPDATE run SET finished_at = '2026-11-22T10:14:20.500Z'")
	return db, path
}

func sampleFindings(rec *reports.Recorder, patients, allergies int64) {
	for n, value := range []string{"31.02.1980", "30.02.1977", "00.00.0000", "31.04.1999"} {
		row := []int64{118, 407, 902, 5_000}[n]
		rec.Issue(patients, issue.Issue{
			Severity: issue.Error, Code: "bad-date", Type: "value", Rule: "patient.birthDate", Column: "DOB",
			Origin: issue.Origin{Source: "patients.csv", Row: row, Line: row + 1}, Value: value, Expression: "Patient.birthDate",
			Message: "this day does not exist; correct the source or allow it by policy bad_value: omit-element",
		})
	}
	for n := range int64(1_312) {
		rec.Issue(allergies, issue.Issue{
			Severity: issue.Warning, Code: "unmapped-code", Rule: "allergy.code", Column: "ALLERGEN|CODE",
			Origin: issue.Origin{Row: n + 7}, Value: "<b>PCN</b>", Message: "add the code to the crosswalk",
		})
	}
	rec.UnmappedCode("allergens", "local", "PCN", "Penicillin", 1_200)
	rec.UnmappedCode("allergens", "local", "=NUT", "Nuts | mixed", 100)
	rec.UnmappedCode("allergens", "local", "SOY", "", 12)
	for _, n := range []int64{9_000, 551} { // two workers
		rec.RuleUse("patient.birthDate", "mapping.yaml:12:18", n)
		rec.RuleUse("patient.photo[0].title", "mapping.yaml:14:18", 0)
		rec.CrosswalkUse("allergens", "equivalent", n)
		rec.CrosswalkUse("allergens", "", 100)
	}
	rec.CrosswalkUse("allergens", "unmapped", 1_312)
	sampleFields(rec)
	rec.MustSupport("us-core-patient", "Patient.telecom", 688, 9_551)
	rec.Checks([]reports.CheckResult{
		{Rule: "event-before-birth", Scope: "Encounter", Category: "temporal", Title: "the date is before the patient's birth", N: 9_551, Violated: 12, Threshold: 1, Status: "pass_with_violations"},
		{Rule: "measurement-out-of-range", Scope: "Observation 8310-5", Category: "atemporal", Title: "the value is beyond what a living body has", N: 200, Violated: 31, Threshold: 1, Status: "fail"},
		{Rule: "sex-conflict", Scope: "Condition", Category: "atemporal", Title: "the diagnosis does not go with the sex", N: 40, Threshold: 5, Status: "pass"},
		{Rule: "month-gap", Scope: "Encounter", Category: "completeness", Title: "a month has few records", N: 30, Violated: 2, Status: "silenced", Reason: "closed in August <every year>"},
		{Rule: "npi-check-digit", Category: "atemporal", Title: "a number fails its check digit", Status: "not_applicable"},
	})
}

func sampleFields(rec *reports.Recorder) {
	dob := reports.Field{Table: "patients", Column: "DOB", Rule: "patient.birthDate", Element: "Patient.birthDate"}
	rec.FieldUse(dob, reports.FieldCounts{Rows: 5_000, Filled: 4_990, Made: 4_986, Lost: 4}) // two workers
	rec.FieldUse(dob, reports.FieldCounts{Rows: 4_551, Filled: 4_510, Made: 4_510})
	rec.FieldUse(reports.Field{Table: "patients", Column: "PHONE", Rule: "patient.telecom[0].value", Element: "Patient.telecom.value"}, reports.FieldCounts{Rows: 9_551, Filled: 700, Made: 688, Lost: 12})
	rec.FieldUse(reports.Field{Table: "patients", Column: "TITLE", Rule: "patient.name[0].prefix[0]", Element: "Patient.name.prefix"}, reports.FieldCounts{Rows: 9_551})
	rec.FieldUse(reports.Field{Table: "allergies", Column: "SEVERITY", Rule: "allergy.criticality", Element: "AllergyIntolerance.criticality"}, reports.FieldCounts{Rows: 42_117, Filled: 42_117, Made: 42_117})
	rec.FieldUse(reports.Field{Table: "patients", Column: "<b>REMARK</b>"}, reports.FieldCounts{Rows: 9_551, Filled: 310, Lost: 310})
}

func sampleDelivery(rec *reports.Recorder, patients, allergies int64) {
	rec.Resources(patients, "Patient", 9_551, 9_551, 9_551, 0)
	rec.Resources(allergies, "AllergyIntolerance", 42_117, 42_100, 40_000, 2_117)
	rec.Resources(allergies, "Provenance", 42_117, 42_117, 42_117, 0)
	started := time.Date(2026, 11, 22, 10, 11, 20, 0, time.UTC)
	for seq := range int64(100) {
		u := reports.Unit{
			Seq: seq + 1, SourceID: patients, FirstRow: seq*100 + 1, LastRow: seq*100 + 100, Entries: 100, OK: int(100 - seq%7), Created: 90,
			Attempts: 1 + int(seq%31/30), Status: 200, Started: started.Add(time.Duration(seq*seq) * 17 * time.Millisecond), Took: 300 * time.Millisecond,
		}
		if seq == 1 {
			refused := issue.Issue{
				Severity: issue.Error, Code: "refused", Type: "processing", Message: "the server refused it; see its answer",
				Origin: issue.Origin{Row: 118}, Value: "birthDate 31.02.1980?\x1b[31m",
			}
			rec.Issue(patients, refused)
			u.Failures = []reports.EntryFailure{{SourceID: patients, Row: 118, Type: "Patient", ID: "p118", Status: 422, Issues: []issue.Issue{refused}}}
		}
		rec.Unit(u)
	}
}

func TestEveryNamedReportGivesItsGoldenTable(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	change(t, path, "DELETE FROM unit WHERE seq > 3")
	for _, r := range reports.Reports() {
		if r.Title == "" || r.Help == "" || strings.Contains(r.SQL, "-- ") {
			t.Errorf("%s: its file must open with a title and a help", r.Name)
		}
		table, err := db.Query(context.Background(), r.Name, "")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, r.Name+".txt", table.Title+"\n\n"+table.Text())
	}
}

func TestANewReportIsOneFile(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	folder := fstest.MapFS{"sql/by-code.sql": {Data: []byte("-- Findings by code\n-- how often: all severities.\n-- The second line of the help.\n" +
		"SELECT code, sum(n_findings) AS found, NULL AS remark FROM finding_group WHERE run_id = :run GROUP BY code ORDER BY code\n")}}
	all := reports.ReportsIn(folder)
	if len(all) != 1 || all[0].Name != "by-code" || all[0].Title != "Findings by code" || all[0].Help != "how often: all severities. The second line of the help." {
		t.Fatalf("the file was read as %+v", all)
	}
	table, err := reports.Ask(db, t.Context(), all[0], "")
	if err != nil {
		t.Fatal(err)
	}
	var csv, markdown, json strings.Builder
	if err := errors.Join(table.CSV(&csv), table.Markdown(&markdown), table.JSON(&json)); err != nil {
		t.Fatal(err)
	}
	for form, got := range map[string][2]string{
		"text":     {table.Text(), "code           found  remark\n-------------  -----  ------\nbad-date           4\nrefused            1\nunmapped-code   1312\n"},
		"CSV":      {csv.String(), "code,found,remark\nbad-date,4,\nrefused,1,\nunmapped-code,1312,\n"},
		"Markdown": {markdown.String(), "| code | found | remark |\n| --- | ---: | --- |\n| bad-date | 4 |  |\n| refused | 1 |  |\n| unmapped-code | 1312 |  |\n"},
		"JSON": {json.String(), `{"name":"by-code","title":"Findings by code","rows":[` + "\n" + `{"code":"bad-date","found":4,"remark":""},` + "\n" +
			`{"code":"refused","found":1,"remark":""},` + "\n" + `{"code":"unmapped-code","found":1312,"remark":""}]}` + "\n"},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
}

func TestAReportThatThereIsNot(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	if _, err := db.Query(context.Background(), "nonsense", ""); !errors.Is(err, reports.ErrNoReport) {
		t.Errorf("got %v", err)
	}
	if _, err := db.Query(context.Background(), "units", "77"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
}

func TestCSVKeepsFormulasFromRunning(t *testing.T) {
	t.Parallel()
	table := reports.Table{Columns: []reports.Column{{Name: "code"}}, Rows: [][]string{{"=cmd()"}, {"-1.5"}, {"-x"}, {"@a"}, {" =x"}, {"＝x"}, {"'=x"}, {"a,\"b"}, {""}}}
	var b bytes.Buffer
	if err := table.CSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"code"}, {"'=cmd()"}, {"-1.5"}, {"'-x"}, {"'@a"}, {"' =x"}, {"'＝x"}, {"''=x"}, {"a,\"b"}}, rows); diff != "" {
		t.Error(diff)
	}
}

func TestJSONOfATableKeepsNumbersAndOrder(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	table, err := db.Query(context.Background(), "unmapped-codes", "1")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := table.JSON(&b); err != nil {
		t.Fatal(err)
	}
	want := `{"crosswalk":"allergens","system":"local","code":"PCN","display":"Penicillin","uses":1200,"percent_so_far":91.5,"target":"","target_display":"","target_system":""}`
	if !json.Valid([]byte(b.String())) || !strings.Contains(b.String(), want) {
		t.Errorf("got %s", b.String())
	}
}

func TestMarkdownOfATableEscapesValues(t *testing.T) {
	t.Parallel()
	table := reports.Table{Columns: []reports.Column{{Name: "a"}, {Name: "n", Number: true}}, Rows: [][]string{{"x|y <img src=z> [l](m)\n", "3"}}}
	var b strings.Builder
	if err := table.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	want := "| a | n |\n| --- | ---: |\n| x\\|y &lt;img src=z> \\[l\\](m)· | 3 |\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTextOfATableCannotSteerATerminal(t *testing.T) {
	t.Parallel()
	table := reports.Table{Columns: []reports.Column{{Name: "a"}}, Rows: [][]string{{"red\x1b[31m\u202eabc\n"}}}
	if got := table.Text(); got != "a\n-------------\nred·[31m·abc·\n" {
		t.Errorf("got %q", got)
	}
	if got := (reports.Table{}).Text(); got != "nothing\n" {
		t.Errorf("got %q", got)
	}
}

func TestSummariesAreGolden(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	for name, write := range map[string]func(context.Context, string, io.Writer) error{
		"summary.md": db.Markdown, "summary.json": db.JSON, "summary.xml": db.JUnit,
	} {
		var b strings.Builder
		if err := write(context.Background(), "", &b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
		if err := write(context.Background(), "9", io.Discard); !errors.Is(err, reports.ErrNoRun) {
			t.Errorf("%s of an unknown run: %v", name, err)
		}
	}
}

func TestSummariesHoldNoValue(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	var b strings.Builder
	if err := errors.Join(db.Markdown(context.Background(), "", &b), db.JUnit(context.Background(), "", &b), db.JSON(context.Background(), "", &b)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "31.02") || strings.Contains(b.String(), "<b>PCN") {
		t.Error("a value of the source is in it")
	}
}

func TestJUnitFailsWhatIsNotBalanced(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	change(t, path, "UPDATE source SET rows_read = rows_read + 2 WHERE table_or_sheet = 'rooms'")
	var b bytes.Buffer
	if err := db.JUnit(context.Background(), "", &b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got.Suites); s != "[{run 0} {acceptance 6} {table patients.csv patients 2} {table allergies.csv allergies 0} {table rooms.csv rooms 1} {plausibility 1}]" {
		t.Errorf("failures %s", s)
	}
}
