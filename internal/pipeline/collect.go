package pipeline

import (
	"context"
	"strconv"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports"
	"chartlift/transform"
)

// collector takes products in the order of the source.
type collector struct {
	*table
	packer packer
	built  map[kind]*made
	alone  [1]slot  // the row at hand
	near   []uint64 // scratch
	last   struct { // what was counted last: rows of a table make the same types again and again
		of kind
		n  *made
	}
}

// made counts resources.
type made struct{ all, valid int64 }

// count returns the count of an input's resources of a type.
func (c *collector) count(in *Input, typ string) *made {
	if k := (kind{in, typ}); c.last.n == nil || c.last.of != k {
		if c.built[k] == nil {
			c.built[k] = &made{}
		}
		c.last.of, c.last.n = k, c.built[k]
	}
	return c.last.n
}

// valid counts a resource that is valid.
func (c *collector) valid(in *Input, typ string) {
	n := c.count(in, typ)
	n.all++
	n.valid++
}

// collect puts products into order and packs their resources into bundles.
func (t *table) collect(ctx context.Context, done <-chan product, parcels chan<- *parcel, tokens <-chan struct{}) error {
	c := &collector{table: t, packer: packer{t: t, out: parcels}, built: map[kind]*made{}}
	if sink, ok := t.Sink.(load.Copying); ok && t.simple && sink.Copies() {
		c.packer.free = make(chan *parcel, spareParcels)
	}
	waiting := map[int64]product{}
	for next := int64(0); ; {
		p, ok := <-done
		if !ok {
			break
		}
		waiting[p.seq] = p
		for {
			p, ready := waiting[next]
			if !ready {
				break
			}
			delete(waiting, next)
			next++
			if err := c.product(ctx, p); err != nil {
				return err
			}
			c.spent(p)
			for range p.tokens {
				<-tokens
			}
		}
	}
	if c.closing {
		if err := c.closePeople(ctx); err != nil {
			return err
		}
	}
	c.counts()
	c.packer.spare()
	return c.packer.flush(ctx)
}

func (c *collector) product(ctx context.Context, p product) error {
	for i := range p.said {
		c.report(p.said[i].in, p.said[i].issue)
	}
	if c.rehearsal != nil {
		return c.rehearse(p)
	}
	if c.shelf != nil {
		return c.shelve(p)
	}
	if p.groups != nil {
		return c.groupsOf(ctx, p)
	}
	if c.def.Source.View != nil {
		return c.viewRows(ctx, p)
	}
	records := p.batch.Records
	if len(records) == 0 {
		return nil
	}
	c.near = c.Engine.Ahead(p.built, c.near)
	page := c.tracker.page(p.in, records[0].Origin.Row, len(records))
	for i := range p.rows {
		if err := c.row(ctx, p, i, slot{page, i}); err != nil {
			return err
		}
	}
	c.tracker.seal(page)
	if err := c.Recorder.Err(); err != nil {
		return err
	}
	c.Progress.Add(c.stage, int64(len(records)), p.batch.Share)
	return c.tally.check(c.Program.LimitOf(c.def.Source), c.def.Source.Name, c.read.Load(), c.rejected.Load())
}

// row decides the outcome of one row as far as the mapping does, and packs its
// resources.
func (c *collector) row(ctx context.Context, p product, i int, s slot) error {
	o := &p.rows[i]
	rec := &p.batch.Records[i]
	c.withoutRepeats(p.in, o, rec)
	c.decide(p, i, s)
	if c.filler != nil && o.Spare {
		if err := c.filler.Add(p.in.start.Load()+rec.Origin.Row-1, rec); err != nil {
			return err
		}
	}
	if o.Stop {
		return c.tally.stop("the mapping's policy is stop-run, and " + rec.Origin.String() + " has " + o.Rejected)
	}
	for _, g := range o.Groups {
		c.tracker.expect(s, 1)
		if err := c.groups[g].Add(rec); err != nil {
			return err
		}
	}
	rows := c.alone[:]
	if !c.simple { // who holds a resource back keeps its rows
		rows = make([]slot, 1)
	}
	rows[0] = s
	return c.resources(ctx, p.in, o, rec, rows)
}

// decide sets the row's outcome.
func (c *collector) decide(p product, i int, s slot) {
	o := &p.rows[i]
	if p.twins != nil {
		switch t := p.twins[i]; t.verdict {
		case transform.SameRow:
			c.merge(p, i, s, "exact-duplicate")
			return
		case transform.SameKey:
			c.merge(p, i, s, "same-key")
			return
		}
	}
	switch {
	case o.Rejected != "":
		c.tracker.decide(s, reports.Rejected, o.Rejected, 0)
	case o.Filtered != "":
		c.tracker.decide(s, reports.Filtered, c.spare(o), 0)
	case o.repeats != nil && len(o.built) == 0:
		c.tracker.decide(s, reports.Merged, repeated, o.repeats.into(p.in))
	case len(o.Groups) > 0 && len(o.built) == 0:
		c.tracker.decide(s, reports.Filtered, transform.MissingTable, 0) // until its group makes a resource
	default:
		if m := c.people.becomes(o); m != nil {
			c.tracker.decide(s, reports.Merged, samePerson, m.into())
			return
		}
		c.tracker.decide(s, reports.Loaded, "", 0)
	}
}

