package pipeline

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"chartlift/internal/courier"
	"chartlift/load"
	"chartlift/reports"
	"chartlift/transform"
)

// maxBundleBytes is the size at which a bundle is closed. What goes into files
// of lines, which know no bundles, is closed by its size alone: each bundle is
// written down until the files have their names.
const (
	maxBundleBytes = 1 << 20
	maxLinesBytes  = 256 << 10
)

// spareParcels is how many parcels may wait to be filled again.
const spareParcels = 4

// parcel is a bundle with the rows that its entries answer for. Where the
// entries are of several inputs, in is the first.
type parcel struct {
	mixed  bool // of several inputs
	bundle load.Bundle
	in     *Input
	slots  []slot
	ends   []end // by entry
	bytes  int
	pieces []lease
	packer *packer // that takes it back, nil where none does
}

// lease is memory that some of a parcel's resources stand in.
type lease struct {
	piece *transform.Piece
	n     int
}

// spent hands the memory of what was sent back.
func (p *parcel) spent() {
	if p.packer == nil {
		return
	}
	for _, l := range p.pieces {
		l.piece.Done(l.n)
	}
	select {
	case p.packer.free <- p:
	default:
	}
}

// end says where an entry is from, and that it answers for the slots of the
// parcel from the end of the one before up to its own.
type end struct {
	in    *Input
	slots int
}

// addressed is an entry with the rows that it answers for.
type addressed struct {
	in    *Input
	entry load.Entry
	rows  []slot
}

func (p *parcel) rows(entry int) []slot {
	start := 0
	if entry > 0 {
		start = p.ends[entry-1].slots
	}
	return p.slots[start:p.ends[entry].slots]
}

// kind is what resources are counted by: the input that they came from and
// their type.
type kind struct {
	in  *Input
	typ string
}

// packer fills parcels in order.
type packer struct {
	t    *table
	out  chan<- *parcel
	open *parcel

	piece *transform.Piece // of the resource to be packed next
	free  chan *parcel     // that were sent; nil where they are not used again

	entries, slots int            // in the last parcel
	same           map[kind]int64 // resources that the target holds already
}

// add puts a resource into the parcel at hand, and passes the parcel on when it
// is full.
func (k *packer) add(ctx context.Context, a *addressed) error {
	if k.spared(a) {
		return nil
	}
	if k.t.patients != nil {
		return k.t.patients.add(a.in, a.entry, a.rows)
	}
	if k.open != nil && k.open.in != a.in && k.t.def.Source.View == nil {
		if err := k.flush(ctx); err != nil {
			return err
		}
	}
	k.put(a)
	return k.full(ctx)
}

// together adds entries that must be in one bundle.
func (k *packer) together(ctx context.Context, entries []addressed) error {
	entries = slices.DeleteFunc(entries, func(a addressed) bool { return k.spared(&a) })
	if k.t.patients != nil {
		return k.t.patients.together(entries)
	}
	for i := range entries {
		k.put(&entries[i])
	}
	if k.open == nil {
		return nil
	}
	return k.full(ctx)
}

// spared answers for a resource that the target holds as it is: it need not be
// sent, and its rows are loaded.
func (k *packer) spared(a *addressed) bool {
	if !k.t.courier.Holds(a.entry.Resource) {
		return false
	}
	if k.same == nil {
		k.same = map[kind]int64{}
	}
	k.same[kind{a.in, a.entry.Resource.Type}]++
	answer(a.rows, "")
	return true
}

// spare writes down how many resources were spared.
func (k *packer) spare() {
	for of, n := range k.same {
		k.t.record(func() { k.t.Recorder.Resources(of.in.ID, of.typ, 0, 0, n, 0) })
		k.t.tally.unchanged(n)
	}
	k.same = nil
}

func (k *packer) put(a *addressed) {
	if k.open == nil {
		k.open = k.next(a.in)
	}
	p := k.open
	p.mixed = p.mixed || p.in != a.in
	p.bundle.Entries = append(p.bundle.Entries, a.entry)
	p.slots = append(p.slots, a.rows...)
	p.ends = append(p.ends, end{a.in, len(p.slots)})
	p.bytes += len(a.entry.Resource.JSON)
	if last := len(p.pieces) - 1; last >= 0 && p.pieces[last].piece == k.piece {
		p.pieces[last].n++
	} else {
		p.pieces = append(p.pieces, lease{k.piece, 1})
	}
}

// full passes the parcel at hand on when it is full.
func (k *packer) full(ctx context.Context) error {
	p := k.open
	full := len(p.bundle.Entries) >= k.t.Program.Output.MaxEntries || p.bytes >= maxBundleBytes
	if k.t.Lines {
		full = p.bytes >= maxLinesBytes
	}
	if full {
		return k.flush(ctx)
	}
	return nil
}

