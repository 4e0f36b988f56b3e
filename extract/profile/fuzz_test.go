package profile_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/extract/profile"
)

// FuzzTables profiles any two tables: the number of workers changes nothing,
// the counts add up, and every report can be written.
func FuzzTables(f *testing.F) {
	f.Add("id,born\n1,03/04/1980\n2,13/04/1980\n", "id,person\n7,1\n8,2\n")
	f.Add("a;b\n\\N;\"\"\n1;x@y.org\n", "code\nI10\nE11.9\n99/99/9999\n")
	f.Add("order_id,line\n1,1\n1,2\n2,1\n", "order_id,line\n1,2\n2,1\n")
	f.Fuzz(func(t *testing.T, one, two string) {
		var first string
		for _, workers := range []int{1, 3} {
			var jobs []profile.Job
			for name, content := range map[string]string{"one.csv": one, "two.csv": two} {
				src, err := csvfile.Format().Open(t.Context(), extract.FromBytes(name, []byte(content)), extract.Options{})
				if err != nil {
					t.Skip("no table")
				}
				schemas, err := src.Tables(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				jobs = append(jobs, profile.Job{Source: src, Schema: schemas[0]})
			}
			if jobs[0].Schema.Source > jobs[1].Schema.Source {
				jobs[0], jobs[1] = jobs[1], jobs[0]
			}
			tables, err := profile.Tables(t.Context(), jobs, profile.Options{Workers: workers, ShowValues: true})
			if err != nil {
				t.Fatal(err)
			}
			report := &profile.Report{Tables: tables}
			checkFigures(t, tables)
			if err := report.Page(io.Discard); err != nil {
				t.Error(err)
			}
			b, err := json.Marshal(report)
			if err != nil || !utf8.ValidString(report.Text()) && utf8.ValidString(one+two) {
				t.Errorf("%v, text of valid tables is not", err)
			}
			if first == "" {
				first = string(b)
			} else if first != string(b) {
				t.Errorf("with three workers it differs:\n%s\n%s", first, b)
			}
		}
	})
}

// checkFigures holds what is so of every profile.
func checkFigures(t *testing.T, tables []*profile.Table) {
	t.Helper()
	for _, table := range tables {
		for _, c := range table.Columns {
			cells := c.Nulls + c.Empty + c.Absent + c.Values
			if cells != table.Rows-table.Faults || c.Distinct > c.Values || c.Misfits > c.Values || c.Unique != (c.Values > 0 && c.Distinct == c.Values) {
				t.Errorf("%s of %d rows, %d with faults: %+v", c.Name, table.Rows, table.Faults, c)
			}
		}
		for _, j := range table.Joins {
			if j.Contained <= 0 || j.Contained > 1 || strings.TrimSpace(j.Column) == "" && j.ToTable == "" {
				t.Errorf("join %+v", j)
			}
		}
	}
}
