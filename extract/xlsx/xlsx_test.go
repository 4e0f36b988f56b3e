package xlsx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"chartlift/extract"
	"chartlift/extract/extracttest"
	"chartlift/extract/xlsx"
	"chartlift/internal/issue"
)

func text(s string) extract.Value   { return extract.Value{Text: s, Kind: extract.Text} }
func number(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Number} }
func date(s string) extract.Value   { return extract.Value{Text: s, Kind: extract.Date} }
func boolean(s string) extract.Value {
	return extract.Value{Text: s, Kind: extract.Bool}
}

func null() extract.Value { return extract.Value{Kind: extract.Null} }

// must stops the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ward is a workbook with two tables, a hidden sheet and an empty one.
func ward(t *testing.T, epoch1904 bool) []byte {
	t.Helper()
	f := excelize.NewFile()
	must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &epoch1904}))
	must(t, f.SetSheetName("Sheet1", "patients"))
	style := func(format string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		must(t, err)
		return id
	}
	rows := [][]any{
		{"List of patients"},
		{},
		{"No", " Name ", "", "Born", "Seen", "Alive", "Weight"},
		{986987001.0, "Ann", "x", time.Date(1980, 2, 3, 0, 0, 0, 0, time.UTC), time.Date(2019, 3, 7, 10, 0, 0, 0, time.UTC), true, 70.1},
		{},
		{"007", "Zoë", nil, nil, nil, false, 0.1 + 0.2},
	}
	for i, row := range rows {
		must(t, f.SetSheetRow("patients", fmt.Sprintf("A%d", i+1), &row))
	}
	must(t, f.SetCellStyle("patients", "D4", "D4", style("dd/mm/yyyy")))
	must(t, f.SetCellStyle("patients", "E4", "E4", style("yyyy-mm-dd hh:mm")))
	must(t, f.SetCellStyle("patients", "G4", "G6", style("0.0 \"kg dry\"")))
	for _, name := range []string{"visits", "empty", "secret"} {
		_, err := f.NewSheet(name)
		must(t, err)
	}
	must(t, f.SetSheetRow("visits", "B1", &[]any{"id", "what"}))
	must(t, f.SetSheetRow("visits", "B2", &[]any{1, "ill"}))
	must(t, f.SetSheetRow("secret", "A1", &[]any{"a", "b"}))
	must(t, f.SetSheetVisible("secret", false))
	var b bytes.Buffer
	must(t, f.Write(&b))
	must(t, f.Close())
	return b.Bytes()
}

func wardTables() []extracttest.Table {
	return []extracttest.Table{
		{
			Name: "patients", Columns: []string{"No", "Name", "3", "Born", "Seen", "Alive", "Weight"},
			Rows: [][]extract.Value{
				{number("986987001"), text("Ann"), text("x"), date("1980-02-03"), date("2019-03-07T10:00:00"), boolean("true"), number("70.1")},
				{text("007"), text("Zoë"), null(), null(), null(), boolean("false"), number("0.3")},
			},
		},
		{Name: "visits", Columns: []string{"id", "what"}, Rows: [][]extract.Value{{number("1"), text("ill")}}},
		{Name: "secret", Columns: []string{"a", "b"}},
	}
}

func TestWorkbooksKeepTheContract(t *testing.T) {
	t.Parallel()
	for name, epoch1904 := range map[string]bool{"1900": false, "1904": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			extracttest.Run(t, xlsx.Format(), extracttest.Sample{Name: "ward.xlsx", Content: ward(t, epoch1904), Tables: wardTables()})
		})
	}
}

func open(t *testing.T, name string, o extract.Options) extract.Source {
	t.Helper()
	src, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, name, o)
	must(t, err)
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func save(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book.xlsx")
	must(t, os.WriteFile(name, content, 0o600))
	return name
}

// show reads a table as lines of text, the values joined by a bar.
func show(t *testing.T, src extract.Source, table string) (lines, codes []string) {
	t.Helper()
	report := func(is issue.Issue) { codes = append(codes, fmt.Sprintf("line %d %s", is.Origin.Line, is.Code)) }
	for batch, err := range src.Read(context.Background(), table, report) {
		must(t, err)
		for _, rec := range batch.Records {
			cells := make([]string, len(rec.Values))
			for i, v := range rec.Values {
				cells[i] = v.Text
			}
			lines = append(lines, strings.Join(cells, "|"))
			if rec.Fault != nil {
				report(*rec.Fault)
			}
		}
	}
	return lines, codes
}

