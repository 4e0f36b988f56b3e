package xlsx_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/xlsx"
	"chartlift/internal/issue"
)

// readRow reads the one row of a sheet that has the header a, b, c … above it.
func readRow(t *testing.T, content []byte, o extract.Options) (values []extract.Value, codes []string) {
	t.Helper()
	src := open(t, save(t, content), o)
	for b, err := range src.Read(context.Background(), "S", func(is issue.Issue) { codes = append(codes, is.Code) }) {
		must(t, err)
		for _, rec := range b.Records {
			values = append(values, rec.Values...)
			if rec.Fault != nil {
				codes = append(codes, rec.Fault.Code)
			}
		}
	}
	return values, codes
}

// underHeader makes a sheet of one row with one column, named a.
func underHeader(row string) string {
	return `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2">` + row + `</row></sheetData></worksheet>`
}

func TestCellsAreWhatTheyAreStoredAs(t *testing.T) {
	t.Parallel()
	shared := part{"xl/SharedStrings.xml", `<sst><si><t>plain</t></si><si><r><t xml:space="preserve">rich </t></r><r><rPr><b/></rPr><t>text</t></r><rPh sb="0"><t>hint</t></rPh></si></sst>`}
	for xml, want := range map[string]extract.Value{
		`<c r="A2" t="s"><v>1</v></c>`:   text("rich text"),
		`<c r="A2" t="s"><v> 0 </v></c>`: null(), // no number
		`<c t="inlineStr"><is><t>a&amp;b &lt;&#x41;&#66;&gt; &quot;&apos;&nope;</t></is></c>`:                   text("a&b <AB> \"'\uFFFD"),
		`<c t="inlineStr"><is><t></t></is></c>`:                                                                 null(), // a row of nothing is none
		`<c t="inlineStr"><is><r><t>Ann</t></r><r><t xml:space="preserve"> Lee</t></r></is></c>`:                text("Ann Lee"),
		`<c t="str"><f>"x"&amp;"y"</f><v>xy</v></c>`:                                                            text("xy"),
		`<c t="inlineStr"><is><t>l1_x000D_&#10;l2_x005F_x41_ _xD83D__xDE00_ _xZZZZ_</t></is></c>`:               text("l1\r\nl2_x41_ 😀 _xZZZZ_"),
		"<c t=\"inlineStr\"><is><t>l1\r\nl2\rl3</t></is></c>":                                                   text("l1\nl2\nl3"),
		`<c t="inlineStr"><is><t><![CDATA[a<b>&amp;]]]]><![CDATA[>]]></t></is></c>`:                             text("a<b>&amp;]]>"),
		`<c t="inlineStr"><is><t>a<!-- > -->b<?x y?>c</t></is></c>`:                                             text("abc"),
		`<c r="A2"><v>986987001.0</v></c>`:                                                                      number("986987001"),
		`<c r="A2"><v>12345678901234567890</v></c>`:                                                             number("12345678901234567890"),
		`<c r="A2"><v>6.9999999999999996E-2</v></c>`:                                                            number("0.07"),
		`<c r="A2"><v>-0.0</v></c>`:                                                                             number("0"),
		`<c r="A2" s="1"><v>43531</v></c>`:                                                                      {Text: "2019-03-07", Kind: extract.Date},
		`<c r="A2" s="1"><v>43531.416666666664</v></c>`:                                                         {Text: "2019-03-07T10:00:00", Kind: extract.Date},
		`<c r="A2" s="2"><v>0.4375</v></c>`:                                                                     text("10:30:00"),
		`<c r="A2" s="1"><v>-5</v></c>`:                                                                         number("-5"),
		`<c r="A2" s="99"><v>43531</v></c>`:                                                                     number("43531"),
		`<c r="A2" t="d"><v>2019-03-07T10:30:00.000Z</v></c>`:                                                   {Text: "2019-03-07T10:30:00", Kind: extract.Date},
		`<c r="A2" t="d"><v>2019-03-07T00:00:00</v></c>`:                                                        {Text: "2019-03-07", Kind: extract.Date},
		`<c r="A2" t="d"><v>T10:30:00</v></c>`:                                                                  text("10:30:00"),
		`<c r="A2" t="b"><v>1</v></c>`:                                                                          boolean("true"),
		`<c r="A2" t="b"><f>FALSE()</f><v>0</v></c>`:                                                            boolean("false"),
		`<c r="A2" t="n"><v>NaN</v></c>`:                                                                        text("NaN"),
		`<x:c xmlns:x="y" r='A2' t = "str" ><x:v>prefixed</x:v></x:c >`:                                         text("prefixed"),
		`<c r="A2" note="a > b" t="str"><v>quoted</v></c>`:                                                      text("quoted"),
		`<c r="A2" t="str"><v>dup</v><extLst><ext><x>no text</x></ext></extLst></c>`:                            text("dup"),
		`<c r="A2" s="1"/><c r="A2" t="str"><v>later</v></c>`:                                                   text("later"),
		`<c r="A2" t="s"><f>A1</f><v>0</v></c>`:                                                                 text("plain"),
		`<c r="A2" t="inlineStr"><is><t>` + strings.Repeat("é&amp;", 40_000) + `</t></is></c>`:                  text(strings.Repeat("é&", 40_000)),
		`<c r="A2" t="inlineStr"><is><t><![CDATA[` + strings.Repeat("]]&amp;", 40_000) + `x]]></t></is></c>`:    text(strings.Repeat("]]&amp;", 40_000) + "x"),
		`<c r="A2" t="inlineStr"><!--` + strings.Repeat("sheetData>", 40_000) + `--><is><t>behind</t></is></c>`: text("behind"),
	} {
		values, _ := readRow(t, rawBook(t, underHeader(xml), shared), extract.Options{})
		if len(values) == 0 {
			values = []extract.Value{null()}
		}
		if diff := cmp.Diff([]extract.Value{want}, values); diff != "" {
			t.Errorf("%.200s: %.500s", xml, diff)
		}
	}
}

