package handover

import (
	"iter"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/load"
)

// Level is resources of types that go together; it refers to levels before it.
// In a Chain they refer to each other, too. The order counts: what refers to a
// resource is sent when that is there.
type Level struct {
	Types []string
	Chain bool
	set   *Set
	rows  []int32
	with  map[int]bool // places whose resource belongs to the one before it
}

// Joined reports whether the resource at a place must go in one bundle with the
// one before it.
func (l *Level) Joined(i int) bool { return l.with[i] }

// Len returns how many there are.
func (l *Level) Len() int { return len(l.rows) }

// Item reads the resource at a place of the level. A file that changed since
// Open is an error.
func (l *Level) Item(i int) (Item, error) { return l.set.item(l.set.rows.at(l.rows[i])) }

// Levels returns the resources in the order in which they can be delivered.
// Types that refer to each other in a circle are one level.
func (s *Set) Levels() ([]Level, error) {
	var levels []Level
	byType := make([][]int32, len(s.types))
	for i, e := range s.rows.all() {
		if !e.left {
			byType[e.typ] = append(byType[e.typ], i)
		}
	}
	for _, group := range s.circles() {
		l := Level{set: s, Chain: len(group) > 1 || s.edges[[2]int16{group[0], group[0]}]}
		for _, typ := range group {
			if len(byType[typ]) > 0 {
				l.Types = append(l.Types, s.types[typ])
				l.rows = append(l.rows, byType[typ]...)
			}
		}
		if len(l.rows) == 0 {
			continue
		}
		slices.Sort(l.rows)
		if l.Chain {
			var err error
			if l.rows, err = s.chained(l.rows); err != nil {
				return nil, err
			}
		}
		levels = append(levels, l)
	}
	return levels, nil
}

// Refers returns, of each type, the types that some of its resources refer to.
func (s *Set) Refers() map[string][]string {
	out := map[string][]string{}
	for edge := range s.edges {
		from, to := s.types[edge[0]], s.types[edge[1]]
		out[from] = append(out[from], to)
	}
	for _, to := range out {
		slices.Sort(to)
	}
	return out
}

// Depths returns the resources in as few levels as can be: what refers to
// nothing of the set, then what refers to that alone, and so on. It is for
// targets that are busy for minutes with each level, however small. Types that
// refer to each other in a circle stay a level of their own.
func (s *Set) Depths() ([]Level, error) {
	levels, err := s.Levels()
	if err != nil {
		return nil, err
	}
	depth := map[string]int{} // by type
	var groups [][]Level      // by depth
	for _, l := range levels {
		at := s.depth(l.Types, depth)
		for _, typ := range l.Types {
			depth[typ] = at
		}
		for len(groups) <= at {
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], l)
	}
	var out []Level
	for _, g := range groups {
		out = append(out, together(g)...)
	}
	return out, nil
}

// depth is one more than that of what the types refer to.
func (s *Set) depth(types []string, known map[string]int) int {
	at := 0
	for _, typ := range types {
		for to, d := range known {
			if s.edges[[2]int16{s.index[typ], s.index[to]}] {
				at = max(at, d+1)
			}
		}
	}
	return at
}

// together makes one level of those that refer to nothing among themselves.
func together(levels []Level) []Level {
	var out []Level
	one := -1 // place of that level in out
	for _, l := range levels {
		switch {
		case l.Chain:
			out = append(out, l)
		case one < 0:
			one = len(out)
			out = append(out, l)
		default:
			o := &out[one]
			o.Types = append(slices.Clip(o.Types), l.Types...)
			o.rows = append(slices.Clip(o.rows), l.rows...)
		}
	}
	return out
}

// circles groups the types that refer to each other in a circle, what is
// referred to first.
func (s *Set) circles() [][]int16 {
	order, unit := load.Order(len(s.types), func(v int) []int {
		var to []int
		for w := range s.types {
			if s.edges[[2]int16{int16(v), int16(w)}] {
				to = append(to, w)
			}
		}
		return to
	})
	var groups [][]int16
	for n, v := range order {
		if n == 0 || unit[v] != unit[order[n-1]] {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], int16(v))
	}
	for _, g := range groups {
		slices.Sort(g)
	}
	return groups
}

// chained sorts resources so that each comes after those of the level that it
// refers to. Of a circle the first in the files comes last; the sink keeps a
// circle together where it can.
func (s *Set) chained(rows []int32) ([]int32, error) {
	c := chain{set: s, begun: make(map[int32]bool, len(rows)), sorted: make([]int32, 0, len(rows))}
	for _, i := range rows {
		c.begun[i] = false
	}
	for _, first := range rows {
		if err := c.follow(first); err != nil {
			return nil, err
		}
	}
	return c.sorted, nil
}

// chain is a sort under way. It keeps its own stack: a chain of references may
// be as long as the files.
type chain struct {
	set    *Set
	begun  map[int32]bool // of the level: whether it was met
	stack  []link
	sorted []int32
}

// link is a resource with what it refers to and was not looked at yet.
type link struct {
	row  int32
	refs []int32
}

// follow sorts in what a resource refers to, and then itself.
func (c *chain) follow(first int32) error {
	if err := c.meet(first); err != nil {
		return err
	}
	for len(c.stack) > 0 {
		top := &c.stack[len(c.stack)-1]
		if len(top.refs) == 0 {
			c.sorted = append(c.sorted, top.row)
			c.stack = c.stack[:len(c.stack)-1]
			continue
		}
		next := top.refs[0]
		top.refs = top.refs[1:]
		if err := c.meet(next); err != nil {
			return err
		}
	}
	return nil
}

// meet puts a resource on the stack, unless it is of another level or was there
// before.
func (c *chain) meet(row int32) error {
	if begun, here := c.begun[row]; begun || !here {
		return nil
	}
	c.begun[row] = true
	refs, err := c.set.refersTo(row)
	c.stack = append(c.stack, link{row, refs})
	return err
}

// refersTo returns the resources of the set that one refers to.
func (s *Set) refersTo(row int32) ([]int32, error) {
	it, err := s.item(s.rows.at(row))
	if err != nil {
		return nil, err
	}
	var out []int32
	for ref := range references(it.Resource.JSON) {
		typ, id, _ := strings.Cut(ref, "/")
		if at, ok := s.rows.find(keyOf(typ, id)); ok && at != row {
			out = append(out, at)
		}
	}
	return out, nil
}

// references yields the relative references of canonical JSON, without the
// version that some name.
func references(json []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for ref := range fhir.References(json) {
			ref, _, _ = strings.Cut(ref, "/_history/")
			typ, id, ok := strings.Cut(ref, "/")
			if ok && typ != "" && id != "" && !strings.ContainsAny(ref, ":?#") && !strings.Contains(id, "/") && !yield(ref) {
				return
			}
		}
	}
}

// renamed returns canonical JSON whose references by these names lead to
// Type/id.
func renamed(json []byte, names map[string]string) []byte {
	if len(names) == 0 {
		return json
	}
	return fhir.RenameReferences(json, func(ref string) (string, bool) {
		to, ok := names[ref]
		return to, ok
	})
}
