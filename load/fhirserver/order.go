package fhirserver

import "bytes"

// inOrder returns items so that each comes after those of the same bundle that it
// refers to, and otherwise in the given order. Whatever is sent first then finds its
// references: cutting and halving do not break a bundle that is whole. Resources that refer to
// each other in a circle get the same unit, and are kept in one request as long as that is possible.
func inOrder(items []item) []item {
	o := orderer{items: items, at: make(map[string]int, len(items)), seen: make([]int, len(items)), low: make([]int, len(items))}
	for i, it := range items {
		if _, twice := o.at[it.ref()]; twice {
			return given(items) // only the given order is right for the same resource twice
		}
		o.at[it.ref()] = i
	}
	for i := range items {
		if o.seen[i] == 0 {
			o.visit(i)
		}
	}
	return o.sorted
}

// given makes each item a unit of its own.
func given(items []item) []item {
	for i := range items {
		items[i].unit = i
	}
	return items
}

// orderer finds the circles of references with Tarjan's algorithm, which
// gives them out in the order wanted here.
type orderer struct {
	items     []item
	at        map[string]int // index by reference
	seen, low []int          // 1-based time of the visit; the earliest that a circle leads back to; -1 when given out
	time      int
	stack     []int
	sorted    []item
}

func (o *orderer) visit(i int) {
	o.time++
	o.seen[i], o.low[i] = o.time, o.time
	o.stack = append(o.stack, i)
	for _, ref := range references(o.items[i].entry.Resource.JSON) {
		j, here := o.at[string(ref)]
		if !here {
			continue
		}
		if o.seen[j] == 0 {
			o.visit(j)
		}
		o.low[i] = lower(o.low[i], o.low[j])
	}
	if o.low[i] == o.seen[i] {
		o.give(i)
	}
}

// lower is the earlier of two times; one that was given out (-1) does not count.
func lower(a, b int) int {
	if b < 0 {
		return a
	}
	return min(a, b)
}

// give takes the circle that begins with i off the stack.
func (o *orderer) give(i int) {
	from := len(o.stack) - 1
	for o.stack[from] != i {
		from--
	}
	for _, j := range o.stack[from:] {
		o.low[j] = -1
		o.items[j].unit = i
		o.sorted = append(o.sorted, o.items[j])
	}
	o.stack = o.stack[:from]
}

// references returns the values of all "reference" elements of canonical JSON.
func references(json []byte) [][]byte {
	key := []byte(`"reference":"`)
	var found [][]byte
	for {
		at := bytes.Index(json, key)
		if at < 0 {
			return found
		}
		json = json[at+len(key):]
		end := bytes.IndexByte(json, '"')
		if end < 0 {
			return found
		}
		found = append(found, json[:end])
		json = json[end:]
	}
}

// apart reports whether items may be cut before index i.
func apart(items []item, i int) bool { return items[i-1].unit != items[i].unit }

// middle is the place nearest to the middle where items may be cut; the middle itself where all are one unit.
func middle(items []item) int {
	half := len(items) / 2
	for d := 0; d < half; d++ {
		if apart(items, half-d) {
			return half - d
		}
		if half+d < len(items) && apart(items, half+d) {
			return half + d
		}
	}
	return half
}
