package sqldump

import (
	"bytes"

	"chartlift/extract"
)

// copyFrom reads COPY t (a, b) FROM stdin; and hands its lines to v.
func (l *lexer) copyFrom(v visitor) error {
	line := l.line
	id, err := l.ident()
	if err != nil {
		return err
	}
	columns, err := l.columnList()
	if err != nil {
		return err
	}
	for _, want := range []string{"FROM", "STDIN"} {
		if word, err := l.nextWord(); err != nil || word != want {
			return joinSkip(err, l.skipStatement)
		}
	}
	c, err := l.space()
	if err == nil {
		err = l.skipStatement()
	}
	if err == nil {
		err = l.skipLine()
	}
	if err != nil {
		return err
	}
	if l.peek() == '\n' {
		l.pos++
		l.line++
	}
	if c != ';' { // WITH (FORMAT csv) and the like, which pg_dump never writes
		v.trouble(id, line, "a COPY with options was left out; dump the table with pg_dump")
		return l.skipCopy()
	}
	read, err := v.insert(id, columns, lines)
	if err == nil && !read {
		err = l.skipCopy()
	}
	return err
}

func joinSkip(err error, skip func() error) error {
	if err != nil {
		return err
	}
	return skip()
}

// skipCopy moves behind the line \. that ends the rows. No row holds one: a
// backslash in the data is doubled.
func (l *lexer) skipCopy() error {
	if l.starts(`\.`) {
		return l.skipLine()
	}
	if err := l.skipPast("\n\\."); err != nil {
		return err
	}
	return l.skipLine()
}

// copyLine returns the next line of COPY, valid until more is read, and false
// behind the last. A line that the dump's end cuts is no row.
func (l *lexer) copyLine() ([]byte, bool, error) {
	seen := 0 // bytes of the line that hold no end, so that a long one is searched once
	for {
		b := l.buf[l.pos:]
		if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 {
			b = b[:seen+i]
			l.pos += len(b) + 1
			l.line++
			// A carriage return of the data is written \r: this one came with
			// the file's line ends.
			b = bytes.TrimSuffix(b, []byte{'\r'})
			return b, !bytes.Equal(b, []byte(`\.`)), nil
		}
		if seen = len(b); seen > maxLiteral {
			return nil, false, l.tooLong()
		}
		if !l.fill() {
			if bytes.Equal(b, []byte(`\.`)) {
				l.pos = len(l.buf)
				return nil, false, nil
			}
			return nil, false, l.cut()
		}
	}
}

// countLine counts the values of the line of COPY that comes next.
func (l *lexer) countLine() (int, error) {
	b, more, err := l.copyLine()
	if err != nil || !more {
		return 0, err
	}
	return bytes.Count(b, []byte{'\t'}) + 1, l.skipCopy()
}

// splitLine appends the values of a line of COPY (PostgreSQL manual, COPY, Text
// Format).
func splitLine(b []byte, values []literal, arena []byte) ([]literal, []byte) {
	// Most lines have no escape at all, and one look at the line spares one at
	// each field.
	escaped := bytes.IndexByte(b, '\\') >= 0
	for more := true; more; {
		field := b
		i := bytes.IndexByte(b, '\t')
		if more = i >= 0; more {
			field, b = b[:i], b[i+1:]
		}
		v := literal{start: len(arena), kind: extract.Text}
		switch {
		case !escaped:
			arena = append(arena, field...)
		case string(field) == `\N`:
			v.kind = extract.Null
		default:
			arena = uncopy(arena, field)
		}
		v.end = len(arena)
		values = append(values, v)
	}
	return values, arena
}

// uncopy appends field with its escapes undone.
func uncopy(dst, field []byte) []byte {
	for {
		i := bytes.IndexByte(field, '\\')
		if i < 0 || i+1 == len(field) {
			return append(dst, field...)
		}
		dst = append(dst, field[:i]...)
		c := field[i+1]
		field = field[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'v':
			c = '\v'
		case 'x':
			if n, code := leadingCode(field, 16, 2); n > 0 {
				c, field = code, field[n:]
			}
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n, code := leadingCode(field, 8, 2)
			c, field = (c-'0')<<(3*n)|code, field[n:]
		}
		dst = append(dst, c)
	}
}

// leadingCode reads up to most digits and returns how many there are, and what
// they say.
func leadingCode(b []byte, base, most int) (n int, code byte) {
	for n < most && n < len(b) && digitOf(b[n]) < base {
		code = code*byte(base) + byte(digitOf(b[n]))
		n++
	}
	return n, code
}
