// Package csvfile reads delimited text: CSV, TSV and their kin, whatever their
// delimiter, quoting, encoding and line ends, in flat memory.
//
// Read [Source] and [Dialect] first. The splitting itself is in scanner.go; a
// value is a part of the text that was read, and costs no allocation of its
// own.
//
//	src, err := extract.Open(ctx, []extract.Format{csvfile.Format()}, "patients.csv", extract.Options{})
package csvfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// sampleSize is how much text decides on dialect and header.
const sampleSize = 64 << 10

// Format returns the format named csv.
func Format() extract.Format {
	return extract.Format{
		Name:  "csv",
		Doc:   "delimited text (CSV, TSV, pipe-separated …); delimiter, quotes, encoding and header are found out",
		Sniff: sniff,
		Open:  open,
	}
}

// Source is an opened delimited file: one table, named as the file.
type Source struct {
	in      *extract.Input
	options extract.Options
	charset extract.Charset
	dialect Dialect
	layout  layout
	schema  *extract.Schema
}

func open(_ context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	s := &Source{in: in, options: o}
	var err error
	if s.charset, err = in.Charset(o); err != nil {
		return nil, err
	}
	head, err := s.sample()
	if err != nil {
		return nil, err
	}
	if s.dialect, err = detect(head, o); err != nil {
		return nil, err
	}
	if s.layout, err = findLayout(head, s.dialect, o); err != nil {
		return nil, err
	}
	s.schema = &extract.Schema{Source: in.Name, Table: in.Table(), Columns: s.layout.columns, Line: s.layout.line}
	return s, nil
}

// sample reads the beginning of the file.
func (s *Source) sample() (sample, error) {
	r, body, err := s.body()
	if err != nil {
		return sample{}, err
	}
	defer func() { _ = r.Close() }()
	text := make([]byte, sampleSize)
	n, err := io.ReadFull(body, text)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole && !(errors.Is(err, extract.ErrDamaged) && n > 0) { // the rows before the damage are read
		return sample{}, err
	}
	return sample{text: text[:n], whole: whole}, nil
}

// body opens the file as UTF-8.
func (s *Source) body() (io.Closer, io.Reader, error) {
	r, err := s.in.Open()
	if err != nil {
		return nil, nil, err
	}
	body, err := s.charset.Reader(r)
	if err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return r, body, nil
}

// Dialect returns how the file is written.
func (s *Source) Dialect() Dialect { return s.dialect }

// Describe returns what was found out about the file in one line for the user.
func (s *Source) Describe() string {
	header := "no header"
	if s.layout.line > 0 {
		header = fmt.Sprintf("header on line %d", s.layout.line)
	}
	guess := ""
	if s.charset.Guessed {
		guess = " (guessed)"
	}
	return fmt.Sprintf("%s%s, %s, %s", s.charset.Name, guess, s.dialect, header)
}

// Tables returns the one table.
func (s *Source) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{s.schema}, nil
}

// Read yields the rows in batches of up to 512. A row of the wrong width, with
// a quote never closed or with bytes that cannot be decoded has a Fault.
func (s *Source) Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		if table != s.schema.Table {
			yield(nil, fmt.Errorf("read %s: table %q: %w", s.in.Name, table, extract.ErrNoTable))
			return
		}
		closer, body, err := s.body()
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = closer.Close() }()
		s.reportFile(report)
		r := s.newReader(body, report)
		r.skipped = s.layout.skip
		if err := r.each(ctx, yield); err != nil {
			yield(nil, fmt.Errorf("read %s: %w", s.in.Name, err))
		}
	}
}

// newReader returns what reads body from its beginning, which is the first line
// of a file unless the caller says otherwise.
func (s *Source) newReader(body io.Reader, report issue.Reporter) *reader {
	width := len(s.schema.Columns)
	most := max(1, min(batchRows, batchValues/width))
	r := &reader{source: s, body: body, report: report, most: most, slabs: extract.NewSlabs(s.schema, most), seps: newSeparators(s.dialect)}
	r.scanner = scanner{dialect: s.dialect, buf: make([]byte, 0, bufferSize), line: 1, limit: maxRecord}
	return r
}

// each yields all batches; it returns nil where the consumer has had enough.
func (r *reader) each(ctx context.Context, yield func(*extract.Batch, error) bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := r.batch()
		switch {
		case err != nil:
			return err
		case batch == nil && r.middle:
			return nil
		case batch == nil && r.row == 0:
			r.report(r.source.note(issue.Warning, "no-rows", "the table has no rows; see whether the export was cut short"))
			return nil
		case batch == nil:
			r.reportEnd()
			return nil
		case !yield(batch, nil):
			return nil
		}
	}
}

// reportEnd says that the last row may be half of one: a copy that broke off
// ends like that.
func (r *reader) reportEnd() {
	if r.unended {
		is := r.source.note(issue.Information, "no-line-end", "the last row has no line end; see whether it is whole, or the file was cut short")
		is.Origin.Row, is.Origin.Line = r.row, r.line-1
		r.report(is)
	}
}

// reportFile says what is remarkable about the file as a whole.
func (s *Source) reportFile(report issue.Reporter) {
	if s.charset.Guessed {
		report(s.charset.Issue(s.schema.Source, s.schema.Table))
	}
	if s.layout.preamble > 0 && s.options.Header == 0 {
		report(s.note(issue.Information, "skipped-lines", fmt.Sprintf("%d records before the header were left out; set header: if the wrong line was taken", s.layout.preamble)))
	}
	if s.layout.missing {
		report(s.note(issue.Warning, "no-header", "the first row looks like data, so the columns are named 1, 2, 3 …; set header: 1 if it is a header, or header: none"))
	}
}

func (s *Source) note(severity issue.Severity, code, message string) issue.Issue {
	return issue.Issue{
		Severity: severity, Code: code, Type: "processing", Message: message,
		Origin: issue.Origin{Source: s.schema.Source, Table: s.schema.Table},
	}
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }
