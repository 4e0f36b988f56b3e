package profile

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// pending is how many batches may wait for a worker.
const pending = 4

// scan is one pass over a table. Each column belongs to one goroutine and sees
// the rows in their order, so that sketches come out the same in every run.
type scan struct {
	schema   *extract.Schema
	options  Options
	columns  []*column
	rows     *rowSketch
	warnings warnings
	spare    sync.Pool // of *shared
}

// newScan makes the sketches of a table.
func newScan(schema *extract.Schema, o Options) *scan {
	s := &scan{schema: schema, options: o, rows: newRowSketch(len(schema.Columns))}
	for range schema.Columns {
		s.columns = append(s.columns, &column{})
	}
	return s
}

// run reads the table and gives every batch to all workers, which hash its
// cells on the way; what looks at rows as a whole takes those hashes.
func (s *scan) run(ctx context.Context, src extract.Source) error {
	tasks := s.tasks()
	queues := make([]chan *shared, len(tasks))
	rows := make(chan *shared, 1)
	var working atomic.Int32
	working.Store(int32(len(tasks)))
	group, ctx := errgroup.WithContext(ctx)
	for i, task := range tasks {
		queues[i] = make(chan *shared, pending)
		group.Go(func() error {
			for b := range queues[i] {
				// Who is the last to be done with a batch was done with the one
				// before: rows come in their order. They are waited for even when
				// reading has ended in an error, as all that was read counts.
				if task(b); b.left.Add(-1) == 0 {
					rows <- b
				}
			}
			if working.Add(-1) == 0 {
				close(rows)
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range rows {
			s.rows.batch(b.Batch, b.cells)
			s.done(b)
		}
		return nil
	})
	group.Go(func() error {
		defer func() {
			for _, q := range queues {
				close(q)
			}
		}()
		return s.read(ctx, src, queues)
	})
	err := group.Wait()
	s.rows.finish()
	return err
}

// shared is a batch that several workers look at.
type shared struct {
	*extract.Batch
	cells [][]uint64   // by column: hashes of its cells, see column.batch
	left  atomic.Int32 // workers that are not done with it
}

// share returns the batch with room for its cells' hashes.
func (s *scan) share(batch *extract.Batch, workers int) *shared {
	b, ok := s.spare.Get().(*shared)
	if !ok {
		b = &shared{cells: make([][]uint64, len(s.columns))}
	}
	b.Batch = batch
	b.left.Store(int32(workers))
	for i := range b.cells {
		b.cells[i] = slices.Grow(b.cells[i][:0], len(batch.Records))[:len(batch.Records)]
	}
	return b
}

// done hands the batch's memory back to the reader.
func (s *scan) done(b *shared) {
	if b.Spent != nil {
		b.Spent()
	}
	b.Batch = nil
	s.spare.Put(b)
}

// read gives the batches on; all workers read the same records and none changes
// them.
func (s *scan) read(ctx context.Context, src extract.Source, queues []chan *shared) error {
	for batch, err := range src.Read(ctx, s.schema.Table, s.warnings.report) {
		if err != nil {
			return err
		}
		s.warnings.faults(batch)
		if s.options.Progress != nil {
			s.options.Progress(s.schema.Source+" "+s.schema.Table, int64(len(batch.Records)), batch.Share)
		}
		b := s.share(batch, len(queues))
		for _, q := range queues {
			select {
			case q <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// tasks deals the columns out to the workers, of which there is one at least:
// rows are counted even where a table has no columns.
func (s *scan) tasks() []func(*shared) {
	n := s.options.Workers
	if n < 1 {
		n = 2 * runtime.GOMAXPROCS(0)
	}
	n = max(min(n, len(s.columns)), 1)
	var tasks []func(*shared)
	for w := range n {
		values := &runs{}
		tasks = append(tasks, func(b *shared) {
			for c := w; c < len(s.columns); c += n {
				s.columns[c].batch(b.Records, c, b.cells[c], values)
			}
		})
	}
	return tasks
}

// warnings counts what the reader reports, by code.
type warnings struct {
	mu   sync.Mutex
	list []*Warning
}

// report counts an issue and keeps the one that stands first. Readers call it
// from their own goroutine.
func (w *warnings) report(i issue.Issue) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.IndexFunc(w.list, func(o *Warning) bool { return o.Code == i.Code })
	if at < 0 {
		at = len(w.list)
		w.list = append(w.list, &Warning{Code: i.Code, Row: math.MaxInt64})
	}
	o := w.list[at]
	o.Count++
	o.Severity = max(o.Severity, i.Severity)
	if i.Origin.Row < o.Row || o.Message == "" {
		o.Row, o.Message = i.Origin.Row, i.Message
	}
}

// faults counts the rows that could not be read.
func (w *warnings) faults(b *extract.Batch) {
	for i := range b.Records {
		if f := b.Records[i].Fault; f != nil {
			w.report(*f)
		}
	}
}

// sorted returns the warnings, the worst first.
func (w *warnings) sorted() []Warning {
	list := make([]Warning, 0, len(w.list))
	for _, o := range w.list {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// table makes the report of what was gathered.
func (s *scan) table(systems []codeSystem) *Table {
	t := &Table{
		Source: s.schema.Source, Table: s.schema.Table, Rows: s.rows.rows, Faults: s.rows.faults,
		DuplicateRows: s.rows.whole.repeats(), Estimated: s.rows.whole.shift > 0,
		Keys: []Key{}, Joins: []Join{}, Warnings: s.warnings.sorted(), Columns: []*Column{},
	}
	people := ofPeople(s.schema.Columns)
	for i, name := range s.schema.Columns {
		at := address{table: s.schema.Table, column: name, people: people}
		t.Columns = append(t.Columns, s.columns[i].finish(at, systems, s.options))
	}
	t.Keys = append(t.Keys, s.keys(t)...)
	return t
}

// What makes a key likely: tables with fewer rows have unique columns by
// chance, and a column with more exceptions is none.
const (
	leastKeyRows   = 10
	mostExceptions = 0.1
	mostPairKeys   = 3
)

// keys lists the columns that name a row, those that are called so first; pairs
// only where no column does it alone.
func (s *scan) keys(t *Table) []Key {
	rows := t.Rows - t.Faults
	if rows < 2 {
		return nil
	}
	keys := singleKeys(t, rows)
	if len(keys) > 0 || rows < leastKeyRows {
		return keys
	}
	for _, p := range s.rows.pairs {
		if len(keys) == mostPairKeys {
			break
		}
		a, b := t.Columns[p.a], t.Columns[p.b]
		if !p.dead && a.couldBeKey() && b.couldBeKey() {
			keys = append(keys, Key{Columns: []string{a.Name, b.Name}, Proved: p.set.shift == 0})
		}
	}
	return append(nearKeys(t, rows), keys...)
}

// singleKeys lists unique columns; beside one that is called a key, dates and
// the like are left out.
func singleKeys(t *Table, rows int64) []Key {
	var keys []Key
	for i, c := range t.Columns {
		if c.Unique && c.Values == rows && c.couldBeKey() && (rows >= leastKeyRows || i == 0 || isKeyName(c.Name)) {
			keys = append(keys, Key{Columns: []string{c.Name}, Proved: c.DistinctExact})
		}
	}
	slices.SortStableFunc(keys, func(a, b Key) int { return keyRank(b, t) - keyRank(a, t) })
	if len(keys) > 1 && keyRank(keys[0], t) == 2 {
		keys = slices.DeleteFunc(keys, func(k Key) bool { return keyRank(k, t) < 1 })
	}
	return keys
}

// nearKeys finds the column that was meant as key where rows are there twice or
// lack it.
func nearKeys(t *Table, rows int64) []Key {
	for i, c := range t.Columns {
		exceptions := rows - c.Distinct
		if rows >= leastKeyRows && c.couldBeKey() && c.Type != TypeDate && c.Type != TypeDateTime && (i == 0 || isKeyName(c.Name)) && float64(exceptions) <= mostExceptions*float64(rows) {
			return []Key{{Columns: []string{c.Name}, Exceptions: max(exceptions, 1), Proved: c.DistinctExact}}
		}
	}
	return nil
}

// keyRank puts names of keys first, and dates last: they differ from row to row
// by chance.
func keyRank(k Key, t *Table) int {
	at := slices.IndexFunc(t.Columns, func(c *Column) bool { return c.Name == k.Columns[0] })
	switch typ := t.Columns[at].Type; {
	case isKeyName(k.Columns[0]):
		return 2
	case typ == TypeDate || typ == TypeDateTime:
		return 0
	}
	return 1
}

// couldBeKey leaves out amounts, texts and what describes a person, which
// differ from row to row without naming it.
func (c *Column) couldBeKey() bool {
	switch c.Personal {
	case personName, personAddress, personPhone, personEmail, personBirth, personDeath, personText:
		return false
	}
	return !c.FreeText && c.Type != TypeDecimal && c.Type != TypeEmpty && c.MaxLength <= 80
}
