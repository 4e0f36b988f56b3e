package csvfile

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"chartlift/extract"
)

// maxRecord bounds one record, and with it the buffer.
const maxRecord = 16 << 20

// status is what became of an attempt to read a record.
type status uint8

const (
	complete    status = iota
	needMore           // the record goes on behind the buffer
	finished           // there is no record left
	unclosed           // the record has a quote that is never closed
	anotherCell        // the record goes on with another cell
)

// trouble is what is wrong with a record as such.
type trouble uint8

const (
	sound trouble = iota
	unclosedQuote
	tooLong
)

// cell is a stretch of the buffer, counted from the start of the batch.
type cell struct {
	start, end int32
	quoted     bool
}

// tail is text that follows a closing quote, which stood at gap.
type tail struct {
	cell int
	gap  int32
}

// row is one record as cells[first : first+n].
type row struct {
	first, n int
	line     int64
	trouble  trouble
}

// scanner splits a buffer of UTF-8 into records. It allocates nothing per
// record: cells and rows are used again for every batch.
type scanner struct {
	dialect Dialect
	buf     []byte
	start   int // where the batch begins
	pos     int // where the next record begins
	eof     bool
	line    int64 // physical line at pos
	limit   int

	cells []cell
	rows  []row
	tails []tail
	marks []int // cells that have quotes or escapes to be undone
	extra int64 // line ends inside the quotes of the record at hand
}

// reset forgets the batch that was read.
func (s *scanner) reset() {
	s.cells, s.rows, s.tails, s.marks = s.cells[:0], s.rows[:0], s.tails[:0], s.marks[:0]
	s.start = s.pos
}

// next reads one record and appends it to rows. Blank lines are no records.
func (s *scanner) next() status {
	if st := s.skipBlank(); st != complete {
		return st
	}
	cells, tails, marks := len(s.cells), len(s.tails), len(s.marks)
	s.extra = 0
	end, st := s.split(s.dialect.Quote)
	r := row{first: cells, line: s.line}
	if st == needMore && len(s.buf)-s.pos >= s.limit {
		st = unclosed
	}
	if st != complete {
		s.cells, s.tails, s.marks = s.cells[:cells], s.tails[:tails], s.marks[:marks]
	}
	switch st {
	case needMore:
		return needMore
	case unclosed:
		end = s.giveUp(&r)
	}
	r.n = len(s.cells) - cells
	s.rows = append(s.rows, r)
	s.line += s.extra + 1
	s.pos = end
	return complete
}

// giveUp makes a record of the first physical line alone, without quoting, so
// that the rows after a quote that is never closed are not swallowed.
func (s *scanner) giveUp(r *row) int {
	s.extra, r.trouble = 0, unclosedQuote
	if bytes.IndexByte(s.buf[s.pos:], s.dialect.Newline) < 0 && !s.eof {
		r.trouble = tooLong
		return len(s.buf)
	}
	end, _ := s.split(0)
	return end
}

// skipBlank moves to the next line that is not empty.
func (s *scanner) skipBlank() status {
	nl := s.dialect.Newline
	for ; s.pos < len(s.buf); s.line++ {
		b := s.buf[s.pos:]
		switch {
		case b[0] == nl:
			s.pos++
		case b[0] != '\r':
			return complete
		case len(b) == 1 && !s.eof:
			return needMore
		case len(b) == 1:
			s.pos++
		case b[1] == nl:
			s.pos += 2
		default:
			return complete
		}
	}
	if s.eof {
		return finished
	}
	return needMore
}

// split appends the cells of the record at pos, reading quote as quotation
// mark, and returns where the record ends.
func (s *scanner) split(quote byte) (int, status) {
	for pos := s.pos; ; {
		if open := s.opening(pos, quote); open >= 0 {
			end, st := s.quotedCell(open)
			if st != complete {
				return 0, st
			}
			if end == len(s.buf) || s.buf[end] == s.dialect.Newline {
				return min(end+1, len(s.buf)), complete
			}
			pos = end + 1
			continue
		}
		end, st := s.plainCells(pos, quote)
		if st != anotherCell {
			return end, st
		}
		pos = end
	}
}

// opening returns the index of the quote that opens the cell at pos, blanks
// before it left out, or -1 where the cell has none.
func (s *scanner) opening(pos int, quote byte) int {
	for quote != 0 && pos < len(s.buf) {
		switch s.buf[pos] {
		case quote:
			return pos
		case ' ':
			pos++
		default:
			return -1
		}
	}
	return -1
}

// plainCells appends cells without quotes from pos on, eight bytes at a time,
// until the record ends (complete) or a quoted cell or the last bytes of the
// buffer begin at the index returned (anotherCell).
func (s *scanner) plainCells(pos int, quote byte) (int, status) {
	b, cells := s.buf, s.cells
	delims, nls := extract.Eight(s.dialect.Delimiter), extract.Eight(s.dialect.Newline)
	base, i := s.start, pos
	for ; i+8 < len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		for hits := zeroBytes(word^delims) | zeroBytes(word^nls); hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)>>3
			if b[at] == s.dialect.Newline {
				s.cells = append(cells, cell{start: int32(pos - base), end: int32(s.trimCR(pos, at) - base)})
				return at + 1, complete
			}
			cells = append(cells, cell{start: int32(pos - base), end: int32(at - base)})
			pos = at + 1
			if c := b[pos]; (c == quote || c == ' ') && s.opening(pos, quote) >= 0 {
				s.cells = cells
				return pos, anotherCell
			}
		}
	}
	s.cells = cells
	return s.lastCell(pos, i)
}

