package profile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/extract/profile"
	"chartlift/internal/issue"
)

var update = flag.Bool("update", false, "rewrite golden files")

// table is a file of a test: its name and its lines.
type table struct {
	name  string
	lines []string
}

// tables profiles CSV files made of the tables given.
func tables(t *testing.T, o profile.Options, list ...table) []*profile.Table {
	t.Helper()
	var jobs []profile.Job
	for _, f := range list {
		path := filepath.Join(t.TempDir(), f.name)
		if err := os.WriteFile(path, []byte(strings.Join(f.lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, open(t, csvfile.Format(), path)...)
	}
	result, err := profile.Tables(t.Context(), jobs, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// open returns the tables of a file as jobs.
func open(t *testing.T, format extract.Format, path string) []profile.Job {
	t.Helper()
	src, err := extract.Open(t.Context(), []extract.Format{format}, path, extract.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	schemas, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var jobs []profile.Job
	for _, s := range schemas {
		jobs = append(jobs, profile.Job{Source: src, Schema: s})
	}
	return jobs
}

// column profiles a table of one column beside a running number.
func column(t *testing.T, name string, values ...string) *profile.Column {
	t.Helper()
	lines := []string{"row," + name}
	for i, v := range values {
		lines = append(lines, fmt.Sprintf("%d,%s", i+1, v))
	}
	result := tables(t, profile.Options{ShowValues: true}, table{"t.csv", lines})
	return result[0].Columns[1]
}

func TestTypesAreTheNarrowestThatFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values  string
		want    string
		misfits int64
	}{
		{"1 2 3 -4 500", "integer", 0},
		{"00123 00456 12345", "code", 0},
		{"1 2.5 3e5 -0.25", "decimal", 0},
		{"Y N Y", "boolean", 0},
		{"true false TRUE", "boolean", 0},
		{"0 1 0 1", "boolean", 0},
		{"0 1 2", "integer", 0},
		{"2017-03-27 2018-01-01", "date", 0},
		{"20170327 19991231 20000101", "date", 0},
		{"20170327 99999998 20001301", "integer", 0},
		{"2017-03-27T10:11:12Z 2018-01-01T00:00:00+01:00", "datetime", 0},
		{"10:11 9:05 23:59:59", "time", 0},
		{"0b0e8b3e-6a51-4a3a-b1a5-0d4d8d1d9f11 1B0E8B3E-6A51-4A3A-B1A5-0D4D8D1D9F12", "uuid", 0},
		{"A1 B2 C3", "code", 0},
		{"123456789012345678901234567890 123456789012345678901234567891", "code", 0},
		{"N/A unknown", "empty", 0},
		{"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 x", "integer", 1},
		{"1 2 3 x", "code", 0},
	} {
		t.Run(c.values, func(t *testing.T) {
			t.Parallel()
			values := strings.Fields(c.values)
			got := column(t, "x", values...)
			if got.Type != c.want || got.Misfits != c.misfits {
				t.Errorf("type %s with %d misfits, want %s with %d", got.Type, got.Misfits, c.want, c.misfits)
			}
		})
	}
}

func TestDecimalCommasAreNumbers(t *testing.T) {
	t.Parallel()
	got := tables(t, profile.Options{}, table{"t.csv", []string{"id;weight", "1;71,5", "2;80,25", "3;64"}})[0].Columns[1]
	if got.Type != profile.TypeDecimal || got.Min != "64" || got.Max != "80,25" {
		t.Errorf("type %s from %s to %s", got.Type, got.Min, got.Max)
	}
}

func TestNumbersAreComparedAsNumbers(t *testing.T) {
	t.Parallel()
	got := column(t, "n", "9", "10", "100", "-3")
	if got.Min != "-3" || got.Max != "100" {
		t.Errorf("from %s to %s", got.Min, got.Max)
	}
}

func TestNullEmptyAndAbsentAreCountedApart(t *testing.T) {
	t.Parallel()
	src := &fake{batches: [][][]extract.Value{{
		{{Text: "a", Kind: extract.Text}},
		{{Kind: extract.Null}},
		{{Kind: extract.Absent}},
		{{Kind: extract.Text}},
		{{Text: "  ", Kind: extract.Text}},
		{{Text: " a ", Kind: extract.Text}},
	}}}
	got, err := profile.One(t.Context(), src, src.schema("x"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Columns[0]
	if got.Rows != 6 || c.Nulls != 1 || c.Absent != 1 || c.Empty != 2 || c.Values != 2 || c.Distinct != 1 || c.Padded != 1 {
		t.Errorf("%d rows: %+v", got.Rows, c)
	}
}

func TestTheOrderOfDayAndMonthIsProvedByCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []string
		want   profile.DateFormat
		min    string
	}{
		{[]string{"03/04/2017", "27/03/2017", "01/02/2016"}, profile.DateFormat{Format: "DD/MM/YYYY", Values: 3, Order: profile.OrderDayFirst, DayFirst: 1, Undecided: 2}, "2016-02-01"},
		{[]string{"3/4/2017", "3/27/2017", "1/2/2016"}, profile.DateFormat{Format: "M/D/YYYY", Values: 3, Order: profile.OrderMonthFirst, MonthFirst: 1, Undecided: 2}, "2016-01-02"},
		{[]string{"03/04/2017", "01/02/2016"}, profile.DateFormat{Format: "MM/DD/YYYY or DD/MM/YYYY", Values: 2, Order: profile.OrderUnknown, Undecided: 2}, "2016-01-02"},
		{[]string{"13.04.17", "04.13.17", "04.04.17"}, profile.DateFormat{Format: "MM.DD.YY or DD.MM.YY", Values: 3, Order: profile.OrderBoth, DayFirst: 1, MonthFirst: 1, Undecided: 1}, "2017-04-04"},
	} {
		got := column(t, "seen", c.values...)
		if diff := cmp.Diff([]profile.DateFormat{c.want}, got.Formats); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.values, diff)
		}
		if got.Min != c.min {
			t.Errorf("%v: the first is %s, want %s", c.values, got.Min, c.min)
		}
	}
}

func TestImpossibleDatesAndPlaceholdersAreCounted(t *testing.T) {
	t.Parallel()
	values := []string{"1900-01-01", "0000-00-00", "0000-00-00", "2017-02-31"}
	for d := range 25 {
		values = append(values, fmt.Sprintf("2017-03-%02d", d+1))
	}
	got := column(t, "seen", values...)
	if got.Type != profile.TypeDate || got.Impossible != 1 || got.Misfits != 0 || got.Min != "2017-03-01" || got.Max != "2017-03-25" {
		t.Errorf("%+v", got)
	}
	want := []profile.ValueCount{{Value: "0000-00-00", Count: 2}, {Value: "1900-01-01", Count: 1}}
	if diff := cmp.Diff(want, got.Placeholders); diff != "" {
		t.Errorf("placeholders (-want +got):\n%s", diff)
	}
}

func TestCodeSystemsAreRecognisedByFormAndCheckDigit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		table, column string
		values        []string
		want          []profile.CodeShare
	}{
		{"labs", "test", []string{"8480-6", "8462-4", "29463-7", "2345-7"}, []profile.CodeShare{{System: "LOINC", Share: 1, Distinct: 4, By: "form and check digit"}}},
		{"labs", "test", []string{"8480-7", "8462-5", "29463-8", "2345-8"}, nil},
		{"problems", "c", []string{"73211009", "38341003", "44054006", "x"}, []profile.CodeShare{{System: "SNOMED CT", Share: 0.75, Distinct: 3, By: "form and check digit"}}},
		{"problems", "c", []string{"73211008", "38341001", "44054001"}, nil},
		{"problems", "c", []string{"E11.9", "I10", "J45.909"}, []profile.CodeShare{{System: "ICD-10-CM", Share: 1, Distinct: 3, By: "form"}}},
		{"visits", "visit", []string{"V10", "V11", "V12", "V13"}, nil},
		{"meds", "ndc", []string{"0002-7597-01", "50242-040-62", "60574-4114-1"}, []profile.CodeShare{{System: "NDC", Share: 1, Distinct: 3, By: "form"}}},
		{"medications", "code", []string{"314076", "861007", "197361"}, []profile.CodeShare{{System: "RxNorm", Share: 1, Distinct: 3, By: "form and name"}}},
		{"medications", "dispenses", []string{"31", "86", "19"}, nil},
		{"immunizations", "code", []string{"140", "08", "113"}, []profile.CodeShare{{System: "CVX", Share: 1, Distinct: 3, By: "form and name"}}},
		{"billing", "cpt_code", []string{"99213", "99214", "80050"}, []profile.CodeShare{{System: "CPT", Share: 1, Distinct: 3, By: "form and name"}}},
		{"problems", "icd9", []string{"250.00", "401.9", "V70.0"}, []profile.CodeShare{{System: "ICD-9-CM", Share: 1, Distinct: 3, By: "form and name"}}},
	} {
		lines := []string{"row," + c.column}
		for i, v := range c.values {
			lines = append(lines, fmt.Sprintf("r%d,%s", i, v))
		}
		got := tables(t, profile.Options{}, table{c.table + ".csv", lines})[0].Columns[1]
		if diff := cmp.Diff(c.want, got.Codes); diff != "" {
			t.Errorf("%s.%s %v (-want +got):\n%s", c.table, c.column, c.values, diff)
		}
		if len(c.want) > 0 && got.Type != profile.TypeCode {
			t.Errorf("%s.%s is a column of codes, not of type %s", c.table, c.column, got.Type)
		}
	}
}

