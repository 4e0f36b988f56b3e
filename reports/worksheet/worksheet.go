// Package worksheet writes workbooks in which people decide, and reads back
// what they filled in.
//
// It knows nothing of what is decided: a [Book] has sheets, a [Sheet] columns
// of which some are there to be filled in, and [Read] returns the rows that
// have those columns, wherever a spreadsheet program has left them. [Pairs] is
// the one for records that may be one person.
//
//	book := worksheet.Book{Sheets: []worksheet.Sheet{{Name: "Codes", Columns: columns, Rows: rows}}}
//	err := book.Write(out)
//	filled, err := worksheet.Read(in, []string{"code", "target"})
package worksheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"chartlift/internal/formula"
)

// Book is a workbook that people fill in.
type Book struct {
	Guide  []string // what to do, a line each; the first is the title
	Sheets []Sheet
}

// Sheet is a table of a workbook: a line of titles, then the rows. Only columns
// that are Editable can be typed into; there is no password, so who must can
// take the protection off.
type Sheet struct {
	Name    string
	Columns []Column
	Rows    [][]Cell // as long as Columns
	Frozen  int      // columns that stay in sight, from the left
}

// Column is a column of a sheet.
type Column struct {
	Title    string
	Width    float64 // in characters
	Editable bool
	Choices  []string // what a drop-down offers; anything else is refused by the program, though not by all
	Fixed    bool     // letters of one width: for bars made of characters
}

// Cell is a text or a number. Marked cells stand out by colour and weight.
type Cell struct {
	Text   string
	Number float64 // instead of Text where Digits is set
	Digits int     // digits behind the point, plus one: 0 is a text, 1 a whole number
	Marked bool
}

// Text is a cell with a text.
func Text(s string) Cell { return Cell{Text: s} }

// Number is a cell with a number, shown with so many digits behind the point.
func Number(n float64, digits int) Cell { return Cell{Number: n, Digits: digits + 1} }

// Write writes the workbook: the same bytes for the same book.
func (b Book) Write(out io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	w := &writer{f: f, styles: map[look]int{}}
	if err := w.guide(b.Guide); err != nil {
		return fmt.Errorf("write guide: %w", err)
	}
	for i := range b.Sheets {
		if err := w.sheet(&b.Sheets[i]); err != nil {
			return fmt.Errorf("write sheet %s: %w", b.Sheets[i].Name, err)
		}
	}
	if len(b.Sheets) > 0 {
		f.SetActiveSheet(1) // the guide stands first, but what is to be done is what opens
	}
	text, err := f.WriteToBuffer()
	if err != nil {
		return err
	}
	return ordered(out, bytes.NewReader(text.Bytes()))
}

// writer writes one workbook.
type writer struct {
	f      *excelize.File
	styles map[look]int
}

// guideName is the first sheet, which excelize makes.
const guideName = "Guide"

func (w *writer) guide(lines []string) error {
	if err := w.f.SetSheetName("Sheet1", guideName); err != nil {
		return err
	}
	if err := w.f.SetColWidth(guideName, "A", "A", 110); err != nil {
		return err
	}
	for i, line := range lines {
		style, err := w.style(look{title: i == 0})
		if err != nil {
			return err
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := errors.Join(w.f.SetCellStr(guideName, at, line), w.f.SetCellStyle(guideName, at, at, style)); err != nil {
			return err
		}
	}
	return w.protect(guideName)
}

func (w *writer) sheet(s *Sheet) error {
	if len(s.Rows) >= excelize.TotalRows {
		return fmt.Errorf("%d rows are more than a sheet can hold", len(s.Rows))
	}
	if _, err := w.f.NewSheet(s.Name); err != nil {
		return err
	}
	stream, err := w.f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	if err := layOut(stream, s); err != nil {
		return err
	}
	if err := w.titles(stream, s); err != nil {
		return err
	}
	for i, row := range s.Rows {
		if err := w.row(stream, s, i+2, row); err != nil {
			return err
		}
	}
	if err := w.dropDowns(s); err != nil {
		return err
	}
	if err := w.protect(s.Name); err != nil {
		return err
	}
	if len(s.Rows) > 0 {
		if err := w.f.AutoFilter(s.Name, "A1:"+cellName(len(s.Columns), len(s.Rows)+1), nil); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// layOut sets widths and what stays in sight.
func layOut(stream *excelize.StreamWriter, s *Sheet) error {
	for i, c := range s.Columns {
		if err := stream.SetColWidth(i+1, i+1, max(c.Width, 4)); err != nil {
			return err
		}
	}
	return stream.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: s.Frozen, YSplit: 1, TopLeftCell: cellName(s.Frozen+1, 2), ActivePane: "bottomRight",
	})
}

// cellName is what excelize calls a cell that is known to lie in a sheet.
func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return "A1"
	}
	return name
}

func (w *writer) titles(stream *excelize.StreamWriter, s *Sheet) error {
	style, err := w.style(look{title: true})
	if err != nil {
		return err
	}
	var cells []any
	for _, c := range s.Columns {
		cells = append(cells, excelize.Cell{StyleID: style, Value: c.Title})
	}
	return stream.SetRow("A1", cells)
}

func (w *writer) row(stream *excelize.StreamWriter, s *Sheet, number int, row []Cell) error {
	cells := make([]any, len(row))
	for i, c := range row {
		style, err := w.style(look{
			marked: c.Marked, editable: s.Columns[i].Editable, fixed: s.Columns[i].Fixed,
			digits: c.Digits, quoted: c.Digits == 0 && formula.Starts(c.Text),
		})
		if err != nil {
			return err
		}
		if c.Digits > 0 {
			cells[i] = excelize.Cell{StyleID: style, Value: c.Number}
		} else {
			cells[i] = excelize.Cell{StyleID: style, Value: c.Text}
		}
	}
	return stream.SetRow(cellName(1, number), cells)
}

// Cut shortens a text to what a cell can hold.
func Cut(text string) string {
	if len(text) <= excelize.TotalCellChars {
		return text
	}
	cut := excelize.TotalCellChars - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// dropDowns offers the choices of columns, also in the rows that somebody may
// add below.
func (w *writer) dropDowns(s *Sheet) error {
	for i, c := range s.Columns {
		if len(c.Choices) == 0 {
			continue
		}
		v := excelize.NewDataValidation(true)
		v.SetSqref(cellName(i+1, 2) + ":" + cellName(i+1, len(s.Rows)+2))
		if err := v.SetDropList(c.Choices); err != nil {
			return err
		}
		v.SetError(excelize.DataValidationErrorStyleStop, c.Title, "Choose one of: "+strings.Join(c.Choices, ", "))
		if err := w.f.AddDataValidation(s.Name, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) protect(sheet string) error {
	return w.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{
		AutoFilter: true, Sort: true, FormatColumns: true, FormatRows: true, FormatCells: true,
		SelectLockedCells: true, SelectUnlockedCells: true,
	})
}
