package formats_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract/formats"
)

func TestCSVComesLastBecauseItTakesAnyText(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range formats.All() {
		names = append(names, f.Name)
		if f.Doc == "" || f.Sniff == nil || f.Open == nil {
			t.Errorf("%s is not whole", f.Name)
		}
	}
	if diff := cmp.Diff([]string{"xlsx", "hl7v2", "ccda", "sqlite", "sql_dump", "csv"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestEachFileHasOneFormat(t *testing.T) {
	t.Parallel()
	heads := map[string]struct{ name, head string }{
		"xlsx":     {"a.xlsx", "PK\x03\x04\x14\x00"},
		"sql_dump": {"dump.sql", "-- MySQL dump 10.13\nINSERT INTO t VALUES (1);"},
		"hl7v2":    {"adt.hl7", "MSH|^~\\&|LAB\rPID|1\r"},
		"ccda":     {"a.xml", "<?xml version=\"1.0\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>"},
		"sqlite":   {"clinic.db", "SQLite format 3\x00"},
		"csv":      {"a.csv", "id,name\n1,x\n"},
	}
	for want, h := range heads {
		var got []string
		for _, f := range formats.All() {
			if f.Sniff(h.name, []byte(h.head)) {
				got = append(got, f.Name)
			}
		}
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s is recognised by %v", h.name, got)
		}
	}
}