func TestKeysAreFoundAloneInPairsAndNearly(t *testing.T) {
	t.Parallel()
	single, pairs, near := []string{"name,id"}, []string{"visit,line,what"}, []string{"PatNo,City"}
	for i := range 30 {
		single = append(single, fmt.Sprintf("n%d,%d", i%7, i))
		pairs = append(pairs, fmt.Sprintf("v%d,%d,w%d", i/3, i%3, i%2))
		near = append(near, fmt.Sprintf("P%d,c%d", max(i, 1), i%5))
	}
	got := tables(t, profile.Options{}, table{"single.csv", single}, table{"pairs.csv", pairs}, table{"near.csv", near})
	want := [][]profile.Key{
		{{Columns: []string{"id"}, Proved: true}},
		{{Columns: []string{"visit", "line"}, Proved: true}},
		{{Columns: []string{"PatNo"}, Exceptions: 1, Proved: true}},
	}
	for i := range want {
		if diff := cmp.Diff(want[i], got[i].Keys); diff != "" {
			t.Errorf("%s (-want +got):\n%s", got[i].Table, diff)
		}
	}
}

func TestAPairThatBreaksLateIsNoKey(t *testing.T) {
	t.Parallel()
	lines := []string{"visit,line"}
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf("v%d,%d", i/3, i%3))
	}
	lines = append(lines, "v1000,1")
	if keys := tables(t, profile.Options{}, table{"t.csv", lines})[0].Keys; len(keys) != 0 {
		t.Errorf("keys %v", keys)
	}
}

