package cmd

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chartlift/extract"
	"chartlift/internal/formula"
	"chartlift/internal/pipeline"
	"chartlift/internal/tables"
	"chartlift/reports"
	"chartlift/reports/workbook"
	"chartlift/reports/worksheet"
)

// workbook writes the report for people who live in spreadsheets.
func (r reporter) workbook(ctx context.Context) error {
	if filepath.Ext(r.o.out) != ".xlsx" {
		return usage("a workbook goes into a file: --out report.xlsx")
	}
	ledger, err := r.db.Ledger(ctx, r.o.run)
	if err != nil {
		return err
	}
	o := workbook.Options{ShowValues: r.s.showValues, Codes: allCodes()}
	if ledger.Total().Rejected > 0 {
		if o.Rejected, err = r.rejectedRows(ctx, ledger); err != nil {
			return err
		}
	}
	book, err := workbook.Book(ctx, r.db, ledger.Run, o)
	if err != nil {
		return err
	}
	return book.Write(r.w)
}

// rejectedRows reads the rejected rows again from their sources. Where the
// sources are gone, the workbook has their numbers and reasons only.
func (r reporter) rejectedRows(ctx context.Context, ledger reports.Ledger) (_ []workbook.Rejected, err error) {
	info, err := r.db.Run(ctx, ledger.Run)
	if err != nil {
		return nil, err
	}
	m, gone := replan(ctx, r.s, info)
	defer func() { err = errors.Join(err, m.Close()) }()
	if gone != nil {
		r.s.message("warning the sources cannot be read again, so the rejected rows have no values: %v", gone)
		m.tables = nil
	}
	var out []workbook.Rejected
	for _, t := range ledger.Tables {
		if t.Rejected == 0 {
			continue
		}
		ranges, err := r.db.Outcomes(ctx, ledger.Run, t.Source+"/"+t.Table)
		if err != nil {
			return nil, err
		}
		rejected := workbook.Rejected{Source: t.Source, Table: t.Table, Total: t.Rejected, Rows: workbook.RowsOf(ranges)}
		if m.tables != nil {
			if err := fillRows(ctx, m.tables, &rejected); err != nil {
				r.s.message("warning %s cannot be read again, so its rejected rows have no values: %v", t.Source, err)
			}
		}
		out = append(out, rejected)
	}
	return out, nil
}

// fillRows gives the rejected rows their cells as they stand in the source.
func fillRows(ctx context.Context, set *tables.Set, rejected *workbook.Rejected) error {
	_, in := set.Input(rejected.Source, rejected.Table)
	if in == nil || len(rejected.Rows) == 0 {
		return nil
	}
	rejected.Columns = in.Schema.Columns
	return eachRowOf(ctx, in, rejected.Rows, func(i int, rec *extract.Record) {
		for _, v := range rec.Values {
			rejected.Rows[i].Values = append(rejected.Rows[i].Values, strings.Clone(v.Text))
		}
		rejected.Rows[i].Line = rec.Origin.Line
	})
}

// eachRowOf reads a table until the last of the rows, which are in order, and
// calls do for each of them.
func eachRowOf(ctx context.Context, in *pipeline.Input, rows []workbook.RejectedRow, do func(i int, rec *extract.Record)) error {
	next := 0
	for b, err := range extract.BeforeCut(ctx, in.Source, in.Schema.Table, nil) {
		if err != nil {
			return err
		}
		for k := range b.Records {
			rec := &b.Records[k]
			for next < len(rows) && rows[next].Row < rec.Origin.Row {
				next++
			}
			if next == len(rows) {
				return nil
			}
			if rows[next].Row == rec.Origin.Row {
				do(next, rec)
			}
		}
	}
	return nil
}

// worklists is the folder of a mapping in which a workbook may stand for the
// list of codes that was filled in in it: crosswalks read it as CSV.
type worklists struct{ fs.FS }

// Open opens a file; of a workbook its worklist as CSV.
func (w worklists) Open(name string) (fs.File, error) {
	if strings.ToLower(filepath.Ext(name)) != ".xlsx" {
		return w.FS.Open(name)
	}
	in, err := w.FS.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	columns := workbook.WorklistColumns()
	rows, err := worksheet.Read(in, columns[:4], columns[4:])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	err = out.Write(columns)
	for _, row := range slices.DeleteFunc(rows, func(r worksheet.Row) bool { return workbook.Undecided(r.Cells) }) {
		line := make([]string, len(columns))
		for i, name := range columns {
			line[i] = row.Cells[name]
		}
		if err == nil {
			err = out.Write(formula.GuardAll(line)) // reading takes the guard off
		}
	}
	if out.Flush(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &memoryFile{Reader: *bytes.NewReader(text.Bytes()), name: filepath.Base(name)}, nil
}

// memoryFile is a file that was made, not read.
type memoryFile struct {
	bytes.Reader
	name string
}

// Close does nothing.
func (f *memoryFile) Close() error { return nil }

// Stat tells the size, which readers of mappings bound.
func (f *memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{f}, nil }

type memoryInfo struct{ f *memoryFile }

func (i memoryInfo) Name() string       { return i.f.name }
func (i memoryInfo) Size() int64        { return i.f.Reader.Size() }
func (i memoryInfo) Mode() fs.FileMode  { return 0o400 }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return false }
func (i memoryInfo) Sys() any           { return nil }
