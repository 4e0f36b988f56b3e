package dedupe

import (
	"cmp"
	"slices"
)

// Doubt is a pair that a person must look at before its records may be merged.
type Doubt struct {
	Pair
	// Joins is how many pairs of records come together if these two are one
	// person: those of the records that certain pairs hold to the one, each
	// with each of the other's.
	Joins int64
	Whole string // why its whole cluster goes to review, as Cluster.Review; "" where that is not so
}

// Value is what a decision on the pair is worth: the expected number of pairs
// of records that it brings together.
func (d Doubt) Value() float64 { return d.Probability * float64(d.Joins) }

// Doubts returns the pairs from even odds on that are not merged by themselves,
// those first whose decision is worth most; those that a veto keeps apart stand
// last. Only as many are there as it takes to decide everything: records that
// certain pairs hold together are one, and of each circle of pairs the
// strongest that connect it are asked, for who is one with two others makes
// those one as well. Where the answer is that two are different, the next call
// asks what that leaves open. Pairs that were decided, and those whose answer
// follows from decisions, are left out.
func (r *Result) Doubts() []Doubt {
	groups := r.certainGroups()
	apart := map[[2]uint32]bool{}
	var open []scored
	for _, s := range r.pairs {
		same, decided := r.judge.decisions.held[[2]uint32{s.a, s.b}]
		if a, b := groups.find(s.a), groups.find(s.b); decided && !same {
			apart[[2]uint32{min(a, b), max(a, b)}] = true
		} else if !decided && a != b && s.grade >= Possible {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, func(x, y scored) int { return strongest(&x, &y) })
	var all []Doubt
	asked := map[uint32]uint32{} // groups that the questions so far connect
	for _, s := range open {
		a, b := groups.find(s.a), groups.find(s.b)
		x, y := root(asked, a), root(asked, b)
		if x == y || apart[[2]uint32{min(a, b), max(a, b)}] {
			continue
		}
		asked[max(x, y)] = min(x, y)
		all = append(all, Doubt{Pair: r.pair(s), Joins: groups.size[a] * groups.size[b], Whole: groups.review[s.a]})
	}
	slices.SortFunc(all, func(x, y Doubt) int {
		if vx, vy := x.Grade == Possible && x.Vetoes != "", y.Grade == Possible && y.Vetoes != ""; vx != vy {
			if vx {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(y.Value(), x.Value()), cmp.Compare(y.Bits, x.Bits), cmp.Compare(x.L, y.L), cmp.Compare(x.R, y.R))
	})
	return all
}

// root returns the smallest group that questions connect with x.
func root(connected map[uint32]uint32, x uint32) uint32 {
	for {
		up, ok := connected[x]
		if !ok {
			return x
		}
		x = up
	}
}

// strongest orders pairs by how good they are to show: those without a veto,
// then the stronger, then the first.
func strongest(x, y *scored) int {
	if free, other := x.vetoes == 0, y.vetoes == 0; free != other {
		if free {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
}

// certainParts are the rows that certain pairs hold together inside a cluster,
// or people's decisions anywhere.
type certainParts struct {
	parent []uint32
	size   []int64           // of every row that is the smallest of its part
	review map[uint32]string // by row: why its cluster goes to review
}

func (p *certainParts) find(x uint32) uint32 {
	for p.parent[x] != x {
		p.parent[x] = p.parent[p.parent[x]]
		x = p.parent[x]
	}
	return x
}

func (r *Result) certainGroups() *certainParts {
	p := &certainParts{parent: make([]uint32, r.Records), size: make([]int64, r.Records), review: map[uint32]string{}}
	byInput := make([]uint32, r.Records+1)
	for row := range uint32(r.Records) {
		p.parent[row], byInput[r.c.t.input[row]] = row, row
	}
	cluster := make([]int32, r.Records)
	for i, c := range r.Clusters {
		for _, m := range c.Members {
			row := byInput[m.Row]
			cluster[row] = int32(i + 1)
			if c.Review != "" {
				cluster[row], p.review[row] = -int32(i+1), c.Review
			}
		}
	}
	for _, s := range r.pairs {
		if s.decided || s.grade == Certain && cluster[s.a] > 0 && cluster[s.a] == cluster[s.b] {
			a, b := p.find(s.a), p.find(s.b)
			p.parent[max(a, b)] = min(a, b)
		}
	}
	for row := range uint32(r.Records) {
		p.size[p.find(row)]++
	}
	return p
}
