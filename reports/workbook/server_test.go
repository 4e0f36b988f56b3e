package workbook_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/workbook"
)

func TestWhatTheServerHoldsIsASheetOfItsOwn(t *testing.T) {
	t.Parallel()
	db := sample(t)
	if slices.Contains(opened(t, write(t, db, workbook.Options{})).GetSheetList(), "Server") {
		t.Error("nobody has asked the server")
	}
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "reconcile"})
	if err != nil {
		t.Fatal(err)
	}
	of, err := db.Ledger(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	err = rec.Comparison(reports.Comparison{
		Of: of.Run, Sample: 100, Delivered: 1, Compared: 1, Differ: 1, Bound: 1, Kinds: []string{"drifted"},
		Counts: []reports.ComparedCount{{Stratum: "type", Name: "Patient", Source: 1, Delivered: 1, Server: 1, Compared: 1, Differ: 1, Bound: 1}},
		Found: []reports.ComparedDifference{{
			Kind: "drifted", Type: "Patient", ID: "p", Origin: issue.Origin{Source: "patients.csv", Table: "patients", Row: 3},
			Values: []reports.ComparedValue{{Path: "Patient.name[0].family", Sent: "=Quillfeather", Held: "Quill"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(context.Background(), reports.Findings, 4); err != nil {
		t.Fatal(err)
	}
	for show, want := range map[bool]string{false: "=Aaaaaaaaaaaa (len 13) Aaaaa (len 5)", true: "=Quillfeather Quill"} {
		f := opened(t, write(t, db, workbook.Options{ShowValues: show}))
		rows, err := f.GetRows("Server")
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(rows)
		for _, part := range []string{"drifted Patient/p", "Patient.name[0].family " + want, "patients.csv:3", "[Patient 1 1 1 1 1 100.00 %"} {
			if !strings.Contains(text, part) {
				t.Errorf("with values %v the sheet lacks %q: %s", show, part, text)
			}
		}
		for r := range rows { // what a server wrote must not be a formula
			if formula, err := f.GetCellFormula("Server", fmt.Sprintf("I%d", r+1)); err != nil || formula != "" {
				t.Errorf("row %d has the formula %q, %v", r+1, formula, err)
			}
		}
	}
}
