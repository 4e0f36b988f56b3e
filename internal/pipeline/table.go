package pipeline

import (
	"cmp"
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/stage"
	"chartlift/validate"
)

// rehearsal takes the resources of a pass in which nothing is delivered.
type rehearsal interface {
	add(b transform.Built, origin issue.Origin) error
}

// inFlight is how many batches may be between the reader and the collector, for
// each worker.
const inFlight = 4

// work is a batch on its way to a worker.
type work struct {
	seq    int64
	in     *Input
	batch  *extract.Batch
	twins  []twin             // one for each record, nil where none duplicates another
	groups [][]extract.Record // in the second pass: the groups, instead of a batch
	index  int                // of the grouped map
	tokens int                // how many of those that may be under way it takes; see weight

	shelved *shelved // instead of all these: what another process made of a batch
}

// twin says which earlier row a record duplicates.
type twin struct {
	verdict transform.Verdict
	other   int64
}

// product is what a worker made of a batch.
type product struct {
	work
	rows  []outcome
	built []transform.Built // of all rows
	said  []remark          // of all rows, in their order
}

// remark is what is to be reported of a row of an input.
type remark struct {
	in    *Input
	issue issue.Issue
}

// outcome is what became of one record, or of one group.
type outcome struct {
	transform.Row
	built   []transform.Built
	marks   string    // where the members of what was built stand, one after the other; see plausible.AppendMarks
	invalid []string  // types of resources that the validator refused
	refused bool      // some resource has the key of another
	repeats *original // what a resource of it tells once more, nil where none does
}

// leftover is the memory of a product.
type leftover struct {
	rows  []outcome
	built []transform.Built
	said  []remark
}

// table is one table under way.
type table struct {
	*run
	def      *Table
	binding  *transform.Binding
	tracker  *tracker
	groups   []*transform.Groups
	byOrigin map[[2]string]*Input
	read     atomic.Int64
	rejected atomic.Int64
	stage    string        // name of the work, for progress
	filler   *stage.Filler // where rows that count are staged, or nil
	silent   bool          // another pass tells of the rows

	simple    bool          // nothing looks at rows, or at what they made, when they are on their way to the target
	leftovers chan leftover // of products of a simple table, to be filled again

	check     *validate.Validator
	rehearsal rehearsal // in a pass whose resources are only compared
	came      bool      // the table has a row
	closing   bool      // in the pass that ends the holding back of people
	shelf     *writing  // in a pass whose resources others will deliver

	kept map[shelfIssues]int // of a table on the shelf: how many issues were told with their rows
}

func (r *run) table(ctx context.Context, def *Table) (err error) {
	t := r.newTable(def)
	if t.binding, err = r.Engine.Bind(def.Source, def.Inputs[0].Schema); err != nil {
		return err
	}
	r.openGroups(t)
	defer func() { err = t.closeGroups(err) }()
	if t.tracker = cmp.Or(r.views.trackerOf(t), r.people.trackerOf(t)); t.tracker == nil {
		t.tracker = newTracker(len(t.groups) > 0, t.settle)
		defer r.answered(t.tracker)
	}
	r.Progress.Start(def.Source.Name)
	defer r.Progress.End(def.Source.Name)
	if err := t.announce(ctx); err != nil {
		return err
	}
	if err := t.passes(ctx); err != nil {
		return err
	}
	if t.closing = r.people.ends(def); t.closing {
		if err := t.pass(ctx, func(context.Context, put) error { return nil }); err != nil {
			return err
		}
	}
	if err := r.Recorder.Err(); err != nil {
		return err
	}
	return r.tally.check(r.Program.LimitOf(def.Source), def.Source.Name, t.read.Load(), t.rejected.Load()) // the last answers came after the last batch
}

// groupOptions shares what may be kept in memory among the grouped maps of a
// table.
func (r *run) groupOptions(t *table) transform.SpillOptions {
	return transform.SpillOptions{Dir: r.TempDir, Memory: int(r.Memory) / max(1, len(t.binding.Grouped()))}
}

// passes moves the rows through, and then the groups of each grouped map.
func (t *table) passes(ctx context.Context) error {
	read := t.readRows
	switch {
	case t.def.Source.View != nil:
		read = t.readView
	case t.rehearsal == nil && t.Shelf.holds(t.def):
		read = t.readShelf
	}
	noting := func(ctx context.Context, put put) error {
		return read(ctx, func(w work) error {
			t.came = true
			return put(w)
		})
	}
	if err := t.pass(ctx, noting); err != nil {
		return err
	}
	if !t.came && t.Rowless != nil {
		if err := t.Rowless(t.def); err != nil {
			return err
		}
	}
	for i := range t.groups {
		if err := t.pass(ctx, func(ctx context.Context, put put) error { return t.readGroups(i, put) }); err != nil {
			return err
		}
	}
	return nil
}

