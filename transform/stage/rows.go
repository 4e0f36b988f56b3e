package stage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// rowsAtOnce bounds the rows of one INSERT, maxBound its parameters (SQLite's
// own bound is 32,766).
const (
	rowsAtOnce = 64
	maxBound   = 16_000
)

// batchRows is how many rows of a view go on together.
const batchRows = 256

// Filler puts rows into one table of the stage. It is for one goroutine, and
// nothing else may use the stage meanwhile.
type Filler struct {
	stage   *Stage
	plan    *tablePlan
	columns int // with the two that are ours
	many    int // rows of one INSERT
	read    cellReader
	cells   []clean.Value
	values  []driver.Value
	full    driver.Stmt
}

// cellReader appends the cells of a record to into.
type cellReader = func(rec *extract.Record, into []clean.Value) []clean.Value

// Filler begins to fill the table of a source. cells returns what reads the
// cells of columns, as transform.Binding.Cells does.
func (s *Stage) Filler(source *mappings.Source, cells func(columns []string) cellReader) (*Filler, error) {
	f := &Filler{stage: s, plan: s.plan.table(source)}
	if f.plan == nil {
		return nil, fmt.Errorf("stage %s: no view reads it", source.Name)
	}
	f.columns, f.read = len(f.plan.columns)+2, cells(f.plan.columns)
	f.many = max(1, min(rowsAtOnce, maxBound/f.columns))
	if err := s.conn.exec("BEGIN"); err != nil {
		return nil, fmt.Errorf("stage %s: %w", source.Name, err)
	}
	return f, nil
}

// Add puts a record into the table. row is its number over all files of the
// table, from 1.
func (f *Filler) Add(row int64, rec *extract.Record) error {
	f.cells = f.read(rec, f.cells[:0])
	for i, c := range f.cells {
		switch {
		case !c.Set:
			f.values = append(f.values, nil)
			continue
		case f.stage.plan.dates && clockWord(c.Text) != "":
			return fmt.Errorf("stage %s: row %d says %q in the column %q, which a date function of a view would take for today: add it to nulls, or filter the row",
				f.plan.source.Name, row, clockWord(c.Text), f.plan.columns[i])
		}
		f.values = append(f.values, c.Text)
	}
	f.values = append(f.values, rec.Origin.Line, row)
	if len(f.values) < f.many*f.columns {
		return nil
	}
	return f.flush()
}

// clockWord returns the word that date functions take for this moment
// (sqlite.org/lang_datefunc.html, section 2), "" where text is none. A text
// ends for them at its first NUL.
func clockWord(text string) string {
	if len(text) < len("now") || text[0]|0x20 != 'n' && text[0]|0x20 != 's' {
		return ""
	}
	text, _, _ = strings.Cut(text, "\x00")
	for _, word := range [...]string{"now", "subsec", "subsecond"} {
		if strings.EqualFold(text, word) {
			return word
		}
	}
	return ""
}

// Close writes what is left. It must be called before a view is read.
func (f *Filler) Close() error {
	err := f.flush()
	if f.full != nil {
		err = errors.Join(err, f.full.Close())
	}
	if err := errors.Join(err, f.stage.conn.exec("COMMIT")); err != nil {
		return fmt.Errorf("stage %s: %w", f.plan.source.Name, err)
	}
	return nil
}

func (f *Filler) flush() error {
	n := len(f.values) / f.columns
	if n == 0 {
		return nil
	}
	stmt := f.full
	if stmt == nil || n < f.many {
		var err error
		if stmt, err = f.insert(n); err != nil {
			return err
		}
		if n == f.many {
			f.full = stmt
		} else {
			defer stmt.Close()
		}
	}
	_, err := stmt.(driver.StmtExecContext).ExecContext(context.Background(), named(f.values))
	f.values = f.values[:0]
	if err != nil {
		return fmt.Errorf("stage %s: %w", f.plan.source.Name, err)
	}
	return nil
}

