package workbook_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/workbook"
	"chartlift/reports/worksheet"
)

// sample is a run with a little of everything.
func sample(t *testing.T) *reports.DB {
	t.Helper()
	ctx := context.Background()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for range 2 {
		rec, err := db.Begin(ctx, reports.RunInfo{Command: "run", Mapping: "m.yaml", MappingSHA256: "aa", Started: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		id, err := rec.Source(reports.SourceInfo{Source: "patients.csv", Table: "patients", SHA256: "bb", Mapped: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rec.Source(reports.SourceInfo{Source: "log.csv", Table: "log", Rows: 7}); err != nil {
			t.Fatal(err)
		}
		rec.Rows(id, []reports.RowRange{{First: 1, Last: 7}, {First: 8, Last: 9, Outcome: reports.Rejected, Reason: "bad-date"}, {First: 10, Last: 10, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 3}})
		rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "bad-date", Column: "DOB", Message: "no such day", Value: "31.02.1980", Origin: issue.Origin{Row: 8}})
		rec.UnmappedCode("allergens", "local", "=PCN", "Penicillin", 12)
		rec.UnmappedCode("allergens", "local", "007", "", 3)
		rec.Unit(reports.Unit{Seq: 1, SourceID: id, FirstRow: 1, LastRow: 9, Entries: 2, OK: 1, Failures: []reports.EntryFailure{
			{SourceID: id, Row: 2, Type: "Patient", ID: "p", Status: 422, Issues: []issue.Issue{{Code: "refused", Value: "Quillfeather?"}}},
		}})
		if err := rec.Finish(ctx, reports.Succeeded, 0); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func rejected() []workbook.Rejected {
	return []workbook.Rejected{{Source: "patients.csv", Table: "patients", Total: 2, Columns: []string{"ID", "DOB", "NOTE"}, Rows: []workbook.RejectedRow{
		{Row: 8, Line: 9, Reason: "bad-date", Values: []string{"8", "31.02.1980", "=HYPERLINK(\"http://x\")"}},
		{Row: 9, Reason: "bad-date"},
	}}}
}

func write(t *testing.T, db *reports.DB, o workbook.Options) []byte {
	t.Helper()
	book, err := workbook.Book(context.Background(), db, "", o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func opened(t *testing.T, text []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func rows(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	out, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheWorkbookHasASheetForWhatThereIs(t *testing.T) {
	t.Parallel()
	f := opened(t, write(t, sample(t), workbook.Options{Rejected: rejected()}))
	want := []string{"Guide", "Sign-off", "Ledger", "Worklist", "Findings", "Duplicates", "Rejected patients", "Refused by target", "Units", "Left behind"}
	if diff := cmp.Diff(want, f.GetSheetList()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ledger := rows(t, f, "Ledger")
	if diff := cmp.Diff([][]string{{"patients", "patients.csv", "10", "7", "1", "0", "2", "0"}, {"total", "", "10", "7", "1", "0", "2", "0"}}, ledger[1:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	found := map[string]string{}
	for _, r := range rows(t, f, "Sign-off") {
		found[r[0]] = strings.Join(r[1:], "|")
	}
	for what, is := range map[string]string{
		"ledger": "10 rows read = 7 loaded + 1 merged + 0 filtered + 2 rejected", "source patients.csv SHA-256": "bb", "mapping SHA-256": "aa",
		"Rows rejected": "2 of 10|none|not met", "Plausibility rules that failed": "no rule found anything to look at|none|not measured",
	} {
		if found[what] != is {
			t.Errorf("%s: %q, want %q", what, found[what], is)
		}
	}
}

func TestTheSameRunMakesTheSameWorkbook(t *testing.T) {
	t.Parallel()
	db := sample(t)
	first := write(t, db, workbook.Options{Rejected: rejected()})
	for range 5 {
		if !bytes.Equal(first, write(t, db, workbook.Options{Rejected: rejected()})) {
			t.Fatal("two workbooks of one run differ")
		}
	}
}

func TestRejectedRowsStandInTheColumnsOfTheirSource(t *testing.T) {
	t.Parallel()
	db := sample(t)
	codes := []issue.Code{{Code: "bad-date", Title: "a day that does not exist", Fix: "correct it in the source"}}
	f := opened(t, write(t, db, workbook.Options{Rejected: rejected(), Codes: codes, ShowValues: true}))
	want := [][]string{
		{"row", "line", "reason", "what to do", "decision", "ID", "DOB", "NOTE"},
		{"8", "9", "bad-date", "a day that does not exist; correct it in the source", "", "8", "31.02.1980", "=HYPERLINK(\"http://x\")"},
		{"9", "", "bad-date", "a day that does not exist; correct it in the source"},
	}
	if diff := cmp.Diff(want, rows(t, f, "Rejected patients")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if formula, err := f.GetCellFormula("Rejected patients", "H2"); formula != "" || err != nil {
		t.Errorf("a value became the formula %q (%v)", formula, err)
	}
}

func TestNoValueIsInTheWorkbookUnlessAskedFor(t *testing.T) {
	t.Parallel()
	db := sample(t)
	for _, show := range []bool{false, true} {
		f := opened(t, write(t, db, workbook.Options{Rejected: rejected(), ShowValues: show}))
		var text strings.Builder
		for _, sheet := range f.GetSheetList() {
			for _, r := range rows(t, f, sheet) {
				text.WriteString(strings.Join(r, "\n"))
			}
		}
		for _, value := range []string{"31.02.1980", "Quillfeather", "HYPERLINK"} {
			if strings.Contains(text.String(), value) != show {
				t.Errorf("%s is in the workbook: %v, asked for: %v", value, !show, show)
			}
		}
	}
}

func TestAFilledWorklistReadsBackAsItWasDecided(t *testing.T) {
	t.Parallel()
	f := opened(t, write(t, sample(t), workbook.Options{}))
	validations, err := f.GetDataValidations("Worklist")
	if err != nil || len(validations) != 2 || !strings.Contains(validations[0].Formula1+validations[1].Formula1, "keep as text") {
		t.Errorf("no drop-down with the decisions: %+v, %v", validations, err)
	}
	for at, text := range map[string]string{"G2": "map to target", "H2": "91936005", "I2": "Allergy to penicillin", "G3": "not needed", "H3": "1"} {
		if err := f.SetCellStr("Worklist", at, text); err != nil {
			t.Fatal(err)
		}
	}
	filled, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	columns := workbook.WorklistColumns()
	lines, err := worksheet.Read(filled, columns[:4], columns[4:])
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	want := map[string]string{"crosswalk": "allergens", "code": "=PCN", "system": "local", "display": "Penicillin", "decision": "map to target", "target": "91936005", "target_display": "Allergy to penicillin"}
	got := map[string]string{}
	for k, v := range lines[0].Cells {
		if v != "" {
			got[k] = v
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if workbook.Undecided(lines[0].Cells) || !workbook.Undecided(lines[1].Cells) {
		t.Error("what is to be mapped is not told from what is not needed")
	}
}

func TestRowsOfRangesAreListedOneByOneUpToABound(t *testing.T) {
	t.Parallel()
	got := workbook.RowsOf([]reports.RowRange{
		{First: 1, Last: 2, Outcome: reports.Rejected, Reason: "a"}, {First: 3, Last: 9}, {First: 10, Last: 100_000_000, Outcome: reports.Rejected, Reason: "b"},
	})
	if len(got) != 5_000 || got[1].Row != 2 || got[1].Reason != "a" || got[2].Row != 10 {
		t.Errorf("%d rows", len(got))
	}
}

func TestSheetsOfTablesWithLongAndEqualNamesAreKeptApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("patient_identifier_history_", 3)
	f := opened(t, write(t, sample(t), workbook.Options{Rejected: []workbook.Rejected{
		{Table: long, Rows: []workbook.RejectedRow{{Row: 1}}}, {Table: long, Rows: []workbook.RejectedRow{{Row: 2}}}, {Table: "a/b:[c]", Rows: []workbook.RejectedRow{{Row: 3}}},
	}}))
	var got []string
	for _, name := range f.GetSheetList() {
		if strings.HasPrefix(name, "Rejected") {
			got = append(got, name)
		}
	}
	if diff := cmp.Diff([]string{"Rejected patient_identifier_his", "Rejected patient_identifier (2)", "Rejected a b (c)"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
