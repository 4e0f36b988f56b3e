package hl7v2

import (
	"bytes"
	"errors"
	"io"
)

const (
	firstSize  = 4 << 10 // most messages are no longer, and each may be a file
	bufferSize = 64 << 10
	maxSegment = 16 << 20
)

// The bytes that the minimal lower layer protocol puts around a message (HL7
// v2.5.1 appendix C.2): vertical tab before it, file separator behind it.
const (
	frameStart = 0x0b
	frameEnd   = 0x1c
)

const byteOrderMark = "\xef\xbb\xbf"

// line is one line of the file without its end. text is valid until the next
// line is read.
type line struct {
	text   []byte
	number int64
	opens  bool // an MLLP frame begins before it
	closes bool // an MLLP frame ends behind it
	long   bool // it was longer than maxSegment and is cut
}

// lineReader splits a file at CR, LF, CRLF and at the ends of MLLP frames,
// whichever occur, since feeds and editors mix them.
type lineReader struct {
	r       io.Reader
	buf     []byte
	pos     int
	failed  error // what ended the reading, io.EOF as well
	number  int64
	afterCR bool
	filled  int // how often the buffer was filled
	ends    [3]lineEnd
}

// lineEnd is where the next byte of one kind that ends a line is in a buffer;
// the buffer's length where none is.
type lineEnd struct{ filled, known int }

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: r, buf: make([]byte, 0, firstSize), number: 1}
}

// next returns the next line, or io.EOF, or why the file cannot be read on.
// What an error cuts is not returned: it would look whole.
func (l *lineReader) next() (line, error) {
	l.skipLF()
	searched := 0
	for {
		if i := l.end(l.pos + searched); i >= 0 {
			return l.cut(i - l.pos), nil
		}
		searched = len(l.buf) - l.pos
		if l.failed != nil {
			break
		}
		if searched >= maxSegment {
			return l.overlong()
		}
		l.fill()
	}
	if !errors.Is(l.failed, io.EOF) || searched == 0 {
		return line{}, l.failed
	}
	out := l.dress(l.buf[l.pos:])
	l.pos = len(l.buf)
	return out, nil
}

// end returns where in the buffer the first end of a line at from or behind it
// is, or -1. Each of the three bytes is looked for by itself, and what was found
// is kept until it is passed: most files have one of them only.
func (l *lineReader) end(from int) int {
	first := -1
	for i, c := range [...]byte{'\r', '\n', frameEnd} {
		at := &l.ends[i]
		if at.known < from || at.filled != l.filled {
			at.filled, at.known = l.filled, len(l.buf)
			if n := bytes.IndexByte(l.buf[from:], c); n >= 0 {
				at.known = from + n
			}
		}
		if at.known < len(l.buf) && (first < 0 || at.known < first) {
			first = at.known
		}
	}
	return first
}

// skipLF passes over the LF of a CRLF.
func (l *lineReader) skipLF() {
	if !l.afterCR {
		return
	}
	if l.pos == len(l.buf) && l.failed == nil {
		l.fill()
	}
	if l.pos < len(l.buf) && l.buf[l.pos] == '\n' {
		l.pos++
	}
	l.afterCR = false
}

// cut takes n bytes and the end of the line behind them.
func (l *lineReader) cut(n int) line {
	out := l.dress(l.buf[l.pos : l.pos+n])
	end := l.buf[l.pos+n]
	l.pos += n + 1
	out.closes = end == frameEnd
	l.afterCR = end == '\r'
	if !out.closes {
		l.number++
	}
	return out
}

// dress takes off what may stand before a segment: a frame's start, or the BOM
// of a file that was joined to another.
func (l *lineReader) dress(text []byte) line {
	out := line{number: l.number}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	for len(text) > 0 && text[0] == frameStart {
		out.opens = true
		text = bytes.TrimPrefix(text[1:], []byte(byteOrderMark))
	}
	out.text = text
	return out
}

// overlong returns the beginning of a line that is too long and drops the rest
// of it.
func (l *lineReader) overlong() (line, error) {
	head := bytes.Clone(l.buf[l.pos : l.pos+1024])
	l.pos = len(l.buf)
	for {
		if i := l.end(l.pos); i >= 0 {
			l.pos = i
			end := l.cut(0)
			out := l.dress(head)
			out.number, out.closes, out.long = end.number, end.closes, true
			return out, nil
		}
		l.pos = len(l.buf)
		if l.failed != nil {
			out := l.dress(head)
			out.long = true
			return out, nil
		}
		l.fill()
	}
}

// fill reads more behind what is left of the buffer, which grows as long as a
// line does not fit.
func (l *lineReader) fill() {
	l.filled++
	rest := copy(l.buf[:cap(l.buf)], l.buf[l.pos:])
	l.buf, l.pos = l.buf[:rest], 0
	if rest == cap(l.buf) || l.filled > 1 && cap(l.buf) < bufferSize {
		grown := make([]byte, rest, max(bufferSize, 2*rest))
		copy(grown, l.buf)
		l.buf = grown
	}
	for l.failed == nil && len(l.buf) < cap(l.buf) {
		var n int
		n, l.failed = l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
	}
}