func TestJoinsAndOrphansAreFoundByValues(t *testing.T) {
	t.Parallel()
	patients, visits, other := []string{"id,sex"}, []string{"visit_id,patient_id,severity,previous_visit_id"}, []string{"code,room"}
	for i := range 40 {
		patients = append(patients, fmt.Sprintf("%d,F", i+1))
		visits = append(visits, fmt.Sprintf("%d,%d,%d,%s", i+100, i%20+1, i%5+1, []string{"", "101"}[i%2]))
		other = append(other, fmt.Sprintf("R-%d,room %d", i, i%3))
	}
	visits = append(visits, "990,77,1,", "991,77,1,")
	got := tables(t, profile.Options{}, table{"visits.csv", visits}, table{"patients.csv", patients}, table{"rooms.csv", other})
	want := []profile.Join{
		{Column: "patient_id", ToSource: "patients.csv", ToTable: "patients", ToColumn: "id", Contained: 0.952, Used: 0.5, Orphans: 2, ByName: true},
		{Column: "previous_visit_id", ToSource: "visits.csv", ToTable: "visits", ToColumn: "visit_id", Contained: 1, Used: 0.024, Orphans: 0, ByName: true},
	}
	if diff := cmp.Diff(want, got[0].Joins); diff != "" {
		t.Errorf("visits (-want +got):\n%s", diff)
	}
	for _, other := range got[1:] {
		if len(other.Joins) > 0 {
			t.Errorf("%s refers to nothing, but joins %v", other.Table, other.Joins)
		}
	}
}

