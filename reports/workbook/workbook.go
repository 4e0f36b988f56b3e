// Package workbook lays out a run as a workbook: the report for people who live
// in spreadsheets, with a list of unmapped codes that they fill in and the
// rejected rows as they stand in the source.
//
// Read [Book] first. It reads the run database and returns a [worksheet.Book],
// which writes itself:
//
//	book, err := workbook.Book(ctx, db, "", workbook.Options{Codes: codes})
//	err = book.Write(out)
package workbook

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/worksheet"
)

// most bounds the rows of a sheet: what is more is for CSV and SQL, and the
// sheet says so.
const most = 20_000

// Options steer what the workbook shows. The zero value masks the values of
// patients.
type Options struct {
	Codes      []issue.Code // what the codes of findings mean and how they are mended
	ShowValues bool
	Rejected   []Rejected
}

// Book lays out a run, the latest if run is "". The same run makes the same
// workbook.
func Book(ctx context.Context, db *reports.DB, run string, o Options) (worksheet.Book, error) {
	s, err := db.Summary(ctx, run)
	if err != nil {
		return worksheet.Book{}, err
	}
	output, err := db.Output(ctx, s.Run.ID)
	if err != nil {
		return worksheet.Book{}, err
	}
	b := &builder{ctx: ctx, db: db, run: s.Run.ID, o: o, fixes: map[string]issue.Code{}}
	for _, c := range o.Codes {
		b.fixes[c.Code] = c
	}
	book := worksheet.Book{Guide: guide(s, o)}
	book.Sheets = append(book.Sheets, signOff(s, output), ledger(s), b.list("Resources", "resources"))
	book.Sheets = append(book.Sheets, b.list("Completeness", "completeness"), b.list("Must support", "must-support"), b.list("Codes", "crosswalk-usage"), b.worklist(), b.findings())
	book.Sheets = append(book.Sheets, b.list("Plausibility", "plausibility"), b.duplicates())
	book.Sheets = append(book.Sheets, b.rejected()...)
	book.Sheets = append(book.Sheets, b.list("Refused by target", "dead-letters"), b.list("Server", "reconcile"), b.list("Units", "units"), b.changes(), leftBehind(s))
	if b.err != nil {
		return worksheet.Book{}, fmt.Errorf("lay out workbook of run %s: %w", s.Run.ID, b.err)
	}
	book.Sheets = withRows(book.Sheets)
	return book, nil
}

// withRows leaves out sheets that have nothing to say.
func withRows(sheets []worksheet.Sheet) []worksheet.Sheet {
	var out []worksheet.Sheet
	for _, s := range sheets {
		if len(s.Rows) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func guide(s reports.Summary, o Options) []string {
	values := "Values of patients are masked: 9 stands for a digit, a and A for letters. --show-values shows them."
	if o.ShowValues {
		values = "This file holds data of patients. Treat it as you treat a chart."
	}
	return []string{
		"Migration report: " + s.Verdict.Title,
		s.Verdict.Text,
		"Run " + s.Run.ID + ", mapping " + s.Run.Mapping + ", target " + s.Run.Target + ".",
		"Sign-off says what was measured and what is to be signed; Ledger accounts for every row; Completeness shows which values did not come through.",
		"Worklist has the codes that no crosswalk maps, the most used first. Choose in the column decision and fill in target (and target_system where it is another than the crosswalk's).",
		"Then name this file in the crosswalk of the mapping: worklist: terms/THIS-FILE.xlsx. Lines that are not decided stay unmapped.",
		"The sheets that begin with Rejected have the rejected rows in the columns of their source, with the reason. Mend them in the old system and export again.",
		"Cells can be typed into where they are yellow. There is no password on the protection.",
		values,
	}
}

// builder makes sheets; the first error is kept.
type builder struct {
	ctx   context.Context
	db    *reports.DB
	run   string
	o     Options
	fixes map[string]issue.Code
	err   error
}

// query runs a named report.
func (b *builder) query(name string) reports.Table {
	ask := b.db.Query
	if b.o.ShowValues {
		ask = b.db.QueryValues
	}
	t, err := ask(b.ctx, name, b.run)
	b.err = errors.Join(b.err, err)
	return t
}

// list is a named report as a sheet.
func (b *builder) list(sheet, name string) worksheet.Sheet {
	return sheetOf(sheet, b.masked(b.query(name)))
}

// masked hides the columns of lists that may quote a patient's data.
func (b *builder) masked(t reports.Table) reports.Table {
	for i, c := range t.Columns {
		if b.o.ShowValues || c.Name != "server_text" && c.Name != "value" {
			continue
		}
		for _, row := range t.Rows {
			row[i] = reports.Shape(row[i])
		}
	}
	return t
}

// sheetOf lays a table out, numbers as numbers.
func sheetOf(name string, t reports.Table) worksheet.Sheet {
	s := worksheet.Sheet{Name: name, Frozen: 1}
	for i, c := range t.Columns {
		s.Columns = append(s.Columns, worksheet.Column{Title: c.Name, Width: width(t, i)})
	}
	for n, row := range t.Rows {
		cells := make([]worksheet.Cell, len(row))
		if n == most {
			cells[0] = worksheet.Text(fmt.Sprintf("… and %d more: chartlift report %s --format csv has all", len(t.Rows)-most, t.Name))
			s.Rows = append(s.Rows, cells)
			break
		}
		for i, cell := range row {
			cells[i] = cellOf(t.Columns[i], cell)
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}

func cellOf(c reports.Column, text string) worksheet.Cell {
	n, err := strconv.ParseFloat(text, 64)
	if !c.Number || err != nil {
		return worksheet.Text(text)
	}
	if n == float64(int64(n)) {
		return worksheet.Number(n, 0)
	}
	return worksheet.Number(n, 2)
}

// width is wide enough for the first rows, within reason.
func width(t reports.Table, column int) float64 {
	longest := len(t.Columns[column].Name)
	for _, row := range t.Rows[:min(len(t.Rows), 200)] {
		longest = max(longest, len(row[column]))
	}
	return float64(min(max(longest+2, 8), 60))
}

// findings is the list of findings with what their codes mean and how they are
// mended.
func (b *builder) findings() worksheet.Sheet {
	t := b.query("findings")
	code := 1
	for i, c := range t.Columns {
		if c.Name == "code" {
			code = i
		}
	}
	t.Columns = append(t.Columns, reports.Column{Name: "meaning"}, reports.Column{Name: "fix"})
	for i, row := range t.Rows {
		fix := b.fixes[row[code]]
		t.Rows[i] = append(row, fix.Title, fix.Fix)
	}
	return sheetOf("Findings", t)
}

// duplicates lists the rows that became part of others, and what people decided
// about pairs.
func (b *builder) duplicates() worksheet.Sheet { return b.list("Duplicates", "duplicates") }

// changes compares with the run before; the first run has none.
func (b *builder) changes() worksheet.Sheet {
	d, err := b.db.Diff(b.ctx, "", b.run)
	if errors.Is(err, reports.ErrNoRun) {
		return worksheet.Sheet{Name: "Changes"}
	}
	b.err = errors.Join(b.err, err)
	return sheetOf("Changes", d.Table())
}
