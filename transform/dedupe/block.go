package dedupe

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// blocker divides the records into blocks, rule by rule, and hands out the
// pairs.
type blocker struct {
	t       *table
	rules   []*rule
	window  int // neighbours compared in a block that is too large even then
	workers int
	reports []RuleReport

	keys  []uint64 // room for the keys of one rule
	keyed []keyed
}

// RuleReport says what one rule brought, and what it left out.
type RuleReport struct {
	Rule     string `json:"rule"`
	Pairs    int64  `json:"pairs"`              // pairs of records that share its key
	New      int64  `json:"new"`                // of these, pairs that no earlier rule had
	Large    int    `json:"large,omitempty"`    // blocks that were too large and were divided by a further field
	Huge     int    `json:"huge,omitempty"`     // blocks that were still too large: only neighbours were compared
	Left     int64  `json:"left,omitempty"`     // pairs that share the key and were not compared for these reasons
	Skipped  bool   `json:"skipped,omitempty"`  // the rule was not used: its pairs would have been more than the budget
	Learning int64  `json:"learning,omitempty"` // pairs from which weights were learned
}

// keyed is a record with its key.
type keyed struct {
	key uint64
	row uint32
}

// shards is into how many parts of the keys' range the work is divided: the
// same on every machine, so that results are.
const shards = 256

// sharded returns the records that have a key, sorted by key, in parts of which
// none shares a key with another.
func (b *blocker) sharded(ctx context.Context, key func(row uint32) uint64) ([][]keyed, error) {
	if b.keys == nil {
		b.keys, b.keyed = make([]uint64, b.t.n), make([]keyed, b.t.n)
	}
	keys := b.keys
	if err := b.spread(ctx, func(from, to int) {
		for row := from; row < to; row++ {
			keys[row] = key(uint32(row))
		}
	}); err != nil {
		return nil, err
	}
	var starts [shards + 1]int
	for _, k := range keys {
		if k != 0 {
			starts[k>>56+1]++
		}
	}
	for i := range shards {
		starts[i+1] += starts[i]
	}
	all := b.keyed[:starts[shards]]
	next := starts
	for row, k := range keys {
		if k != 0 {
			all[next[k>>56]] = keyed{k, uint32(row)}
			next[k>>56]++
		}
	}
	parts := make([][]keyed, shards)
	for i := range parts {
		parts[i] = all[starts[i]:starts[i+1]:starts[i+1]]
	}
	return parts, b.each(ctx, func(shard int) {
		slices.SortFunc(parts[shard], func(x, y keyed) int {
			return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.row, y.row))
		})
	})
}

// spread calls work for ranges of rows on all cores.
func (b *blocker) spread(ctx context.Context, work func(from, to int)) error {
	const piece = 1 << 14
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(b.workers)
	for from := 0; from < b.t.n; from += piece {
		g.Go(func() error {
			work(from, min(from+piece, b.t.n))
			return ctx.Err()
		})
	}
	return g.Wait()
}

// each calls work for every shard on all cores.
func (b *blocker) each(ctx context.Context, work func(shard int)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(b.workers)
	for shard := range shards {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			work(shard)
			return nil
		})
	}
	return g.Wait()
}

// runs iterates over the blocks of sorted records: stretches with one key.
func runs(sorted []keyed) func(yield func([]keyed) bool) {
	return func(yield func([]keyed) bool) {
		for len(sorted) > 0 {
			n := 1
			for n < len(sorted) && sorted[n].key == sorted[0].key {
				n++
			}
			if !yield(sorted[:n]) {
				return
			}
			sorted = sorted[n:]
		}
	}
}

// pairsOf returns how many pairs n records make.
func pairsOf(n int) int64 { return int64(n) * int64(n-1) / 2 }