// merge decides a row that duplicates another, and says which one where it
// stands in another file.
func (c *collector) merge(p product, i int, s slot, reason string) {
	in, row := c.place(p.twins[i].other)
	c.tracker.decide(s, reports.Merged, reason, row)
	if in != p.in {
		c.report(p.in, issue.Issue{
			Severity: issue.Information, Code: reason, Type: "duplicate", Rule: c.def.Source.Name, Origin: p.batch.Records[i].Origin,
			Message: "the row it duplicates is row " + strconv.FormatInt(row, 10) + " of " + in.Schema.Source,
		})
	}
}

// resources packs what a row or group made. All its rows wait for the answers.
func (c *collector) resources(ctx context.Context, in *Input, o *outcome, rec *extract.Record, rows []slot) error {
	for _, typ := range o.invalid {
		c.count(in, typ).all++
	}
	for i := range o.built {
		b := &o.built[i]
		c.valid(in, b.Resource.Type)
		if !c.accept(in, b, rec) {
			for _, s := range rows {
				c.tracker.decide(s, reports.Rejected, "duplicate-key", 0)
			}
			o.refused = true
			continue
		}
		for _, s := range rows {
			c.tracker.expect(s, 1)
		}
		c.packer.piece = b.Piece
		if err := c.send(ctx, &addressed{in, load.Entry{Resource: b.Resource, Origin: rec.Origin}, rows}); err != nil {
			return err
		}
		c.packer.piece = nil
		if err := c.provenance(ctx, in, b.Provenance, rec, rows); err != nil {
			return err
		}
	}
	return nil
}

// provenance packs a Provenance behind what it is about. The rows wait for its
// answer, too.
func (c *collector) provenance(ctx context.Context, in *Input, p *fhir.Resource, rec *extract.Record, rows []slot) error {
	if p == nil {
		return nil
	}
	c.valid(in, p.Type)
	for _, s := range rows {
		c.tracker.expect(s, 1)
	}
	return c.send(ctx, &addressed{in, load.Entry{Resource: *p, Origin: rec.Origin}, rows})
}

// send packs a resource, unless it has to wait for records of a person.
func (c *collector) send(ctx context.Context, a *addressed) error {
	if c.people != nil {
		if holds, err := c.people.holds(ctx, c, a); err != nil || holds {
			return err
		}
	}
	return c.packer.add(ctx, a)
}

// accept notes the resource's id. A second resource with the same id is
// refused: it would overwrite the first.
func (c *collector) accept(in *Input, b *transform.Built, rec *extract.Record) bool {
	if c.Engine.Accept(b.Map, b.Resource.ID) {
		return true
	}
	c.taken(in, b, rec)
	return false
}

// taken reports a resource whose id an earlier one has.
func (c *collector) taken(in *Input, b *transform.Built, rec *extract.Record) {
	c.report(in, issue.Issue{
		Severity: issue.Error, Code: "duplicate-key", Type: "duplicate", Rule: b.Map.Name, Origin: rec.Origin,
		Message: "an earlier row made the " + b.Resource.Type + " with this key: it would be overwritten; extend the key of the map " + b.Map.Name,
	})
}

// groupsOf takes the groups of a grouped map.
func (c *collector) groupsOf(ctx context.Context, p product) error {
	for i := range p.rows {
		o := &p.rows[i]
		rows := make([]slot, 0, len(p.groups[i]))
		for j := range p.groups[i] {
			rows = append(rows, c.slots(&p.groups[i][j])...)
		}
		first := &p.groups[i][0]
		in := c.input(first.Origin)
		c.withoutRepeats(in, o, first)
		c.became(rows, o)
		if err := c.resources(ctx, in, o, first, rows); err != nil {
			return err
		}
		c.untraced(rows, o, first)
		c.tracker.answer(rows, o.Rejected, false) // the answer that the rows waited for since they joined the group
		if o.Stop {
			return c.tally.stop("the mapping's policy is stop-run, and the group of " + first.Origin.String() + " has " + o.Rejected)
		}
	}
	if err := c.Recorder.Err(); err != nil {
		return err
	}
	return c.tally.check(c.Program.LimitOf(c.def.Source), c.def.Source.Name, c.read.Load(), c.rejected.Load())
}

// counts writes how many resources were made.
func (c *collector) counts() {
	for k, n := range c.built {
		c.Recorder.Resources(k.in.ID, k.typ, n.all, n.valid, 0, n.all-n.valid)
	}
}
