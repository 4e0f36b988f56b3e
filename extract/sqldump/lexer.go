package sqldump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	bufferSize = 256 << 10
	maxWord    = 64 << 10 // a name, a number or a keyword
	maxLiteral = 64 << 20 // one string, in what becomes of it
)

// errCut says that the dump ends in the middle of a statement.
var errCut = errors.New("the dump ends inside a statement; it was cut short")

// lexer reads a dump in pieces. What is skipped is never decoded, and nothing
// but the string at hand is kept.
type lexer struct {
	r           io.Reader
	dialect     dialect
	buf         []byte
	pos         int
	line        int64
	end         bool // nothing comes behind buf
	failed      error
	delimiter   string
	conditional bool  // inside /*! … */, which MySQL reads as code
	base        int64 // bytes before buf
	statement   place // where the statement at hand begins
}

// place is a point in a dump from which it can be read on.
type place struct {
	offset    int64
	line      int64
	delimiter string
}

// jump moves on to p, without a look at what is between.
func (l *lexer) jump(p place) error {
	if _, err := io.CopyN(io.Discard, l.r, p.offset); err != nil {
		return err
	}
	l.base, l.line, l.delimiter = p.offset, p.line, p.delimiter
	return nil
}

func newLexer(r io.Reader, d dialect) *lexer {
	return &lexer{r: r, dialect: d, buf: make([]byte, 0, bufferSize), line: 1, delimiter: ";"}
}

// need makes n bytes available at pos, n being small, and reports whether there are so many.
func (l *lexer) need(n int) bool {
	for len(l.buf)-l.pos < n {
		if l.end {
			return false
		}
		l.base += int64(l.pos)
		rest := copy(l.buf, l.buf[l.pos:])
		l.buf, l.pos = l.buf[:rest], 0
		m, err := l.r.Read(l.buf[rest:cap(l.buf)])
		l.buf = l.buf[:rest+m]
		if err != nil {
			l.end = true
			if !errors.Is(err, io.EOF) {
				l.failed = err
			}
		}
	}
	return true
}

// cut returns why the dump ended too early.
func (l *lexer) cut() error {
	if l.failed != nil {
		return l.failed
	}
	return fmt.Errorf("line %d: %w", l.line, errCut)
}

// peek returns the next byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.pos == len(l.buf) && !l.need(1) {
		return 0
	}
	return l.buf[l.pos]
}

// starts reports whether s comes next.
func (l *lexer) starts(s string) bool {
	return l.need(len(s)) && string(l.buf[l.pos:l.pos+len(s)]) == s
}

// space skips blanks and comments and returns the byte behind them, 0 at the end.
func (l *lexer) space() (byte, error) {
	for {
		c := l.peek()
		switch {
		case c == '\n':
			l.line++
			l.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			l.pos++
		case c == '/' || c == '-' || c == '#' || c == '*':
			comment, err := l.comment(c)
			if err != nil || !comment {
				return c, err
			}
		default:
			return c, l.failed
		}
	}
}

// comment skips a comment that begins with c, and the brackets of a conditional one.
func (l *lexer) comment(c byte) (bool, error) {
	switch {
	case c == '#' && l.dialect.hash, c == '-' && l.lineComment():
		return true, l.skipLine()
	case c == '/' && l.starts("/*!"):
		l.pos += 3
		for c := l.peek(); c >= '0' && c <= '9'; c = l.peek() {
			l.pos++
		}
		l.conditional = true
		return true, nil
	case c == '/' && l.starts("/*"):
		return true, l.skipPast("*/")
	case c == '*' && l.conditional && l.starts("*/"):
		l.pos += 2
		l.conditional = false
		return true, nil
	}
	return false, nil
}

// lineComment tells "-- remark" from "5--3": MySQL wants white space behind the dashes.
func (l *lexer) lineComment() bool {
	if !l.starts("--") {
		return false
	}
	return !l.need(3) || l.buf[l.pos+2] <= ' '
}

func (l *lexer) skipLine() error {
	for l.need(1) {
		if i := bytes.IndexByte(l.buf[l.pos:], '\n'); i >= 0 {
			l.pos += i
			return nil
		}
		l.pos = len(l.buf)
	}
	return l.failed
}

func (l *lexer) skipPast(mark string) error {
	for l.need(len(mark)) {
		if l.starts(mark) {
			l.pos += len(mark)
			return nil
		}
		if l.buf[l.pos] == '\n' {
			l.line++
		}
		l.pos++
	}
	return l.cut()
}

// word reads a bare word, such as a keyword or a number.
func (l *lexer) word() string {
	var b []byte
	for c := l.peek(); isWord(c) && len(b) < maxWord; c = l.peek() {
		b = append(b, c)
		l.pos++
	}
	return string(b)
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c == '@' || c >= 0x80
}

