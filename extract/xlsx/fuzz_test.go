package xlsx_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"chartlift/extract"
	"chartlift/extract/xlsx"
	"chartlift/internal/issue"
)

func FuzzSheet(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="2"><c r="B2" t="s" s="1"><v>0</v></c><c><is><t>x</t></is></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<row><c r="ZZZZZZ1"><v>1`))
	f.Add([]byte(`<x:row r='9' hidden="1"><x:c t="str"><x:v>a&#x41;<![CDATA[b]]>_x000D_</x:v></x:c></x:row><sheetData/><mergeCell ref="A1:B2"/>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		columns, err := xlsx.Sheet(bytes.NewReader(part))
		for _, c := range columns {
			if c < 1 || c > 16384 {
				t.Errorf("column %d", c)
			}
		}
		again, errAgain := xlsx.Sheet(oneByte{bytes.NewReader(part)})
		if len(again) != len(columns) || (err == nil) != (errAgain == nil) {
			t.Errorf("read byte by byte it has %d cells, %v, not %d, %v", len(again), errAgain, len(columns), err)
		}
	})
}

// oneByte gives one byte at a time, so that every boundary is met.
type oneByte struct{ r *bytes.Reader }

// Read implements io.Reader.
func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}

func FuzzTexts(f *testing.F) {
	f.Add([]byte(`<sst><si><t>a</t></si><si><r><t>b</t></r><rPh><t>c</t></rPh></si></sst>`))
	f.Add([]byte(`<si><t>_xD83D__xDE00_&#0;&#xFFFFFFFF;</t></si>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		numbers := []int{0, 1, 2, 3}
		memory, _, remove, err := xlsx.Texts(bytes.NewReader(part), t.TempDir(), 1<<20, numbers)
		if err != nil {
			return
		}
		spilled, _, removeToo, err := xlsx.Texts(bytes.NewReader(part), t.TempDir(), 0, numbers)
		must(t, err)
		for i := range numbers {
			if memory[i] != spilled[i] {
				t.Errorf("text %d is %q in memory and %q in a file", i, memory[i], spilled[i])
			}
		}
		must(t, remove())
		must(t, removeToo())
	})
}

// FuzzHeader finds headers in sheets of any shape: a letter for each row and
// column, and merged ranges.
func FuzzHeader(f *testing.F) {
	f.Add("title\nid|name|n:1\nn:1|d:5|b:1", "A1:C1 B2:C2", 0, true)
	f.Add("|a||b\nc|d|e|f\nn:1|n:2|n:3|n:4", "B1:C1 A1:A2 A1:Z99", 1, false)
	f.Add("a|b\n\n|c", "A1:A3 A2:B9", -1, true)
	f.Fuzz(func(t *testing.T, cells, ranges string, header int, fill bool) {
		if strings.ContainsAny(cells, "<&_") || !utf8.ValidString(cells) || strings.ContainsAny(ranges, "<&\"") {
			t.Skip("XML of its own")
		}
		for _, line := range strings.Split(cells, "\n") {
			if strings.Count(line, "|") > 25 {
				t.Skip("more columns than letters")
			}
		}
		o := extract.Options{Header: header}
		if fill {
			o.Merged = "fill"
		}
		sheet := merged(rowsXML(strings.Split(cells, "\n")...), strings.Fields(ranges)...)
		checkAnyBook(t, rawBook(t, sheet), o)
	})
}

// FuzzWorkbook opens anything that is or claims to be a workbook.
func FuzzWorkbook(f *testing.F) {
	f.Add(rawBook(f, merged(rowsXML("a|b", "n:1|d:2"), "A1:B1")))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Fuzz(func(t *testing.T, content []byte) { checkAnyBook(t, content, extract.Options{}) })
}

// FuzzParts puts any bytes in the place of the small parts.
func FuzzParts(f *testing.F) {
	f.Add(`<workbook xmlns="`+spreadsheetNS+`"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" id="rId1"/></sheets></workbook>`, `<styleSheet xmlns="`+spreadsheetNS+`"/>`)
	f.Fuzz(func(t *testing.T, book, styles string) {
		checkAnyBook(t, rawBook(t, rowsXML("a|b", "n:1|d:2"), part{"xl/workbook.xml", book}, part{"xl/styles.xml", styles}), extract.Options{})
	})
}

// checkAnyBook reads a workbook, if it is one, and checks what holds for every
// record.
func checkAnyBook(t *testing.T, content []byte, o extract.Options) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.xlsx")
	must(t, os.WriteFile(name, content, 0o600))
	src, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, name, o)
	if err != nil {
		return
	}
	defer func() { must(t, src.Close()) }()
	tables, err := src.Tables(context.Background())
	must(t, err)
	for _, schema := range tables {
		line := schema.Line
		for b, err := range src.Read(context.Background(), schema.Table, func(issue.Issue) {}) {
			if err != nil {
				break
			}
			for _, rec := range b.Records {
				if len(rec.Values) != len(schema.Columns) || rec.Origin.Line <= line {
					t.Fatalf("%d values for %d columns on line %d after %d", len(rec.Values), len(schema.Columns), rec.Origin.Line, line)
				}
				line = rec.Origin.Line
				for _, v := range rec.Values {
					if !utf8.ValidString(v.Text) || v.Kind == extract.Absent {
						t.Fatalf("value %+v", v)
					}
				}
			}
		}
	}
}
