package sqldump

import "bytes"

// maxHeader bounds the text of a header that is remembered.
const maxHeader = 8 << 10

// header is what stands before the rows of the last INSERT, its first bracket
// included. Dumps with one row in each INSERT repeat it millions of times.
type header struct {
	text    []byte
	lines   int64
	id      ident
	columns []string
}

// remember keeps the header of the INSERT at hand, whose rows come next.
func (l *lexer) remember(id ident, columns []string) {
	l.header = header{}
	from := l.statement.offset - l.base
	if from < 0 || l.peek() != '(' || int64(l.pos)-from > maxHeader || l.inside {
		return
	}
	text := bytes.Clone(l.buf[from : l.pos+1])
	l.header = header{text: text, lines: int64(bytes.Count(text, []byte{'\n'})), id: id, columns: columns}
}

// again reports whether the statement that begins with c has the header of the
// last INSERT, and moves to its rows.
func (l *lexer) again(c byte) bool {
	n := len(l.header.text)
	if n == 0 || c != l.header.text[0] || l.inside || !l.need(n) || !bytes.Equal(l.buf[l.pos:l.pos+n], l.header.text) {
		return false
	}
	l.pos += n - 1
	l.line += l.header.lines
	l.batchOf = l.header.id
	return true
}