// name reads a name, quoted or bare; of schema.table the last part. It returns
// "" where there is none.
func (l *lexer) name() (string, error) {
	name := ""
	for {
		c, err := l.space()
		if err != nil {
			return "", err
		}
		switch {
		case c != 0 && (strings.IndexByte(l.dialect.names, c) >= 0 || c == '"'):
			quoted, err := l.quoted(nil)
			if err != nil {
				return "", err
			}
			name = string(quoted)
		default:
			name = l.word()
		}
		if l.peek() != '.' {
			return name, nil
		}
		l.pos++
	}
}

// quoted appends to dst what stands between the quote at pos and its twin,
// with escapes undone.
func (l *lexer) quoted(dst []byte) ([]byte, error) {
	quote, start := l.peek(), len(dst)
	slash := l.dialect.backslash && strings.IndexByte(l.dialect.strings, quote) >= 0
	l.pos++
	for l.need(1) {
		b, i := l.buf[l.pos:], 0
		for i < len(b) && b[i] != quote && (b[i] != '\\' || !slash) {
			i++
		}
		dst = append(dst, b[:i]...)
		l.line += int64(bytes.Count(b[:i], []byte{'\n'}))
		l.pos += i
		switch {
		case len(dst)-start > maxLiteral:
			return dst, fmt.Errorf("line %d: a string is longer than 64 MiB", l.line)
		case i == len(b):
		case b[i] == '\\':
			if !l.need(2) {
				return dst, l.cut()
			}
			dst = l.unescape(dst, l.buf[l.pos+1])
			l.pos += 2
		case l.need(2) && l.buf[l.pos+1] == quote:
			dst = append(dst, quote)
			l.pos += 2
		default:
			l.pos++
			return dst, nil
		}
	}
	return dst, l.cut()
}

// unescape appends what \c stands for (MySQL manual, String Literals).
func (l *lexer) unescape(dst []byte, c byte) []byte {
	switch c {
	case '0':
		return append(dst, 0)
	case 'b':
		return append(dst, '\b')
	case 'n':
		return append(dst, '\n')
	case 'r':
		return append(dst, '\r')
	case 't':
		return append(dst, '\t')
	case 'Z':
		return append(dst, 0x1a)
	case '%', '_':
		return append(dst, '\\', c)
	case '\n':
		l.line++
	}
	return append(dst, c)
}

// skipQuoted is quoted without the result.
func (l *lexer) skipQuoted() error {
	quote := l.peek()
	slash := l.dialect.backslash && strings.IndexByte(l.dialect.strings, quote) >= 0
	l.pos++
	for l.need(1) {
		b, i := l.buf[l.pos:], 0
		for i < len(b) && b[i] != quote && (b[i] != '\\' || !slash) {
			i++
		}
		l.line += int64(bytes.Count(b[:i], []byte{'\n'}))
		l.pos += i
		switch {
		case i == len(b):
		case b[i] == quote:
			// A doubled quote opens the next stretch at once, so it needs no care here.
			l.pos++
			return nil
		case !l.need(2):
			return l.cut()
		default:
			if l.buf[l.pos+1] == '\n' {
				l.line++
			}
			l.pos += 2
		}
	}
	return l.cut()
}

// statementEnd reports whether the delimiter comes next, and skips it.
func (l *lexer) statementEnd() bool {
	if !l.starts(l.delimiter) {
		return false
	}
	l.pos += len(l.delimiter)
	return true
}

// skipStatement moves behind the next delimiter that is not inside a string or a comment.
func (l *lexer) skipStatement() error {
	for {
		c, err := l.space()
		switch {
		case err != nil:
			return err
		case c == 0 && !l.need(1):
			return nil
		case c == l.delimiter[0] && l.statementEnd():
			l.conditional = false
			return nil
		case c == '\'' || c == '"' || c == '`':
			if err := l.skipQuoted(); err != nil {
				return err
			}
		default:
			l.pos++
			for l.pos < len(l.buf) && isPlain(l.buf[l.pos]) {
				l.pos++
			}
		}
	}
}

// isPlain reports whether c can neither begin nor end anything; a delimiter is never made of such.
func isPlain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ',' || c == '_'
}

// setDelimiter obeys the client's command DELIMITER, whose argument ends with the line.
func (l *lexer) setDelimiter() error {
	var b []byte
	for c := l.peek(); c != 0 && c != '\n' && len(b) < maxWord; c = l.peek() {
		b = append(b, c)
		l.pos++
	}
	if l.delimiter = strings.TrimSpace(string(b)); l.delimiter == "" {
		l.delimiter = ";"
	}
	return l.failed
}
