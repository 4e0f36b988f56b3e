package sqldump

import (
	"errors"
	"fmt"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// A batch ends at batchRows rows or batchBytes of text.
const (
	batchRows  = 512
	batchBytes = 1 << 20
)

// errEnough ends the walk where the consumer wants no more.
var errEnough = errors.New("the consumer has had enough")

// rows makes batches of the tuples of one table. The texts of a batch are
// gathered in one arena that becomes one string.
type rows struct {
	ctx     func() error
	lexer   *lexer
	table   *table
	charset extract.Charset
	report  issue.Reporter
	yield   func(*extract.Batch) bool

	pending []pending
	values  []literal
	arena   []byte
	row     int64
	seq     int64
}

// pending is one tuple of the batch at hand: values[first : first+n].
type pending struct {
	first, n int
	places   []int // column of each value, nil: in order
	line     int64
	problem  string
}

// insert reads the tuples of an INSERT into the table.
func (r *rows) insert(name string, list []string) (bool, error) {
	if !strings.EqualFold(name, r.table.schema.Table) {
		return false, nil
	}
	var places []int
	problem := ""
	for _, c := range list {
		at := r.table.column(c)
		if at < 0 {
			problem = fmt.Sprintf("the INSERT names a column %q that the table does not have", c)
		}
		places = append(places, at)
	}
	for {
		c, err := r.lexer.space()
		if err != nil {
			return true, err
		}
		if c != '(' {
			return true, nil
		}
		if err := r.tuple(places, problem); err != nil {
			return true, err
		}
		if c, err = r.lexer.space(); err != nil || c != ',' {
			return true, err
		}
		r.lexer.pos++
	}
}

// tuple reads one tuple into the batch.
func (r *rows) tuple(places []int, problem string) error {
	p := pending{first: len(r.values), places: places, line: r.lexer.line, problem: problem}
	var err error
	r.values, r.arena, err = r.lexer.tuple(r.values, r.arena)
	if errors.Is(err, errExpression) {
		p.problem = "an expression stands where a value is wanted; export the table with plain values"
		for more := true; more; {
			if more, err = r.lexer.skipItem(); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return err
	}
	p.n = len(r.values) - p.first
	r.pending = append(r.pending, p)
	if len(r.pending) == batchRows || len(r.arena) > batchBytes {
		return r.flush()
	}
	return nil
}

// flush hands the batch over.
func (r *rows) flush() error {
	if err := r.ctx(); err != nil {
		return err
	}
	if len(r.pending) == 0 {
		return nil
	}
	batch := r.build()
	r.pending, r.values, r.arena = r.pending[:0], r.values[:0], r.arena[:0]
	r.seq++
	if !r.yield(batch) {
		return errEnough
	}
	return nil
}

func (r *rows) build() *extract.Batch {
	text, width := string(r.arena), len(r.table.columns)
	slab := make([]extract.Value, len(r.pending)*width)
	batch := &extract.Batch{Seq: r.seq, Records: make([]extract.Record, len(r.pending))}
	for i, p := range r.pending {
		r.row++
		rec := &batch.Records[i]
		rec.Schema = r.table.schema
		rec.Values = slab[i*width : (i+1)*width : (i+1)*width]
		rec.Origin = issue.Origin{Source: rec.Schema.Source, Table: rec.Schema.Table, Row: r.row, Line: p.line}
		wanted := width
		if p.places != nil {
			wanted = len(p.places)
		}
		for j, v := range r.values[p.first : p.first+p.n] {
			at := j
			if p.places != nil && j < len(p.places) {
				at = p.places[j]
			}
			if at >= 0 && at < width {
				r.set(rec, at, v, text[v.start:v.end])
			}
		}
		switch {
		case p.problem != "" && strings.HasPrefix(p.problem, "an expression"):
			rec.Fault = fault(rec, "bad-sql", p.problem)
		case p.problem != "":
			rec.Fault = fault(rec, "unknown-column", p.problem)
		case p.n != wanted:
			rec.Fault = fault(rec, "ragged-row", fmt.Sprintf("the row has %d of %d values", p.n, wanted))
		}
	}
	return batch
}

// set fills one value and looks at its text.
func (r *rows) set(rec *extract.Record, at int, v literal, text string) {
	c := r.table.columns[at]
	value := finish(v, text, c.class)
	if strings.IndexByte(value.Text, 0) >= 0 {
		is := fault(rec, "nul-byte", "NUL bytes were removed; compare the value with the old system")
		is.Severity, is.Column, is.Value = issue.Warning, c.name, value.Text
		r.report(*is)
		value.Text = strings.ReplaceAll(value.Text, "\x00", "")
	}
	if r.charset.Damaged(value.Text) {
		value.Text = strings.ToValidUTF8(value.Text, "\uFFFD")
		rec.Fault = fault(rec, "bad-bytes", fmt.Sprintf("column %q has bytes that are no %s; set encoding: or repair the row", c.name, r.charset.Name))
		rec.Fault.Column, rec.Fault.Value = c.name, value.Text
	}
	rec.Values[at] = value
}

// trouble reports a statement that was left out, if it concerns the table.
func (r *rows) trouble(table string, line int64, message string) {
	if table != "" && !strings.EqualFold(table, r.table.schema.Table) {
		return
	}
	r.report(issue.Issue{
		Severity: issue.Error, Code: "bad-sql", Type: "processing", Message: message,
		Origin: issue.Origin{Source: r.table.schema.Source, Table: r.table.schema.Table, Line: line},
	})
}

func fault(rec *extract.Record, code, message string) *issue.Issue {
	return &issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Message: message}
}
