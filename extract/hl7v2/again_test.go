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

// A feed may be thousands of files of a message each: what a mapping asks for
// is laid out once, and kept once.
func TestFilesOfAFeedShareTheirColumns(t *testing.T) {
	t.Parallel()
	format, wanted := hl7v2.Format(), []string{"OBX-5", "OBX-3.1"}
	columns := func(table string, asked []string) []string {
		src, err := format.Open(t.Context(), extract.FromBytes("f", feed(1)), extract.Options{Table: table, Columns: asked})
		if err != nil {
			t.Fatal(err)
		}
		schemas, err := src.Tables(t.Context())
		if err != nil || len(schemas) != 1 || cap(schemas[0].Columns) != len(schemas[0].Columns) {
			t.Fatalf("%s: %d tables, %v", table, len(schemas), err)
		}
		return schemas[0].Columns
	}
	for _, table := range []string{"OBX", "XPN"} {
		if a, b := columns(table, wanted), columns(table, wanted); &a[0] != &b[0] {
			t.Errorf("%s: the columns are laid out for each file", table)
		}
	}
	if got := columns("OBX", []string{"OBX-1"}); got[len(got)-1] != "OBX-1" {
		t.Errorf("another list has the columns %q", got)
	}
}