// lastCell appends the cell that begins at pos and does not end before i, near
// the end of the buffer.
func (s *scanner) lastCell(pos, i int) (int, status) {
	end := s.cellEnd(i)
	if end == len(s.buf) && !s.eof {
		return 0, needMore
	}
	if end < len(s.buf) && s.buf[end] == s.dialect.Delimiter {
		s.cells = append(s.cells, cell{start: int32(pos - s.start), end: int32(end - s.start)})
		return end + 1, anotherCell
	}
	s.cells = append(s.cells, cell{start: int32(pos - s.start), end: int32(s.trimCR(pos, end) - s.start)})
	return min(end+1, len(s.buf)), complete
}

// trimCR leaves out the carriage return before a line feed at end.
func (s *scanner) trimCR(start, end int) int {
	if s.dialect.Newline == '\n' && end > start && s.buf[end-1] == '\r' {
		return end - 1
	}
	return end
}

// quotedCell appends the cell whose opening quote is at pos and returns the
// index of the delimiter or line end behind it.
func (s *scanner) quotedCell(pos int) (int, status) {
	b, start := s.buf, pos+1
	shut, escaped, st := s.closingQuote(start)
	if st != complete {
		return 0, st
	}
	lines := int64(bytes.Count(b[start:shut], []byte{s.dialect.Newline}))
	c := cell{start: int32(start - s.start), end: int32(shut - s.start), quoted: true}
	end := shut + 1
	if end < len(b) && b[end] != s.dialect.Delimiter && b[end] != s.dialect.Newline {
		if end = s.cellEnd(end); end == len(b) && !s.eof {
			return 0, needMore
		}
		rest := bytes.TrimRight(b[shut+1:s.trimCR(shut+1, end)], " \t")
		switch {
		case len(rest) == 0:
		case lines > 0:
			// Text behind the closing quote of a cell of several lines: that
			// quote opened another cell, and the one here was never closed.
			return 0, unclosed
		case rest[len(rest)-1] == s.dialect.Quote:
			// "a "b" c": the inner quotes were not doubled.
			c.end = int32(shut + len(rest) - s.start)
			s.tails = append(s.tails, tail{cell: len(s.cells), gap: -1})
		default:
			s.tails = append(s.tails, tail{cell: len(s.cells), gap: int32(shut - s.start)})
			escaped = true
			c.end = int32(shut + 1 + len(rest) - s.start)
		}
	}
	if escaped {
		s.marks = append(s.marks, len(s.cells))
	}
	s.extra += lines
	s.cells = append(s.cells, c)
	return end, complete
}

// closingQuote returns the index of the quote that closes the cell which begins
// at start.
func (s *scanner) closingQuote(start int) (shut int, escaped bool, st status) {
	b, quote := s.buf, s.dialect.Quote
	for i := start; ; {
		j := bytes.IndexByte(b[i:], quote)
		if j < 0 {
			return 0, false, s.openEnded()
		}
		j += i
		switch {
		case s.dialect.Escape == '\\' && oddBackslashes(b[start:j]):
			escaped, i = true, j+1
		case j+1 == len(b) && !s.eof:
			return 0, false, needMore
		case j+1 < len(b) && b[j+1] == quote:
			escaped, i = true, j+2
		default:
			escaped = escaped || s.dialect.Escape == '\\' && bytes.IndexByte(b[start:j], '\\') >= 0
			return j, escaped, complete
		}
	}
}

func (s *scanner) openEnded() status {
	if s.eof {
		return unclosed
	}
	return needMore
}

// cellEnd returns the index of the first delimiter or line end from i on.
func (s *scanner) cellEnd(i int) int {
	for i < len(s.buf) && s.buf[i] != s.dialect.Delimiter && s.buf[i] != s.dialect.Newline {
		i++
	}
	return i
}

func oddBackslashes(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// appendPlain appends the text of a cell, doubled quotes and backslashes undone
// and the quote before a tail left out.
func (s *scanner) appendPlain(dst []byte, i int) []byte {
	c := s.cells[i]
	gap := int32(-1)
	for _, t := range s.tails {
		if t.cell == i {
			gap = t.gap
		}
	}
	if gap < 0 {
		return s.collapse(dst, s.buf[s.start+int(c.start):s.start+int(c.end)])
	}
	dst = s.collapse(dst, s.buf[s.start+int(c.start):s.start+int(gap)])
	return append(dst, s.buf[s.start+int(gap)+1:s.start+int(c.end)]...)
}

// collapse appends b to dst, its escapes undone.
func (s *scanner) collapse(dst, b []byte) []byte {
	quote := s.dialect.Quote
	for i := 0; i < len(b); i++ {
		if i+1 < len(b) {
			pair := b[i] == quote && b[i+1] == quote
			if s.dialect.Escape == '\\' && b[i] == '\\' {
				pair = b[i+1] == quote || b[i+1] == '\\'
			}
			if pair {
				i++
			}
		}
		dst = append(dst, b[i])
	}
	return dst
}

// zeroBytes sets the high bit of each byte of v that is zero, and no other
// (Warren, Hacker's Delight, 6-1).
func zeroBytes(v uint64) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	return ^((v&low + low) | v | low)
}
