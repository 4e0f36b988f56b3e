package dedupe

import (
	"cmp"
	"slices"
)

// Doubt is a pair that a person must look at before its records may be merged.
type Doubt struct {
	Pair
	// Joins is how many pairs of records come together if these two are one person: those of the records that certain pairs
	// hold to the one, each with each of the other's.
	Joins int64
	Whole string // why its whole cluster goes to review, as Cluster.Review; "" where that is not so
}

// Value is what a decision on the pair is worth: the expected number of pairs of records that it brings together.
func (d Doubt) Value() float64 { return d.Probability * float64(d.Joins) }

// Doubts returns the pairs from even odds on that are not merged by themselves, those first whose decision is worth most; those that a veto
// keeps apart stand last. Of the pairs between the same two groups of records that are certain to belong together only the strongest is
// there: the answer to one is the answer to all. Pairs that were decided are left out.
func (r *Result) Doubts() []Doubt {
	groups := r.certainGroups()
	strongest := map[[2]uint32]scored{}
	for _, s := range r.pairs {
		a, b := groups.find(s.a), groups.find(s.b)
		if _, decided := r.judge.decisions.held[[2]uint32{s.a, s.b}]; decided || a == b || s.grade < Possible {
			continue
		}
		key := [2]uint32{min(a, b), max(a, b)}
		if best, ok := strongest[key]; !ok || beats(&s, &best) {
			strongest[key] = s
		}
	}
	var all []Doubt
	for key, s := range strongest {
		all = append(all, Doubt{Pair: r.pair(s), Joins: groups.size[key[0]] * groups.size[key[1]], Whole: groups.review[s.a]})
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

// beats reports whether a pair is the better one to show: without a veto, then stronger, then the first.
func beats(s, best *scored) bool {
	if free, other := s.vetoes == 0, best.vetoes == 0; free != other {
		return free
	}
	return cmp.Or(cmp.Compare(s.bits, best.bits), cmp.Compare(best.a, s.a), cmp.Compare(best.b, s.b)) > 0
}

// certainParts are the rows that certain pairs hold together inside a cluster.
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
		if s.grade == Certain && cluster[s.a] > 0 && cluster[s.a] == cluster[s.b] {
			a, b := p.find(s.a), p.find(s.b)
			p.parent[max(a, b)] = min(a, b)
		}
	}
	for row := range uint32(r.Records) {
		p.size[p.find(row)]++
	}
	return p
}