func TestOfTwoTablesWithTheSameKeysOneIsTheParent(t *testing.T) {
	t.Parallel()
	one, two := []string{"patient_id,x"}, []string{"patient_id,y"}
	for i := range 30 {
		one = append(one, fmt.Sprintf("P-%d,a", i))
		two = append(two, fmt.Sprintf("P-%d,b", i))
	}
	got := tables(t, profile.Options{}, table{"extras.csv", two}, table{"patient.csv", one})
	if len(got[0].Joins) != 1 || len(got[1].Joins) != 0 || got[0].Joins[0].ToTable != "patient" {
		t.Errorf("extras joins %v, patient joins %v", got[0].Joins, got[1].Joins)
	}
}

func TestSmallNumbersAloneMakeNoJoin(t *testing.T) {
	t.Parallel()
	ids, amounts := []string{"id,x"}, []string{"key,amount"}
	for i := range 50 {
		ids = append(ids, fmt.Sprintf("%d,a", i))
		amounts = append(amounts, fmt.Sprintf("k%d,%d", i, i%30))
	}
	if got := tables(t, profile.Options{}, table{"things.csv", ids}, table{"sums.csv", amounts}); len(got[1].Joins) != 0 {
		t.Errorf("joins %v", got[1].Joins)
	}
}

func TestDuplicateRowsAreCounted(t *testing.T) {
	t.Parallel()
	got := tables(t, profile.Options{}, table{"t.csv", []string{"a,b", "1,2", "1,2", "2,1", "1,2", `1,""`, "1,"}})[0]
	if got.Rows != 6 || got.DuplicateRows != 2 || got.Estimated {
		t.Errorf("%d duplicates of %d rows", got.DuplicateRows, got.Rows)
	}
}

func TestRowsWithFaultsAreCountedAndKeptOutOfTheColumns(t *testing.T) {
	t.Parallel()
	got := tables(t, profile.Options{}, table{"t.csv", []string{"a,b,c", "1,2,3", "1,2", "4,5,6", "7"}})[0]
	if got.Rows != 4 || got.Faults != 2 || got.Columns[0].Values != 2 {
		t.Errorf("%d rows, %d faults, %d values", got.Rows, got.Faults, got.Columns[0].Values)
	}
	if len(got.Warnings) != 1 || got.Warnings[0].Code != "ragged-row" || got.Warnings[0].Count != 2 || got.Warnings[0].Row != 2 {
		t.Errorf("warnings %+v", got.Warnings)
	}
}

