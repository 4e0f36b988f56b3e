// Package xlsx reads Office Open XML workbooks (.xlsx, .xlsm): each sheet is a
// table, in flat memory whatever its size.
//
// Read [Source] first, then table.go and header.go for how a header is found.
// Sheet list, styles and epoch come from excelize; the cells are read from the
// sheet's XML as a stream, because a date is a number there and only its style
// tells.
//
//	src, err := extract.Open(ctx, []extract.Format{xlsx.Format()}, "patients.xlsx", extract.Options{})
package xlsx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named xlsx.
func Format() extract.Format {
	return extract.Format{
		Name:  "xlsx",
		Doc:   "an Excel workbook (.xlsx, .xlsm); each sheet is a table, its header found below titles and over several rows",
		Sniff: sniff,
		Open:  open,
	}
}

// sniff also takes what Open refuses with better advice than a format list:
// workbooks with a password, and .xls.
func sniff(name string, head []byte) bool {
	if bytes.HasPrefix(head, []byte(containerMagic)) {
		return true
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xlsx" || ext == ".xlsm" || bytes.Contains(head, []byte("xl/workbook.")) || bytes.Contains(head, []byte("[Content_Types].xml"))
}

// Source is an opened workbook.
type Source struct {
	in      *extract.Input
	options extract.Options
	archive *archive
	book    *workbook
	tables  []*table
	once    sync.Once
	closed  error
}

func open(ctx context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	if err := checkOptions(o); err != nil {
		return nil, err
	}
	file, err := in.File(ctx)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(in.Head, []byte(containerMagic)) {
		return nil, refuseContainer(file, in.Path)
	}
	s := &Source{in: in, options: o}
	if s.archive, err = openArchive(file, in.Path); err != nil {
		return nil, &extract.OpenError{Code: "unreadable", Path: in.Path, Message: "the workbook is damaged or was cut short; copy or export it again", Err: err}
	}
	if err = s.load(ctx); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	return s, nil
}

func checkOptions(o extract.Options) error {
	if !slices.Contains([]string{"", "keep", "skip"}, o.Hidden) {
		return fmt.Errorf("hidden %q: keep or skip is wanted", o.Hidden)
	}
	if !slices.Contains([]string{"", "fill"}, o.Merged) {
		return fmt.Errorf("merged %q: fill or nothing is wanted", o.Merged)
	}
	return nil
}

// errNoHeader says that a sheet has nothing in the row that Options.Header
// names.
var errNoHeader = errors.New("there is nothing in the header row asked for")

// load finds the tables.
func (s *Source) load(ctx context.Context) error {
	if err := s.loadBook(); err != nil {
		return err
	}
	var without error
	for _, p := range s.book.pages {
		named := strings.EqualFold(s.options.Sheet, p.name)
		if !named && (s.options.Sheet != "" || p.hidden && s.options.Hidden == "skip") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := s.findTable(p)
		if errors.Is(err, errNoHeader) {
			without = fmt.Errorf("sheet %q: %w", p.name, err)
			continue // another sheet is meant
		}
		if err != nil {
			return fmt.Errorf("sheet %q: %w", p.name, err)
		}
		if t != nil {
			s.tables = append(s.tables, t)
		}
	}
	if len(s.tables) == 0 && without != nil {
		return without
	}
	if s.options.Sheet != "" && len(s.tables) == 0 {
		return fmt.Errorf("sheet %q: %w", s.options.Sheet, extract.ErrNoTable)
	}
	return nil
}

// loadBook reads what the sheets share.
func (s *Source) loadBook() error {
	if s.archive.has("xl/workbook.bin") {
		return &extract.OpenError{Code: "convert-first", Path: s.in.Path, Message: "a binary workbook (.xlsb); convert it: soffice --headless --convert-to xlsx " + s.in.Path}
	}
	var err error
	s.book, err = readWorkbook(s.archive, s.options.TempDir)
	var known *extract.OpenError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &extract.OpenError{Code: "unreadable", Path: s.in.Path, Message: "no workbook that can be read; open it in Excel or LibreOffice and save it again as xlsx", Err: err}
}

// Tables lists the sheets that are not empty, hidden ones as well unless
// Options.Hidden is skip.
func (s *Source) Tables(context.Context) ([]*extract.Schema, error) {
	all := make([]*extract.Schema, 0, len(s.tables))
	for _, t := range s.tables {
		all = append(all, t.schema)
	}
	return all, nil
}

// Close removes temporary files. It may be called again.
func (s *Source) Close() error {
	s.once.Do(func() { s.closed = errors.Join(s.closeFiles(), s.in.Close()) })
	return s.closed
}

func (s *Source) closeFiles() error {
	err := s.archive.close()
	if s.book != nil {
		err = errors.Join(err, s.book.texts.close())
	}
	return err
}

// openPage opens the XML of a sheet.
func (s *Source) openPage(p page) (*sheet, io.Closer, error) {
	r, closer, err := s.archive.open(p.part)
	if err != nil {
		return nil, nil, err
	}
	return newSheet(r), closer, nil
}

// Read yields the rows of a sheet in order; rows without any value are none.
func (s *Source) Read(ctx context.Context, name string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		for _, t := range s.tables {
			if t.schema.Table == name {
				if err := s.readTable(ctx, newRows(s, t, report), yield); err != nil {
					yield(nil, fmt.Errorf("read %s sheet %q: %w", s.in.Name, name, err))
				}
				return
			}
		}
		yield(nil, fmt.Errorf("read %s: sheet %q: %w", s.in.Name, name, extract.ErrNoTable))
	}
}

// readTable yields the rows; what was read before the sheet turns out to be
// damaged is yielded as well.
func (s *Source) readTable(ctx context.Context, r *rows, yield func(*extract.Batch, error) bool) error {
	sh, closer, err := s.openPage(r.table.page)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	r.before()
	size := float64(max(s.archive.size(r.table.page.part), 1))
	start := max(r.table.header.last+1, r.table.firstRow())
	skip := s.options.SkipAfter
	for {
		cells, failed := sh.next()
		if err := ctx.Err(); err != nil {
			return err
		}
		if failed == nil && sh.row >= start {
			if skip--; skip < 0 {
				failed = r.add(sh, cells)
			}
		}
		share := min(1, float64(sh.scan.consumed)/size)
		if (r.full() || failed != nil && len(r.records) > 0) && !yield(r.flush(share), nil) {
			return nil
		}
		if errors.Is(failed, io.EOF) {
			r.after(sh.merged)
			return nil
		}
		if failed != nil {
			return failed
		}
	}
}

// firstRow returns the first row of a sheet without header: titles above it are
// left out.
func (t *table) firstRow() int {
	if t.header.missing && len(t.header.body) > 0 {
		return t.header.body[0].row
	}
	return 1
}
