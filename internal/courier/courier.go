// Package courier hands bundles to a sink and keeps the journal of it: what is
// on its way, what became of it, what was refused. Whoever delivers does it
// through a Courier, so that runs can be resumed, compared with the target and
// undone.
//
// Read [Courier] first.
//
//	c := &courier.Courier{Sink: sink, Recorder: rec, Announce: true}
//	outcomes, err := c.Send(ctx, bundle)
package courier

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/reports"
)

// Courier delivers for one run. Send is safe for concurrent use where the
// Sink's is.
type Courier struct {
	Sink     load.Sink
	Recorder *reports.Recorder
	Announce bool          // write down what is sent before it is: where a killed run may leave something behind
	Held     *reports.Held // what the target holds; nil: not known, or everything is to be sent
	Letters  *DeadLetters  // where refused resources go; nil: nowhere
	Mark     reports.Fate  // of what the target takes, where the answer does not say it: Retired; 0: by the answer

	lists sync.Pool // of *[]reports.Delivered: the journal keeps none
}

// Holds reports whether the target holds the resource as it is, so that it need
// not be sent. It is for one goroutine.
func (c *Courier) Holds(r fhir.Resource) bool {
	return c.Held != nil && c.Held.Same(r.Type, r.ID, r.JSON)
}

// Queue tells the Sink of a bundle that will be sent after those queued before
// it, where it wants to know.
func (c *Courier) Queue(b *load.Bundle) {
	if sink, ok := c.Sink.(load.Queueing); ok {
		sink.Queue(b)
	}
}

// Send delivers the bundle as the Sink does, one outcome for each entry, and
// writes the journal. It is in the run database that the bundle is under way
// before anything is sent.
func (c *Courier) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	list := c.list(b)
	defer c.lists.Put(list)
	entries := *list
	if c.Announce {
		c.Recorder.Journal(b.Seq, false, entries)
		if err := c.Recorder.Await(); err != nil {
			return nil, err
		}
	}
	outcomes, err := c.Sink.Send(ctx, b)
	c.restored() // also where it ends the run: what was sent again is on the target
	if err != nil {
		return nil, err
	}
	if len(outcomes) != len(b.Entries) {
		return nil, fmt.Errorf("bundle %d: the target answered for %d of %d entries", b.Seq, len(outcomes), len(b.Entries))
	}
	for i := range outcomes {
		o := &outcomes[i]
		entries[i].Fate, entries[i].Version = fateOf(o), o.Version
		if c.Mark != 0 && o.OK() {
			entries[i].Fate = c.Mark
		}
		if !o.OK() && c.Letters != nil {
			if err := c.Letters.Add(b.Entries[i].Resource); err != nil {
				return nil, err
			}
		}
	}
	c.Recorder.Journal(b.Seq, true, entries)
	return outcomes, nil
}

// restored writes down what the target had lost by a fall and was sent again.
func (c *Courier) restored() {
	sink, ok := c.Sink.(load.Restoring)
	if !ok {
		return
	}
	for _, e := range sink.Restored() {
		c.Recorder.Restored(reports.RestoredResource{Type: e.Resource.Type, ID: e.Resource.ID, Origin: e.Origin})
	}
}

// list returns a line of the journal for each entry, sent and not answered for.
func (c *Courier) list(b *load.Bundle) *[]reports.Delivered {
	list, _ := c.lists.Get().(*[]reports.Delivered)
	if list == nil {
		list = new([]reports.Delivered)
	}
	*list = slices.Grow((*list)[:0], len(b.Entries))
	for i := range b.Entries {
		r := &b.Entries[i].Resource
		*list = append(*list, reports.Delivered{Type: r.Type, ID: r.ID, Sum: reports.SumOf(r.JSON), Fate: reports.Sent})
	}
	return list
}

// fateOf tells what an answer means for the resource. A first version that was
// not created now was there before with this content: an update would have made
// it the second.
func fateOf(o *load.Outcome) reports.Fate {
	switch {
	case !o.OK():
		return reports.Dead
	case o.Created:
		return reports.Created
	case o.Same, o.Version == "1":
		return reports.Unchanged
	}
	return reports.Updated
}
