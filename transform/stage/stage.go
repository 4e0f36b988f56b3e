// Package stage is where views get their rows: a temporary SQLite database with
// the tables that the views of a mapping read, and with the views themselves.
// What a view may do is decided here: read staged tables, and nothing that is
// not the same in every run.
//
// Read [Check] and [Stage] first.
//
//	plan, findings := stage.Check(prog, columns)
//	st, err := stage.Open(plan, tempDir)
//	filler, err := st.Filler(source) // rows in
//	src := st.View(view)             // rows out, as an extract.Source
package stage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-sqlite3"

	"chartlift/internal/disk"
	"chartlift/mappings"
)

// Bounds of what a view may ask of SQLite.
const (
	maxValue = 64 << 20
	maxSQL   = 1 << 20
)

// Stage is the database of one run. Tables are filled first, by one goroutine
// each; then views are read.
type Stage struct {
	plan *Plan
	file string
	conn *conn
}

// Open makes an empty stage in the folder dir, a file that only its owner may
// read. The caller closes it.
func Open(plan *Plan, dir string) (s *Stage, err error) {
	f, err := os.CreateTemp(dir, "stage-*.db") // makes it 0600
	if err != nil {
		return nil, fmt.Errorf("make stage: %w", err)
	}
	s = &Stage{plan: plan, file: f.Name()}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("make stage: %w", err), s.Close())
		}
	}()
	if err := f.Close(); err != nil {
		return s, err
	}
	if s.conn, err = connect(disk.URI(s.file, "mode=rw")); err != nil {
		return s, err
	}
	// It is made anew in every run: there is nothing to save it for.
	for _, pragma := range []string{"journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -16384"} {
		if err := s.conn.exec("PRAGMA " + pragma); err != nil {
			return s, err
		}
	}
	for _, t := range plan.tables {
		if err := s.conn.createTable(t); err != nil {
			return s, err
		}
	}
	if err := s.conn.createParams(plan.prog); err != nil {
		return s, err
	}
	for _, v := range plan.views {
		if err := s.conn.createView(v.source, v.traced); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Close removes the stage.
func (s *Stage) Close() error {
	var err error
	if s.conn != nil {
		err = s.conn.Close()
	}
	if gone := os.Remove(s.file); !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// conn is one connection with its guard. It is for one goroutine at a time.
type conn struct {
	*sqlite3.SQLiteConn
	guard *guard
}

// connect opens a database whose statements are guarded; exec lifts the guard
// for statements of our own.
func connect(dsn string) (*conn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	out := &conn{SQLiteConn: c.(*sqlite3.SQLiteConn), guard: newGuard()}
	out.RegisterAuthorizer(out.guard.allow)
	out.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxValue)
	out.SetLimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, maxSQL)
	out.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	return out, nil
}

// exec runs a statement of our own.
func (c *conn) exec(statement string, values ...driver.Value) error {
	c.guard.lifted = true
	defer func() { c.guard.lifted = false }()
	_, err := c.Exec(statement, values)
	return err
}

// createTable makes a table that views may read.
func (c *conn) createTable(t *tablePlan) error {
	c.guard.tables[strings.ToLower(t.source.Name)] = true
	return c.exec(t.create())
}

// createParams makes the table in which views look params up. Their values are
// bound: they are never read as SQL.
func (c *conn) createParams(prog *mappings.Program) error {
	c.guard.tables[mappings.ParamTable] = true
	if err := c.exec("CREATE TABLE " + quote(mappings.ParamTable) + " (name TEXT PRIMARY KEY, value TEXT)"); err != nil {
		return err
	}
	for name, value := range prog.Params {
		if err := c.exec("INSERT INTO "+quote(mappings.ParamTable)+" VALUES (?, ?)", name, value); err != nil {
			return err
		}
	}
	return nil
}

// createView makes a view known to SQLite under its name and, where its rows
// can be followed, once more with their trace.
func (c *conn) createView(v *mappings.Source, traced bool) error {
	c.guard.tables[strings.ToLower(v.Name)] = true
	if err := c.exec("CREATE TEMP VIEW " + quote(v.Name) + " AS " + v.View.SQL()); err != nil || !traced {
		return err
	}
	c.guard.tables[strings.ToLower(v.TracedName())] = true
	return c.exec("CREATE TEMP VIEW " + quote(v.TracedName()) + " AS " + v.View.Traced())
}

// prepare compiles SQL of a view without running it.
func (c *conn) prepare(sql string) (driver.Stmt, error) {
	c.guard.refused = ""
	return c.Prepare(sql)
}

// columns returns the names of the columns of a table or view.
func (c *conn) columns(name string) ([]string, error) {
	c.guard.lifted = true
	defer func() { c.guard.lifted = false }()
	rows, err := c.Query("PRAGMA table_xinfo("+quote(name)+")", nil)
	if err != nil {
		return nil, err
	}
	var out []string
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err != nil {
			break // io.EOF
		}
		text, _ := row[1].(string)
		out = append(out, text)
	}
	return out, rows.Close()
}

// quote writes a name as SQLite takes for a name always.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// query runs SQL of a view.
func (c *conn) query(ctx context.Context, sql string) (driver.Rows, error) {
	stmt, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, stmt.Close())
	}
	return &owned{rows, stmt}, nil
}

// owned closes the statement with its rows.
type owned struct {
	driver.Rows
	stmt driver.Stmt
}

// Close implements driver.Rows.
func (o *owned) Close() error { return errors.Join(o.Rows.Close(), o.stmt.Close()) }
