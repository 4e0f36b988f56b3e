package reports_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/reports"
)

func TestRowStoryTellsAll(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	for _, name := range []string{"patients.csv", "patients", "patients.csv/patients"} {
		s, err := db.RowStory(context.Background(), "", name, 118)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "row.txt", s.Text())
		text, _ := json.MarshalIndent(s, "", "  ")
		golden(t, "row.json", string(text)+"\n")
	}
}

func TestRowStoryOfMergedFilteredAndUnknownRows(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	for row, want := range map[int64]string{
		9_001: "outcome: merged into row 12 (exact-duplicate)", 9_500: "outcome: loaded\n", 9_401: "outcome: filtered (where)",
		50_000: "outcome: none; the run did not come to this row, or the table has no such row",
	} {
		s, err := db.RowStory(context.Background(), "", "patients.csv", row)
		if err != nil || !strings.Contains(s.Text(), want) {
			t.Errorf("row %d: %v\n%s", row, err, s.Text())
		}
	}
}

func TestRowStoryNeedsOneTable(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	for _, sheet := range []string{"Labs", "Meds"} {
		if _, err := rec.Source(reports.SourceInfo{Source: filepath.Join("in", "book.xlsx"), Table: sheet, Mapped: true}); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"book.xlsx": "names several: in/book.xlsx/Labs, in/book.xlsx/Meds", "nobody.csv": "there are: patients.csv, in/book.xlsx/Labs, in/book.xlsx/Meds",
		"book.xlsx:Meds": "write in/book.xlsx/Meds", "book.xlsx!Labs": "write in/book.xlsx/Labs", "patients.csv#patients": "write patients.csv",
	} {
		_, err := db.RowStory(context.Background(), "", name, 1)
		if !errors.Is(err, reports.ErrNoSource) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := db.RowStory(context.Background(), "", "book.xlsx/Meds", 1); err != nil || s.Table != "Meds" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAnErrorNamesOnlySomeTablesOfALargeDump(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	for i := range 60 {
		if _, err := rec.Source(reports.SourceInfo{Source: "dump.sql", Table: fmt.Sprintf("t%02d", i), Mapped: i == 59}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.RowStory(context.Background(), "", "person", 1)
	if err == nil || !strings.Contains(err.Error(), "there are: patients.csv, dump.sql/t59, dump.sql/t00,") || !strings.HasSuffix(err.Error(), ", and 41 more") {
		t.Error(err)
	}
	if s, err := db.RowStory(context.Background(), "", "dump.sql", 1); err != nil || s.Table != "t59" {
		t.Errorf("the only mapped table of a dump may be called by the dump's name: %+v, %v", s, err)
	}
}
