package worksheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"chartlift/reports/worksheet"
)

func written(t *testing.T, b worksheet.Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// opened is the workbook as another program sees it.
func opened(t *testing.T, text []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// saved is what another program writes after change.
func saved(t *testing.T, text []byte, change func(f *excelize.File) error) []byte {
	t.Helper()
	f := opened(t, text)
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// codes is a small workbook of another kind than pairs: codes of the source
// that need a target.
func codes(rows ...[]worksheet.Cell) worksheet.Book {
	return worksheet.Book{Guide: []string{"Codes"}, Sheets: []worksheet.Sheet{{
		Name: "Codes", Frozen: 1, Rows: rows,
		Columns: []worksheet.Column{{Title: "code", Width: 10}, {Title: "uses", Width: 6}, {Title: "target", Editable: true, Choices: []string{"M", "F"}}},
	}}}
}

func TestTextsThatLookLikeFormulasStayTexts(t *testing.T) {
	t.Parallel()
	hostile := []string{"=1+1", "+49 30 1", "@SUM(A1)", "\t=HYPERLINK(\"http://x\")", " =1", "\r=1", "\n-1", "=cmd|' /C calc'!A0"}
	plain := []string{"007", "-5", "1-2", "a=b", "O'Neil", "", "'=1"}
	var rows [][]worksheet.Cell
	for _, text := range append(append([]string{}, hostile...), plain...) {
		rows = append(rows, []worksheet.Cell{worksheet.Text(text), worksheet.Number(3, 0), worksheet.Text("")})
	}
	f := opened(t, written(t, codes(rows...)))
	for i, row := range rows {
		at := fmt.Sprintf("A%d", i+2)
		if formula, err := f.GetCellFormula("Codes", at); formula != "" || err != nil {
			t.Errorf("%q became the formula %q (%v)", row[0].Text, formula, err)
		}
		if value, err := f.GetCellValue("Codes", at); strings.ReplaceAll(value, "\r", "\n") != strings.ReplaceAll(row[0].Text, "\r", "\n") || err != nil {
			t.Errorf("%q is %q in the workbook (%v)", row[0].Text, value, err)
		}
		kind, err := f.GetCellType("Codes", at)
		if err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%q is of type %v (%v), not a text", row[0].Text, kind, err)
		}
		style, err := f.GetCellStyle("Codes", at)
		if err != nil {
			t.Fatal(err)
		}
		xf := f.Styles.CellXfs.Xf[style]
		if quoted := xf.QuotePrefix != nil && *xf.QuotePrefix; quoted != (i < len(hostile)) {
			t.Errorf("%q quoted: %v", row[0].Text, quoted)
		}
		if xf.NumFmtID == nil || *xf.NumFmtID != 49 {
			t.Errorf("%q: what is typed over it need not stay a text", row[0].Text)
		}
	}
}

func TestOnlyEditableColumnsCanBeTypedInto(t *testing.T) {
	t.Parallel()
	text := written(t, codes([]worksheet.Cell{worksheet.Text("x"), worksheet.Number(3, 0), worksheet.Text("")}))
	f := opened(t, text)
	for at, want := range map[string]bool{"A1": true, "A2": true, "B2": true, "C2": false} {
		id, err := f.GetCellStyle("Codes", at)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.Protection == nil || style.Protection.Locked != want {
			t.Errorf("%s: %+v, %v; want locked %v", at, style.Protection, err, want)
		}
	}
	for _, sheet := range []string{"Codes", "Guide"} {
		if p, err := f.GetSheetProtection(sheet); err != nil || !p.AutoFilter || p.InsertRows {
			t.Errorf("%s: protection %+v, %v", sheet, p, err)
		}
	}
	lists, err := f.GetDataValidations("Codes")
	if err != nil || len(lists) != 1 || lists[0].Sqref != "C2:C3" || lists[0].Formula1 != `"M,F"` {
		t.Errorf("drop-downs: %+v, %v", lists, err)
	}
	if !strings.Contains(part(t, text, "xl/worksheets/sheet2.xml"), `sheetProtection sheet="true"`) {
		t.Error("the sheet is not protected")
	}
}

// part is a file inside the workbook.
func part(t *testing.T, text []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	all, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestTheSameBookHasTheSameBytes(t *testing.T) {
	t.Parallel()
	row := []worksheet.Cell{{Text: "=x", Marked: true}, worksheet.Number(1.5, 2), worksheet.Text("é")}
	if !bytes.Equal(written(t, codes(row)), written(t, codes(row))) {
		t.Error("two workbooks of one book differ")
	}
}

func TestFilledRowsAreFoundWhereverAProgramLeftThem(t *testing.T) {
	t.Parallel()
	row := func(code string) []worksheet.Cell {
		return []worksheet.Cell{worksheet.Text(code), worksheet.Number(3, 0), worksheet.Text("")}
	}
	text := written(t, codes(row("1"), row("002"), row("=3")))
	text = saved(t, text, func(f *excelize.File) error {
		return errors.Join(
			f.SetCellStr("Codes", "C3", " F "), f.SetCellInt("Codes", "A2", 1), // a program that thinks 1 is a number
			f.InsertCols("Codes", "A", 2), f.SetCellStr("Codes", "A1", "my notes"), f.SetCellStr("Codes", "A2", "ask Ben"),
			f.InsertRows("Codes", 1, 3), f.SetCellStr("Codes", "A1", "Checked by Ann"), f.SetCellStr("Codes", "E4", "TARGET "),
			f.SetSheetName("Codes", "Codes (2)"), f.DeleteSheet("Guide"),
		)
	})
	rows, err := worksheet.Read(bytes.NewReader(text), []string{"code", "target"}, []string{"uses", "gone"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Place("target"), " ", r.Cells["code"], "→", r.Cells["target"], " ", r.Cells["uses"], r.Cells["gone"]))
	}
	if diff := cmp.Diff([]string{"Codes (2)!E5 1→ 3", "Codes (2)!E6 002→F 3", "Codes (2)!E7 =3→ 3"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNoWorkbookOfOursIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "code,target\n1,M\n", "PK\x03\x04 but cut short"} {
		if _, err := worksheet.Read(strings.NewReader(text), []string{"code"}, nil); !errors.Is(err, worksheet.ErrNotWorkbook) {
			t.Errorf("%q: %v", text, err)
		}
	}
	text := saved(t, written(t, codes()), func(f *excelize.File) error { return f.SetCellStr("Codes", "C1", "tarjet") })
	_, err := worksheet.Read(bytes.NewReader(text), []string{"code", "target"}, nil)
	if err == nil || !strings.Contains(err.Error(), "columns code, target") || errors.Is(err, worksheet.ErrNotWorkbook) {
		t.Errorf("a title that was changed: %v", err)
	}
}
