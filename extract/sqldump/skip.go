package sqldump

import (
	"bytes"
	"strings"
)

// statementEnd reports whether the delimiter comes next, and skips it.
func (l *lexer) statementEnd() bool {
	if !l.starts(l.mode.delimiter) {
		return false
	}
	l.pos += len(l.mode.delimiter)
	return true
}

// skipStatement moves behind the end of the statement, strings and comments
// being no part of it.
func (l *lexer) skipStatement() error {
	for {
		l.skim()
		c, err := l.space()
		switch {
		case err != nil:
			return err
		case c == 0 && !l.need(1):
			return nil
		case c == l.mode.delimiter[0] && l.statementEnd():
			l.inside = false
			return nil
		case l.opens(c):
			if err := l.skipString(c); err != nil {
				return err
			}
		case l.has(batches|clientLines) && l.endsUnmarked(c):
			return nil
		default:
			l.pos++
			for isPlain(c) && l.pos < len(l.buf) && isPlain(l.buf[l.pos]) {
				l.pos++
			}
		}
	}
}

// skim moves over what is in the buffer of a statement as far as nothing in it
// needs a closer look: words, numbers, brackets and strings. What comes then is
// for skipStatement to judge, be it the end.
func (l *lexer) skim() {
	if l.has(batches) || isPlain(l.mode.delimiter[0]) { // SQL Server's statements end at words
		return
	}
	b, i, slash := l.buf, l.pos, l.slash()
	for i < len(b) && b[i] != l.mode.delimiter[0] {
		c, end := b[i], 0
		switch {
		case isPlain(c) || c == ' ' || c == '(' || c == ')' || c == '.' || c == '\n':
			end = i + 1
		case c == '-' && i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9': // no comment
			end = i + 1
		case c == '\'' && i > 0 && !isWord(b[i-1]): // a letter before it may change what ends it
			end = skimString(b, i+1, slash)
		}
		if end == 0 {
			break
		}
		i = end
	}
	l.line += int64(bytes.Count(b[l.pos:i], []byte{'\n'}))
	l.pos = i
}

// skimString returns the index behind the quote that closes the string whose
// text begins at i, or 0 where it is not in b. A doubled quote closes the
// string, and opens another.
func skimString(b []byte, i int, slash byte) int {
	for {
		i = stringEnd(b, i, '\'', slash)
		switch {
		case i == len(b):
			return 0
		case b[i] == '\'':
			return i + 1
		case i+2 > len(b):
			return 0
		}
		i += 2
	}
}

// slash returns what stands beside the quote for something special in a string:
// a backslash, or the quote itself where that is all.
func (l *lexer) slash() byte {
	if l.has(backslash) {
		return '\\'
	}
	return '\''
}

// isPlain reports whether c can neither begin nor end anything; a delimiter is
// never made of such.
func isPlain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ',' || c == '_'
}

// SQL Server needs no end between statements, and scripts rarely write one.
// Only two statements matter here, and both words are reserved, so outside of
// strings and quoted names they begin a statement; GRANT and MERGE, which also
// have them, are read by batchCommand.

// endsUnmarked reports whether a statement ends before c without a delimiter:
// at GO or the next statement in SQL Server, at a line with nothing but / in
// Oracle.
func (l *lexer) endsUnmarked(c byte) bool {
	if l.has(clientLines) {
		return c == '/' && l.slashLine()
	}
	switch c | 0x20 {
	case 'g':
		return l.goLine()
	case 'i':
		return l.startsWord("INSERT")
	case 'c':
		return l.startsWord("CREATE")
	}
	return false
}

// goLine reports whether GO comes next, with nothing but a count behind it on
// its line.
func (l *lexer) goLine() bool {
	if !l.startsWord("GO") {
		return false
	}
	for i := 2; l.need(i + 1); i++ {
		switch c := l.buf[l.pos+i]; {
		case c == '\n' || c == ';' || c == '-' && i > 2:
			return true
		case i > 40 || c > '9' || c < '0' && c != ' ' && c != '\t' && c != '\r':
			return false
		}
	}
	return true
}

// slashLine reports whether the / that comes next is alone on its line.
func (l *lexer) slashLine() bool {
	if b := l.before(1); b != '\n' && b != 0 {
		return false
	}
	for i := 1; l.need(i + 1); i++ {
		switch c := l.buf[l.pos+i]; {
		case c == '\n':
			return true
		case i > 40 || c != ' ' && c != '\t' && c != '\r':
			return false
		}
	}
	return true
}

// skipRoutine moves behind a function, procedure or trigger, in which
// delimiters end nothing.
func (l *lexer) skipRoutine() error {
	depth := 0
	for {
		c, err := l.space()
		switch {
		case err != nil:
			return err
		case c == 0 && !l.need(1):
			return nil
		case l.opens(c):
			if err := l.skipString(c); err != nil {
				return err
			}
		case l.routineEnd(c):
			return nil
		case isWord(c):
			depth = max(0, depth+l.blockWord())
		default:
			l.pos++
			if c == ';' && depth == 0 && l.has(bodies) {
				return nil
			}
		}
	}
}

// routineEnd reports whether c begins the line that ends a routine in SQL
// Server and Oracle.
func (l *lexer) routineEnd(c byte) bool {
	switch c | 0x20 {
	case 'g':
		return l.has(batches) && l.goLine()
	case '/':
		return l.has(clientLines) && l.slashLine()
	}
	return false
}

// blockWord reads a word and returns 1 where it opens a block, -1 where it
// closes one.
func (l *lexer) blockWord() int {
	switch strings.ToUpper(l.word()) {
	case "BEGIN":
		// In PostgreSQL begin may be the name of an argument; its blocks are
		// BEGIN ATOMIC. (An error of space comes up again at once.)
		if c, _ := l.space(); !l.has(copies) || c|0x20 == 'a' && l.startsWord("ATOMIC") {
			return 1
		}
	case "CASE":
		return 1
	case "END":
		return -1
	}
	return 0
}

// skipItem moves behind the comma or bracket that ends an item of a list, and
// reports whether it was a comma. depth is how many brackets the item has
// opened; note, which may be nil, is told of its words. An item of a row ends
// where the statement does as well: a bracket that is never closed costs its
// row, and not those behind it.
func (l *lexer) skipItem(depth int, note func(word string)) (bool, error) {
	for {
		c, err := l.space()
		switch {
		case err != nil:
			return false, err
		case c == 0 && !l.need(1):
			return false, l.cut()
		case l.opens(c):
			if err := l.skipString(c); err != nil {
				return false, err
			}
			continue
		case note != nil && isWord(c):
			note(l.word())
			continue
		case note == nil && (l.starts(l.mode.delimiter) || l.has(batches|clientLines) && l.endsUnmarked(c)):
			return false, nil
		case c == ',' && depth == 0:
			l.pos++
			return true, nil
		case c == ')' && depth == 0:
			l.pos++
			return false, nil
		case c == ')', c == ']':
			depth = max(0, depth-1)
		case c == '(', c == '[': // ARRAY[1, 2]
			depth++
		}
		l.pos++
	}
}

// skipTuple moves behind the tuple that comes next.
func (l *lexer) skipTuple() error {
	_, err := l.countTuple()
	return err
}

// countTuple counts the values of the tuple that comes next.
func (l *lexer) countTuple() (int, error) {
	if c, err := l.space(); err != nil || c != '(' {
		return 0, err
	}
	l.pos++
	for n := 1; ; n++ {
		more, err := l.skipItem(0, nil)
		if err != nil || !more {
			return n, err
		}
	}
}
