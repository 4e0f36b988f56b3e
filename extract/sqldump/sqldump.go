// Package sqldump reads SQL dumps as they are, without a database: CREATE TABLE
// gives the columns, INSERT the rows. MySQL and MariaDB are understood.
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
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Format returns the format named sql_dump.
func Format() extract.Format {
	return extract.Format{
		Name:  "sql_dump",
		Doc:   "an SQL dump of MySQL or MariaDB (mysqldump, phpMyAdmin)",
		Sniff: sniff,
		Open:  open,
	}
}

func sniff(name string, head []byte) bool {
	if bytes.HasPrefix(head, []byte("-- MySQL dump")) || bytes.HasPrefix(head, []byte("-- MariaDB dump")) {
		return true
	}
	// Dumps begin with comments and settings: where the name says SQL, any of its verbs will do.
	if strings.EqualFold(path.Ext(name), ".sql") {
		return bytes.IndexByte(head, 0) < 0
	}
	upper := bytes.ToUpper(head)
	return bytes.IndexByte(head, 0) < 0 && bytes.Contains(upper, []byte("\nINSERT INTO ")) && bytes.Contains(upper, []byte("VALUES"))
}

// Source is an opened dump.
type Source struct {
	in      *extract.Input
	options extract.Options
	dialect dialect
	charset extract.Charset

	mu     sync.Mutex
	tables []*table
}

// table is what is known of one table.
type table struct {
	schema  *extract.Schema
	columns []column
	created bool  // by CREATE TABLE, so the columns are all
	first   place // its first INSERT; the line is 0 where it has none
	last    int64 // the offset of its last INSERT
}

func open(_ context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	if advice := foreign(in.Head); advice != "" && o.Dialect == "" {
		return nil, &extract.OpenError{Code: "convert-first", Path: in.Path, Message: advice}
	}
	d, err := findDialect(in.Head, o)
	if err != nil {
		return nil, err
	}
	c, err := charset(in, o)
	if err != nil {
		return nil, err
	}
	return &Source{in: in, options: o, dialect: d, charset: c}, nil
}

// Describe returns what was found out about the file in one line for the user.
func (s *Source) Describe() string {
	return fmt.Sprintf("%s dump, %s", s.dialect.name, s.charset.Name)
}

// Close removes temporary files.
func (s *Source) Close() error { return s.in.Close() }

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

// Tables lists the tables in the order of the dump. The first call reads the whole dump.
func (s *Source) Tables(ctx context.Context) ([]*extract.Schema, error) {
	tables, err := s.survey(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	schemas := make([]*extract.Schema, 0, len(tables))
	for _, t := range tables {
		if s.options.Table == "" || strings.EqualFold(s.options.Table, t.schema.Table) {
			schemas = append(schemas, t.schema)
		}
	}
	return schemas, nil
}

// survey finds all tables and their columns, once.
func (s *Source) survey(ctx context.Context) ([]*table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables != nil {
		return s.tables, nil
	}
	l, closer, err := s.lexer()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	found := &surveyor{source: s.in.Name, lexer: l, byName: map[string]*table{}}
	v := visitor{create: found.create, insert: found.insert, trouble: found.trouble}
	if err := l.walk(ctx, v); err != nil {
		return nil, err
	}
	for _, t := range found.tables {
		for _, c := range t.columns {
			t.schema.Columns = append(t.schema.Columns, strings.TrimSpace(c.name))
		}
	}
	s.tables = found.tables
	return s.tables, nil
}

// surveyor gathers tables. Names are compared without case: dumps made on
// Windows mix both.
type surveyor struct {
	source string
	lexer  *lexer
	byName map[string]*table
	tables []*table
}

func (f *surveyor) table(name string) *table {
	t := f.byName[strings.ToLower(name)]
	if t == nil {
		t = &table{schema: &extract.Schema{Source: f.source, Table: name, Line: f.lexer.line}}
		f.byName[strings.ToLower(name)] = t
		f.tables = append(f.tables, t)
	}
	return t
}

// inserted notes that the statement at hand puts rows into a table, so that
// Read begins at the first such statement and ends behind the last.
func (f *surveyor) inserted(name string) *table {
	t := f.table(name)
	if t.first.line == 0 {
		t.first = f.lexer.statement
	}
	t.last = f.lexer.statement.offset
	return t
}

func (f *surveyor) trouble(name string, _ int64, _ string) {
	if t := f.byName[strings.ToLower(name)]; t != nil {
		f.inserted(name)
	}
}

func (f *surveyor) create(name string, columns []column) {
	t := f.table(name)
	t.columns, t.created = columns, true
}

// insert learns the columns of a table that has no CREATE TABLE: those of all
// its column lists, or numbers.
func (f *surveyor) insert(name string, list []string) (bool, error) {
	t := f.inserted(name)
	if t.created {
		return false, nil
	}
	for _, c := range list {
		if t.column(c) < 0 {
			t.columns = append(t.columns, column{name: c})
		}
	}
	if list == nil && len(t.columns) == 0 {
		n, err := f.lexer.countTuple()
		t.columns = numbered(n)
		return true, err
	}
	return false, nil
}

// column returns the index of a column, or -1.
func (t *table) column(name string) int {
	for i, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

// Read yields the rows of one table. A row whose values do not fit its columns has a Fault.
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
	tables, err := s.survey(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t.schema.Table == name {
			return s.readTable(ctx, &rows{ctx: ctx.Err, table: t, charset: s.charset, report: report, yield: yield})
		}
	}
	return fmt.Errorf("table %q: %w", name, extract.ErrNoTable)
}

// readTable reads the stretch of the dump that holds the table's rows.
func (s *Source) readTable(ctx context.Context, r *rows) error {
	if s.charset.Guessed {
		r.report(s.charset.Issue(s.in.Name, r.table.schema.Table))
	}
	if r.table.first.line == 0 {
		return nil
	}
	l, closer, err := s.lexer()
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	if err := l.jump(r.table.first); err != nil {
		return err
	}
	r.lexer = l
	v := visitor{until: r.table.last, create: func(string, []column) {}, insert: r.insert, trouble: r.trouble}
	if err := l.walk(ctx, v); err != nil {
		return err
	}
	return r.flush()
}
