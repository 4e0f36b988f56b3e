package mappings

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// viewToken is a token of a view's SQL. Raw is its text as SQLite is to see it,
// name the text of a word or a quoted name; start and end are its bytes in the
// view, depth the parentheses around it.
type viewToken struct {
	kind       sqlKind
	raw, name  string
	start, end int
	depth      int
	param      string // of ${param.NAME}: NAME
}

// ParamTable is the table of the stage in which views find params: name and
// value. A param is a value that is looked up, never a piece of SQL: whatever
// it holds, it stays a text.
const ParamTable = "${param}"

// paramToken reads ${param.NAME} at the start of text.
func paramToken(text string) (viewToken, string) {
	inside, _, closed := strings.Cut(text, "}")
	name, ok := strings.CutPrefix(inside, "${param.")
	if !ok || !closed || strings.ContainsAny(name, "'\n") {
		return viewToken{}, "of ${…}, a view takes ${param.NAME} only; columns are written by their names"
	}
	raw := "(SELECT value FROM " + quoteName(ParamTable) + " WHERE name = '" + name + "')"
	return viewToken{kind: sqlString, raw: raw, end: len(inside) + 1, param: name}, ""
}

// is reports whether t is one of these keywords, which are in upper case.
func (t viewToken) is(words ...string) bool {
	for _, w := range words {
		if t.kind == sqlWord && strings.EqualFold(t.raw, w) {
			return true
		}
	}
	return false
}

// symbol reports whether t is this symbol.
func (t viewToken) symbol(text string) bool { return t.kind == sqlSymbol && t.raw == text }

// named reports whether t can name a table or column.
func (t viewToken) named() bool { return t.kind == sqlQuoted || t.kind == sqlWord && !digit(t.raw, 0) }

// viewError is what is wrong with the SQL of a view, at bytes of its text.
type viewError struct {
	start, end int
	message    string
	forbidden  bool // it can be read, but a view must not do it
}

// viewTokens cuts SQL into tokens and leaves comments out. Names in double
// quotes are rewritten in backquotes: where no column has the name, SQLite
// takes "NAME" for a text and `NAME` for the mistake that it is.
func viewTokens(text string) ([]viewToken, *viewError) {
	var out []viewToken
	depth := 0
	for i := 0; i < len(text); {
		n := skipped(text[i:])
		if n < 0 {
			return nil, &viewError{start: i, end: i + 2, message: "this comment has no end"}
		}
		if i += n; n > 0 {
			continue
		}
		t, message := viewTokenAt(text[i:])
		if message != "" {
			return nil, &viewError{start: i, end: i + 1, message: message}
		}
		t.start, t.end = i, i+t.end
		if t.symbol(")") {
			depth--
		}
		if t.depth = depth; t.symbol("(") {
			depth++
		}
		if depth < 0 {
			return nil, &viewError{start: t.start, end: t.end, message: "this ) closes nothing"}
		}
		i = t.end
		out = append(out, t)
	}
	return out, nil
}

// skipped returns the length of the white space or comment at the start of
// text, below 0 where a comment has no end.
func skipped(text string) int {
	switch {
	case strings.IndexByte(" \t\r\n\f", text[0]) >= 0:
		return 1
	case strings.HasPrefix(text, "--"):
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return end
		}
		return len(text)
	case strings.HasPrefix(text, "/*"):
		if end := strings.Index(text[2:], "*/"); end >= 0 {
			return end + 4
		}
		return -1
	}
	return 0
}

// viewTokenAt reads the token at the start of text; its end is its length.
func viewTokenAt(text string) (viewToken, string) {
	c := text[0]
	switch {
	case c == '\'' || c == '"' || c == '`':
		word, n, ok := quoted(text)
		if !ok {
			return viewToken{}, "the closing " + string(c) + " is missing"
		}
		if c == '\'' {
			return viewToken{kind: sqlString, raw: text[:n], name: word, end: n}, ""
		}
		return viewToken{kind: sqlQuoted, raw: quoteName(word), name: word, end: n}, ""
	case c == '[':
		n := strings.IndexByte(text, ']')
		if n < 0 {
			return viewToken{}, "the closing ] is missing"
		}
		return viewToken{kind: sqlQuoted, raw: quoteName(text[1:n]), name: text[1:n], end: n + 1}, ""
	case (c == 'x' || c == 'X') && len(text) > 1 && text[1] == '\'':
		_, n, ok := quoted(text[1:])
		if !ok {
			return viewToken{}, "the closing ' is missing"
		}
		return viewToken{kind: sqlString, raw: text[:n+1], end: n + 1}, ""
	case strings.HasPrefix(text, "${"):
		return paramToken(text)
	case strings.IndexByte("?:@$#", c) >= 0:
		return viewToken{}, "a view has no such parameters: write columns by their names, without " + string(c) + ", and params as ${param.NAME}"
	case c == ';':
		return viewToken{}, "a view is one SELECT: nothing may stand behind it"
	}
	return plainToken(text)
}

// plainToken reads a number, a word or a symbol.
func plainToken(text string) (viewToken, string) {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		exponent := n > 0 && (r == '+' || r == '-') && digit(text, 0) && strings.IndexByte("eE", text[n-1]) >= 0 && !strings.HasPrefix(text, "0x")
		if !nameRune(r) && !exponent && (r != '.' || !digit(text, 0)) {
			break
		}
		n += size
	}
	if n > 0 {
		return viewToken{kind: sqlWord, raw: text[:n], name: text[:n], end: n}, ""
	}
	for _, s := range []string{
		"->>", "->", "||", "<<", ">>", "<>", "!=", "<=", ">=", "==", "=", "<", ">",
		"(", ")", ",", ".", "+", "-", "*", "/", "%", "&", "|", "~",
	} {
		if strings.HasPrefix(text, s) {
			return viewToken{kind: sqlSymbol, raw: s, end: len(s)}, ""
		}
	}
	return viewToken{}, cmp.Or(notAQuote(text, `' around a text, " around a name`), "this character has no place in SQL")
}

// quoteName writes a name as SQLite takes for a name always.
func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// joinTokens writes tokens as SQL again.
func joinTokens(tokens []viewToken) string {
	raw := make([]string, len(tokens))
	for i, t := range tokens {
		raw[i] = t.raw
	}
	return strings.Join(raw, " ")
}
