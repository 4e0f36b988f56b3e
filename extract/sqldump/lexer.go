package sqldump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"chartlift/extract"
)

const (
	bufferSize = 256 << 10
	lookBehind = 512      // bytes kept before pos
	maxWord    = 64 << 10 // a name or a keyword
	maxLiteral = 64 << 20 // one string or one line of COPY
)

// The lexer has no tokens: a dump is gigabytes of values between few words, so
// each statement is read straight from the buffer by the function that wants
// it, and everything else is passed over by skip.go.

// lexer reads a dump in pieces. What is skipped is never decoded, and nothing
// but the string at hand is kept.
type lexer struct {
	r         io.Reader
	dialect   dialect
	buf       []byte
	charset   extract.Charset // of the dump, where values are read
	kept      bool            // text is of buf as it is
	text      string          // buf's, where it is sound and wanted; else ""
	pos       int
	line      int64
	end       bool // nothing comes behind buf
	failed    error
	inside    bool  // inside /*! … */, which MySQL reads as code
	base      int64 // bytes before buf
	mode      mode
	statement place // where the statement at hand begins
	open      int   // brackets opened by the value at hand
	header    header
	masks     map[string][]string // date masks, split
	batchOf   ident               // the table that the batch at hand has filled last
}

// mode is what statements of the dump change for those behind them.
type mode struct {
	delimiter string
	schema    string // of names without one
	traits    traits
}

// place is a point in a dump from which it can be read on.
type place struct {
	offset int64
	line   int64
	mode   mode
}

// ident is the name of a table. The key is what names are compared by.
type ident struct{ schema, name, key string }

func newLexer(r io.Reader, d dialect) *lexer {
	return &lexer{
		r: r, dialect: d, buf: make([]byte, 0, bufferSize), line: 1,
		mode: mode{delimiter: ";", schema: d.schema, traits: d.traits},
	}
}

func (l *lexer) here() place {
	return place{offset: l.base + int64(l.pos), line: l.line, mode: l.mode}
}

// has reports whether the dialect has the trait at this place of the dump.
func (l *lexer) has(t traits) bool { return l.mode.traits&t != 0 }

// fill reads more behind buf, which grows where all of it is still wanted. It
// returns false at the end.
func (l *lexer) fill() bool {
	if l.end {
		return false
	}
	from := max(l.pos-lookBehind, 0)
	l.base += int64(from)
	rest := copy(l.buf, l.buf[from:])
	l.buf, l.pos = l.buf[:rest], l.pos-from
	switch {
	case rest == cap(l.buf): // only a line of COPY is wanted whole
		l.buf = append(make([]byte, 0, 2*rest), l.buf...)
	case cap(l.buf) > bufferSize && rest < bufferSize/2: // the long line is over
		l.buf = append(make([]byte, 0, bufferSize), l.buf...)
	}
	for !l.end && len(l.buf) < cap(l.buf) { // what decodes or decompresses reads in small pieces
		n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
		if err != nil {
			l.end = true
			if !errors.Is(err, io.EOF) {
				l.failed = err
			}
		}
	}
	l.kept = false
	return true
}

// need makes n bytes available at pos, n being small, and reports whether there
// are so many.
func (l *lexer) need(n int) bool {
	for len(l.buf)-l.pos < n {
		if !l.fill() {
			return false
		}
	}
	return true
}

// cut returns why the dump ended too early.
func (l *lexer) cut() error {
	if l.failed != nil {
		return l.failure()
	}
	return fmt.Errorf("line %d: %w", l.line, extract.ErrCut)
}

// failure returns why no more could be read, nil at the proper end.
func (l *lexer) failure() error {
	if l.failed == nil {
		return nil
	}
	return fmt.Errorf("line %d: %w", l.line, l.failed)
}

// peek returns the next byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.pos == len(l.buf) && !l.need(1) {
		return 0
	}
	return l.buf[l.pos]
}

// before returns the byte n places before the next one, 0 where there is none.
func (l *lexer) before(n int) byte {
	if l.pos < n {
		return 0
	}
	return l.buf[l.pos-n]
}

// starts reports whether s comes next.
func (l *lexer) starts(s string) bool {
	return l.need(len(s)) && string(l.buf[l.pos:l.pos+len(s)]) == s
}

// startsWord reports whether the word, in capitals, comes next in any case and
// is whole.
func (l *lexer) startsWord(word string) bool {
	n := len(word)
	if !l.need(n) || isWord(l.before(1)) {
		return false
	}
	for i := range n { // the words asked for are letters
		if l.buf[l.pos+i]&^0x20 != word[i] {
			return false
		}
	}
	return !l.need(n+1) || !isWord(l.buf[l.pos+n])
}