func TestSheetHeaderAndColumnsMayBeChosen(t *testing.T) {
	t.Parallel()
	name := save(t, ward(t, false))
	tests := map[string]struct {
		options extract.Options
		table   string
		columns []string
		first   string
	}{
		"sheet":      {extract.Options{Sheet: "VISITS"}, "visits", []string{"id", "what"}, "1|ill"},
		"header":     {extract.Options{Sheet: "patients", Header: 4, Range: "A:B"}, "patients", []string{"986987001", "Ann"}, "007|Zoë"},
		"no header":  {extract.Options{Sheet: "visits", Header: -1}, "visits", []string{"1", "2"}, "id|what"},
		"range":      {extract.Options{Sheet: "patients", Range: "B:D"}, "patients", []string{"Name", "2", "Born"}, "Ann|x|1980-02-03"},
		"skip after": {extract.Options{Sheet: "patients", SkipAfter: 1, Range: "A:B"}, "patients", []string{"No", "Name"}, "007|Zoë"},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			src := open(t, name, tt.options)
			tables, err := src.Tables(context.Background())
			must(t, err)
			if len(tables) != 1 || tables[0].Table != tt.table {
				t.Fatalf("tables %v", tables)
			}
			if diff := cmp.Diff(tt.columns, tables[0].Columns); diff != "" {
				t.Error(diff)
			}
			lines, _ := show(t, src, tt.table)
			if len(lines) == 0 || lines[0] != tt.first {
				t.Errorf("rows %q", lines)
			}
		})
	}
	for _, o := range []extract.Options{{Sheet: "nowhere"}, {Range: "7"}, {Range: "C:A"}, {Header: 99}} {
		if _, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, name, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestErrorsAndUnnamedColumnsAreFindings(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"a", "b"}))
	must(t, f.SetSheetRow("Sheet1", "A2", &[]any{1, 2, "stray"}))
	must(t, f.SetCellFormula("Sheet1", "A3", "NA()"))
	must(t, f.SetSheetRow("Sheet1", "A4", &[]any{3, 4}))
	var b bytes.Buffer
	must(t, f.Write(&b))
	content := replaceInZip(t, b.Bytes(), "xl/worksheets/sheet1.xml", `<c r="A3" t="str"><f>NA()</f></c>`, `<c r="A3" t="e"><f>NA()</f><v>#N/A</v></c>`)
	lines, codes := show(t, open(t, save(t, content), extract.Options{}), "Sheet1")
	if diff := cmp.Diff([]string{"1|2", "|", "3|4"}, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"line 2 ragged-row", "line 3 bad-cell"}, sorted(codes)); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenWorkbookSaysSo(t *testing.T) {
	t.Parallel()
	whole := ward(t, false)
	_, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, save(t, whole[:len(whole)/2]), extract.Options{})
	var bad *extract.OpenError
	if !errors.As(err, &bad) || bad.Code != "unreadable" {
		t.Errorf("error %v", err)
	}
}

func TestFormatsTellDatesFromNumbers(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"dd/mm/yyyy": "2019-03-07", "m/d/yy h:mm": "2019-03-07T00:00:00", `[$-409]d\-mmm\-yy;@`: "2019-03-07", "mmm": "2019-03-07",
		"0.00": "43531", "General": "43531", `"day" 0`: "43531", "#,##0_);[Red](#,##0)": "43531", `0.0 "mmHg"`: "43531", "[h]:mm": "43531",
		"yyyy\"y\"": "2019-03-07", "@": "43531",
	} {
		if got := xlsx.Number("43531", format); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
	for in, want := range map[string]string{"1E2": "100", "5": "5", "12345678901234567": "12345678901234567", "0.1": "0.1", "-2.50": "-2.5", "x": "x", "0.30000000000000004": "0.3"} {
		if got := xlsx.Number(in, "General"); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := xlsx.Number("0.4375", "hh:mm"); got != "10:30:00" {
		t.Errorf("a time of day is %s", got)
	}
}
