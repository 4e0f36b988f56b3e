package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/extract"
)

func TestTheHandCodedConverterWritesWhatTheCompiledMappingWrites(t *testing.T) {
	t.Parallel()
	data := observations(t, 3_000)
	a := &arena{work: t.TempDir()}
	byHand := t.TempDir()
	for dir, convert := range map[string]func(string, string) (int64, error){a.kept(): mapAlone, byHand: mapByHand} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if rows, err := convert(data, dir); err != nil || rows != 3_000+600+60 {
			t.Fatalf("%d rows, %v", rows, err)
		}
	}
	if err := a.sameBytes(byHand); err != nil {
		t.Error(err)
	}
	path := filepath.Join(byHand, "Observation.ndjson")
	text, err := os.ReadFile(path)
	if err != nil || len(text) < 1_000_000 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	text[len(text)/2] ^= 1
	for name, spoilt := range map[string][]byte{"a bit": text, "a line more": append(text, '\n'), "its end": text[:len(text)-1]} {
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := a.sameBytes(byHand); err == nil || !strings.Contains(err.Error(), "Observation.ndjson") {
			t.Errorf("%s is different, and it says %v", name, err)
		}
	}
}

func TestTheHandCodedConverterRefusesWhatTheMappingWouldNotTake(t *testing.T) {
	t.Parallel()
	patients := &extract.Schema{Table: "patients", Columns: []string{"Id", "BIRTHDATE", "FIRST", "LAST", "GENDER"}}
	rows := &extract.Schema{Table: "observations", Columns: []string{"DATE", "PATIENT", "ENCOUNTER", "CATEGORY", "CODE", "DESCRIPTION", "VALUE", "UNITS", "TYPE"}}
	for _, row := range []struct {
		schema *extract.Schema
		cells  string
		taken  bool
	}{
		{patients, "p,2000-02-29,A,B,F", true},
		{patients, "q,2001-02-29,A,B,F", false},
		{patients, ",2000-02-29,A,B,F", false},
		{rows, "2000-01-01T00:00:00Z,p,,lab,1-8,x,6.20,mg,numeric", true},
		{rows, "2000-01-01T24:00:00Z,p,,lab,1-8,x,6.20,mg,numeric", false},
		{rows, "2000-01-01T00:00:00Z,nobody,,lab,1-8,x,6.20,mg,numeric", false},
		{rows, "2000-01-01T00:00:00Z,p,no such,lab,1-8,x,6.20,mg,numeric", false},
		{rows, "2000-01-01T00:00:00Z,p,NULL,lab,1-8,x,06,mg,numeric", false},
	} {
		h := newHandwritten()
		h.patients["p"] = struct{}{}
		line, err := h.table(row.schema)
		if err != nil {
			t.Fatal(err)
		}
		rec := extract.Record{Schema: row.schema}
		for cell := range strings.SplitSeq(row.cells, ",") {
			rec.Values = append(rec.Values, extract.Value{Text: cell, Kind: extract.Text})
		}
		if err := line(&rec); (err == nil) != row.taken {
			t.Errorf("%s: %v", row.cells, err)
		}
	}
	for _, schema := range []*extract.Schema{{Table: "patients", Columns: []string{"Id"}}, {Table: "allergies"}} {
		if _, err := newHandwritten().table(schema); err == nil {
			t.Errorf("it takes the table %s with the columns %v", schema.Table, schema.Columns)
		}
	}
}

func TestDatesTimesAndDecimalsAreLookedAt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2000-02-29": true, "1900-02-29": false, "2023-04-31": false, "2023-13-01": false, "2023-00-10": false, "2023-1-1": false, "0000-01-01": false, "20x3-01-01": false, "": false,
	} {
		if isDate(text) != want || isTime(text+"T23:59:59Z") != want {
			t.Errorf("%q: %v, %v", text, isDate(text), isTime(text+"T23:59:59Z"))
		}
	}
	for text, want := range map[string]bool{"2000-01-01T00:00:60Z": false, "2000-01-01T00:60:00Z": false, "2000-01-01 00:00:00Z": false, "2000-01-01T00:00:00": false, "2000-01-01T00:00:00Z": true} {
		if isTime(text) != want {
			t.Errorf("%q: %v", text, isTime(text))
		}
	}
	for text, want := range map[string]bool{"0": true, "-0.50": true, "6.20": true, "12": true, "": false, ".5": false, "5.": false, "05": false, "+1": false, "1e3": false, "1,5": false, "-": false} {
		if isDecimal(text) != want {
			t.Errorf("%q: %v", text, isDecimal(text))
		}
	}
}