// space skips blanks and comments and returns the byte behind them, 0 at the
// end.
func (l *lexer) space() (byte, error) {
	for {
		c := l.peek()
		switch c {
		case '\n':
			l.line++
			l.pos++
		case ' ', '\t', '\r', '\f':
			l.pos++
		case '/', '-', '#', '*':
			comment, err := l.comment(c)
			if err != nil || !comment {
				return c, err
			}
		case 0:
			if l.pos < len(l.buf) {
				return c, nil
			}
			return c, l.failure()
		default:
			return c, nil
		}
	}
}

// comment skips a comment that begins with c, and the brackets of a conditional
// one.
func (l *lexer) comment(c byte) (bool, error) {
	switch {
	case c == '#' && l.has(hashComment), c == '-' && l.lineComment():
		return true, l.skipLine()
	case c == '/' && l.has(conditional) && l.starts("/*!"):
		l.pos += 3
		for c := l.peek(); c >= '0' && c <= '9'; c = l.peek() {
			l.pos++
		}
		l.inside = true
		return true, nil
	case c == '/' && l.starts("/*"):
		return true, l.skipBlock()
	case c == '*' && l.inside && l.starts("*/"):
		l.pos += 2
		l.inside = false
		return true, nil
	}
	return false, nil
}

// lineComment tells "-- remark" from "5--3": MySQL wants white space behind the
// dashes.
func (l *lexer) lineComment() bool {
	if !l.starts("--") {
		return false
	}
	return !l.has(spacedDash) || !l.need(3) || l.buf[l.pos+2] <= ' '
}

// skipLine moves to the end of the line.
func (l *lexer) skipLine() error {
	for l.need(1) {
		if i := bytes.IndexByte(l.buf[l.pos:], '\n'); i >= 0 {
			l.pos += i
			return nil
		}
		l.pos = len(l.buf)
	}
	return l.failure()
}

// skipBlock moves behind the comment that begins here, with those inside it
// where comments nest.
func (l *lexer) skipBlock() error {
	l.pos += 2
	for depth := 1; l.need(2); {
		switch {
		case l.buf[l.pos] == '*' && l.buf[l.pos+1] == '/':
			l.pos += 2
			if depth--; depth == 0 {
				return nil
			}
		case l.buf[l.pos] == '/' && l.buf[l.pos+1] == '*' && l.has(nested):
			l.pos += 2
			depth++
		default:
			if l.buf[l.pos] == '\n' {
				l.line++
			}
			l.pos++
		}
	}
	return l.cut()
}

// word reads a bare word, such as a keyword.
func (l *lexer) word() string {
	i := l.pos
	for i < len(l.buf) && isWord(l.buf[i]) {
		i++
	}
	if i < len(l.buf) {
		s := string(l.buf[l.pos:i])
		l.pos = i
		return s
	}
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

// nextWord reads the word behind blanks, in capitals.
func (l *lexer) nextWord() (string, error) {
	_, err := l.space()
	return strings.ToUpper(l.word()), err
}

// name reads one part of a name, and reports whether it was quoted. It is ""
// where there is none.
func (l *lexer) name() (string, bool, error) {
	c, err := l.space()
	if err != nil {
		return "", false, err
	}
	if c != 0 && (strings.IndexByte(l.dialect.names, c) >= 0 || c == '"') {
		quoted, err := l.quoted(nil, noEscapes)
		return string(quoted), true, err
	}
	// SQL Server's temporary tables are #name and ##name. They live as long as
	// the script and are no part of the export.
	if l.has(batches) && c == '#' {
		for l.peek() == '#' {
			l.pos++
		}
		return "#" + l.word(), false, nil
	}
	return l.word(), false, nil
}

// ident reads the name of a table with its schema.
func (l *lexer) ident() (ident, error) {
	id := ident{schema: l.mode.schema}
	for first := true; ; first = false {
		text, quoted, err := l.name()
		if err != nil {
			return id, err
		}
		if !first { // of database.schema.table the last two parts count
			id.schema = id.name
		}
		id.name, id.key = text, strings.ToLower(text)
		if quoted && l.has(copies) { // PostgreSQL alone tells "Patient" from patient
			id.key = text
		}
		if l.peek() != '.' {
			return id, nil
		}
		l.pos++
	}
}