func TestDoubtfulCellsAreReported(t *testing.T) {
	t.Parallel()
	for xml, want := range map[string]struct {
		text string
		code string
	}{
		`<c r="A2" t="e"><v>#N/A</v></c>`:                                                  {"", "bad-cell"},
		`<c r="A2" t="s"><v>7</v></c>`:                                                     {"", "bad-cell"},
		`<c r="A2"><f>B1+1</f></c>`:                                                        {"", "no-cached-value"},
		`<c r="A2"><f>B1+1</f><v></v></c>`:                                                 {"", "no-cached-value"},
		`<c r="A2" t="inlineStr"><is><t>a_xD83D_b</t></is></c>`:                            {"a\uFFFDb", "bad-bytes"},
		`<c r="A2" t="inlineStr"><is><t>a&#xD800;b</t></is></c>`:                           {"a\uFFFDb", "bad-bytes"},
		"<c r=\"A2\" t=\"inlineStr\"><is><t>a\xe9b</t></is></c>":                           {"a\uFFFDb", "bad-bytes"},
		`<c r="A2" t="inlineStr"><is><t>a_x0000_b</t></is></c>`:                            {"ab", "nul-byte"},
		`<c r="A2" t="inlineStr"><is><t>` + strings.Repeat("x", 1<<20+1) + `</t></is></c>`: {strings.Repeat("x", 1<<20), "cell-too-long"},
		`<c r="A2" t="inlineStr"><is><t>` + strings.Repeat("é", 1<<20) + `</t></is></c>`:   {strings.Repeat("é", 1<<19), "cell-too-long"},
		`<c r="A2" t="str"><v>ok</v></c><c r="ZZ2" t="str"><v>stray</v></c>`:               {"ok", "ragged-row"},
	} {
		values, codes := readRow(t, rawBook(t, underHeader(xml)), extract.Options{})
		if len(values) != 1 || values[0].Text != want.text || !cmp.Equal(codes, []string{want.code}) {
			t.Errorf("%.80s: %d values, codes %v", xml, len(values), codes)
		}
	}
}

func TestDayNumbersOfBothEpochs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"0": {"1900-01-00", "1904-01-01"}, "1": {"1900-01-01", "1904-01-02"}, "59": {"1900-02-28", "1904-02-29"}, "60": {"1900-02-29", "1904-03-01"},
		"61": {"1900-03-01", "1904-03-02"}, "38210": {"2004-08-11", "2008-08-12"}, "2958465": {"9999-12-31", "10004-01-01"}, "0.5": {"1900-01-00T12:00:00", "1904-01-01T12:00:00"},
		"43531.9999999": {"2019-03-08", "2023-03-09"}, "29254.0": {"1980-02-03", "1984-02-04"},
	} {
		for i, epoch1904 := range []bool{false, true} {
			got, kind := xlsx.Serial(text, epoch1904)
			if got != want[i] || kind != extract.Date {
				t.Errorf("%s: %s, want %s", text, got, want[i])
			}
		}
	}
	if got, kind := xlsx.Serial("2958466", false); got != "2958466" || kind != extract.Number {
		t.Errorf("beyond the last day: %s", got)
	}
}

