package dedupe

import (
	"cmp"
	"fmt"
	"slices"
)

// Cluster is a group of records that are taken for one person. Its members are
// in the order of the input.
type Cluster struct {
	ID      string   // follows from the members' ids: the same in every run
	Members []Member // two or more
	Review  string   // why a person must look at the whole of it: "large" or "loose"; nothing where that is not so
}

// Member is a record of a cluster. Records with grade Certain are held together
// by certain pairs alone; the others joined them by weaker ones. In a cluster
// to be reviewed all are Possible.
type Member struct {
	ID    string
	Row   int64 // of the input, from 1
	Grade Grade
}

// ClusterID returns the id of the cluster of which this record is the only
// member, or the one whose id's hash is smallest.
func ClusterID(record string) string { return clusterID(hash([]byte(record))) }

func clusterID(key uint64) string { return fmt.Sprintf("c%016x", key) }

// clusterer joins rows by average linkage inside each connected component.
type clusterer struct {
	l         *learner
	j         *judge
	c         *comparer
	threshold float32 // bits
	largest   int
	parent    []uint32
	pairs     []scored // sorted by row
}

// clamp bounds what one pair says in an average, in bits.
const clamp = 10

// mostInComponent is how many records are looked at together; in larger
// components the threshold rises.
const mostInComponent = 300

func (c *clusterer) find(x uint32) uint32 {
	for c.parent[x] != x {
		c.parent[x] = c.parent[c.parent[x]]
		x = c.parent[x]
	}
	return x
}

// linking reports whether a pair joins its records.
func (c *clusterer) linking(s *scored, threshold float32) bool {
	if c.j.combinations != nil {
		return s.grade == Certain
	}
	return s.vetoes == 0 && (s.bits >= threshold || s.decided)
}

