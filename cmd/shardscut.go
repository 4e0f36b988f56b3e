package cmd

import (
	"context"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
)

// dealer says which shard takes which byte of all that is converted in shards:
// the same number to each.
type dealer struct{ total, shards int64 }

func (p *planned) dealer() dealer {
	d := dealer{shards: int64(len(p.plan.Shards))}
	for _, s := range p.sized {
		d.total += s.whole.Bytes
	}
	return d
}

func (d dealer) shardAt(place int64) int64 { return min(d.shards-1, place*d.shards/max(1, d.total)) }

// places returns where a file that takes these bytes of all is to be cut.
func (d dealer) places(from, to int64) []int64 {
	var out []int64
	for k := d.shardAt(from) + 1; k < d.shards && k*d.total/d.shards < to; k++ {
		out = append(out, k*d.total/d.shards-from)
	}
	return out
}

// cut cuts all that is converted in shards at ends of records, as near as may
// be to where shares of the same size end.
func (p *planned) cut(ctx context.Context) error {
	d, before := p.dealer(), int64(0)
	for i := range p.sized {
		s := &p.sized[i]
		var err error
		if s.pieces, err = p.cutInput(ctx, *s, d.places(before, before+s.whole.Bytes)); err != nil {
			return err
		}
		before += s.whole.Bytes
	}
	return nil
}

// deal gives the pieces to shards, and says of each which of its rows duplicate
// others.
func (p *planned) deal(ctx context.Context, job pipeline.Job) error {
	d, before := p.dealer(), int64(0)
	twins := map[*pipeline.Input][]shards.Twin{}
	for _, s := range p.sized {
		if err := p.twins(ctx, job, s, twins); err != nil {
			return err
		}
		for _, part := range s.pieces {
			at := before + s.whole.Bytes/2 // what cannot be cut goes where most of it would
			if part.Range != nil {
				at = before + part.Range.From
			}
			part.Twins = packed(twins[s.in], part.Range)
			to := &p.plan.Shards[d.shardAt(at)].Parts
			*to = append(*to, part)
		}
		before += s.whole.Bytes
	}
	return nil
}

// twins finds the rows of the input's table that duplicate others, once for all
// inputs of the table.
func (p *planned) twins(ctx context.Context, job pipeline.Job, s sized, into map[*pipeline.Input][]shards.Twin) error {
	if s.whole.Input > 0 {
		return nil
	}
	for _, t := range p.m.tables.Tables {
		if t.Source.Name != s.whole.Table {
			continue
		}
		found, err := pipeline.Twins(ctx, job, t)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Source.Name, err)
		}
		for in, list := range found {
			into[in] = list
		}
	}
	return nil
}

// cutInput cuts an input at these places of its file, or returns all of it
// where it cannot be cut.
func (p *planned) cutInput(ctx context.Context, s sized, places []int64) ([]shards.Part, error) {
	c, can := s.in.Source.(extract.Cutter)
	if !can || len(places) == 0 {
		return p.inOnePiece(s.whole)
	}
	stretches, err := c.Cut(ctx, s.in.Schema.Table, places)
	if err != nil {
		return nil, err
	}
	if len(stretches) < 2 {
		return p.inOnePiece(s.whole)
	}
	var out []shards.Part
	for _, r := range stretches {
		part := s.whole
		part.Range, part.Bytes = &r, r.To-r.From
		out = append(out, part)
	}
	return out, nil
}

// inOnePiece returns a part that is all of its input. An archive, which many
// inputs may be in, is summed once.
func (p *planned) inOnePiece(part shards.Part) ([]shards.Part, error) {
	path := onDisk(part.Path)
	sum, ok := p.sums[path]
	if !ok {
		var err error
		if sum.hash, sum.size, err = shards.Sum(path, 0, -1); err != nil {
			return nil, err
		}
		p.sums[path] = sum
	}
	part.Sum, part.Bytes = sum.hash, sum.size
	return []shards.Part{part}, nil
}

// packed returns the twins of a stretch.
func packed(all []shards.Twin, r *extract.Part) []byte {
	if r != nil {
		from, _ := slices.BinarySearchFunc(all, r.Row, shards.Twin.Compare)
		to, _ := slices.BinarySearchFunc(all, r.Row+r.Rows, shards.Twin.Compare)
		all = all[from:to]
	}
	return shards.PackTwins(all)
}
