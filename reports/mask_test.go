package reports_test

import (
	"context"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

func TestWhatAServerQuotesOfAPatientIsShownByItsShape(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, id := begin(t, db, reports.Options{})
	if err := rec.Deliver(reports.Delivery{Target: "sandbox:"}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		`HAPI-1821: Invalid attribute value "31.02.1957": Invalid date`: `HAPI-1821: Invalid attribute value "99.99.9999 (len 10)": Invalid date`,
		"Unknown code 'Zacharias' for “gender”":                         "Unknown code 'Aaaaaaaaa (len 9)' for “aaaaaa (len 6)”",
		"Failed to call access method: [O'Neil]":                        "Failed to call access method: [A'Aaaa (len 6)]",
		"the server is read-only":                                       "the server is read-only",
		"Can't write, won't write":                                      "Can'a aaaaa, aaa (len 12)'t write", // rather too much than too little
		"an odd \" mark":                                                "an odd \" mark",
	}
	var order []string
	seq := int64(0)
	for text := range texts {
		seq++
		order = append(order, text)
		rec.Unit(reports.Unit{Seq: seq, Entries: 1, Failures: []reports.EntryFailure{{
			SourceID: id, Row: seq, Type: "Patient", ID: "p", Status: 422, Issues: []issue.Issue{{Code: "refused-by-server", Value: text}},
		}}})
	}
	finish(t, rec, reports.Findings)
	for show, query := range map[bool]func(context.Context, string, string) (reports.Table, error){false: db.Query, true: db.QueryValues} {
		table, err := query(context.Background(), "dead-letters", rec.ID())
		if err != nil || len(table.Rows) != len(order) {
			t.Fatal(table.Rows, err)
		}
		for i, row := range table.Rows {
			want := texts[order[i]]
			if show {
				want = order[i]
			}
			if row[7] != want {
				t.Errorf("shown %v: %q, want %q", show, row[7], want)
			}
		}
	}
}
