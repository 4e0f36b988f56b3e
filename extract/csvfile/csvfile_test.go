package csvfile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/csvfile"
	"chartlift/internal/issue"
)

// table is what a file was read as; NULL is shown as <null>, a missing cell as
// <absent>.
type table struct {
	Columns []string
	Rows    [][]string
	Lines   []int64
	Codes   []string // of all issues, faults as "row 3 ragged-row"
	issues  []issue.Issue
	schema  *extract.Schema
	source  *csvfile.Source
}

func read(t *testing.T, content string, o extract.Options) table {
	t.Helper()
	got, err := tryRead(extract.FromBytes("t.csv", []byte(content)), o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func tryRead(in *extract.Input, o extract.Options) (table, error) {
	var got table
	src, err := csvfile.Format().Open(context.Background(), in, o)
	if err != nil {
		return got, err
	}
	defer func() { _ = src.Close() }()
	got.source = src.(*csvfile.Source)
	tables, err := src.Tables(context.Background())
	if err != nil {
		return got, err
	}
	got.schema, got.Columns = tables[0], tables[0].Columns
	report := func(is issue.Issue) {
		got.issues = append(got.issues, is)
		code := is.Code
		if is.Origin.Row > 0 {
			code = fmt.Sprintf("row %d %s", is.Origin.Row, code)
		}
		got.Codes = append(got.Codes, code)
	}
	for batch, err := range src.Read(context.Background(), tables[0].Table, report) {
		if err != nil {
			return got, err
		}
		for _, rec := range batch.Records {
			got.Rows = append(got.Rows, show(rec.Values))
			got.Lines = append(got.Lines, rec.Origin.Line)
			if rec.Fault != nil {
				report(*rec.Fault)
			}
		}
	}
	return got, nil
}

func show(values []extract.Value) []string {
	cells := make([]string, len(values))
	for i, v := range values {
		switch v.Kind {
		case extract.Null:
			cells[i] = "<null>"
		case extract.Absent:
			cells[i] = "<absent>"
		default:
			cells[i] = v.Text
		}
	}
	return cells
}

func TestRowsAreSplitAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		options extract.Options
		rows    [][]string
		codes   []string
	}{
		"plain":                        {"a,b\n1,2\n3,4\n", extract.Options{}, [][]string{{"1", "2"}, {"3", "4"}}, nil},
		"no newline at the end":        {"a,b\n1,2", extract.Options{}, [][]string{{"1", "2"}}, []string{"row 1 no-line-end"}},
		"windows line ends":            {"a,b\r\n1,2\r\n3,\r\n", extract.Options{}, [][]string{{"1", "2"}, {"3", "<null>"}}, nil},
		"old Macintosh line ends":      {"a,b\r1,2\r3,4\r", extract.Options{}, [][]string{{"1", "2"}, {"3", "4"}}, nil},
		"blank lines are no rows":      {"a,b\n\n1,2\n\r\n\n3,4\n\n", extract.Options{}, [][]string{{"1", "2"}, {"3", "4"}}, nil},
		"null, empty and absent":       {"a,b,c\n,\"\",\\N\n1,2\n", extract.Options{Ragged: extract.RaggedPad}, [][]string{{"<null>", "", "<null>"}, {"1", "2", "<absent>"}}, []string{"row 2 ragged-row"}},
		"quoted delimiter":             {"a,b\n\"x,y\",2\n", extract.Options{}, [][]string{{"x,y", "2"}}, nil},
		"quoted newline":               {"a,b\n\"x\ny\",2\n", extract.Options{}, [][]string{{"x\ny", "2"}}, nil},
		"doubled quotes":               {"a,b\n\"say \"\"ah\"\"\",2\n", extract.Options{}, [][]string{{`say "ah"`, "2"}}, nil},
		"only doubled quotes":          {"a,b\n\"\"\"\",2\n", extract.Options{}, [][]string{{`"`, "2"}}, nil},
		"backslash quotes":             {"a,b\n\"say \\\"ah\\\", x\",2\n\"c:\\\\d\",3\n", extract.Options{}, [][]string{{`say "ah", x`, "2"}, {`c:\d`, "3"}}, nil},
		"apostrophes as quotes":        {"a,b\n'x,y','2'\n'it''s','3'\n", extract.Options{}, [][]string{{"x,y", "2"}, {"it's", "3"}}, nil},
		"apostrophes in names":         {"a,b\nO'Neil,2\n's-Hert,3\n", extract.Options{}, [][]string{{"O'Neil", "2"}, {"'s-Hert", "3"}}, nil},
		"stray quotes":                 {"a,b\n5'11\",2\nx\"y\"z,3\n", extract.Options{}, [][]string{{`5'11"`, "2"}, {`x"y"z`, "3"}}, nil},
		"no quoting":                   {"a,b\n\"x,2\n", extract.Options{Quote: "none"}, [][]string{{`"x`, "2"}}, nil},
		"blanks behind a quote":        {"a,b\n\"x\" ,2\n", extract.Options{}, [][]string{{"x", "2"}}, nil},
		"blanks before a quote":        {"a, b\n1, \"x, y\"\n2,  \"z\"\n", extract.Options{}, [][]string{{"1", "x, y"}, {"2", "z"}}, nil},
		"text behind a quote":          {"a,b\n\"x\"yz,2\n", extract.Options{}, [][]string{{"xyz", "2"}}, []string{"row 1 text-after-quote"}},
		"inner quotes not doubled":     {"a,b\n\"a \"b\" c\",2\n", extract.Options{}, [][]string{{`a "b" c`, "2"}}, []string{"row 1 text-after-quote"}},
		"quote never closed at end":    {"a,b\n1,\"x\n2,y\n3,z\n", extract.Options{}, [][]string{{"1", `"x`}, {"2", "y"}, {"3", "z"}}, []string{"row 1 unclosed-quote"}},
		"quote closed by the next one": {"a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n", extract.Options{}, [][]string{{"1", `"x`}, {"2", "y"}, {"3", "z"}, {"4", "w"}}, []string{"row 1 unclosed-quote"}},
		"too few cells":                {"a,b,c\n1,2\n1,2,3\n", extract.Options{}, [][]string{{"1", "2", "<absent>"}, {"1", "2", "3"}}, []string{"row 1 ragged-row"}},
		"too many cells":               {"a,b\n1,2,3\n1,2\n1,2\n", extract.Options{}, [][]string{{"1", "2"}, {"1", "2"}, {"1", "2"}}, []string{"row 1 ragged-row"}},
		"too many cells but empty":     {"a,b\n1,2,,\n1,2\n1,2\n", extract.Options{}, [][]string{{"1", "2"}, {"1", "2"}, {"1", "2"}}, nil},
		"semicolons, decimal commas":   {"a;b;c\n1,5;2,5;3,5\n1,6;2,5;3,5\n", extract.Options{}, [][]string{{"1,5", "2,5", "3,5"}, {"1,6", "2,5", "3,5"}}, nil},
		"tabs":                         {"a\tb\n1, 2\t3\n", extract.Options{}, [][]string{{"1, 2", "3"}}, nil},
		"pipes":                        {"a|b\n1,2|3\n4|5\n", extract.Options{}, [][]string{{"1,2", "3"}, {"4", "5"}}, nil},
		"carets":                       {"a^b\n1^3\n4^5\n", extract.Options{}, [][]string{{"1", "3"}, {"4", "5"}}, nil},
		"unit separators":              {"a\x1fb\n1\x1f3\n", extract.Options{}, [][]string{{"1", "3"}}, nil},
		"times do not make colons":     {"a,b\n10:00:00,x\n11:00:00,y\n", extract.Options{}, [][]string{{"10:00:00", "x"}, {"11:00:00", "y"}}, nil},
		"given delimiter":              {"a,b;c\n1,2;3\n", extract.Options{Delimiter: ";"}, [][]string{{"1,2", "3"}}, nil},
		"one column":                   {"name\nAnn\nBob\n", extract.Options{}, [][]string{{"Ann"}, {"Bob"}}, nil},
		"rows to leave out":            {"a,b\n---,---\n1,2\n", extract.Options{SkipAfter: 1}, [][]string{{"1", "2"}}, nil},
		"no header wanted":             {"1,2\n3,4\n", extract.Options{Header: -1}, [][]string{{"1", "2"}, {"3", "4"}}, nil},
		"header only":                  {"a,b\n", extract.Options{}, nil, []string{"no-rows"}},
		"preamble":                     {"Patient list\nmade by X\na,b,c\n1,2,3\n4,5,6\n", extract.Options{}, [][]string{{"1", "2", "3"}, {"4", "5", "6"}}, []string{"skipped-lines"}},
		"preamble of full width":       {"Patient list,,\n,,\na,b,c\n1,2,3\n4,5,6\n", extract.Options{}, [][]string{{"1", "2", "3"}, {"4", "5", "6"}}, []string{"skipped-lines"}},
		"NUL bytes":                    {"a,b\nx\x00y,2\n", extract.Options{}, [][]string{{"xy", "2"}}, []string{"row 1 nul-byte"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, tt.content, tt.options)
			if diff := cmp.Diff(tt.rows, got.Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s\n%s", diff, got.source.Describe())
			}
			if diff := cmp.Diff(tt.codes, got.Codes); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadersNameTheColumns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		options extract.Options
		columns []string
		line    int64
	}{
		"white space goes":             {" a , b\n1,2\n", extract.Options{}, []string{"a", "b"}, 1},
		"duplicates stay":              {"a,b,a\n1,2,3\n", extract.Options{}, []string{"a", "b", "a"}, 1},
		"empty names are numbers":      {",b,,d\n1,2,3,4\n", extract.Options{}, []string{"1", "b", "3", "d"}, 1},
		"delimiter at the end":         {"a,b,\n1,2\n3,4\n", extract.Options{}, []string{"a", "b"}, 1},
		"byte order mark":              {"\xef\xbb\xbfa,b\n1,2\n", extract.Options{}, []string{"a", "b"}, 1},
		"line breaks in a name":        {"\n\"a\nx\",b\n1,2\n", extract.Options{}, []string{"a x", "b"}, 2},
		"the third record":             {"x,y\nz,z\na,b\n1,2\n", extract.Options{Header: 3}, []string{"a", "b"}, 3},
		"none":                         {"1,2,3\n", extract.Options{Header: -1}, []string{"1", "2", "3"}, 0},
		"surely none: a date":          {"7,1980-02-03,x\n8,1980-02-04,y\n", extract.Options{}, []string{"1", "2", "3"}, 0},
		"years may be names":           {"ward,2019,2020\nA,1,2\nB,3,4\n", extract.Options{}, []string{"ward", "2019", "2020"}, 1},
		"after a preamble with commas": {"Report, made today\n\na,b,c,d\n1,2,3,4\n1,2,3,4\n", extract.Options{}, []string{"a", "b", "c", "d"}, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, tt.content, tt.options)
			if diff := cmp.Diff(tt.columns, got.Columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if got.schema.Line != tt.line {
				t.Errorf("header on line %d, want %d", got.schema.Line, tt.line)
			}
		})
	}
}

