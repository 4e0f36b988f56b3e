package reports

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// ErrNoReport says that no report has the name asked for.
var ErrNoReport = errors.New("no such report")

//go:embed sql/*.sql
var queries embed.FS

// Report is a named report: one file sql/NAME.sql, whose first comment line is
// the title and whose other opening comment lines are the help. Its parameter
// :run is the id of the run.
type Report struct {
	Name, Title, Help, SQL string
}

// Reports lists the named reports by name.
func Reports() []Report { return reportsIn(queries) }

// reportsIn lists the reports of a folder sql, by name: a file is all that a
// report needs.
func reportsIn(folder fs.ReadFileFS) []Report {
	files, _ := fs.ReadDir(folder, "sql") // embedded: it is there
	var all []Report
	for _, f := range files {
		text, _ := folder.ReadFile("sql/" + f.Name())
		all = append(all, parseReport(strings.TrimSuffix(f.Name(), ".sql"), string(text)))
	}
	return all
}

// parseReport cuts the opening comment off the statement.
func parseReport(name, text string) Report {
	r := Report{Name: name}
	var help []string
	for {
		line, rest, _ := strings.Cut(text, "\n")
		comment, isComment := strings.CutPrefix(line, "-- ")
		if !isComment {
			break
		}
		if r.Title == "" {
			r.Title = comment
		} else {
			help = append(help, comment)
		}
		text = rest
	}
	r.Help, r.SQL = strings.Join(help, " "), text
	return r
}

// serverText is the column of what a server wrote about a resource, which may
// quote it.
const serverText = "server_text"

// Query runs the named report for a run, the latest if run is "". Columns whose
// name ends in " value" hold values of patients: of these it gives the shape,
// and so it does of what a server quotes. It returns ErrNoReport or ErrNoRun
// for what there is not.
func (db *DB) Query(ctx context.Context, name, run string) (Table, error) {
	t, err := db.QueryValues(ctx, name, run)
	if err != nil {
		return t, err
	}
	for i, c := range t.Columns {
		mask := Shape
		if c.Name == serverText {
			mask = maskQuoted
		} else if !strings.HasSuffix(c.Name, " value") {
			continue
		}
		info, err := db.Run(ctx, run)
		if err != nil {
			return Table{}, fmt.Errorf("report %s: %w", name, err)
		}
		for _, row := range t.Rows {
			if !info.Options.MaskValues { // else the run database has nothing but shapes
				row[i] = mask(row[i])
			}
		}
	}
	return t, nil
}

// QueryValues is Query with the values as the run database holds them, for
// users who asked for them.
func (db *DB) QueryValues(ctx context.Context, name, run string) (Table, error) {
	for _, r := range Reports() {
		if r.Name != name {
			continue
		}
		return db.ask(ctx, r, run)
	}
	return Table{}, fmt.Errorf("%w: %q", ErrNoReport, name)
}

// ask runs a report.
func (db *DB) ask(ctx context.Context, r Report, run string) (Table, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return Table{}, fmt.Errorf("report %s: %w", r.Name, err)
	}
	t, err := db.table(ctx, r.SQL, sql.Named("run", id))
	if err != nil {
		return Table{}, fmt.Errorf("report %s: %w", r.Name, err)
	}
	t.Name, t.Title = r.Name, r.Title
	return t, nil
}

// table runs a query and takes every cell as text.
func (db *DB) table(ctx context.Context, query string, args ...any) (Table, error) {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return Table{}, err
	}
	t := Table{Rows: [][]string{}}
	for _, name := range names {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	values := make([]any, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return Table{}, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			var number bool
			row[i], number = cellText(v)
			t.Columns[i].Number = t.Columns[i].Number || number
		}
		t.Rows = append(t.Rows, row)
	}
	return t, rows.Err()
}

// cellText returns a value of SQLite as text and whether it is a number.
func cellText(v any) (text string, number bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case []byte:
		return string(v), false
	case time.Time:
		return stamp(v), false
	}
	return fmt.Sprint(v), false
}
