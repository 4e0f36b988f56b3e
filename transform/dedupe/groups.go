package dedupe

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Group is records that pairs of one grade and better alone hold together,
// inside one cluster: what may be merged by that grade.
type Group struct {
	Cluster string   // id of the cluster; of its groups only the largest, the first of several, bears it as its own
	Own     bool     // whether it is that group
	IDs     []string // two or more, in the order of their rows in the input
	Grade   Grade    // the weakest pair that was needed
}

// Groups returns the groups of this grade, sorted by cluster and by the first
// row of each. Clusters of which a person must look at the whole have none.
func (r *Result) Groups(least Grade) []Group {
	parts := newPartition(r)
	for _, grade := range []Grade{Certain, Probable, Possible} {
		if grade < least {
			break
		}
		for i := range r.pairs {
			if r.pairs[i].grade == grade {
				parts.join(&r.pairs[i])
			}
		}
	}
	return parts.groups(r)
}

// partition divides the rows of clusters into groups.
type partition struct {
	cluster []int32 // by row: its cluster, counted from 1; 0 where it has none, or a person must look
	parent  []uint32
	grade   []Grade // by root
}

func newPartition(r *Result) *partition {
	p := &partition{cluster: make([]int32, r.Records), parent: make([]uint32, r.Records), grade: make([]Grade, r.Records)}
	rows := make([]uint32, r.Records+1) // by row of the input
	for row := range uint32(r.Records) {
		rows[r.c.t.input[row]], p.parent[row] = row, row
	}
	for i, c := range r.Clusters {
		if c.Review != "" {
			continue
		}
		for _, m := range c.Members {
			p.cluster[rows[m.Row]] = int32(i + 1)
		}
	}
	return p
}

func (p *partition) find(x uint32) uint32 {
	for p.parent[x] != x {
		p.parent[x] = p.parent[p.parent[x]]
		x = p.parent[x]
	}
	return x
}

func (p *partition) join(s *scored) {
	if p.cluster[s.a] == 0 || p.cluster[s.a] != p.cluster[s.b] {
		return
	}
	a, b := p.find(s.a), p.find(s.b)
	if a == b {
		return
	}
	weakest := s.grade // grades come from the best to the weakest
	for _, root := range []uint32{a, b} {
		if g := p.grade[root]; g != None {
			weakest = min(weakest, g)
		}
	}
	p.parent[max(a, b)] = min(a, b)
	p.grade[min(a, b)] = weakest
}

func (p *partition) groups(r *Result) []Group {
	members := map[uint32][]uint32{}
	for row := range uint32(r.Records) {
		if p.cluster[row] > 0 {
			members[p.find(row)] = append(members[p.find(row)], r.c.t.input[row])
		}
	}
	var out []Group
	firsts := map[string]uint32{} // by id of the first record: its row in the input
	for root, rows := range members {
		if len(rows) < 2 {
			continue
		}
		slices.Sort(rows)
		g := Group{Cluster: r.Clusters[p.cluster[root]-1].ID, Grade: p.grade[root]}
		for _, row := range rows {
			g.IDs = append(g.IDs, r.c.t.records.at(row))
		}
		firsts[g.IDs[0]] = rows[0]
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(len(b.IDs), len(a.IDs)), cmp.Compare(firsts[a.IDs[0]], firsts[b.IDs[0]]))
	})
	for i := range out {
		out[i].Own = i == 0 || out[i].Cluster != out[i-1].Cluster
	}
	return out
}

// SHA256 returns the hash of the model as it is written, in hexadecimal: the
// same weights have the same hash.
func (m *Model) SHA256() (string, error) {
	var text bytes.Buffer
	if err := m.Write(&text); err != nil {
		return "", fmt.Errorf("hash model: %w", err)
	}
	sum := sha256.Sum256(text.Bytes())
	return hex.EncodeToString(sum[:]), nil
}
