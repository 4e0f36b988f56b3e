package profile_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/profile"
)

// lateAfter is a table whose first rows fill the dictionary with ordinary
// values; value tells the others.
func lateAfter(early, late int, value func(i int) string) *fake {
	f := &fake{}
	var rows [][]extract.Value
	flush := func() { f.batches, rows = append(f.batches, rows), nil }
	for i := range early + late {
		v := fmt.Sprintf("local %x", i*2654435761%(1<<32))
		if i >= early {
			v = value(i)
		}
		if rows = append(rows, []extract.Value{text(v)}); len(rows) == 500 {
			flush()
		}
	}
	flush()
	return f
}

func TestContentIsJudgedByTheWholeColumnNotByItsFirstValues(t *testing.T) {
	t.Parallel()
	const early = profile.MostCounted + 100
	mails := lateAfter(early, 9*early, func(i int) string { return fmt.Sprintf("p%d@clinic.org", i) })
	got, err := profile.One(t.Context(), mails, mails.schema("contact"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Columns[0]; c.Personal != "e-mail" || !c.Masked {
		t.Errorf("nine of ten values are addresses, and it is personal as %q", c.Personal)
	}
	codes := lateAfter(early, 3*early, func(i int) string { return fmt.Sprintf("E%02d.%d", i%100, i/100) })
	got, err = profile.One(t.Context(), codes, codes.schema("diagnosis"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := got.Columns[0].Codes
	if len(found) == 0 || found[0].System != "ICD-10-CM" || !found[0].Estimated || found[0].Share < 0.4 || found[0].Share > 0.8 {
		t.Errorf("three of four rows have codes: %+v", found)
	}
	report := profile.Report{Tables: []*profile.Table{got}}
	if !strings.Contains(strings.Join(strings.Fields(report.Text()), " "), "ICD-10-CM ~") {
		t.Errorf("the estimate is not marked:\n%s", report.Text())
	}
}

func TestLongValuesAreToldApartInLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	long := strings.Repeat("x", 1<<20)
	f := &fake{}
	for i := range 100 {
		f.batches = append(f.batches, [][]extract.Value{{text(long[i:])}, {text(long[i:])}, {text(long[:1<<20-i-1] + "y")}})
	}
	got, err := profile.One(t.Context(), f, f.schema("scan"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Columns[0]
	f.batches, long = nil, ""
	runtime.GC()
	runtime.ReadMemStats(&after)
	if c.Values != 300 || c.Distinct != 200 || c.MaxLength != 1<<20 {
		t.Errorf("%d values, %d different, up to %d characters", c.Values, c.Distinct, c.MaxLength)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 8<<20 {
		t.Errorf("%d MB are kept of 200 values of a megabyte", kept>>20)
	}
}

func TestAColumnOfDifferentKeysStillRefersToItsTable(t *testing.T) {
	t.Parallel()
	people, passports, visas := table{"people.csv", []string{"Id,Name"}}, table{"passports.csv", []string{"PERSON,Number"}}, table{"visas.csv", []string{"PERSON,Number"}}
	for i := range 60 {
		id := fmt.Sprintf("%08x-6a51-4a3a-b1a5-0d4d8d1d%04x", i*2654435761%(1<<32), i)
		people.lines = append(people.lines, fmt.Sprintf("%s,N%d", id, i))
		passports.lines = append(passports.lines, fmt.Sprintf("%s,P%d", id, i))
		if i%3 == 0 {
			visas.lines = append(visas.lines, fmt.Sprintf("%s,V%d", id, i))
		}
	}
	joins := map[string]string{}
	for _, list := range [][]table{{people, passports, visas}, {visas, passports, people}} {
		for _, got := range tables(t, profile.Options{}, list...) {
			for _, j := range got.Joins {
				joins[got.Table+"."+j.Column] = j.ToTable + "." + j.ToColumn
			}
		}
	}
	if diff := cmp.Diff(map[string]string{"passports.PERSON": "people.Id", "visas.PERSON": "people.Id"}, joins); diff != "" {
		t.Error(diff)
	}
}

func TestFilesThatAreNoTablesAreListedByName(t *testing.T) {
	t.Parallel()
	r := profile.Report{Problems: []profile.Problem{
		{Source: "README.md", Code: "not-a-table", Message: "text, but no table"},
		{Source: "old.xls", Code: "convert-first", Message: "old.xls: convert it"},
		{Source: "LICENSE", Code: "not-a-table", Message: "text, but no table"},
	}}
	if diff := cmp.Diff("\nNot read\n  old.xls: convert it\n\nNot a table: README.md, LICENSE\n", r.Text()); diff != "" {
		t.Error(diff)
	}
}