func TestRowsWithoutNumbersFollowEachOther(t *testing.T) {
	t.Parallel()
	sheet := `<worksheet><dimension ref="A1:A2"/><sheetData><row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>` +
		`<row r="5"><c><v>1</v></c><c r="B5"><v>2</v></c></row><row r="3"><c r="B3"><v>4</v></c></row><row><c><v>5</v></c></row></sheetData></worksheet>`
	src := open(t, save(t, rawBook(t, sheet)), extract.Options{})
	var got []string
	for b, err := range src.Read(context.Background(), "S", nil) {
		must(t, err)
		for _, rec := range b.Records {
			got = append(got, fmt.Sprintf("%d:%d %s|%s", rec.Origin.Row, rec.Origin.Line, rec.Values[0].Text, rec.Values[1].Text))
		}
	}
	if diff := cmp.Diff([]string{"1:5 1|2", "2:6 |4", "3:7 5|"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStrictWorkbooksAndOddPartsAreRead(t *testing.T) {
	t.Parallel()
	units := utf16.Encode([]rune("\ufeff" + `<?xml version="1.0" encoding="UTF-16"?>` + underHeader(`<c r="A2" t="str"><v>Zoë</v></c>`)))
	wide := make([]byte, 0, 2*len(units))
	for _, u := range units {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	plainSheet := underHeader(`<c r="A2" t="s"><v>0</v></c>`)
	strings := part{"xl/sharedStrings.xml", `<sst><si><t>Zoë</t></si></sst>`}
	strict := []part{
		{"_rels/.rels", rels(strictOffice, "officeDocument", "xl/workbook.xml")},
		{"xl/workbook.xml", fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s" conformance="strict"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`, strictNS, strictOffice)},
		{"xl/_rels/workbook.xml.rels", rels(strictOffice, "worksheet", "/xl/worksheets/sheet1.xml")},
	}
	for title, content := range map[string][]byte{
		"strict":        rawBook(t, plainSheet, append(strict, strings)...),
		"UTF-16":        rawBook(t, string(wide)),
		"other places":  zipOf(t, []part{{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", rels(officeNS, "officeDocument", "/office/book.xml")}, {"office/book.xml", fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`, spreadsheetNS, officeNS)}, {"office/_rels/book.xml.rels", rels(officeNS, "worksheet", "one.xml")}, {"office/one.xml", plainSheet}, strings}),
		"backslashes":   rawBook(t, "", part{"xl/_rels/workbook.xml.rels", rels(officeNS, "worksheet", `worksheets\first.xml`)}, part{`xl\worksheets\First.xml`, plainSheet}, strings),
		"without style": rawBook(t, plainSheet, part{"xl/styles.xml", `<styleSheet xmlns="` + spreadsheetNS + `"/>`}, strings),
	} {
		values, _ := readRow(t, content, extract.Options{})
		if diff := cmp.Diff([]extract.Value{text("Zoë")}, values); diff != "" {
			t.Errorf("%s: %s", title, diff)
		}
	}
	dates := rawBook(t, underHeader(`<c r="A2" s="1"><v>1</v></c>`), strict...)
	if values, _ := readRow(t, dates, extract.Options{}); len(values) != 1 || values[0].Text != "1904-01-02" {
		t.Errorf("a date of a strict workbook is %v", values)
	}
}

func TestHiddenSheetsRowsAndColumns(t *testing.T) {
	t.Parallel()
	sheet := `<worksheet><cols><col min="2" max="2" hidden="1"/><col min="4" max="16384" hidden="true"/></cols><sheetData>` +
		`<row r="1"><c t="str"><v>a</v></c><c t="str"><v>b</v></c><c t="str"><v>c</v></c></row>` +
		`<row r="2" hidden="1"><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>` +
		`<row r="3" hidden="0"><c><v>4</v></c><c><v>5</v></c><c><v>6</v></c></row></sheetData></worksheet>`
	hidden := part{"xl/workbook.xml", fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="S" sheetId="1" state="veryHidden" r:id="rId1"/></sheets></workbook>`, spreadsheetNS, officeNS)}
	for title, tt := range map[string]struct {
		options extract.Options
		lines   []string
		codes   []string
	}{
		"kept":    {extract.Options{}, []string{"1|2|3", "4|5|6"}, []string{"line 0 hidden-sheet", "line 0 hidden-cells"}},
		"keep":    {extract.Options{Hidden: "keep"}, []string{"1|2|3", "4|5|6"}, []string{"line 0 hidden-sheet", "line 0 hidden-cells"}},
		"skipped": {extract.Options{Hidden: "skip", Sheet: "S"}, []string{"4|6"}, []string{"line 0 hidden-sheet", "line 0 hidden-cells"}},
	} {
		lines, codes := show(t, open(t, save(t, rawBook(t, sheet, hidden)), tt.options), "S")
		if diff := cmp.Diff([][]string{tt.lines, tt.codes}, [][]string{lines, codes}); diff != "" {
			t.Errorf("%s: %s", title, diff)
		}
	}
	src := open(t, save(t, rawBook(t, sheet, hidden)), extract.Options{Hidden: "skip"})
	if tables, err := src.Tables(context.Background()); err != nil || len(tables) != 0 {
		t.Errorf("a hidden sheet is left out: %v %v", tables, err)
	}
	for _, o := range []extract.Options{{Hidden: "maybe"}, {Merged: "yes"}} {
		if _, err := extract.Open(context.Background(), []extract.Format{xlsx.Format()}, save(t, rawBook(t, sheet)), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
