package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
)

// observations makes data of n observations and returns its folder.
func observations(t *testing.T, n int) string {
	t.Helper()
	dir, err := makeData(t.TempDir(), n)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// cells returns the rows of the only table of a file.
func cells(t *testing.T, path string) [][]string {
	t.Helper()
	src, err := extract.Open(context.Background(), formats.All(), path, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	tables, err := src.Tables(context.Background())
	if err != nil || len(tables) != 1 {
		t.Fatalf("%v, %v", tables, err)
	}
	var rows [][]string
	for batch, err := range src.Read(context.Background(), tables[0].Table, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.Records {
			var row []string
			for _, v := range r.Values {
				row = append(row, v.Text)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func TestDumpAndWorkbookHoldWhatTheCSVFileHolds(t *testing.T) {
	t.Parallel()
	dir := observations(t, 5_000)
	want := cells(t, filepath.Join(dir, "observations.csv"))
	dump, err := makeDump(dir, 5_000)
	if err != nil {
		t.Fatal(err)
	}
	book, err := makeBook(dir, 3_000)
	if err != nil {
		t.Fatal(err)
	}
	inDump, inBook := cells(t, dump), cells(t, book)
	for i := range inDump {
		inDump[i] = inDump[i][1:] // the number of the row
		inDump[i][0] += "Z"
	}
	for _, rows := range [][][]string{inBook, want} { // a number in a workbook has no trailing zeros of its own
		for _, row := range rows {
			if row[8] == "numeric" && strings.Contains(row[6], ".") {
				row[6] = strings.TrimRight(strings.TrimRight(row[6], "0"), ".")
			}
		}
	}
	if diff := cmp.Diff(want[:3_000], inBook); diff != "" {
		t.Errorf("workbook:\n%.600s", diff)
	}
	for _, row := range inDump {
		if row[8] == "numeric" && strings.Contains(row[6], ".") {
			row[6] = strings.TrimRight(strings.TrimRight(row[6], "0"), ".")
		}
	}
	if diff := cmp.Diff(want, inDump); diff != "" {
		t.Errorf("dump:\n%.600s", diff)
	}
}

func TestEveryWayOfReadingFindsTheSameRows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(observations(t, 1_000), "observations.csv")
	for name, way := range readWays() {
		want := int64(1_000)
		if name == "scan" {
			want++ // the header is a line
		}
		if n, err := way(path); err != nil || n != want {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
		if _, err := way(path + ".gone"); err == nil {
			t.Errorf("%s reads a file that is not there", name)
		}
	}
	if err := readMain([]string{"backwards", path}); err == nil {
		t.Error("no error about a way that there is not")
	}
}

func TestReadersThatFindOtherRowsEndTheRun(t *testing.T) {
	t.Parallel()
	a := &arena{}
	say := func(n string, counts bool) *reader {
		return &reader{name: n, counts: counts, args: []string{"echo", n}}
	}
	if err := a.readAll(t.Context(), 1, &readJob{title: "x", readers: []*reader{say("10", true), say("11", false), say("10", true)}}); err != nil {
		t.Error(err)
	}
	err := a.readAll(t.Context(), 1, &readJob{title: "x", readers: []*reader{say("10", true), say("9", true)}})
	if err == nil || !strings.Contains(err.Error(), "9 rows, not 10") {
		t.Errorf("error %v", err)
	}
}

func TestTheReportShowsReadingProfilesAndSets(t *testing.T) {
	t.Parallel()
	turn := func(wall, cpu float64) []cost {
		return []cost{{Wall: time.Duration(wall * 1e9), CPU: time.Duration(cpu * 1e9), RSS: 20e6}}
	}
	jobs := []*readJob{{title: "SQL dump", about: "rows", bytes: 100e6, rows: 1000, readers: []*reader{
		{name: "chartlift", counts: true, turns: turn(2, 3)},
		{name: "scan", turns: turn(0.5, 0.5)},
		{name: "mysql < dump", counts: true, goal: "15", elsewhere: true, turns: turn(30, 1)},
		{name: "csv", counts: true, goal: "16", turns: turn(6, 6)},
	}}}
	var b strings.Builder
	readingTables(&b, jobs)
	profileTable(&b, []profiled{{observations: 10, rows: 13, bytes: 5e6, profile: turn(8, 16)[0], read: turn(4, 4)[0]}})
	setTable(&b, []setResult{
		{dataSet: dataSet{name: "a", source: "wc"}, Tables: 2, Read: 7, Want: 7, Cost: turn(1, 1)[0]},
		{dataSet: dataSet{name: "b", source: "wc"}, Tables: 1, Read: 5, Want: 7, Unread: []string{"x.csv"}, Cost: turn(1, 1)[0]},
	})
	page := b.String()
	for _, want := range []string{
		"| chartlift | 2.00 | 3.00 | 50 | 500 | 20 | | |", "| scan | 0.50 | 0.50 | 200 | 2000 | 20 | 4.0 | 6.0 |", "| mysql < dump | 30.00 | 1.00 | 3 | 33 | 20 | 15.00 | 0.33 | ≥ 8 times |",
		"| 10 | 13 | 5 | 8.0 | 16.0 | 4.0 | 2.0 | 20 |", "| a | 2 | 7 | 7 | equal | 1.00 | 20 |  | wc |", "| b | 1 | 5 | 7 | -2 | 1.00 | 20 | x.csv | wc |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	readers := jobs[0].readers
	got := []figure{readers[2].figure(readers[0]), readers[3].figure(readers[0])}
	want := []figure{{goal: "15", value: 15}, {goal: "16", value: 3, cpu: 2}} // a server's time is not the client's
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(figure{})); diff != "" {
		t.Error(diff)
	}
}

func TestRowsAreCountedWithoutOurReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"COUNTS.tsv": "a\t3\nb\t40\n", "json/x.json": `[{"a":1},{"a":2}]`, "m/one.hl7": "\ufeffMSH|^~\\&|a\rPID|1\r\nOBX\nnot a segment\n", "m/two.txt": "MSH|x",
		"clean/a.csv": "a,b\n1,\"x\ny\"\n2,3\n", "csv/a.csv": "a\n1\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	segments := ""
	for _, s := range dataSets() {
		if s.name == "hl7v2-fhir-converter" {
			segments = s.name
			if n, err := s.rows(dir, []string{dir}); err != nil || n != 3 {
				t.Errorf("%d segments, %v", n, err)
			}
		}
	}
	if segments == "" {
		t.Error("the set of HL7 v2 messages is gone")
	}
	for what, count := range map[string]func() (int64, error){
		"tsv 13":    func() (int64, error) { return sumTSV("COUNTS.tsv", map[string]int64{"b": 10})(dir, nil) },
		"json 2":    func() (int64, error) { return countSpectrum(dir, nil) },
		"clean 2":   func() (int64, error) { return countClean(dir, []string{dir}) },
		"missing 0": func() (int64, error) { return sumTSV("GONE.tsv", nil)(dir, nil) },
	} {
		n, err := count()
		_, want, _ := strings.Cut(what, " ")
		if got := strings.TrimSpace(strings.Split(what, " ")[0]); (err != nil) != (got == "missing") || want != strconv.FormatInt(n, 10) {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
}

func TestCellsAreFoundInTablesOnly(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(other, []byte(`{"resourceType":"Patient","id":"1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := readCells(other); err == nil {
		t.Errorf("%d rows are found in a file that has none", n)
	}
}
