package dedupe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Decision is a person's word on two records, by their ids. It stands above
// every score.
type Decision struct {
	L, R string
	Same bool
}

// pair returns the ids of a decision, the smaller first.
func (d Decision) pair() [2]string { return [2]string{min(d.L, d.R), max(d.L, d.R)} }

// Contradiction is a pair that was decided to be two persons although other
// decisions make it one: Path leads from one record to the other, each and the
// next decided to be the same.
type Contradiction struct{ Path []string }

// String returns the decisions in question, such as "a = b = c, but a and c are
// two persons". It holds ids of records.
func (c Contradiction) String() string {
	return fmt.Sprintf("%s, but %s and %s are two persons", strings.Join(c.Path, " = "), c.Path[0], c.Path[len(c.Path)-1])
}

// Contradictions returns where decisions cannot all be right, sorted. Of two
// decisions on one pair the later in the list holds.
func Contradictions(decisions []Decision) []Contradiction {
	w := wordsOf(decisions)
	var all []Contradiction
	for pair, same := range w.held {
		if !same && w.person(pair[0]) == w.person(pair[1]) {
			all = append(all, Contradiction{Path: w.path(pair[0], pair[1])})
		}
	}
	slices.SortFunc(all, func(a, b Contradiction) int { return slices.Compare(a.Path, b.Path) })
	return all
}

// words are decisions by pair, with who is one person by them.
type words struct {
	held   map[[2]string]bool
	same   map[string][]string // by record: those that were decided to be the same, sorted
	parent map[string]string
}

func wordsOf(decisions []Decision) *words {
	w := &words{held: map[[2]string]bool{}, same: map[string][]string{}, parent: map[string]string{}}
	for _, d := range decisions {
		if d.L != d.R {
			w.held[d.pair()] = d.Same
		}
	}
	for pair, same := range w.held {
		if same {
			a, b := pair[0], pair[1]
			w.same[a], w.same[b] = append(w.same[a], b), append(w.same[b], a)
			if x, y := w.person(a), w.person(b); x != y {
				w.parent[max(x, y)] = min(x, y)
			}
		}
	}
	for _, others := range w.same {
		slices.Sort(others)
	}
	return w
}

// person returns the smallest record that is the same person as id by decisions
// alone.
func (w *words) person(id string) string {
	for {
		up, ok := w.parent[id]
		if !ok {
			return id
		}
		id = up
	}
}

// path returns a shortest way from one record to another over decisions that
// say "same".
func (w *words) path(from, to string) []string {
	before := map[string]string{from: from}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range w.same[queue[0]] {
			if _, seen := before[next]; !seen {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	way := []string{to}
	for id := to; id != from; {
		id = before[id]
		way = append(way, id)
	}
	slices.Reverse(way)
	return way
}

// rowDecisions are the decisions on the records that are here, by row.
type rowDecisions struct {
	held   map[[2]uint32]bool
	parent map[uint32]uint32 // rows that are one person by decisions point to the smaller
}

// person returns the smallest row that is the same person by decisions.
func (d *rowDecisions) person(row uint32) uint32 {
	for {
		up, ok := d.parent[row]
		if !ok {
			return row
		}
		row = up
	}
}

// decisions turns the decisions of people into pairs of rows; those about
// records that are not here are left out. Where they contradict each other,
// those that say "same" do not hold until a person has looked again: a false
// merge costs more than a missed one.
func (l *Linker) decisions() (*rowDecisions, []issue.Issue) {
	d := &rowDecisions{held: map[[2]uint32]bool{}, parent: map[uint32]uint32{}}
	if len(l.o.Decisions) == 0 {
		return d, nil
	}
	rows := make(map[string]uint32, l.t.n)
	for row := range uint32(l.t.n) {
		rows[l.t.id(row)] = row
	}
	w := wordsOf(l.o.Decisions)
	disputed := map[string]bool{}
	var issues []issue.Issue
	for _, c := range Contradictions(l.o.Decisions) {
		disputed[w.person(c.Path[0])] = true
		issues = append(issues, issue.Issue{
			Severity: issue.Error, Code: "decision-contradiction", Type: "conflict", Value: c.String(),
			Message: "people decided that these are one person and that they are two; nothing is joined by these decisions until one of them is taken back in a review worksheet",
		})
	}
	for pair, same := range w.held {
		a, knownA := rows[pair[0]]
		b, knownB := rows[pair[1]]
		if !knownA || !knownB || same && disputed[w.person(pair[0])] {
			continue
		}
		d.held[[2]uint32{min(a, b), max(a, b)}] = same
		if x, y := d.person(a), d.person(b); same && x != y {
			d.parent[max(x, y)] = min(x, y)
		}
	}
	return d, issues
}

// addDecided adds the decided pairs that no rule brought together.
func addDecided(pairs []scored, j *judge, c *comparer) []scored {
	if len(j.decisions.held) == 0 {
		return pairs
	}
	pairs = slices.DeleteFunc(pairs, func(s scored) bool { _, decided := j.decisions.held[[2]uint32{s.a, s.b}]; return decided })
	for rows := range j.decisions.held {
		pairs = append(pairs, j.judge(c, rows[0], rows[1]))
	}
	slices.SortFunc(pairs, func(x, y scored) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return pairs
}

// decidedGroups returns the positions of the rows, those together that people
// decided to be one person.
func (c *clusterer) decidedGroups(rows []uint32) [][]int {
	at := map[uint32]int{}
	groups := make([][]int, len(rows))
	for i, row := range rows {
		person := c.j.decisions.person(row)
		first, ok := at[person]
		if !ok {
			first, at[person] = i, i
		}
		groups[first] = append(groups[first], i)
	}
	return groups
}
