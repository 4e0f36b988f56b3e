// Package prints remembers values by fingerprint: which keys were there, and a
// few bytes about each, for as many keys as a run has. Read [Table] first.
//
//	var seen prints.Table[uint32]
//	days, known := seen.Place(xxh3.HashString("Encounter/7"))
//	*days = 12
//	got, ok := seen.Get(xxh3.HashString("Encounter/7"))
package prints

import (
	"math/bits"
	"unsafe"
)

// pageSlots is how many slots a page has: with values of 4 bytes, 12 KB, which
// the allocator hands out without a rest.
const pageSlots = 1024

// Table maps fingerprints to values. It keeps the 64 bits of a print and the
// value, and from a seventh to two sevenths of both once more as room, in pages
// that hold no pointers where values have none. Its entries are sorted by
// print: each stands as near behind its share of the range (its home) as those
// before it allow, so that a search ends at the first larger one, also of a
// print that is not there. A table grows by an eighth and takes over its own
// pages one after another, so that it never holds two copies.
//
// The zero Table is empty. It is not safe for concurrent use, but any number
// may read at the same time. Prints must be spread evenly by their high bits;
// of prints that are not, a table takes no more memory, only more time. 0 is
// taken for 1.
type Table[V any] struct {
	pages [][]slot[V] // all but the last have pageSlots slots
	homes int         // places that prints are spread over; those that found theirs taken may stand behind
	n     int
}

// slot is a print and its value side by side, for one fetch from memory. Halves
// of the print take no room to align 4 bytes behind them, and the value comes
// first because the compiler keeps room behind a last member without size.
type slot[V any] struct {
	value     V
	low, high uint32
}

// print returns the print of a slot, 0 of an empty one.
func (s *slot[V]) print() uint64 { return uint64(s.high)<<32 | uint64(s.low) }

func slotOf[V any](print uint64, value V) slot[V] {
	return slot[V]{value: value, low: uint32(print), high: uint32(print >> 32)}
}

// Len returns the number of prints.
func (t *Table[V]) Len() int { return t.n }

// Bytes returns how much memory the table takes, what values point to left
// aside.
func (t *Table[V]) Bytes() int {
	return t.slots()*int(unsafe.Sizeof(slot[V]{})) + cap(t.pages)*int(unsafe.Sizeof([]slot[V]{}))
}

// Get returns the value of a print.
func (t *Table[V]) Get(print uint64) (value V, ok bool) {
	if t.n == 0 {
		return value, false
	}
	p, at, ok := t.find(max(1, print))
	if ok {
		value = t.pages[p][at].value
	}
	return value, ok
}

// Touch reads what stands in the home of a print, so that the processor has it
// at hand for who asks for the print in a moment; see [Shared.Ahead]. The
// number says nothing: whoever adds it up keeps the compiler from leaving the
// reading out.
func (t *Table[V]) Touch(print uint64) uint32 {
	home := t.home(print)
	if home/pageSlots >= len(t.pages) {
		return 0 // there is nothing in it
	}
	page := t.pages[home/pageSlots]
	return page[min(home%pageSlots, len(page)-1)].high
}

// Place returns where the value of a print stands, until the next call, and
// whether the print was there. The value of a new one is zero.
func (t *Table[V]) Place(print uint64) (value *V, known bool) {
	print = max(1, print)
	if t.n*8 >= t.homes*7 {
		t.grow(t.homes + max(t.homes/8, min(t.homes/2, pageSlots/2), 8))
	}
	p, at, known := t.find(print)
	if !known {
		p, at = t.insert(p, at, print)
		t.n++
	}
	return &t.pages[p][at].value, known
}

func (t *Table[V]) slots() int {
	if len(t.pages) == 0 {
		return 0
	}
	last := len(t.pages) - 1
	return last*pageSlots + len(t.pages[last])
}

func (t *Table[V]) home(print uint64) int {
	share, _ := bits.Mul64(print, uint64(t.homes))
	return int(share)
}

// find returns the slot of the print or, where it is not there, the one that it
// belongs into: empty, taken by a larger one, or the first behind the last
// page's end.
func (t *Table[V]) find(print uint64) (p, at int, found bool) {
	home := t.home(print)
	p, at = home/pageSlots, home%pageSlots
	for {
		for page := t.pages[p]; at < len(page); at++ {
			if there := page[at].print(); there-1 >= print-1 { // 0 wraps around: it ends the search as a larger print does
				return p, at, there == print
			}
		}
		if p+1 == len(t.pages) {
			return p, at, false
		}
		p, at = p+1, 0
	}
}

// insert puts the print into a slot that find told, moving those behind it on
// to the next empty one, and returns the slot.
func (t *Table[V]) insert(p, at int, print uint64) (atPage, atSlot int) {
	if at == pageSlots {
		p, at = p+1, 0
	}
	if p == len(t.pages) || at == len(t.pages[p]) {
		t.extend(nil)
	}
	atPage, atSlot = p, at
	var value V
	for moved := slotOf(print, value); ; {
		if p == len(t.pages) {
			t.extend(nil)
		}
		page, end := t.pages[p], at
		for end < len(page) && page[end].print() != 0 {
			end++
		}
		full := end == len(page)
		if full {
			end--
		}
		last := page[end]
		copy(page[at+1:end+1], page[at:end])
		page[at] = moved
		if !full {
			return atPage, atSlot
		}
		moved = last
		if at = end + 1; len(page) == pageSlots {
			p, at = p+1, 0
		} else {
			t.extend(nil)
		}
	}
}

// extend adds slots at the end: to the last page while it is short of a whole
// one, then another page, if there is one a spare one.
func (t *Table[V]) extend(spare *[][]slot[V]) {
	if last := len(t.pages) - 1; last >= 0 && len(t.pages[last]) < pageSlots {
		longer := make([]slot[V], min(pageSlots, len(t.pages[last])*3/2+8))
		copy(longer, t.pages[last])
		t.pages[last] = longer
		return
	}
	size := min(pageSlots, max(8, t.homes-t.slots()))
	if size == pageSlots && spare != nil && len(*spare) > 0 {
		n := len(*spare) - 1
		t.pages = append(t.pages, (*spare)[n])
		*spare = (*spare)[:n]
		return
	}
	t.pages = append(t.pages, make([]slot[V], size))
}

// grow spreads the entries over more homes. As they are sorted, they are
// written in the order in which they are read, and a page that was read to its
// end serves again.
func (t *Table[V]) grow(homes int) {
	old := t.pages
	t.pages, t.homes = make([][]slot[V], 0, homes/pageSlots+2), homes
	var spare [][]slot[V]
	next := 0
	for i, page := range old {
		for k := range page {
			print := page[k].print()
			if print == 0 {
				continue
			}
			next = max(next, t.home(print))
			for next >= t.slots() {
				t.extend(&spare)
			}
			t.pages[next/pageSlots][next%pageSlots] = page[k]
			next++
		}
		if old[i] = nil; len(page) == pageSlots {
			clear(page)
			spare = append(spare, page)
		}
	}
	for t.slots() < homes {
		t.extend(&spare)
	}
}