// next opens a parcel, with room for as much as the last one took.
func (k *packer) next(in *Input) *parcel {
	k.t.seq++
	b := load.Bundle{Seq: k.t.seq, Atomic: k.t.Program.Output.BundleType == "transaction"}
	select {
	case p := <-k.free:
		b.Entries = p.bundle.Entries[:0]
		*p = parcel{in: in, bundle: b, slots: p.slots[:0], ends: p.ends[:0], pieces: p.pieces[:0], packer: k}
		return p
	default:
	}
	b.Entries = make([]load.Entry, 0, k.entries)
	p := &parcel{in: in, bundle: b, slots: make([]slot, 0, k.slots), ends: make([]end, 0, k.entries)}
	if k.free != nil {
		p.packer = k
	}
	return p
}

func (k *packer) flush(ctx context.Context) error {
	if k.open == nil {
		return nil
	}
	p := k.open
	k.open, k.entries, k.slots = nil, len(p.bundle.Entries), len(p.slots)
	k.t.courier.Queue(&p.bundle)
	select {
	case k.out <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send starts the senders in g; they end when parcels is closed.
func (r *run) send(ctx context.Context, g *errgroup.Group, parcels <-chan *parcel) {
	for range max(1, r.Senders) {
		g.Go(func() error {
			for p := range parcels {
				if err := r.deliver(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// deliver sends one parcel and takes the answers down.
func (r *run) deliver(ctx context.Context, p *parcel) error {
	if err := r.Recorder.Err(); err != nil {
		return err
	}
	started := time.Now()
	outcomes, err := r.courier.Send(ctx, &p.bundle)
	if err != nil {
		return err
	}
	unit := p.unit()
	unit.Started, unit.Took = started, time.Since(started)
	var counts answered
	for i := range outcomes {
		o, e := &outcomes[i], &p.bundle.Entries[i]
		unit.Attempts = max(unit.Attempts, o.Attempts)
		n := counts.of(p.ends[i].in, e.Resource.Type)
		if o.OK() {
			unit.OK++
			n.loaded++
		} else {
			n.failed++
			unit.Status = o.Status
			unit.Failures = append(unit.Failures, r.refusal(p.ends[i].in, e, *o, p.rows(i)))
		}
		if o.Created {
			unit.Created++
		}
	}
	p.answer(outcomes, unit.OK)
	for _, n := range counts {
		r.record(func() { r.Recorder.Resources(n.in.ID, n.typ, 0, 0, n.loaded, n.failed) })
		r.tally.resources(n.loaded, n.failed)
	}
	r.record(func() { r.Recorder.Unit(unit) })
	if len(unit.Failures) == 0 { // what was refused goes elsewhere
		p.spent()
	}
	return nil
}

// answer tells the rows what became of their entries, of which so many were
// taken: mostly all, and then the rows of all hear it at once.
func (p *parcel) answer(outcomes []load.Outcome, taken int) {
	if taken == len(outcomes) {
		answerOf(p.slots, "")
		return
	}
	for i, o := range outcomes {
		answerOf(p.rows(i), courier.Reason(o))
	}
}

// answered are the answers for the entries of a parcel, by kind: few, and
// mostly one.
type answered []*answers

type answers struct {
	kind
	loaded, failed int64
}

// of returns the count of an input's resources of a type.
func (a *answered) of(in *Input, typ string) *answers {
	for _, n := range *a {
		if n.in == in && n.typ == typ {
			return n
		}
	}
	*a = append(*a, &answers{kind: kind{in, typ}})
	return (*a)[len(*a)-1]
}

// unit returns what is known of the parcel before it is sent. One of several
// inputs is no range of rows.
func (p *parcel) unit() reports.Unit {
	u := reports.Unit{Seq: p.bundle.Seq, Entries: len(p.bundle.Entries), Attempts: 1, Status: 200}
	if p.mixed {
		return u
	}
	u.SourceID = p.in.ID
	for i := range p.bundle.Entries {
		u.FirstRow, u.LastRow = widen(u.FirstRow, u.LastRow, p.bundle.Entries[i].Origin.Row)
	}
	return u
}

func widen(first, last, row int64) (int64, int64) {
	switch {
	case row == 0:
		return first, last
	case first == 0:
		return row, row
	}
	return min(first, row), max(last, row)
}

// refusal takes down why the target did not take a resource.
func (r *run) refusal(in *Input, e *load.Entry, o load.Outcome, rows []slot) reports.EntryFailure {
	for _, i := range o.Issues {
		i.Origin = e.Origin
		if i.Expression == "" {
			i.Expression = e.Resource.Type
		}
		r.report(in, i)
	}
	f := reports.EntryFailure{
		SourceID: in.ID, Row: e.Origin.Row, Type: e.Resource.Type, ID: e.Resource.ID, Status: o.Status, Issues: o.Issues,
	}
	for _, s := range rows {
		f.Rows = append(f.Rows, reports.RowRef{SourceID: s.page.in.ID, Row: s.page.first + int64(s.row)})
	}
	return f
}
