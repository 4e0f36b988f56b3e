package extract

import (
	"bytes"
	"unsafe"
)

// Odd finds the pieces of a text that are not plain (see [Record]), for a
// format whose records stand behind each other in it. What it looks at once it
// does not look at again: a text of many records costs three fast passes,
// whatever is in it.
type Odd struct {
	text           []byte
	high, amp, ask int // where the next byte beyond ASCII, & and ? stand, len(text) where none does
	next           int // the first of these
}

// NewOdd returns an Odd of text.
func NewOdd(text string) Odd { return Odd{text: bytesOf(text), high: -1, amp: -1, ask: -1, next: -1} }

// Plain reports whether the piece from start to end is plain. No piece begins
// before the one of the last call.
func (o *Odd) Plain(start, end int) bool { return o.next >= end || o.find(start) >= end }

// find returns the place of the first byte from start on that is not plain.
func (o *Odd) find(start int) int {
	if o.high < start {
		o.high = o.from(start, firstHigh(o.text[start:]))
	}
	if o.amp < start {
		o.amp = o.from(start, bytes.IndexByte(o.text[start:], '&'))
	}
	if o.ask < start {
		o.ask = o.from(start, bytes.IndexByte(o.text[start:], '?'))
	}
	o.next = min(o.high, o.amp, o.ask)
	return o.next
}

// from returns the place in the text of what was found from start on.
func (o *Odd) from(start, found int) int {
	if found < 0 {
		return len(o.text)
	}
	return start + found
}

// bytesOf returns the bytes of a text, to be read only: buffers are looked at
// as a whole.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