func TestPersonalColumnsAreMaskedUnlessAsked(t *testing.T) {
	t.Parallel()
	file := table{"p.csv", []string{"LastName,contact,note2,city_code", "Miller,(617) 555-0101,Maria Lopez,A1", "O'Hara,(617) 555-0102,John Smith,A2", "Miller,(617) 555-0103,Peter Pan,A1"}}
	hidden, shown := tables(t, profile.Options{}, file)[0], tables(t, profile.Options{ShowValues: true}, file)[0]
	kinds := []string{}
	for _, c := range hidden.Columns {
		kinds = append(kinds, c.Personal)
	}
	if diff := cmp.Diff([]string{"name", "phone", "name", "address"}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(profile.Report{Tables: []*profile.Table{hidden}})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Miller", "O'Hara", "Lopez", "0101", "0103"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the value %s stands in the JSON", secret)
		}
	}
	if diff := cmp.Diff([]profile.ValueCount{{Value: "Aaaaaa", Count: 2}, {Value: "A'Aaaa", Count: 1}}, hidden.Columns[0].Top); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]profile.ValueCount{{Value: "Miller", Count: 2}, {Value: "O'Hara", Count: 1}}, shown.Columns[0].Top); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestFreeTextIsToldFromLabels(t *testing.T) {
	t.Parallel()
	notes, labels := []string{}, []string{}
	for i := range 30 {
		notes = append(notes, fmt.Sprintf("patient came on day %d and complained of pain in the left knee", i))
		labels = append(labels, []string{"Respiratory therapy of the lower airways by inhalation twice", "Physical therapy procedure"}[i%2])
	}
	if n := column(t, "remarks", notes...); !n.FreeText || n.Personal != "free text" {
		t.Errorf("notes: free text %v, personal %q", n.FreeText, n.Personal)
	}
	if l := column(t, "procedure", labels...); l.FreeText || l.Personal != "" {
		t.Errorf("labels: free text %v, personal %q", l.FreeText, l.Personal)
	}
}

// fake is a table in memory, which may end in an error.
type fake struct {
	batches [][][]extract.Value
	failed  error
	issues  []issue.Issue
}

func (f *fake) schema(columns ...string) *extract.Schema {
	return &extract.Schema{Source: "fake.csv", Table: "fake", Columns: columns}
}

func (f *fake) Tables(context.Context) ([]*extract.Schema, error) { return nil, nil }
func (f *fake) Close() error                                      { return nil }

func (f *fake) Read(ctx context.Context, _ string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		for _, i := range f.issues {
			report(i)
		}
		for seq, rows := range f.batches {
			b := &extract.Batch{Seq: int64(seq)}
			for _, values := range rows {
				b.Records = append(b.Records, extract.Record{Values: values})
			}
			if ctx.Err() != nil || !yield(b, nil) {
				return
			}
		}
		if f.failed != nil {
			yield(nil, f.failed)
		}
	}
}

func TestATableCutShortKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	src := &fake{batches: [][][]extract.Value{{{{Text: "a", Kind: extract.Text}}}}, failed: errors.New("read fake.csv: unexpected EOF")}
	got, err := profile.One(t.Context(), src, src.schema("x"), profile.Options{})
	if err != nil || got.Rows != 1 || got.Stopped != "read fake.csv: unexpected EOF" {
		t.Errorf("%+v, %v", got, err)
	}
	if text := (&profile.Report{Tables: []*profile.Table{got}}).Text(); !strings.Contains(text, "NOT READ TO THE END: read fake.csv: unexpected EOF") {
		t.Errorf("the text does not say so:\n%s", text)
	}
}

func TestAProfileThatIsCalledOffEndsInAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	src := &fake{batches: make([][][]extract.Value, 100)}
	if _, err := profile.Tables(ctx, []profile.Job{{Source: src, Schema: src.schema("x")}}, profile.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestWarningsAreGatheredByCode(t *testing.T) {
	t.Parallel()
	src := &fake{issues: []issue.Issue{
		{Severity: issue.Warning, Code: "nul-byte", Message: "NUL bytes were removed", Origin: issue.Origin{Row: 9}},
		{Severity: issue.Warning, Code: "nul-byte", Message: "NUL bytes were removed", Origin: issue.Origin{Row: 3}},
		{Severity: issue.Error, Code: "bad-sql", Message: "cannot be read"},
	}}
	got, err := profile.One(t.Context(), src, src.schema("x"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []profile.Warning{{Code: "bad-sql", Severity: issue.Error, Count: 1, Message: "cannot be read"}, {Code: "nul-byte", Severity: issue.Warning, Count: 2, Row: 3, Message: "NUL bytes were removed"}}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// golden compares text with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); go test -update rewrites it:\n%s", name, diff)
	}
}

// demo profiles the CSV files of the demo clinic.
func demo(t *testing.T, o profile.Options) *profile.Report {
	t.Helper()
	var jobs []profile.Job
	for _, name := range []string{"parking.csv", "patients.csv", "results.tsv.gz", "visits.csv"} {
		jobs = append(jobs, open(t, csvfile.Format(), "../../testdata/demo/legacy/"+name)...)
	}
	list, err := profile.Tables(t.Context(), jobs, o)
	if err != nil {
		t.Fatal(err)
	}
	return &profile.Report{Tables: list, Problems: []profile.Problem{{Source: "x.xls", Code: "convert-first", Message: "x.xls: an old Office file"}}}
}

func TestTheDemoClinicAsJSON(t *testing.T) {
	t.Parallel()
	text, err := json.MarshalIndent(demo(t, profile.Options{}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "demo.json", append(text, '\n'))
}

func TestTheDemoClinicAsText(t *testing.T) {
	t.Parallel()
	text := demo(t, profile.Options{}).Text()
	for _, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > 110 {
			t.Errorf("a line of %d characters: %s", utf8.RuneCountInString(line), line)
		}
	}
	golden(t, "demo.txt", []byte(text))
}

func TestTheNumberOfWorkersChangesNothing(t *testing.T) {
	t.Parallel()
	one, many := demo(t, profile.Options{Workers: 1}), demo(t, profile.Options{Workers: 16})
	if one.Text() != many.Text() {
		t.Error("one worker and sixteen came to different profiles")
	}
}

func TestThePageIsCompleteAndEscapesValues(t *testing.T) {
	t.Parallel()
	r := demo(t, profile.Options{})
	evil := tables(t, profile.Options{ShowValues: true}, table{"evil.csv", []string{"kind,<b>", "<script>alert(1)</script>,1", "<script>alert(1)</script>,2"}})
	r.Tables = append(r.Tables, evil...)
	var page, again bytes.Buffer
	if err := errors.Join(r.Page(&page), r.Page(&again)); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	if text != again.String() {
		t.Error("two pages of one report differ")
	}
	for _, bad := range []string{"<script", "http://", "https://", "<b>:", "Garc"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	for _, want := range []string{"month first, proved by 58 values", "PatNo, but for 2 rows", "visit → visits.VisitID", "an old Office file", "&lt;script&gt;", "Values of columns with personal data are masked"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

func TestABareNameInATableOfPeopleIsMasked(t *testing.T) {
	t.Parallel()
	list := tables(t, profile.Options{},
		table{"people.csv", []string{"MRN,Name,Born", `1,"DOE, JANE",3/7/1954`, `2,"ROE, RICK",4/8/1960`}},
		table{"drugs.csv", []string{"Code,Name,Price", "1,Aspirin,3", "2,Ibuprofen,4"}})
	people, drugs := list[0], list[1]
	if got := people.Columns[1].Personal; got != "name" {
		t.Errorf("the name of a person is %q", got)
	}
	for _, v := range people.Columns[1].Top {
		if strings.Contains(v.Value, "DOE") || strings.Contains(v.Value, "JANE") {
			t.Errorf("a name is shown: %q", v.Value)
		}
	}
	if got := drugs.Columns[1].Personal; got != "" {
		t.Errorf("the name of a drug is %q", got)
	}
}
