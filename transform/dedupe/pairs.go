package dedupe

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// pieces calls work for pieces of n things on all cores, each goroutine with a
// comparer of its own.
func (l *learner) pieces(ctx context.Context, n, size int, work func(c *comparer, i, from, to int)) error {
	comparers := make(chan *comparer, l.workers)
	for range l.workers {
		comparers <- newComparer(l.t, l.list)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(l.workers)
	for from := 0; from < n; from += size {
		g.Go(func() error {
			c := <-comparers
			defer func() { comparers <- c }()
			if err := ctx.Err(); err != nil {
				return err
			}
			work(c, from/size, from, min(from+size, n))
			return nil
		})
	}
	return g.Wait()
}

// pairsOfBlock calls found for the pairs of block j of rule i that no earlier
// rule has; with every above 1, for a sample of them.
func (b *blocker) pairsOfBlock(i, j int, every uint64, found func(x, y uint32)) {
	r := b.rules[i]
	rows := r.block(j)
	reach := r.reach(len(rows), b.window)
	for x := range rows {
		for y := x + 1; y < len(rows) && y <= x+reach; y++ {
			if every > 1 && mix(b.t.key(rows[x]), b.t.key(rows[y]))%every != 0 {
				continue
			}
			if !b.earlier(i, rows[x], rows[y]) {
				found(min(rows[x], rows[y]), max(rows[x], rows[y]))
			}
		}
	}
}

// earlier reports whether a rule before rule i has this pair.
func (b *blocker) earlier(i int, x, y uint32) bool {
	for _, r := range b.rules[:i] {
		if r.shared(x, y) {
			return true
		}
	}
	return false
}

func (b *blocker) reportOf(r *rule) int {
	return slices.IndexFunc(b.reports, func(report RuleReport) bool { return report.Rule == r.name })
}

// scored is a pair of rows, the smaller first, with what it came to.
type scored struct {
	a, b    uint32
	bits    float32
	grade   Grade
	decided bool // a person said that they are one
	vetoes  vetoes
	doubts  vetoes // vetoes that bar Certain alone
	pattern pattern
}

// leastKept is the probability from which on a pair is kept and reported.
const leastKept = .01

// score compares all pairs that the rules bring together and keeps those that
// may be one person, sorted by row.
func (l *learner) score(ctx context.Context, j *judge) ([]scored, error) {
	var all []scored
	for i, r := range l.rules {
		const piece = 512
		kept := make([][]scored, (len(r.ends)+piece-1)/piece)
		fresh := make([]int64, len(kept))
		err := l.pieces(ctx, len(r.ends), piece, func(c *comparer, at, from, to int) {
			for block := from; block < to; block++ {
				l.pairsOfBlock(i, block, 1, func(a, b uint32) {
					fresh[at]++
					if s := j.judge(c, a, b); s.bits >= j.least {
						kept[at] = append(kept[at], s)
					}
				})
			}
		})
		if err != nil {
			return nil, err
		}
		for at := range kept {
			all = append(all, kept[at]...)
			l.reports[l.reportOf(r)].New += fresh[at]
		}
	}
	slices.SortFunc(all, func(x, y scored) int {
		if x.a != y.a {
			return int(x.a) - int(y.a)
		}
		return int(x.b) - int(y.b)
	})
	return slices.CompactFunc(all, func(x, y scored) bool { return x.a == y.a && x.b == y.b }), nil
}
