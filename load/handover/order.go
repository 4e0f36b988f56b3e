package handover

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// Level is resources that may be delivered together, when all levels before are there. In a Chain they refer to each other: the order
// counts, and they are to be sent one bundle after the other.
type Level struct {
	Types []string
	Chain bool
	set   *Set
	rows  []int32
}

// Len returns how many there are.
func (l *Level) Len() int { return len(l.rows) }

// Item reads the resource at a place of the level. A file that changed since Open is an error.
func (l *Level) Item(i int) (Item, error) { return l.set.item(&l.set.rows[l.rows[i]]) }

// Levels returns the resources in the order in which they can be delivered. Types that refer to each other in a circle are one level.
func (s *Set) Levels() ([]Level, error) {
	var levels []Level
	byType := make([][]int32, len(s.types))
	for i, e := range s.rows {
		byType[e.typ] = append(byType[e.typ], int32(i))
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

// circles groups the types that refer to each other in a circle, what is referred to first (Tarjan).
func (s *Set) circles() [][]int16 {
	n := len(s.types)
	seen, low, stack := make([]int, n), make([]int, n), []int16{}
	out := make([]bool, n)
	var groups [][]int16
	time := 0
	var visit func(v int16)
	visit = func(v int16) {
		time++
		seen[v], low[v] = time, time
		stack = append(stack, v)
		for w := range int16(n) {
			if !s.edges[[2]int16{v, w}] || out[w] {
				continue
			}
			if seen[w] == 0 {
				visit(w)
			}
			low[v] = min(low[v], low[w])
		}
		if low[v] != seen[v] {
			return
		}
		at := slices.Index(stack, v)
		group := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, w := range group {
			out[w] = true
		}
		slices.Sort(group)
		groups = append(groups, group)
	}
	for v := range int16(n) {
		if seen[v] == 0 {
			visit(v)
		}
	}
	return groups
}

// chained sorts resources so that each comes after those of the level that it refers to. Of a circle the first in the
// files comes last; the sink keeps a circle together where it can.
func (s *Set) chained(rows []int32) ([]int32, error) {
	sorted := make([]int32, 0, len(rows))
	in := make(map[int32]bool, len(rows)) // true: given out, false: to come
	for _, i := range rows {
		in[i] = false
	}
	begun := map[int32]bool{}
	type step struct {
		row  int32
		refs []int32
	}
	for _, first := range rows {
		if in[first] || begun[first] {
			continue
		}
		stack := []step{{row: first}}
		begun[first] = true
		refs, err := s.refersTo(first)
		if err != nil {
			return nil, err
		}
		stack[0].refs = refs
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.refs) == 0 {
				in[top.row] = true
				sorted = append(sorted, top.row)
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.refs[0]
			top.refs = top.refs[1:]
			if done, here := in[next]; !here || done || begun[next] {
				continue
			}
			begun[next] = true
			refs, err := s.refersTo(next)
			if err != nil {
				return nil, err
			}
			stack = append(stack, step{next, refs})
		}
	}
	return sorted, nil
}

// refersTo returns the resources of the set that one refers to.
func (s *Set) refersTo(row int32) ([]int32, error) {
	it, err := s.item(&s.rows[row])
	if err != nil {
		return nil, err
	}
	var out []int32
	for ref := range references(it.Resource.JSON) {
		typ, id, _ := strings.Cut(ref, "/")
		if at, ok := s.at[keyOf(typ, id)]; ok && at != row {
			out = append(out, at)
		}
	}
	return out, nil
}

// references yields the relative references of canonical JSON, without their version.
func references(json []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		key := []byte(`"reference":"`)
		for {
			at := bytes.Index(json, key)
			if at < 0 {
				return
			}
			json = json[at+len(key):]
			end := bytes.IndexByte(json, '"')
			if end < 0 {
				return
			}
			ref, _, _ := strings.Cut(string(json[:end]), "/_history/")
			json = json[end:]
			typ, id, ok := strings.Cut(ref, "/")
			if ok && typ != "" && id != "" && !strings.ContainsAny(ref, ":?#") && !strings.Contains(id, "/") && !yield(ref) {
				return
			}
		}
	}
}

// renamed returns canonical JSON whose references by fullUrl lead to Type/id. Other texts that look alike, such as identifiers, stay.
func renamed(json []byte, names map[string]string) []byte {
	if len(names) == 0 {
		return json
	}
	key := []byte(`"reference":"`)
	var out []byte
	for {
		at := bytes.Index(json, key)
		if at < 0 {
			return append(out, json...)
		}
		at += len(key)
		end := bytes.IndexByte(json[at:], '"')
		if end < 0 {
			return append(out, json...)
		}
		out = append(out, json[:at]...)
		ref := string(json[at : at+end])
		if to, ok := names[ref]; ok {
			ref = to
		}
		out = append(out, ref...)
		json = json[at+end:]
	}
}
