package sqldump

import (
	"errors"
	"strings"

	"chartlift/extract"
)

// errExpression says that something else than a value stands where one is
// wanted.
var errExpression = errors.New("an expression stands where a value is wanted")

// literal is one value of a row; its text is arena[start:end].
type literal struct {
	start, end int
	kind       extract.Kind
	class      class // what a typed literal or a cast says, other: the column decides
	bytes      bool  // a binary string, whose bytes need not be characters
	unread     bool  // an expression that was passed over
}

// tuple reads (…), the opening bracket being next. The texts of its values go
// to arena.
func (l *lexer) tuple(values []literal, arena []byte) ([]literal, []byte, error) {
	l.pos++
	first := len(values)
	for {
		c, err := l.space()
		if err != nil {
			return values, arena, err
		}
		if c == ')' && len(values) == first {
			l.pos++
			return values, arena, nil
		}
		start := len(arena)
		if l.has(batches|clientLines) && l.endsUnmarked(c) { // as skipItem has it: what begins a statement is no value
			return append(values, literal{start: start, end: start, unread: true}), arena, nil
		}
		var v literal
		l.open = 0 // so that skipItem knows how deep in brackets an expression was given up
		v, arena, err = l.value(c, arena)
		if err == nil {
			c, err = l.space()
		}
		more := c == ','
		switch {
		case err == nil && (more || c == ')'):
			l.pos++
		case err == nil && c == 0 && !l.need(1):
			return values, arena, l.cut()
		case err == nil || errors.Is(err, errExpression):
			// The value is lost, not those behind it: the row becomes a Fault
			// that shows what there is.
			arena, v = arena[:start], literal{start: start, end: start, unread: true}
			more, err = l.skipItem(l.open, nil)
		}
		if err != nil {
			return values, arena, err
		}
		values = append(values, v)
		if !more {
			return values, arena, nil
		}
	}
}

// selection reads the values behind SELECT, up to FROM DUAL, UNION or the end
// of the statement. The error is errExpression where it is not one row of
// values.
func (l *lexer) selection(values []literal, arena []byte) ([]literal, []byte, error) {
	for {
		c, err := l.space()
		if err != nil {
			return values, arena, err
		}
		var v literal
		l.open = 0
		v, arena, err = l.value(c, arena)
		if err != nil {
			return values, arena, err
		}
		values = append(values, v)
		c, err = l.space()
		if err == nil && c|0x20 == 'a' && l.startsWord("AS") { // a name for the column
			l.pos += 2
			if _, _, err = l.name(); err == nil {
				c, err = l.space()
			}
		}
		switch {
		case err != nil:
			return values, arena, err
		case c == ',':
			l.pos++
		default:
			return values, arena, l.selectionEnd(c)
		}
	}
}

// selectionEnd passes over FROM DUAL, the only table that a row of values may
// come from.
func (l *lexer) selectionEnd(c byte) error {
	switch {
	case c == 0 && !l.need(1), c == l.mode.delimiter[0], c|0x20 == 'u' && l.startsWord("UNION"), l.has(batches|clientLines) && l.endsUnmarked(c):
		return nil
	case c|0x20 != 'f' || !l.startsWord("FROM"):
		return errExpression
	}
	l.pos += len("FROM")
	word, err := l.nextWord()
	if err == nil && word != "DUAL" {
		err = errExpression
	}
	return err
}

// union reads UNION ALL SELECT, and reports whether that was what comes next.
func (l *lexer) union() (bool, error) {
	c, err := l.space()
	if err != nil || c|0x20 != 'u' || !l.startsWord("UNION") {
		return false, err
	}
	l.pos += len("UNION")
	word, err := l.nextWord()
	if word == "ALL" && err == nil {
		word, err = l.nextWord()
	}
	return word == "SELECT", err
}

// value reads one value that begins with c: a literal, cast or joined to others
// as dumps do.
func (l *lexer) value(c byte, arena []byte) (literal, []byte, error) {
	v, arena, err := l.term(c, arena)
	for err == nil {
		if c, err = l.space(); err != nil {
			break
		}
		switch {
		case c == ':' && l.has(eStrings) && l.starts("::"):
			l.pos += 2
			err = l.cast(&v)
		case c == '|' && l.starts("||"):
			l.pos += 2
			v, arena, err = l.joined(v, arena)
		case c == '+' && l.has(plusJoins) && v.kind == extract.Text:
			l.pos++
			v, arena, err = l.joined(v, arena)
		default:
			return v, arena, nil
		}
	}
	return v, arena, err
}