func TestAFirstRowOfDataIsNotTakenForAHeader(t *testing.T) {
	t.Parallel()
	got := read(t, "7,1980-02-03\n8,1980-02-04\n", extract.Options{})
	if diff := cmp.Diff([]string{"no-header"}, got.Codes); diff != "" {
		t.Error(diff)
	}
	if len(got.Rows) != 2 || got.Rows[0][1] != "1980-02-03" {
		t.Errorf("rows %q", got.Rows)
	}
}

func TestLinesArePhysicalLines(t *testing.T) {
	t.Parallel()
	got := read(t, "title\n\na,b,c\n1,\"x\ny\n\",3\n\n4,5,6\n7,\"open\n", extract.Options{})
	if diff := cmp.Diff([]int64{4, 8, 9}, got.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesHoldNoValues(t *testing.T) {
	t.Parallel()
	got := read(t, "a,b\nSECRET,\"SECRET\"SECRET\nSECRET,SECRET,SECRET\nSECR\x00ET,SECRET\nSECRET\n1,\"SECRET\n", extract.Options{})
	if len(got.issues) != 5 {
		t.Errorf("%d issues, want 5: %v", len(got.issues), got.Codes)
	}
	for _, is := range got.issues {
		if strings.Contains(is.Message, "SECRET") {
			t.Errorf("%s: message holds a value: %s", is.Code, is.Message)
		}
	}
}

func TestALastRowCutInsideACharacterIsAFault(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"Jos\xc3", "\"Jos\xc3", "\"Jos\xc3\"", "日\xe6\x9c", "x\xf0\x9f\x98"} {
		got := read(t, "id,name\n1,José\n2,"+ending, extract.Options{Encoding: "utf-8"})
		if len(got.Rows) != 2 || !slices.ContainsFunc(got.Codes, func(c string) bool { return c == "row 2 bad-bytes" || c == "row 2 unclosed-quote" }) {
			t.Errorf("%q: rows %q, issues %q", ending, got.Rows, got.Codes)
		}
		for _, cell := range got.Rows[1] {
			if !utf8.ValidString(cell) {
				t.Errorf("%q: the cell %q is no text", ending, cell)
			}
		}
	}
	// A character that only a buffer cuts is whole: every place of the end of a
	// buffer is tried.
	for pad := range 4 {
		text := "id\n" + strings.Repeat("x", 256<<10-8-pad) + "é日😀\n"
		if got := read(t, text, extract.Options{Encoding: "utf-8"}); len(got.Codes) != 0 || len(got.Rows) != 1 {
			t.Errorf("pad %d: %d rows, issues %q", pad, len(got.Rows), got.Codes)
		}
	}
}

func TestAQuoteNeverClosedDoesNotSwallowTheFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("id,note\n1,fine\n2,\"never closed\n")
	for i := 3; b.Len() < 17<<20; i++ {
		fmt.Fprintf(&b, "%d,%s\n", i, strings.Repeat("x", 1000))
	}
	want := strings.Count(b.String(), "\n") - 1
	got := read(t, b.String(), extract.Options{})
	if len(got.Rows) != want {
		t.Errorf("%d rows, want %d", len(got.Rows), want)
	}
	if diff := cmp.Diff([]string{"row 2 unclosed-quote"}, got.Codes); diff != "" {
		t.Error(diff)
	}
}

