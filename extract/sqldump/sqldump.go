// Package sqldump reads SQL dumps as they are, without a database: CREATE TABLE
// gives the columns, INSERT and COPY the rows. MySQL, MariaDB, PostgreSQL, SQL
// Server, SQLite and Oracle scripts are understood by one lexer and the table
// of differences in dialects.go.
//
// Read [Source] first. The dump is read as a stream; tables that are not asked
// for are passed over without being decoded.
//
//	src, err := extract.Open(ctx, []extract.Format{sqldump.Format()}, "emr.sql.gz", extract.Options{})
package sqldump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"regexp"
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named sql_dump.
func Format() extract.Format {
	return extract.Format{
		Name:  "sql_dump",
		Doc:   "an SQL dump or script of MySQL, MariaDB, PostgreSQL, SQL Server, SQLite or Oracle",
		Sniff: sniff,
		Open:  open,
	}
}

// verbs finds a line that begins like a comment, a statement, or a command of a
// database's client.
var verbs = regexp.MustCompile(`(?im)^\s*(--|/\*|#|\\|(alter|begin|comment|copy|create|declare|delimiter|drop|exec|execute|go|grant|insert|lock|merge|pragma|prompt|rem|select|set|start|truncate|update|use|with)\b)`)

// sniff knows dumps by their first words, by the name, or by an INSERT at the
// beginning of a line.
func sniff(name string, head []byte) bool {
	head = extract.HeadText(head)
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	for _, d := range dialects() {
		if d.opened(head) {
			return true
		}
	}
	// Dumps begin with comments and settings: where the name says SQL, any of
	// its verbs will do.
	if strings.EqualFold(path.Ext(name), ".sql") && verbs.Match(head) {
		return true
	}
	upper := bytes.ToUpper(head)
	return bytes.Contains(upper, []byte("\nINSERT INTO ")) && bytes.Contains(upper, []byte("VALUES")) ||
		bytes.Contains(upper, []byte("\nINSERT [")) ||
		bytes.Contains(upper, []byte("\nCOPY ")) && bytes.Contains(upper, []byte("FROM STDIN;"))
}

// Source is an opened dump.
type Source struct {
	in      *extract.Input
	options extract.Options
	dialect dialect
	charset extract.Charset
	head    []byte // of the dump, as UTF-8

	mu      sync.Mutex
	catalog *catalog
	skipped int64 // bytes passed over to get at tables
}

func open(_ context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	head := extract.HeadText(in.Head)
	d, err := findDialect(head, o)
	if err != nil {
		return nil, err
	}
	c, err := charset(in, o)
	if err != nil {
		return nil, err
	}
	return &Source{in: in, options: o, dialect: d, charset: c, head: head}, nil
}

// Describe returns what was found out about the file in one line for the user.
func (s *Source) Describe() string {
	return fmt.Sprintf("%s dump, %s", s.dialect.name, s.charset.Name)
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }

// lexerAt opens the dump at a place that the survey has found. Where it is a
// compressed one, everything before has to be decompressed each time: once that
// has come to twice the length of the dump, it is copied to a temporary file.
func (s *Source) lexerAt(ctx context.Context, p place) (*lexer, io.Closer, error) {
	bom, direct := s.charset.BOM(s.in.Head)
	if !direct {
		l, closer, err := s.lexer()
		if err == nil {
			_, err = io.CopyN(io.Discard, l.r, p.offset)
		}
		if err != nil && closer != nil {
			err = errors.Join(err, closer.Close())
		}
		if err != nil {
			return nil, nil, fmt.Errorf("move to line %d: %w", p.line, err)
		}
		l.base, l.line, l.mode = p.offset, p.line, p.mode
		return l, closer, nil
	}
	if err := s.unpack(ctx, p.offset); err != nil {
		return nil, nil, err
	}
	r, err := s.in.OpenAt(bom + p.offset)
	if err != nil {
		return nil, nil, fmt.Errorf("move to line %d: %w", p.line, err)
	}
	l := newLexer(r, s.dialect)
	l.base, l.line, l.mode = p.offset, p.line, p.mode
	return l, r, nil
}

