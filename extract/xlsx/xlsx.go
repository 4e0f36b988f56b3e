// Package xlsx reads Office Open XML workbooks (.xlsx, .xlsm): each visible
// sheet is a table.
//
// Read [Source] first. Workbook, styles and epoch come from excelize; the cells
// are read from the sheet's XML as a stream, because a date is a number there
// and only its style tells.
//
//	src, err := extract.Open(ctx, []extract.Format{xlsx.Format()}, "patients.xlsx", extract.Options{})
package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named xlsx.
func Format() extract.Format {
	return extract.Format{
		Name:  "xlsx",
		Doc:   "an Excel workbook (.xlsx, .xlsm); each visible sheet is a table",
		Sniff: sniff,
		Open:  open,
	}
}

func sniff(name string, head []byte) bool {
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xlsx" || ext == ".xlsm" || bytes.Contains(head, []byte("xl/workbook.xml")) || bytes.Contains(head, []byte("[Content_Types].xml"))
}

// Source is an opened workbook.
type Source struct {
	in      *extract.Input
	options extract.Options
	file    string
	book    *workbook
	tables  []*table
}

// table is one sheet with its header found.
type table struct {
	page   page
	schema *extract.Schema
	first  int // column of the first cell, from 1
	header int // sheet row of the header, 0 without
}

func open(ctx context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	s := &Source{in: in, options: o}
	var err error
	if s.file, err = in.File(ctx); err != nil {
		return nil, err
	}
	if s.book, err = readWorkbook(s.file, o.TempDir); err != nil {
		return nil, &extract.OpenError{Code: "unreadable", Path: in.Path, Message: "the workbook cannot be read; is it protected by a password?", Err: err}
	}
	for _, p := range s.book.pages {
		if o.Sheet != "" && !strings.EqualFold(o.Sheet, p.name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, err := s.findTable(p)
		if err != nil {
			return nil, fmt.Errorf("sheet %q: %w", p.name, err)
		}
		if t != nil {
			s.tables = append(s.tables, t)
		}
	}
	if o.Sheet != "" && len(s.tables) == 0 {
		return nil, fmt.Errorf("sheet %q: %w", o.Sheet, extract.ErrNoTable)
	}
	return s, nil
}

// Tables lists the visible sheets that are not empty.
func (s *Source) Tables(context.Context) ([]*extract.Schema, error) {
	all := make([]*extract.Schema, 0, len(s.tables))
	for _, t := range s.tables {
		all = append(all, t.schema)
	}
	return all, nil
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }

// openPage opens the XML of a sheet.
func (s *Source) openPage(p page) (*sheet, func(), error) {
	z, err := zip.OpenReader(s.file)
	if err != nil {
		return nil, nil, err
	}
	r, err := z.Open(p.part)
	if err != nil {
		return nil, nil, errors.Join(err, z.Close())
	}
	return newSheet(io.LimitReader(r, maxUnzip)), func() { _, _ = r.Close(), z.Close() }, nil
}

// Read yields the rows of a sheet; rows without any value are none.
func (s *Source) Read(ctx context.Context, name string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		for _, t := range s.tables {
			if t.schema.Table == name {
				if err := s.readTable(ctx, t, report, yield); err != nil {
					yield(nil, fmt.Errorf("read %s sheet %q: %w", s.in.Name, name, err))
				}
				return
			}
		}
		yield(nil, fmt.Errorf("read %s: sheet %q: %w", s.in.Name, name, extract.ErrNoTable))
	}
}

func (s *Source) readTable(ctx context.Context, t *table, report issue.Reporter, yield func(*extract.Batch, error) bool) error {
	sh, closePage, err := s.openPage(t.page)
	if err != nil {
		return err
	}
	defer closePage()
	r := &rows{source: s, table: t, report: report}
	skip := s.options.SkipAfter
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		cells, err := sh.next()
		switch {
		case errors.Is(err, io.EOF):
			if batch := r.flush(); batch != nil {
				yield(batch, nil)
			}
			return nil
		case err != nil:
			return err
		case sh.row <= t.header:
			continue
		case skip > 0:
			skip--
			continue
		}
		r.add(cells, int64(sh.row))
		if len(r.records) == batchRows && !yield(r.flush(), nil) {
			return nil
		}
	}
}
