package worksheet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// ErrNotWorkbook says that the input cannot be read as a workbook.
var ErrNotWorkbook = errors.New("this is no workbook in the form of Excel: save it as .xlsx")

// Row is a row that somebody has filled in, with the columns that were asked
// for.
type Row struct {
	Sheet string
	Row   int               // as spreadsheet programs count, from 1
	Cells map[string]string // by title, trimmed
	at    map[string]int    // by title: the column, from 1
}

// Place names a cell of the row by sheet and letter, such as Pairs!B12: what a
// person looks for.
func (r Row) Place(title string) string {
	return fmt.Sprintf("%s!%s", r.Sheet, cellName(max(1, r.at[title]), r.Row))
}

// The bounds of what is read: a workbook comes back by mail.
const (
	maxUnpacked = 512 << 20
	// titlesWithin is how far down the line of titles may have been pushed by
	// lines that somebody has put above it.
	titlesWithin = 20
)

// Read returns the rows of all sheets that have the columns needed, in the
// order of the file. Other columns and sheets are not looked at, titles are
// found in any order and spelling of capitals, and rows in which all cells
// asked for are empty are left out. Of the columns in also, those that are
// there come along. It returns ErrNotWorkbook for what is none; no sheet with
// the columns is an error, too.
func Read(in io.Reader, needed, also []string) (rows []Row, err error) {
	f, err := excelize.OpenReader(in, excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked / 4})
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotWorkbook, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	found := false
	for _, sheet := range f.GetSheetList() {
		r := reader{sheet: sheet, needed: needed, also: also}
		if err := r.read(f); err != nil {
			return nil, fmt.Errorf("read sheet %s: %w", sheet, err)
		}
		found = found || r.at != nil
		rows = append(rows, r.rows...)
	}
	if !found {
		return nil, fmt.Errorf("no sheet has the columns %s: was a title changed?", strings.Join(needed, ", "))
	}
	return rows, nil
}

// reader reads one sheet.
type reader struct {
	sheet        string
	needed, also []string
	at           map[string]int // columns by title, once the line of titles was found
	rows         []Row
}

func (r *reader) read(f *excelize.File) error {
	lines, err := f.Rows(r.sheet)
	if err != nil {
		return err
	}
	defer lines.Close() //nolint:errcheck // it was only read
	for n := 1; lines.Next(); n++ {
		cells, err := lines.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		switch {
		case r.at != nil:
			r.row(n, cells)
		case n <= titlesWithin:
			r.titles(cells)
		default:
			return lines.Error()
		}
	}
	return lines.Error()
}

// titles takes a line for that of the titles if it has all that are needed.
func (r *reader) titles(cells []string) {
	at := map[string]int{}
	for i, cell := range cells {
		title := strings.ToLower(strings.Join(strings.Fields(cell), " "))
		if _, twice := at[title]; !twice {
			at[title] = i + 1
		}
	}
	known := map[string]int{}
	for _, title := range append(append([]string{}, r.needed...), r.also...) {
		if i, ok := at[strings.ToLower(title)]; ok {
			known[title] = i
		}
	}
	for _, title := range r.needed {
		if known[title] == 0 {
			return
		}
	}
	r.at = known
}

func (r *reader) row(n int, cells []string) {
	row := Row{Sheet: r.sheet, Row: n, Cells: map[string]string{}, at: r.at}
	empty := true
	for title, i := range r.at {
		if i <= len(cells) {
			row.Cells[title] = strings.TrimSpace(cells[i-1])
		}
		empty = empty && row.Cells[title] == ""
	}
	if !empty {
		r.rows = append(r.rows, row)
	}
}