// named numbers the values of a statement.
func named(values []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, v := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// insert prepares the statement for n rows.
func (f *Filler) insert(n int) (driver.Stmt, error) {
	one := "(?" + strings.Repeat(",?", f.columns-1) + ")"
	f.stage.conn.guard.lifted = true
	defer func() { f.stage.conn.guard.lifted = false }()
	return f.stage.conn.Prepare("INSERT INTO " + quote(f.plan.source.Name) + " VALUES " + one + strings.Repeat(","+one, n-1))
}

// View returns the view as a source of one table. It gives nothing before its
// tables are filled.
func (s *Stage) View(view *mappings.Source) extract.Source {
	return &rows{stage: s, plan: s.plan.view(view), schema: s.plan.Schema(view)}
}

// rows reads a view.
type rows struct {
	stage  *Stage
	plan   *viewPlan
	schema *extract.Schema
}

// Tables implements extract.Source.
func (r *rows) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{r.schema}, nil
}

// Close implements extract.Source; the stage closes itself.
func (r *rows) Close() error { return nil }

// Read implements extract.Source. The last value of a record is its trace.
func (r *rows) Read(ctx context.Context, _ string, _ issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		if err := r.read(ctx, func(b *extract.Batch) bool { return yield(b, nil) }); err != nil {
			yield(nil, fmt.Errorf("read view %s: %w", r.plan.source.Name, err))
		}
	}
}

func (r *rows) read(ctx context.Context, yield func(*extract.Batch) bool) (err error) {
	found, err := r.stage.conn.query(ctx, r.plan.source.View.Sorted(r.plan.traced, r.plan.order))
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	row := make([]driver.Value, len(found.Columns()))
	b := &extract.Batch{}
	for n := int64(1); ; n++ {
		if err := found.Next(row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return errors.Join(err, ctx.Err())
		}
		b.Records = append(b.Records, r.record(row, n))
		if len(b.Records) == batchRows {
			if !yield(b) {
				return nil
			}
			b = &extract.Batch{Seq: b.Seq + 1}
		}
	}
	if len(b.Records) > 0 {
		yield(b)
	}
	return nil
}

// record makes a record of a row of the view.
func (r *rows) record(row []driver.Value, n int64) extract.Record {
	rec := extract.Record{
		Schema: r.schema, Values: make([]extract.Value, len(r.schema.Columns)),
		Origin: issue.Origin{Source: r.schema.Source, Table: r.schema.Table, Row: n},
	}
	for i := range r.plan.columns {
		rec.Values[i] = valueOf(row[i])
	}
	trace := &rec.Values[len(rec.Values)-1]
	switch {
	case r.plan.traced:
		*trace = valueOf(row[len(row)-1])
	case r.plan.rows >= 0:
		trace.Kind = extract.Text
		for line := range strings.SplitSeq(valueOf(row[r.plan.rows]).Text, ",") {
			trace.Text += strconv.Itoa(r.plan.table) + ":" + line + ":0,"
		}
	}
	return rec
}

// valueOf returns a value of SQLite. Numbers with a point are written as SQLite
// writes them, with 15 digits.
func valueOf(v driver.Value) extract.Value {
	switch v := v.(type) {
	case string:
		return extract.Value{Text: v, Kind: extract.Text}
	case []byte:
		return extract.Value{Text: string(v), Kind: extract.Text}
	case int64:
		return extract.Value{Text: strconv.FormatInt(v, 10), Kind: extract.Number}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return extract.Value{Kind: extract.Null}
		}
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
		if err != nil {
			rounded = v
		}
		return extract.Value{Text: strconv.FormatFloat(rounded, 'f', -1, 64), Kind: extract.Number}
	}
	return extract.Value{Kind: extract.Null}
}

// Place is a row of a source that a row of a view was made of. Line is 0 where
// it is not known.
type Place struct {
	Source    *mappings.Source
	Row, Line int64
}

// Places returns the rows that a record of a view was made of, each once, in
// the order of the trace.
func (s *Stage) Places(rec *extract.Record) []Place {
	text := rec.Values[len(rec.Values)-1].Text
	var out []Place
	seen := map[Place]struct{}{}
	for part := range strings.SplitSeq(text, ",") {
		var n [3]int64
		for i, number := range strings.SplitN(part, ":", 3) {
			v, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				v = -1
			}
			n[i] = v
		}
		if part == "" || n[0] < 0 || n[0] >= int64(len(s.plan.prog.Sources)) || n[1] < 1 {
			continue
		}
		p := Place{s.plan.prog.Sources[n[0]], n[1], n[2]}
		if _, again := seen[p]; !again {
			seen[p] = struct{}{}
			out = append(out, p)
		}
	}
	return out
}