// unpack notes that so many bytes are about to be passed over, and makes a copy
// that need not be where it pays.
func (s *Source) unpack(ctx context.Context, skip int64) error {
	s.mu.Lock()
	s.skipped += skip
	enough := s.skipped > 2*s.catalog.length && s.catalog.cut == nil
	if enough {
		s.skipped = 0
	}
	s.mu.Unlock()
	if !enough || s.in.Direct() {
		return nil
	}
	if _, err := s.in.File(ctx); ctx.Err() != nil {
		return err
	}
	return nil // without room for a copy it goes on as before
}

// lexer opens the dump from its beginning.
func (s *Source) lexer() (*lexer, io.Closer, error) {
	r, err := s.in.Open()
	if err != nil {
		return nil, nil, err
	}
	body, err := s.charset.Reader(r)
	if err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return newLexer(body, s.dialect), r, nil
}

// Tables lists the tables in the order of the dump, as schema.table where
// several schemas have a table of that name. The first call reads the whole
// dump. Of a dump that is cut short it lists the tables before the cut.
func (s *Source) Tables(ctx context.Context) ([]*extract.Schema, error) {
	found, err := s.survey(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	return found.chosen(s.options.Table), nil
}

// Read yields the rows of one table. A row whose values do not fit its columns
// has a Fault. Where the dump is cut short all rows before the cut come first.
func (s *Source) Read(ctx context.Context, name string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		err := s.read(ctx, name, report, func(b *extract.Batch) bool { return yield(b, nil) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, fmt.Errorf("read %s: %w", s.in.Name, err))
		}
	}
}

func (s *Source) read(ctx context.Context, name string, report issue.Reporter, yield func(*extract.Batch) bool) error {
	found, err := s.survey(ctx)
	if err != nil {
		return err
	}
	t := found.named(name)
	if t == nil {
		return errors.Join(fmt.Errorf("table %q: %w", name, extract.ErrNoTable), found.cut)
	}
	if s.charset.Guessed {
		report(s.charset.Issue(s.in.Name, name))
	}
	r := newRows(t, s, report, yield)
	r.ctx, r.catalog = ctx.Err, found
	if err := s.readTable(ctx, r); err != nil {
		return err
	}
	// Behind a cut nothing is there, but what a wrong checksum belongs to may
	// be anywhere, in these rows as well.
	if found.altered() {
		return found.cut
	}
	if short := s.Shortfall(); short != nil {
		short.Origin = issue.Origin{Source: s.in.Name, Table: name} // the line is one of the file, not of the table
		r.report(*short)
	}
	return nil
}

// Shortfall says of the file, with the line, that it ends too early, once
// Tables has looked at it: inside a statement, or without the words that the
// tool that wrote its head closes with. It is nil where the dump is whole.
func (s *Source) Shortfall() *issue.Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalog == nil || s.catalog.loss == "" {
		return nil
	}
	if s.catalog.altered() {
		is := extract.Damage(issue.Origin{Source: s.in.Name, Line: s.catalog.lastLine}, s.catalog.cut)
		return &is
	}
	return &issue.Issue{
		Severity: issue.Error, Code: extract.DumpCut, Type: "incomplete", Message: s.catalog.loss,
		Origin: issue.Origin{Source: s.in.Name, Line: s.catalog.lastLine},
	}
}

// readTable reads the stretch of the dump that holds the table's rows.
func (s *Source) readTable(ctx context.Context, r *rows) error {
	if r.table.first.line == 0 {
		return nil
	}
	l, closer, err := s.lexerAt(ctx, r.table.first)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	l.charset = s.charset
	r.lexer = l
	v := visitor{until: r.table.last, create: func(ident, definition) {}, insert: r.insert, trouble: r.trouble}
	err = l.walk(ctx, v)
	if errors.Is(err, errEnough) {
		return err
	}
	// What stands before a cut is handed over first.
	if last := r.flush(); last != nil {
		return last
	}
	return err
}
