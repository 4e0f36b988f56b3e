package fhirserver

import (
	"context"

	"chartlift/fhir"
)

// hunt finds the first guilty entry of a transaction that was refused as a
// whole, by halving, and delivers all others. What comes before it is delivered
// on the way; what comes after it goes in one request at the end: of 100
// entries one is found with nine requests more.
func (d delivery) hunt(ctx context.Context, items []item) error {
	from, to := 0, len(items) // the guilty one is in between
	for to-from > 1 {
		half := from + middle(items[from:to])
		kept, r, err := d.prepare(items[from:half])
		if err != nil {
			return err
		}
		if len(kept) < half-from { // what these refer to is not there: the others are no riddle
			if err := d.deliver(ctx, kept); err != nil {
				return err
			}
			from = half
			continue
		}
		a, v, err := d.sink.client.send(ctx, r, half-from)
		if err != nil {
			return err
		}
		if v == stale {
			continue
		}
		if v == refused && half-from > 1 && d.fatal(a) == nil {
			to = half
			continue
		}
		if err := d.treat(ctx, items[from:half], a, v); err != nil {
			return err
		}
		if v == refused { // it stood alone, and has its outcome
			return d.others(ctx, items[from], items[half:])
		}
		from = half
	}
	if err := d.deliver(ctx, items[from:to]); err != nil {
		return err
	}
	return d.others(ctx, items[from], items[to:])
}

// others delivers what came after the guilty entry. Entries that refer to it,
// or to one that does, will be refused as well: each goes alone, so that none
// needs a hunt.
func (d delivery) others(ctx context.Context, guilty item, items []item) error {
	if guilty.out.OK() {
		return d.deliverRest(ctx, items)
	}
	bad := map[string]bool{guilty.ref(): true}
	var good, dependants []item
	for _, it := range items {
		if refersTo(it, bad) {
			bad[it.ref()] = true
			dependants = append(dependants, it)
			continue
		}
		good = append(good, it)
	}
	if err := d.deliverRest(ctx, good); err != nil {
		return err
	}
	for _, it := range dependants {
		if err := d.deliver(ctx, []item{it}); err != nil {
			return err
		}
	}
	return nil
}

func (d delivery) deliverRest(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	return d.deliver(ctx, items)
}

// refers reports whether a resource refers to anything.
func refers(it item) bool {
	for range fhir.References(it.entry.Resource.JSON) {
		return true
	}
	return false
}

func refersTo(it item, any map[string]bool) bool {
	for ref := range fhir.References(it.entry.Resource.JSON) {
		if any[ref] {
			return true
		}
	}
	return false
}