// measure sorts the records by the rule's key, divides blocks that are too
// large, and keeps the blocks.
func (b *blocker) measure(ctx context.Context, r *rule) (RuleReport, error) {
	report := RuleReport{Rule: r.name}
	parts, err := b.sharded(ctx, r.key)
	if err != nil {
		return report, err
	}
	r.cap = b.largest(parts)
	for _, part := range parts {
		for block := range runs(part) {
			report.Pairs += pairsOf(len(block))
			if len(block) > r.cap {
				r.large[block[0].key] = true
			}
		}
	}
	if report.Large = len(r.large); report.Large > 0 {
		parts, err = b.sharded(ctx, func(row uint32) uint64 {
			key := r.key(row)
			if r.large[key] {
				key = r.divided(key, row)
			}
			return key
		})
	}
	b.keep(r, parts)
	report.Huge = len(r.huge)
	report.Left = report.Pairs - r.pairs(b.window)
	return report, err
}

// largest returns the size above which blocks are divided: the largest of a few
// for which the rule makes no more pairs than it may.
func (b *blocker) largest(parts [][]keyed) int {
	limit := b.budget()
	sizes := []int{1000, 250, 60}
	for _, size := range sizes {
		pairs := int64(0)
		for _, part := range parts {
			for block := range runs(part) {
				n := len(block)
				pairs += pairsOf(min(n, size)) * int64(max(1, n/size))
			}
		}
		if pairs <= limit {
			return size
		}
	}
	return 16
}

// budget is how many pairs one rule may make.
func (b *blocker) budget() int64 {
	if b.t.n < smallInput {
		return int64(b.t.n) * 50
	}
	return int64(b.t.n) * 5
}

// smallInput is the number of records below which rules of one field alone are
// affordable.
const smallInput = 20_000

// keep stores the blocks of two and more records.
func (b *blocker) keep(r *rule, parts [][]keyed) {
	records, blocks := 0, 0
	for _, part := range parts {
		for block := range runs(part) {
			if len(block) > 1 {
				records += len(block)
				blocks++
			}
		}
	}
	r.rows, r.ends = make([]uint32, 0, records), make([]uint32, 0, blocks)
	for _, part := range parts {
		for block := range runs(part) {
			if len(block) < 2 {
				continue
			}
			start := len(r.rows)
			for _, k := range block {
				r.rows = append(r.rows, k.row)
			}
			r.ends = append(r.ends, uint32(len(r.rows)))
			if len(block) > r.cap {
				r.huge[block[0].key] = true
				b.t.sortByText(r.rows[start:])
			}
		}
	}
}

// sortByText puts rows in the order of their names and dates of birth, so that
// neighbours are alike.
func (t *table) sortByText(rows []uint32) {
	slices.SortFunc(rows, func(a, b uint32) int {
		return cmp.Or(
			strings.Compare(t.family.text(a), t.family.text(b)), strings.Compare(t.given.text(a), t.given.text(b)),
			strings.Compare(t.dob.text(a), t.dob.text(b)), cmp.Compare(a, b),
		)
	})
}

// block returns the rows of the i-th block of the rule.
func (r *rule) block(i int) []uint32 {
	start := uint32(0)
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.rows[start:r.ends[i]]
}

// reach returns how many rows further on a row of a block of n is compared
// with.
func (r *rule) reach(n, window int) int {
	if n > r.cap {
		return window
	}
	return n - 1
}

// pairs returns how many pairs the rule compares.
func (r *rule) pairs(window int) int64 {
	all := int64(0)
	for i := range r.ends {
		n := len(r.block(i))
		w := int64(r.reach(n, window))
		all += int64(n)*w - w*(w+1)/2
	}
	return all
}

// choose measures the rules one after another. Rules of one field alone come
// last, only where the input is small, and only as long as the budget of pairs
// lasts.
func (b *blocker) choose(ctx context.Context, all []*rule) error {
	spent := int64(0)
	for _, r := range all {
		if r.single && b.t.n >= smallInput {
			continue
		}
		report, err := b.measure(ctx, r)
		if err != nil {
			return err
		}
		cost := report.Pairs - report.Left
		if report.Skipped = r.single && spent+cost > 4*b.budget(); report.Skipped {
			report.Left = report.Pairs
			r.rows, r.ends = nil, nil
		} else {
			spent += cost
			b.rules = append(b.rules, r)
		}
		b.reports = append(b.reports, report)
	}
	b.keys, b.keyed = nil, nil
	return nil
}
