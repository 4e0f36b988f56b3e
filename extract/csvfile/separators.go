package csvfile

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"chartlift/extract"
)

// windowSize is how much text is searched for separators at once: it is still
// in the processor's nearest memory when values are made of it.
const windowSize = 16 << 10

// kind is what a byte means, a bit for each meaning.
type kind uint8

const (
	delimiters kind = 1 << iota
	newlines
	quotes
	slash
	ampersand
	question
	nul
	high // beyond ASCII

	odd    = ampersand | question | high // see extract.Odd
	damage = nul | high                  // there are NULs, or there may be bytes that are no characters
)

// separators are the places of the delimiters, line ends and quotes in a window
// of the buffer, in ascending order.
type separators struct {
	one, two, three uint64   // eight of each
	tables          [32]byte // kinds by the lower half of a byte, and by the upper one
	seen            kind     // in the window, of all but separators
	from, end       int      // of the window
	n               int      // of the places
	next            int      // of these, the first that is not behind
	places          [windowSize + blockSize]uint32
}

// blockSize is how many bytes blocks looks at at a time, and how many places it
// may write behind the last one.
const blockSize = 64

// newSeparators returns nil where a character of d is beyond ASCII, or means
// two things.
func newSeparators(d Dialect) *separators {
	quote := d.Quote
	if quote == 0 {
		quote = d.Delimiter
	}
	if d.Delimiter >= utf8.RuneSelf || quote >= utf8.RuneSelf || d.Delimiter == d.Quote || d.Newline == d.Quote {
		return nil
	}
	s := &separators{one: extract.Eight(d.Delimiter), two: extract.Eight(d.Newline), three: extract.Eight(quote)}
	for i, c := range []byte{d.Delimiter, d.Newline, quote, '\\', '&', '?', 0} {
		s.tables[c&15] |= 1 << i
		s.tables[16+c>>4] |= 1 << i
	}
	for half := range 16 {
		s.tables[half] |= byte(high)
		if half >= 8 {
			s.tables[16+half] |= byte(high)
		}
	}
	return s
}

// forget makes the window empty: the buffer holds other text.
func (s *separators) forget() { s.from, s.end, s.n, s.next = 0, 0, 0, 0 }

// since returns the places from pos on, as far as the window goes.
func (s *separators) since(pos int) []uint32 {
	for s.next < s.n && int(s.places[s.next]) < pos {
		s.next++
	}
	return s.places[s.next:s.n]
}

// find moves the window of b so that it begins at from.
func (s *separators) find(b []byte, from int) {
	s.from, s.end, s.next = from, min(len(b), from+windowSize), 0
	text := b[from:s.end]
	whole := len(text) / blockSize * blockSize
	s.n, s.seen = s.blocks(text[:whole], uint32(from))
	n, seen := s.words(text[whole:], uint32(from+whole), s.n)
	s.n, s.seen = n, s.seen|seen
}

// words writes the places of the separators in text, which stands at base,
// behind the first n, and returns how many there are then, and what was seen.
func (s *separators) words(text []byte, base uint32, n int) (all int, seen kind) {
	const low = 0x7f7f7f7f7f7f7f7f
	seen, met := look(text), uint64(0)
	for ; len(text) >= 8; text, base = text[8:], base+8 {
		word := binary.LittleEndian.Uint64(text)
		met |= word
		// Of two bytes below 0x80 that are not the same, this sum has the high
		// bit, and it is never carried into the next byte.
		w := word & low
		others := ((w ^ s.one) + low) & ((w ^ s.two) + low) & ((w ^ s.three) + low)
		for hits := ^(others | word | low); hits != 0; hits &= hits - 1 {
			s.places[n] = base + uint32(bits.TrailingZeros64(hits)>>3)
			n++
		}
	}
	for i, c := range text {
		met |= uint64(c)
		if c == byte(s.one) || c == byte(s.two) || c == byte(s.three) {
			s.places[n] = base + uint32(i)
			n++
		}
	}
	if met&^low != 0 {
		seen |= high
	}
	return n, seen
}

// look returns the kinds in text that are neither separators nor beyond ASCII.
func look(text []byte) (seen kind) {
	for _, k := range []struct {
		char byte
		kind kind
	}{{'\\', slash}, {'&', ampersand}, {'?', question}, {0, nul}} {
		if bytes.IndexByte(text, k.char) >= 0 {
			seen |= k.kind
		}
	}
	return seen
}