// joined appends the next term to v. NULL joined to anything is NULL, save in
// Oracle.
func (l *lexer) joined(v literal, arena []byte) (literal, []byte, error) {
	c, err := l.space()
	if err != nil {
		return v, arena, err
	}
	next, arena, err := l.term(c, arena)
	if err != nil {
		return v, arena, err
	}
	v.bytes = v.bytes || next.bytes
	// Oracle has no empty string: NULL stands for it.
	switch {
	case l.has(quirks):
		v.kind = max(v.kind, next.kind, extract.Null)
	case v.kind == extract.Null || next.kind == extract.Null:
		return literal{start: v.start, end: v.start, kind: extract.Null}, arena[:v.start], nil
	}
	if v.kind != extract.Null {
		v.kind = extract.Text
	}
	v.end = len(arena)
	return v, arena, nil
}

// term reads one literal, or a function of those, that begins with c.
func (l *lexer) term(c byte, arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), kind: extract.Text}
	var err error
	switch {
	case c == 0 && !l.need(1):
		return v, arena, l.cut()
	case strings.IndexByte(l.dialect.strings, c) >= 0:
		arena, err = l.quoted(arena, l.escapesOf(c))
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		return l.number(arena)
	case c|0x20 == 'n' && l.startsWord("NULL"):
		l.pos += len("NULL")
		v.kind = extract.Null
	case c == '(':
		return l.bracketed(arena)
	case c == '$' && l.has(batches): // money
		l.pos++
		return l.number(arena)
	case isWord(c):
		return l.bareword(arena)
	default:
		err = errExpression
	}
	v.end = len(arena)
	return v, arena, err
}

// bracketed reads a value in brackets, as SQL Server writes defaults.
func (l *lexer) bracketed(arena []byte) (literal, []byte, error) {
	if l.open++; l.open > maxDepth {
		return literal{}, arena, errExpression
	}
	l.pos++
	c, err := l.space()
	if err != nil {
		return literal{}, arena, err
	}
	v, arena, err := l.value(c, arena)
	if err == nil {
		err = l.closeBracket()
	}
	return v, arena, err
}

// closeBracket moves behind the ) that has to come next.
func (l *lexer) closeBracket() error {
	c, err := l.space()
	switch {
	case err != nil:
		return err
	case c == 0 && !l.need(1):
		return l.cut()
	case c != ')':
		return errExpression
	}
	l.pos++
	l.open--
	return nil
}

// bareword reads TRUE, DEFAULT, strings with a letter before them, typed
// literals and functions.
func (l *lexer) bareword(arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), end: len(arena), kind: extract.Text}
	word := strings.ToUpper(l.word())
	switch word {
	case "DEFAULT", "CURRENT_TIMESTAMP", "CURRENT_DATE", "SYSDATE", "SYSTIMESTAMP":
		v.kind = extract.Absent // the moment of loading is nothing that the old system knew
		return v, arena, nil
	case "TRUE", "FALSE":
		arena = append(arena, strings.ToLower(word)...)
		v.end, v.kind = len(arena), extract.Bool
		return v, arena, nil
	}
	if c := l.peek(); c == '\'' {
		return l.prefixedString(word, v, arena)
	}
	if word == "U" && l.starts("&'") {
		l.pos++
		return l.prefixedString("U&", v, arena)
	}
	c, err := l.space()
	switch {
	case err != nil:
		return v, arena, err
	case c == '\'' && (strings.HasPrefix(word, "_") || isTyped(word)):
		return l.prefixedString(word, v, arena)
	case c == '(':
		return l.function(word, arena)
	case c == '0' && word == "_BINARY" && l.starts("0x"):
		return l.number(arena)
	}
	return v, arena, errExpression
}

// isTyped reports whether word may stand before a string as its type.
func isTyped(word string) bool {
	return word == "DATE" || word == "TIMESTAMP" || word == "DATETIME" || word == "TIME" || word == "INTERVAL"
}

// prefixedString reads the string that comes next as the word before it says.
func (l *lexer) prefixedString(word string, v literal, arena []byte) (literal, []byte, error) {
	var err error
	switch {
	case word == "E" && l.has(eStrings):
		arena, err = l.quoted(arena, eEscapes)
	case (word == "Q" || word == "NQ") && l.has(quirks):
		arena, err = l.qString(arena)
	case word == "N", strings.HasPrefix(word, "_"), isTyped(word), word == "U&", word == "X", word == "B":
		arena, err = l.quoted(arena, l.escapesOf('\''))
	default:
		return v, arena, errExpression
	}
	v.end = len(arena)
	if err != nil {
		return v, arena, err
	}
	switch word {
	case "X":
		return hexadecimal(v, arena)
	case "B":
		if l.has(bitNumbers) {
			return bitNumber(v, arena)
		}
	case "U&":
		return replaced(v, arena, unistr(string(arena[v.start:])))
	case "_BINARY":
		v.bytes = true
	case "DATE", "TIMESTAMP", "DATETIME":
		v.class = dates
	}
	return v, arena, nil
}

// replaced makes text that of v, which is the last in arena.
func replaced(v literal, arena []byte, text string) (literal, []byte, error) {
	arena = append(arena[:v.start], text...)
	v.end = len(arena)
	return v, arena, nil
}