// clusters returns the clusters of the scored pairs, sorted by id.
func (c *clusterer) clusters(pairs []scored) []Cluster {
	c.pairs = pairs
	var edges []*scored
	for i := range pairs {
		if c.linking(&pairs[i], c.threshold) {
			edges = append(edges, &pairs[i])
		}
	}
	var out []Cluster
	for _, component := range c.components(edges, c.threshold) {
		for _, rows := range c.agglomerate(component) {
			if len(rows) > 1 {
				out = append(out, c.cluster(rows))
			}
		}
	}
	slices.SortFunc(out, func(a, b Cluster) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// components returns the connected rows, each component sorted. A component
// that is too large is divided by a higher threshold.
func (c *clusterer) components(edges []*scored, threshold float32) [][]uint32 {
	for _, e := range edges {
		c.parent[e.a], c.parent[e.b] = e.a, e.b
	}
	for _, e := range edges {
		a, b := c.find(e.a), c.find(e.b)
		c.parent[max(a, b)] = min(a, b)
	}
	inside := map[uint32][]*scored{}
	var roots []uint32
	for _, e := range edges {
		root := c.find(e.a)
		if inside[root] == nil {
			roots = append(roots, root)
		}
		inside[root] = append(inside[root], e)
	}
	var all, large [][]*scored
	for _, root := range roots {
		all = append(all, inside[root])
	}
	var out [][]uint32
	for _, part := range all {
		if rows := rowsOf(part); len(rows) <= mostInComponent {
			out = append(out, rows)
		} else {
			large = append(large, part)
		}
	}
	for _, part := range large {
		higher := threshold + 2
		kept := slices.DeleteFunc(part, func(e *scored) bool { return !c.linking(e, higher) })
		if higher > 60 { // no higher weights exist: what is left is one huge set of copies
			out = append(out, rowsOf(part))
			continue
		}
		out = append(out, c.components(kept, higher)...)
	}
	return out
}

func rowsOf(edges []*scored) []uint32 {
	var rows []uint32
	for _, e := range edges {
		rows = append(rows, e.a, e.b)
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// links are the pairs inside one component, by position.
type links struct {
	n      int
	bits   []float64 // n by n, clamped
	forbid []bool
}

func (c *clusterer) links(rows []uint32) links {
	n := len(rows)
	m := links{n: n, bits: make([]float64, n*n), forbid: make([]bool, n*n)}
	for x := range rows {
		for y := x + 1; y < n; y++ {
			s := c.pair(rows[x], rows[y])
			if s == nil { // no rule brought these together: compare them now
				found := c.j.judge(c.c, rows[x], rows[y])
				s = &found
			}
			bits := float64(min(max(s.bits, -clamp), clamp))
			if s.vetoes != 0 {
				bits = min(bits, 0)
			}
			m.bits[x*n+y], m.bits[y*n+x] = bits, bits
			m.forbid[x*n+y], m.forbid[y*n+x] = s.vetoes&cannotLink != 0, s.vetoes&cannotLink != 0
		}
	}
	return m
}

// agglomerate joins the rows of a component: always the two groups whose pairs
// weigh most on average, until the best average is below the threshold. Groups
// with a pair that must not be together are never joined.
func (c *clusterer) agglomerate(rows []uint32) [][]uint32 {
	if len(rows) == 2 || len(rows) > mostInComponent {
		return [][]uint32{rows}
	}
	m := c.links(rows)
	groups := c.decidedGroups(rows)
	for x, g := range groups {
		m.gather(x, g)
	}
	limit := min(float64(c.threshold), clamp)
	for {
		x, y := m.closest(groups, limit)
		if x < 0 {
			break
		}
		m.join(x, y, len(groups[x]), len(groups[y]))
		groups[x] = append(groups[x], groups[y]...)
		groups[y] = nil
	}
	var out [][]uint32
	for _, g := range groups {
		if g == nil {
			continue
		}
		var members []uint32
		for _, i := range g {
			members = append(members, rows[i])
		}
		slices.Sort(members)
		out = append(out, members)
	}
	return out
}

// closest returns the two groups with the highest average, the first in the
// order of the rows where several are equal.
func (m *links) closest(groups [][]int, limit float64) (x, y int) {
	x, best := -1, limit
	for i := range groups {
		for j := i + 1; j < m.n; j++ {
			if groups[i] == nil || groups[j] == nil || m.forbid[i*m.n+j] {
				continue
			}
			if bits := m.bits[i*m.n+j]; bits > best || x < 0 && bits >= best {
				x, y, best = i, j, bits
			}
		}
	}
	return x, y
}

// join makes row and column x those of two groups of nx and ny records
// together.
func (m *links) join(x, y, nx, ny int) {
	wx, wy := float64(nx), float64(ny)
	for k := range m.n {
		bits := (m.bits[x*m.n+k]*wx + m.bits[y*m.n+k]*wy) / (wx + wy)
		m.bits[x*m.n+k], m.bits[k*m.n+x] = bits, bits
		forbid := m.forbid[x*m.n+k] || m.forbid[y*m.n+k]
		m.forbid[x*m.n+k], m.forbid[k*m.n+x] = forbid, forbid
	}
}

// gather joins the records of a group that people decided to be one person;
// what forbids it among them is overruled. Who is one with any of them is one
// with all, so the strongest pair speaks for the group: an average would tear
// what was sure before the decision.
func (m *links) gather(x int, group []int) {
	for _, y := range group[min(1, len(group)):] {
		for k := range m.n {
			bits := max(m.bits[x*m.n+k], m.bits[y*m.n+k])
			m.bits[x*m.n+k], m.bits[k*m.n+x] = bits, bits
			forbid := m.forbid[x*m.n+k] || m.forbid[y*m.n+k]
			m.forbid[x*m.n+k], m.forbid[k*m.n+x] = forbid, forbid
		}
	}
}

// cluster describes a group of rows.
func (c *clusterer) cluster(rows []uint32) Cluster {
	certain := c.certainPart(rows)
	smallest := rows[0] // rows are in the order of the hashes of ids
	out := Cluster{ID: clusterID(c.l.t.key(smallest)), Review: c.doubt(rows)}
	for _, row := range rows {
		m := Member{ID: c.l.t.id(row), Row: int64(c.l.t.input[row]), Grade: Probable}
		switch {
		case out.Review != "":
			m.Grade = Possible
		case slices.Contains(certain, row):
			m.Grade = Certain
		case !c.heldAt(row, rows, Probable):
			m.Grade = Possible
		}
		out.Members = append(out.Members, m)
	}
	slices.SortFunc(out.Members, func(a, b Member) int { return cmp.Compare(a.Row, b.Row) })
	return out
}

// certainPart returns the largest part of a cluster that certain pairs alone
// hold together.
func (c *clusterer) certainPart(rows []uint32) []uint32 {
	var best []uint32
	seen := map[uint32]bool{}
	for _, start := range rows {
		if seen[start] {
			continue
		}
		part := []uint32{start}
		seen[start] = true
		for i := 0; i < len(part); i++ {
			for _, other := range rows {
				if s := c.pair(part[i], other); !seen[other] && s != nil && s.grade == Certain {
					seen[other] = true
					part = append(part, other)
				}
			}
		}
		if len(part) > max(1, len(best)) {
			best = part
		}
	}
	return best
}

// pair returns what is known of two rows, nil where they were not compared or
// have next to nothing in common.
func (c *clusterer) pair(a, b uint32) *scored {
	a, b = min(a, b), max(a, b)
	i, found := slices.BinarySearchFunc(c.pairs, [2]uint32{a, b}, func(s scored, rows [2]uint32) int {
		return cmp.Or(cmp.Compare(s.a, rows[0]), cmp.Compare(s.b, rows[1]))
	})
	if !found {
		return nil
	}
	return &c.pairs[i]
}

// heldAt reports whether a row has a pair of at least this grade in its
// cluster.
func (c *clusterer) heldAt(row uint32, rows []uint32, least Grade) bool {
	return slices.ContainsFunc(rows, func(other uint32) bool {
		s := c.pair(row, other)
		return s != nil && s.grade >= least
	})
}

// doubt returns why a whole cluster goes to review: it is larger than a
// person's records usually are, or fewer than half of its pairs agree. Where
// people decided that all of it is one person, nothing is left to look at.
func (c *clusterer) doubt(rows []uint32) string {
	person := c.j.decisions.person(rows[0])
	if !slices.ContainsFunc(rows, func(row uint32) bool { return c.j.decisions.person(row) != person }) {
		return ""
	}
	if len(rows) > c.largest {
		return "large"
	}
	agreeing := int64(0)
	for x := range rows {
		for y := x + 1; y < len(rows); y++ {
			s := c.pair(rows[x], rows[y])
			if s != nil && c.linking(s, c.threshold) || c.j.decisions.person(rows[x]) == c.j.decisions.person(rows[y]) {
				agreeing++
			}
		}
	}
	if agreeing*2 < pairsOf(len(rows)) {
		return "loose"
	}
	return ""
}