// answered ends the following of a table's rows: now, or where their resources
// are put aside, when those are delivered.
func (r *run) answered(t *tracker) {
	if r.patients != nil {
		r.trackers = append(r.trackers, t)
		return
	}
	t.flush()
}

func (r *run) newTable(def *Table) *table {
	t := &table{run: r, def: def, byOrigin: map[[2]string]*Input{}, stage: def.Source.Name, check: r.Check}
	for _, in := range def.Inputs {
		t.byOrigin[[2]string{in.Schema.Source, in.Schema.Table}] = in
	}
	return t
}

// report hands an issue of one of the table's rows to the run database.
func (t *table) report(in *Input, i issue.Issue) {
	if !t.silent {
		t.run.report(in, i)
	}
}

// openGroups makes a table's groups.
func (r *run) openGroups(t *table) {
	for i := range t.binding.Grouped() {
		t.groups = append(t.groups, t.binding.NewGroups(i, r.groupOptions(t)))
	}
}

// closeGroups frees them, and returns the first error of err and theirs.
func (t *table) closeGroups(err error) error {
	for _, g := range t.groups {
		if closing := g.Close(); err == nil {
			err = closing
		}
	}
	return err
}

// settle writes the outcomes of rows whose fate is known. The tracker calls it
// under its lock.
func (t *table) settle(in *Input, ranges []reports.RowRange) {
	if len(ranges) == 0 {
		return
	}
	t.tally.rows(ranges)
	t.record(func() { t.Recorder.Rows(in.ID, ranges) })
	var n int64
	for _, g := range ranges {
		n += g.Last - g.First + 1
		if g.Outcome == reports.Rejected {
			t.rejected.Add(g.Last - g.First + 1)
		}
	}
	t.read.Add(n)
}

// put hands work to the workers; it waits while too much is in flight.
type put func(w work) error

// pass moves what read puts through workers, collector and senders.
func (t *table) pass(ctx context.Context, read func(context.Context, put) error) error {
	g, ctx := errgroup.WithContext(ctx)
	t.simple, t.leftovers = t.isSimple(), make(chan leftover, inFlight*t.Workers)
	todo, done, parcels := make(chan work), make(chan product), make(chan *parcel, 2)
	tokens := make(chan struct{}, inFlight*t.Workers)
	g.Go(func() error {
		defer close(todo)
		var seq int64
		return read(ctx, func(w work) error {
			w.seq, w.tokens = seq, w.weight(cap(tokens))
			seq++
			for range w.tokens {
				if err := pass(ctx, tokens, struct{}{}); err != nil {
					return err
				}
			}
			return pass(ctx, todo, w)
		})
	})
	workers, wctx := errgroup.WithContext(ctx)
	for range t.Workers {
		workers.Go(func() error { return t.work(wctx, todo, done) })
	}
	g.Go(func() error {
		defer close(done)
		return workers.Wait()
	})
	g.Go(func() error {
		defer close(parcels)
		return t.collect(ctx, done, parcels, tokens)
	})
	t.send(ctx, g, parcels)
	return g.Wait()
}

// weight returns how many batches the work stands for, of so many that may be
// under way: a group of a hundred thousand rows is no batch like others.
func (w *work) weight(most int) int {
	rows := 0
	for _, g := range w.groups {
		rows += len(g)
	}
	return min(1+rows/(2*groupRowsAtOnce), most)
}

// leftover returns the memory of an earlier product, with nothing in it, or
// none.
func (t *table) leftover() (old leftover) {
	select {
	case old = <-t.leftovers:
	default:
	}
	return old
}

// spent takes the memory of a product back that is packed.
func (t *table) spent(p product) {
	if !t.simple || p.batch == nil {
		return
	}
	if p.batch.Spent != nil {
		p.batch.Spent()
	}
	clear(p.rows) // what they refer to may go
	clear(p.built)
	clear(p.said)
	select {
	case t.leftovers <- leftover{p.rows[:0], p.built[:0], p.said[:0]}:
	default:
	}
}

// isSimple reports whether rows are forgotten once their resources are packed,
// and resources once they are sent: nothing is held back, put aside, compared
// with what comes later or read again. Their memory is used again then.
func (t *table) isSimple() bool {
	return t.rehearsal == nil && t.people == nil && t.repeats == nil && t.patients == nil && t.filler == nil && !t.closing &&
		len(t.groups) == 0 && t.def.Source.View == nil && t.Program.Output.Provenance == nil
}

// pass sends v, unless ctx is done first.
func pass[T any](ctx context.Context, out chan<- T, v T) error {
	select {
	case out <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