func TestARecordWithoutEndIsAFaultAndReadingGoesOn(t *testing.T) {
	t.Parallel()
	content := "id,note\n1,fine\n2," + strings.Repeat("x", 17<<20) + "\n3,fine\n"
	got := read(t, content, extract.Options{})
	if diff := cmp.Diff([]string{"row 2 record-too-long"}, got.Codes); diff != "" {
		t.Error(diff)
	}
	if len(got.Rows) != 3 || got.Rows[2][0] != "3" {
		t.Errorf("%d rows", len(got.Rows))
	}
	if diff := cmp.Diff([]int64{2, 3, 4}, got.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestALongQuotedNoteIsOneValue(t *testing.T) {
	t.Parallel()
	note := strings.Repeat("line\n", 400_000)
	got := read(t, "id,note\n1,\""+note+"\"\n2,x\n", extract.Options{})
	if len(got.Rows) != 2 || got.Rows[0][1] != note || len(got.Codes) != 0 {
		t.Errorf("%d rows, issues %v", len(got.Rows), got.Codes)
	}
	if got.Lines[1] != 400_003 {
		t.Errorf("the second row is on line %d", got.Lines[1])
	}
}

func TestUnknownSettingsAreErrors(t *testing.T) {
	t.Parallel()
	for _, o := range []extract.Options{{Delimiter: "ab"}, {Quote: "xy"}, {Escape: "%"}, {Encoding: "klingon"}, {Header: 99}} {
		if _, err := tryRead(extract.FromBytes("t.csv", []byte("a,b\n1,2\n")), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", []byte("a,b\n1,2\n")), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range src.Read(context.Background(), "other", nil) {
		if !errors.Is(err, extract.ErrNoTable) {
			t.Errorf("error %v", err)
		}
	}
}

func TestDescribeSaysWhatWasFound(t *testing.T) {
	t.Parallel()
	got := read(t, "n;name\r\n1;Jos\xe9\r\n", extract.Options{})
	want := `iso-8859-1 (guessed), delimiter ';', quote '"' doubled, lines end in CRLF, header on line 1`
	if diff := cmp.Diff(want, got.source.Describe()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("José", got.Rows[0][1]); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTextIsRecognised(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"a,b\n1,2\n": true, "\xff\xfea\x00,\x00": true, "\x00\x01\x02\x03\x04": false,
		"MSH|^~\\&|": false, "<?xml version='1.0'?>": false, `{"a":1}`: false, "  [{}]": false,
	}
	for head, want := range tests {
		if got := csvfile.Format().Sniff("export", []byte(head)); got != want {
			t.Errorf("sniff %q = %v", head, got)
		}
	}
	if !csvfile.Format().Sniff("a.csv", []byte("<b>,x\n")) {
		t.Error("a file called .csv is one even when it starts like markup")
	}
}

func TestBatchesHoldNoMoreThan512Rows(t *testing.T) {
	t.Parallel()
	src, err := csvfile.Format().Open(context.Background(), extract.FromBytes("t.csv", wideTable(3000)), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for batch, err := range src.Read(context.Background(), "t", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Records) == 0 || len(batch.Records) > 512 {
			t.Errorf("batch %d has %d rows", batch.Seq, len(batch.Records))
		}
		for _, rec := range batch.Records {
			if rec.Fault != nil || rec.Values[0].Text != fmt.Sprint(rows) || rec.Values[17].Text != `say "ah"` {
				t.Fatalf("row %d: %v", rows, rec)
			}
			rows++
		}
	}
	if rows != 3000 {
		t.Errorf("%d rows", rows)
	}
}
