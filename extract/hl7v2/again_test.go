package hl7v2_test

import (
	"os"
	"path/filepath"
	"testing"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
)

func tablesOf(t *testing.T, src extract.Source) (names []string) {
	t.Helper()
	schemas, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range schemas {
		names = append(names, s.Table)
	}
	return names
}

// A mapping asks for some twenty tables of a feed: what is in it is found out
// once.
func TestAFileIsLookedThroughOnceForAllWaysOfReadingIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "feed.hl7")
	if err := os.WriteFile(path, feed(3), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := extract.Open(t.Context(), []extract.Format{hl7v2.Format()}, path, extract.Options{Encoding: "utf-8"})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	same(t, []string{"MSH", "PID", "OBR", "OBX"}, tablesOf(t, first))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	reread := first.(extract.Rereader)
	for table, want := range map[string][]string{"PID.3": {"PID.3"}, "XPN": {"XPN"}, "OBX": {"OBX"}, "AL1": nil, "": {"MSH", "PID", "OBR", "OBX"}} {
		again, ok := reread.Again(extract.Options{Encoding: "utf-8", Table: table, Columns: []string{"PID-3.1", "1", "OBX-5"}})
		if !ok {
			t.Fatalf("%s cannot be read from the same file", table)
		}
		same(t, want, tablesOf(t, again))
	}
	if _, ok := reread.Again(extract.Options{Encoding: "windows-1252"}); ok {
		t.Error("another encoding finds other things")
	}
}

func TestTablesOfOneFileKeepTheirOwnColumns(t *testing.T) {
	t.Parallel()
	src, err := hl7v2.Format().Open(t.Context(), extract.FromBytes("f", feed(2)), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, columns := range [][]string{{"OBX-5"}, {"OBX-3.1", "OBX-14"}, nil} {
		again, _ := src.(extract.Rereader).Again(extract.Options{Table: "OBX", Columns: columns})
		schemas, err := again.Tables(t.Context())
		if err != nil || len(schemas) != 1 {
			t.Fatalf("%d tables, %v", len(schemas), err)
		}
		got := schemas[0].Columns[8:]
		if columns != nil {
			same(t, columns, got)
		} else if len(got) < 8 {
			t.Errorf("of what occurs: %v", got)
		}
		for batch, err := range again.Read(t.Context(), "OBX", nil) {
			if err != nil || len(batch.Records) != 4 || len(batch.Records[0].Values) != len(schemas[0].Columns) {
				t.Errorf("%d records of %d values: %v", len(batch.Records), len(batch.Records[0].Values), err)
			}
		}
	}
}
