package sqldump

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"chartlift/extract"
)

// maxDepth and maxArguments bound what stands inside brackets.
const (
	maxDepth     = 32
	maxArguments = 64
)

// Dumps call functions for what a literal cannot say: line ends (SQLite,
// Oracle, SQL Server), dates in a format (Oracle), types (SQL Server), long
// texts in parts (Oracle). Anything else would take the database to compute.

// function reads the arguments of a function that dumps write values with, and
// what it makes of them.
func (l *lexer) function(name string, arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), kind: extract.Text}
	if l.open++; l.open > maxDepth {
		return v, arena, errExpression
	}
	l.pos++
	switch name {
	case "CAST", "TRY_CAST":
		return l.castCall(arena)
	case "CONVERT", "TRY_CONVERT":
		if !l.has(batches) {
			return v, arena, errExpression
		}
		kind, class, err := l.typeName()
		if c, space := l.space(); err == nil && (space != nil || c != ',') {
			return v, arena, errExpression
		}
		if err != nil {
			return v, arena, err
		}
		l.pos++
		return l.converted(kind, class, arena)
	}
	args, arena, err := l.arguments(arena)
	if err != nil {
		return v, arena, err
	}
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = string(arena[a.start:a.end])
	}
	out, text, ok := l.call(name, args, texts)
	if !ok {
		return v, arena, errExpression
	}
	out.start = v.start
	return replaced(out, arena, text)
}

// arguments reads the values up to the closing bracket.
func (l *lexer) arguments(arena []byte) ([]literal, []byte, error) {
	var args []literal
	for {
		c, err := l.space()
		if err != nil {
			return nil, arena, err
		}
		if c == ')' && len(args) == 0 {
			l.pos++
			l.open--
			return nil, arena, nil
		}
		var v literal
		if v, arena, err = l.value(c, arena); err != nil {
			return nil, arena, err
		}
		args = append(args, v)
		if c, err = l.space(); err != nil {
			return nil, arena, err
		}
		if c != ',' || len(args) == maxArguments {
			return args, arena, l.closeBracket()
		}
		l.pos++
	}
}

// call returns what a function makes of its arguments, and whether it is known.
func (l *lexer) call(name string, args []literal, texts []string) (literal, string, bool) {
	v := literal{kind: extract.Text}
	switch n := len(args); {
	case n == 0:
		return callNone(name, v)
	case args[0].kind <= extract.Null: // to_date(null, …): a function of NULL is NULL
		v.kind = extract.Null
		return v, "", name != "CHAR" && name != "CHR"
	case name == "REPLACE" && n == 3: // SQLite's replace('a\nb','\n',char(10))
		v.class = args[0].class
		return v, strings.ReplaceAll(texts[0], texts[1], texts[2]), texts[1] != ""
	case name == "CHAR", name == "CHR", name == "NCHAR", name == "UNICHAR":
		text, ok := characters(texts)
		return v, text, ok
	case n == 1:
		return callOne(name, args[0], texts[0])
	case strings.HasPrefix(name, "TO_DATE"), strings.HasPrefix(name, "TO_TIMESTAMP"):
		// A text that does not fit its mask, such as a month in German, stays
		// as it is.
		text, ok := oracleDate(texts[0], l.mask(texts[1]))
		if ok {
			v.class = dates
		}
		return v, text, true
	case name == "CONCAT":
		return v, strings.Join(texts, ""), true
	}
	return v, "", false
}

// callNone knows the functions without arguments.
func callNone(name string, v literal) (literal, string, bool) {
	switch name {
	case "EMPTY_CLOB", "EMPTY_BLOB":
		return v, "", true
	case "NOW", "GETDATE", "GETUTCDATE", "SYSDATETIME", "CURRENT_TIMESTAMP", "UUID", "NEWID", "NEWSEQUENTIALID":
		v.kind = extract.Absent // made on loading: nothing that the old system knew
		return v, "", true
	}
	return v, "", false
}

// callOne knows the functions of one argument.
func callOne(name string, arg literal, text string) (literal, string, bool) {
	switch name {
	case "TO_CLOB", "TO_NCLOB", "TO_CHAR", "TO_NCHAR", "JSON", "XMLTYPE":
		return arg, text, true
	case "TO_NUMBER":
		if isNumber(text) {
			arg.kind = extract.Number
		}
		return arg, text, true
	case "UNISTR":
		return arg, unistr(text), true
	case "HEXTORAW", "TO_BLOB", "UNHEX":
		if arg.bytes {
			return arg, text, true
		}
		b, err := hex.DecodeString(text)
		arg.bytes = true
		return arg, string(b), err == nil
	case "DATE", "TIMESTAMP", "DATETIME":
		arg.class = dates
		return arg, text, true
	}
	return arg, "", false
}

// characters returns the characters of the code points.
func characters(codes []string) (string, bool) {
	var b strings.Builder
	for _, s := range codes {
		n, err := strconv.ParseUint(s, 10, 21)
		if err != nil {
			return "", false
		}
		b.WriteRune(rune(n))
	}
	return b.String(), true
}

// unistr undoes \XXXX, \uXXXX, \+XXXXXX, \UXXXXXXXX and \\ (Oracle and SQLite,
// UNISTR; PostgreSQL, U&'…').
func unistr(s string) string {
	var b []byte
	var high rune // the first half of a surrogate pair
	for s != "" {
		if s[0] != '\\' {
			i := strings.IndexByte(s+`\`, '\\')
			b, s, high = append(b, s[:i]...), s[i:], 0
			continue
		}
		code, n := codePoint(s)
		switch {
		case n == 0: // \\, or a backslash that means itself
			b, s, high = append(b, '\\'), strings.TrimPrefix(s[1:], `\`), 0
			continue
		case high != 0 && utf16.DecodeRune(high, code) != utf8.RuneError:
			b = b[:len(b)-utf8.RuneLen(utf8.RuneError)] // the first half was written as U+FFFD
			code = utf16.DecodeRune(high, code)
		}
		b, s, high = utf8.AppendRune(b, code), s[n:], 0
		if utf16.IsSurrogate(code) {
			high = code
		}
	}
	return string(b)
}

// codePoint reads the escape that s begins with and returns its length, 0 where
// it is none.
func codePoint(s string) (code rune, n int) {
	skip, n := 1, 4
	switch {
	case len(s) < 5:
		return 0, 0
	case s[1] == 'u':
		skip = 2
	case s[1] == '+':
		skip, n = 2, 6
	case s[1] == 'U':
		skip, n = 2, 8
	}
	code, ok := hexRune(s, skip, n)
	if !ok {
		return 0, 0
	}
	return code, skip + n
}

// hexRune returns the n hexadecimal digits of s behind skip bytes.
func hexRune(s string, skip, n int) (rune, bool) {
	if len(s) < skip+n {
		return 0, false
	}
	code, err := strconv.ParseUint(s[skip:skip+n], 16, 31)
	return rune(code), err == nil
}
