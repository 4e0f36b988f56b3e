package sqldump

import (
	"errors"
	"fmt"
	"slices"
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

// rows makes batches of the rows of one table. The texts of a batch are
// gathered in one arena that becomes one string.
type rows struct {
	ctx     func() error
	lexer   *lexer
	catalog *catalog
	table   *table
	charset extract.Charset
	report  issue.Reporter
	yield   func(*extract.Batch) bool
	share   func() float64

	last    *target
	slabs   *extract.Slabs
	slab    []extract.Record // room for the batch at hand, nil before its first row
	records []extract.Record // of the slab
	special []int            // columns whose type says more of a value than its literal
	size    int              // bytes of text in plain rows of the batch
	misses  int              // rows in a row that were not plain, as it were
	rest    int              // rows that are not looked at for that reason
	pending []pending
	later   []later
	values  []literal
	arena   []byte
	row     int64
	seq     int64
}

// pending is a row of the batch at hand that is not plain: values[first :
// first+n].
type pending struct {
	record   int
	first, n int
	target   *target
	line     int64
}

// target is where the values of a statement go.
type target struct {
	list    []string
	places  []int  // column of each value, nil: in order
	unknown string // why a column of the list cannot be filled
	twice   bool   // the list names a column again
}

// newRows returns what makes batches of the table of s.
func newRows(t *table, s *Source, report issue.Reporter, yield func(*extract.Batch) bool) *rows {
	r := &rows{table: t, charset: s.charset, report: report, yield: yield, share: s.in.Share, slabs: extract.NewSlabs(t.schema, batchRows)}
	for i, c := range t.columns {
		if c.class != other {
			r.special = append(r.special, i)
		}
	}
	return r
}

// insert reads the rows of a statement into the table.
func (r *rows) insert(id ident, list []string, f form) (bool, error) {
	if r.catalog.find(id) != r.table {
		return false, nil
	}
	to := r.aim(list)
	switch f {
	case lines:
		return true, r.copied(to)
	case selects:
		return true, r.selected(id, to)
	}
	return true, r.tuples(to)
}

// aim returns where the values of a column list go.
func (r *rows) aim(list []string) *target {
	// A remembered header hands over the very same list.
	if last := r.last; last != nil && len(last.list) == len(list) && (len(list) == 0 || &last.list[0] == &list[0]) && (list == nil) == (last.list == nil) {
		return last
	}
	to := &target{list: list}
	if list != nil { // () names no column, and is not the same as no list
		to.places = make([]int, 0, len(list))
	}
	for _, c := range list {
		at := r.table.column(c)
		if at < 0 {
			to.unknown = fmt.Sprintf("the INSERT names a column %q that the table does not have", c)
		}
		to.twice = to.twice || slices.Contains(to.places, at)
		to.places = append(to.places, at)
	}
	r.last = to
	return to
}

// tuples reads (…), (…).
func (r *rows) tuples(to *target) error {
	for {
		c, err := r.lexer.space()
		if err != nil || c != '(' {
			return err
		}
		if err := r.tuple(to); err != nil {
			return err
		}
		if c, err = r.lexer.space(); err != nil || c != ',' {
			return err
		}
		r.lexer.pos++
	}
}

// tuple reads one (…).
func (r *rows) tuple(to *target) error {
	p := r.begin(to)
	if r.plain(to, func(values []extract.Value) bool { return r.plainRow(values, to.places) }) {
		return r.add(p.line)
	}
	var err error
	if r.values, r.arena, err = r.lexer.tuple(r.values, r.arena); err != nil {
		return r.drop(p, err)
	}
	return r.end(p)
}

// selected reads the rows of SELECT … UNION ALL SELECT …, if they are literals.
func (r *rows) selected(id ident, to *target) error {
	for more := true; more; {
		p := r.begin(to)
		var err error
		r.values, r.arena, err = r.lexer.selection(r.values, r.arena)
		if errors.Is(err, errExpression) {
			r.trouble(id, p.line, "an INSERT without VALUES was left out; export the rows it would make")
			return r.drop(p, nil)
		}
		if err != nil {
			return r.drop(p, err)
		}
		if err := r.end(p); err != nil {
			return err
		}
		if more, err = r.lexer.union(); err != nil {
			return err
		}
	}
	return nil
}

// copied reads the lines of a COPY.
func (r *rows) copied(to *target) error {
	for {
		p := r.begin(to)
		b, more, err := r.lexer.copyLine()
		if err != nil || !more {
			return err
		}
		at := cap(r.lexer.buf) - cap(b) // b is a part of buf
		if r.plain(to, func(values []extract.Value) bool { return r.plainLine(values, to.places, at, len(b)) }) {
			err = r.add(p.line)
		} else {
			r.values, r.arena = splitLine(b, r.values, r.arena)
			err = r.end(p)
		}
		if err != nil {
			return err
		}
	}
}

func (r *rows) begin(to *target) pending {
	return pending{first: len(r.values), target: to, line: r.lexer.line}
}

// drop forgets the values of a row that did not come to its end.
func (r *rows) drop(p pending, err error) error {
	r.values = r.values[:p.first]
	return err
}

// end adds a row to the batch.
func (r *rows) end(p pending) error {
	p.record, p.n = len(r.records), len(r.values)-p.first
	r.pending = append(r.pending, p)
	return r.add(p.line)
}

// free returns the values of the row that is to be added, all of them Absent.
func (r *rows) free() []extract.Value {
	if r.slab == nil {
		r.slab = r.slabs.Take()
		r.records = r.slab[:0]
		for i := range r.slab {
			clear(r.slab[i].Values)
		}
	}
	return r.slab[len(r.records)].Values
}

// add makes a record of the values that are free.
func (r *rows) add(line int64) error {
	r.free()
	r.row++
	r.records = r.slab[:len(r.records)+1]
	rec := &r.records[len(r.records)-1]
	rec.Origin.Row, rec.Origin.Line, rec.Fault = r.row, line, nil
	if len(r.records) == batchRows || r.size+len(r.arena) > batchBytes {
		return r.flush()
	}
	return nil
}

// flush hands the batch over.
func (r *rows) flush() error {
	if err := r.ctx(); err != nil {
		return err
	}
	if len(r.records) == 0 {
		return nil
	}
	r.finish()
	batch := &extract.Batch{Seq: r.seq, Records: r.records, Share: r.share(), Spent: r.slabs.Spent(r.records)}
	r.slab, r.records = nil, nil
	r.pending, r.later, r.values, r.arena, r.size = r.pending[:0], r.later[:0], r.values[:0], r.arena[:0], 0
	if cap(r.arena) > 4*batchBytes { // one huge value is no measure for the next
		r.arena = nil
	}
	r.seq++
	if !r.yield(batch) {
		return errEnough
	}
	return nil
}

// finish sets the values whose texts are in the arena, in the order of the
// rows.
func (r *rows) finish() {
	text := string(r.arena)
	// One look at the whole batch spares one at each value; most batches are
	// sound.
	sound := strings.IndexByte(text, 0) < 0 && !r.charset.Damaged(text)
	rest := r.later
	for _, p := range r.pending {
		n := 0
		for n < len(rest) && rest[n].record < p.record {
			n++
		}
		r.finishLater(rest[:n], text, sound)
		r.fill(&r.records[p.record], p, text, sound)
		rest = rest[n:]
	}
	r.finishLater(rest, text, sound)
}

// fill sets the values of rec. Where text is sound they need no look.
func (r *rows) fill(rec *extract.Record, p pending, text string, sound bool) {
	places, wanted := p.target.places, len(rec.Values)
	// INSERT t VALUES (…) leaves out the columns that SQL Server numbers
	// itself.
	if places == nil && p.n != wanted {
		if len(r.table.own) == p.n {
			places = r.table.own
		}
	}
	if places != nil {
		wanted = len(places)
	}
	for j, v := range r.values[p.first : p.first+p.n] {
		at := j
		if places != nil && j < len(places) {
			at = places[j]
		}
		if at < 0 || at >= len(rec.Values) {
			continue
		}
		c := r.table.columns[at]
		rec.Values[at] = finish(v, text[v.start:v.end], c.class)
		switch {
		case v.unread:
			rec.Fault = fault(rec, "bad-sql", fmt.Sprintf("column %q has an expression where a value is wanted; export the table with plain values", c.name))
			rec.Fault.Column = c.name
		case !sound:
			r.mend(rec, at)
		}
	}
	switch {
	case p.target.unknown != "":
		rec.Fault = fault(rec, "unknown-column", p.target.unknown)
	case p.n != wanted: // which value is missing or too many cannot be told
		rec.Fault = fault(rec, "ragged-row", fmt.Sprintf("the row has %d of %d values", p.n, wanted))
	}
}

// mend takes out what is no character from one value, and says so.
func (r *rows) mend(rec *extract.Record, at int) {
	value, column := &rec.Values[at], r.table.columns[at].name
	if strings.IndexByte(value.Text, 0) >= 0 {
		is := fault(rec, "nul-byte", "NUL bytes were removed; compare the value with the old system")
		is.Severity, is.Column, is.Value = issue.Warning, column, value.Text
		r.report(*is)
		value.Text = strings.ReplaceAll(value.Text, "\x00", "")
	}
	if r.charset.Damaged(value.Text) {
		value.Text = strings.ToValidUTF8(value.Text, "\uFFFD")
		rec.Fault = fault(rec, "bad-bytes", fmt.Sprintf("column %q has bytes that are no %s; set encoding: or repair the row", column, r.charset.Name))
		rec.Fault.Column, rec.Fault.Value = column, value.Text
	}
}

// trouble reports rows that were left out, if they concern the table.
func (r *rows) trouble(id ident, line int64, message string) {
	if id.name != "" && r.catalog.find(id) != r.table {
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
