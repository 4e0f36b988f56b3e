// Package sqlitefile reads SQLite database files: each table and each view is a
// table. The file is never written to, and what it holds is not trusted.
//
// Read [Source] first; connect.go says how the file is opened so that neither
// holds for less.
//
//	src, err := extract.Open(ctx, []extract.Format{sqlitefile.Format()}, "clinic.sqlite", extract.Options{})
package sqlitefile

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// magic begins every database (sqlite.org/fileformat2.html, 1.3.1), unless it
// is encrypted.
const magic = "SQLite format 3\x00"

// Format returns the format named sqlite.
func Format() extract.Format {
	return extract.Format{
		Name:  "sqlite",
		Doc:   "an SQLite database file; each table and each view is a table",
		Sniff: sniff,
		Open:  open,
	}
}

// sniff also takes encrypted databases, which Open refuses with advice.
func sniff(name string, head []byte) bool {
	return bytes.HasPrefix(head, []byte(magic)) || looksEncrypted(name, head)
}

// looksEncrypted reports whether a file calls itself a database and holds bytes
// of which none is more likely than another.
func looksEncrypted(name string, head []byte) bool {
	named := slices.Contains([]string{".sqlite", ".sqlite3", ".db", ".db3", ".s3db"}, strings.ToLower(path.Ext(name)))
	if !named || len(head) < 1024 || len(head)%512 != 0 {
		return false // a database has whole pages
	}
	var counts [256]int
	for _, b := range head {
		counts[b]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(head))
			bits -= p * math.Log2(p)
		}
	}
	return bits > 7.7
}

// Source is an opened database.
type Source struct {
	in      *extract.Input
	options extract.Options
	db      *sql.DB
	temp    string // folder with a copy of the database, "" without
	tables  []*extract.Schema
	broken  []string // views that cannot be read
	once    sync.Once
	closed  error
}

func open(ctx context.Context, in *extract.Input, o extract.Options) (extract.Source, error) {
	if !bytes.HasPrefix(in.Head, []byte(magic)) {
		return nil, &extract.OpenError{
			Code: "password", Path: in.Path,
			Message: "an encrypted database (SQLCipher, SEE), or no SQLite database at all; open it with its key and export it: sqlcipher " + in.Path + ", PRAGMA key, sqlcipher_export()",
		}
	}
	file, err := in.File(ctx)
	if err != nil {
		return nil, err
	}
	s := &Source{in: in, options: o}
	if s.db, s.temp, err = connect(ctx, file, o.TempDir); err == nil {
		err = s.list(ctx)
	}
	if err != nil {
		return nil, errors.Join(s.openError(err), s.closeFiles())
	}
	return s, nil
}

// openError turns what SQLite says into words for the user.
func (s *Source) openError(err error) error {
	if errors.Is(err, extract.ErrNoTable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &extract.OpenError{Code: "unreadable", Path: s.in.Path, Message: "no SQLite database that can be read" + advice(err, s.in.Path), Err: err}
}

// list finds tables and views, in the order in which they were made, tables
// first. Views can fail where their tables have changed since: these are left
// out, and Read says so.
func (s *Source) list(ctx context.Context) error {
	shadows, err := s.shadows(ctx)
	if err != nil {
		return err
	}
	found, err := s.db.QueryContext(ctx, `SELECT name, type = 'view' FROM sqlite_schema
		WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, rowid`)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var name string
		var view bool
		if err := found.Scan(&name, &view); err != nil {
			return err
		}
		if shadows[name] || s.options.Table != "" && !strings.EqualFold(name, s.options.Table) {
			continue
		}
		if err := s.add(ctx, name, view); err != nil {
			return err
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	if s.options.Table != "" && len(s.tables) == 0 {
		return fmt.Errorf("table %q: %w", s.options.Table, extract.ErrNoTable)
	}
	return nil
}

// add adds a table with its columns.
func (s *Source) add(ctx context.Context, name string, view bool) error {
	one, err := s.db.QueryContext(ctx, "SELECT * FROM "+quote(name)+" LIMIT 0")
	if err != nil && ctx.Err() == nil && (view || isForeign(err)) {
		s.broken = append(s.broken, name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("table %q: %w", name, err)
	}
	defer func() { _ = one.Close() }()
	columns, err := one.Columns()
	if err != nil {
		return fmt.Errorf("table %q: %w", name, err)
	}
	s.tables = append(s.tables, &extract.Schema{Source: s.in.Name, Table: name, Columns: columns})
	return nil
}

// shadows returns the tables in which virtual ones, such as those for
// searching, keep what they know.
func (s *Source) shadows(ctx context.Context) (map[string]bool, error) {
	found, err := s.db.QueryContext(ctx, `SELECT name FROM pragma_table_list WHERE type = 'shadow'`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	all := map[string]bool{}
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return nil, err
		}
		all[name] = true
	}
	return all, found.Err()
}

// quote makes an identifier. Double quotes would make a text of one that does
// not exist (sqlite.org/quirks.html, 8).
func quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// Tables lists the tables, then the views, which a mapping may name like tables.
func (s *Source) Tables(context.Context) ([]*extract.Schema, error) {
	return slices.Clone(s.tables), nil
}

// Close closes the database and removes temporary files. It may be called again.
func (s *Source) Close() error {
	s.once.Do(func() { s.closed = errors.Join(s.closeFiles(), s.in.Close()) })
	return s.closed
}

func (s *Source) closeFiles() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, removeCopy(s.temp))
}

// Read yields the rows of a table in the order in which SQLite keeps them.
func (s *Source) Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if report == nil {
		report = func(issue.Issue) {}
	}
	return func(yield func(*extract.Batch, error) bool) {
		for i, schema := range s.tables {
			if schema.Table != table {
				continue
			}
			if i == 0 {
				s.reportBroken(report)
			}
			r := &rows{source: s, schema: schema, report: report}
			if err := r.read(ctx, yield); err != nil {
				yield(nil, fmt.Errorf("read %s table %q after row %d%s: %w", s.in.Name, table, r.row, advice(err, s.in.Path), err))
			}
			return
		}
		yield(nil, fmt.Errorf("read %s: table %q: %w", s.in.Name, table, extract.ErrNoTable))
	}
}

// reportBroken names the views that were left out, once: with the first table.
func (s *Source) reportBroken(report issue.Reporter) {
	for _, name := range s.broken {
		report(issue.Issue{
			Severity: issue.Warning, Code: "broken-view", Type: "not-supported",
			Origin:  issue.Origin{Source: s.in.Name, Table: name},
			Message: "the view or virtual table refers to what is not there and was left out; read the tables behind it",
		})
	}
}
