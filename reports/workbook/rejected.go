package workbook

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"chartlift/reports"
	"chartlift/reports/worksheet"
)

// Rejected are the rejected rows of one table. Columns and the rows' values are
// as the source has them, and empty where it cannot be read again.
type Rejected struct {
	Source, Table string
	Total         int64 // all of them, also those that are not in Rows
	Columns       []string
	Rows          []RejectedRow
}

// RejectedRow is one row with the code of the reason.
type RejectedRow struct {
	Row, Line int64
	Reason    string
	Values    []string
}

// mostRejected bounds the rows of one table that are read again and listed.
const mostRejected = 5_000

// RowsOf lists the rejected rows of a table's ranges in their order, the first
// 5,000.
func RowsOf(ranges []reports.RowRange) []RejectedRow {
	var out []RejectedRow
	for _, g := range ranges {
		if g.Outcome != reports.Rejected {
			continue
		}
		for row := g.First; row <= g.Last && len(out) < mostRejected; row++ {
			out = append(out, RejectedRow{Row: row, Reason: g.Reason})
		}
	}
	return out
}

// rejected makes a sheet for each table with rejected rows.
func (b *builder) rejected() []worksheet.Sheet {
	var out []worksheet.Sheet
	names := map[string]bool{}
	for _, r := range b.o.Rejected {
		sheet := worksheet.Sheet{Name: sheetName("Rejected "+r.Table, names), Frozen: 4, Columns: []worksheet.Column{
			{Title: "row", Width: 9},
			{Title: "line", Width: 9},
			{Title: "reason", Width: 22},
			{Title: "what to do", Width: 46},
			{Title: "decision", Width: 18, Editable: true, Choices: []string{"mended in the source", "to be left out", "change the mapping"}},
		}}
		for _, c := range r.Columns {
			sheet.Columns = append(sheet.Columns, worksheet.Column{Title: c, Width: 18})
		}
		for _, row := range r.Rows {
			sheet.Rows = append(sheet.Rows, b.rejectedRow(row, len(sheet.Columns)))
		}
		if more := r.Total - int64(len(r.Rows)); more > 0 {
			last := make([]worksheet.Cell, len(sheet.Columns))
			last[3] = worksheet.Text(fmt.Sprintf("… and %d more: chartlift report rejected has their numbers", more))
			sheet.Rows = append(sheet.Rows, last)
		}
		out = append(out, sheet)
	}
	return out
}

func (b *builder) rejectedRow(row RejectedRow, columns int) []worksheet.Cell {
	fix := b.fixes[row.Reason]
	cells := []worksheet.Cell{
		worksheet.Number(float64(row.Row), 0), worksheet.Number(float64(row.Line), 0), worksheet.Text(row.Reason),
		worksheet.Text(strings.Trim(fix.Title+"; "+fix.Fix, "; ")), worksheet.Text(""),
	}
	if row.Line == 0 {
		cells[1] = worksheet.Text("")
	}
	for _, v := range row.Values {
		if !b.o.ShowValues {
			v = reports.Shape(v)
		}
		cells = append(cells, worksheet.Text(worksheet.Cut(v)))
	}
	for len(cells) < columns {
		cells = append(cells, worksheet.Text(""))
	}
	return cells[:columns]
}

// maxSheetName is how many characters a sheet's name may have.
const maxSheetName = 31

// sheetName makes a name of a sheet that spreadsheet programs take (none of
// []:*?/\, 31 characters, capitals do not tell apart) and that no other sheet
// has.
func sheetName(name string, taken map[string]bool) string {
	name = strings.Trim(strings.NewReplacer("[", "(", "]", ")", ":", " ", "*", " ", "?", " ", "/", " ", `\`, " ", "'", " ").Replace(name), " ")
	for n := 1; ; n++ {
		tail := ""
		if n > 1 {
			tail = fmt.Sprintf(" (%d)", n)
		}
		short := name
		for utf8.RuneCountInString(short+tail) > maxSheetName {
			_, size := utf8.DecodeLastRuneInString(short)
			short = short[:len(short)-size]
		}
		if key := strings.ToLower(short + tail); !taken[key] {
			taken[key] = true
			return short + tail
		}
	}
}
