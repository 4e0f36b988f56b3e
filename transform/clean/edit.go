package clean

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPad bounds what pad_left and mrn may make of one character.
const maxPad = 1000

var errNegative = errors.New("the number of characters can not be negative")

// counted compiles a function of the text and one number of characters.
func counted(f func(s string, n int) string) compiler {
	return func(args []Arg, _ Settings) (Func, error) {
		n := number(args, 0, 0)
		if n < 0 {
			return nil, errNegative
		}
		return unary(func(s string) (Value, *Problem) { return of(f(s, n)) }), nil
	}
}

// leftOf returns the first n characters of s.
func leftOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// rightOf returns the last n characters of s.
func rightOf(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[at:]
}

func compileSubstr(args []Arg, _ Settings) (Func, error) {
	from, n := number(args, 0, 1), number(args, 1, 0)
	if from < 1 || n < 0 {
		return nil, errors.New("characters are counted from 1")
	}
	return unary(func(s string) (Value, *Problem) {
		return of(leftOf(s[len(leftOf(s, from-1)):], n))
	}), nil
}

// compileMaxLen rejects by default: a cut text may say the opposite of the
// whole one.
func compileMaxLen(args []Arg, _ Settings) (Func, error) {
	n := number(args, 0, 0)
	how, err := option(args, 1, "reject", "cut")
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, errNegative
	}
	return unary(func(s string) (Value, *Problem) {
		head := leftOf(s, n)
		switch {
		case len(head) == len(s):
			return of(s)
		case how == "cut":
			return warn(head, "text-cut", "the text is longer than %d characters and was cut; give its column more room in the mapping", n)
		}
		return bad("too-long", "the text is longer than %d characters; shorten the source or write max_len %d cut", n, n)
	}), nil
}

func compilePadLeft(args []Arg, _ Settings) (Func, error) {
	n, char := number(args, 0, 0), args[1].Text
	if utf8.RuneCountInString(char) != 1 {
		return nil, fmt.Errorf("fill with one character, not %q", char)
	}
	if n < 0 || n > maxPad {
		return nil, fmt.Errorf("fill up to %d characters at most", maxPad)
	}
	return unary(func(s string) (Value, *Problem) { return of(padLeft(s, n, char)) }), nil
}

func padLeft(s string, n int, char string) string {
	if have := utf8.RuneCountInString(s); have < n {
		return strings.Repeat(char, n-have) + s
	}
	return s
}

// compileConcat treats a null column as empty, so that a missing middle name
// costs nothing.
func compileConcat(args []Arg, _ Settings) (Func, error) {
	return func(in Value, columns []Value) (Value, *Problem) {
		var b strings.Builder
		b.WriteString(in.Text)
		for _, a := range args {
			b.WriteString(a.value(columns).Text)
		}
		return of(b.String())
	}, nil
}

// compileConcatLines treats a null column as compileConcat does.
func compileConcatLines(args []Arg, _ Settings) (Func, error) {
	return func(in Value, columns []Value) (Value, *Problem) {
		var b strings.Builder
		for line := range strings.Lines(in.Text) {
			text := strings.TrimRight(line, "\r\n")
			b.WriteString(text)
			for _, a := range args {
				if text != "" {
					b.WriteString(a.value(columns).Text)
				}
			}
			b.WriteString(line[len(text):])
		}
		return of(b.String())
	}, nil
}

func compileJoin(args []Arg, _ Settings) (Func, error) {
	sep, parts := args[0].Text, args[1:]
	return func(in Value, columns []Value) (Value, *Problem) {
		joined := in.Text
		for _, a := range parts {
			v := a.value(columns)
			switch {
			case v.Text == "":
			case joined == "":
				joined = v.Text
			default:
				joined += sep + v.Text
			}
		}
		return of(joined)
	}, nil
}

// firstSet returns the value, or else the first argument that is not null.
func firstSet(args []Arg) Func {
	return func(in Value, columns []Value) (Value, *Problem) {
		for i := 0; (!in.Set || in.Text == "") && i < len(args); i++ {
			in = args[i].value(columns)
		}
		return of(in.Text)
	}
}

func compileNullIf(args []Arg, _ Settings) (Func, error) {
	return func(in Value, columns []Value) (Value, *Problem) {
		for _, a := range args {
			if v := a.value(columns); v.Set && v.Text == in.Text {
				return Value{}, nil
			}
		}
		return of(in.Text)
	}, nil
}

// compileExtract uses RE2, whose time is linear in the text whatever the
// expression.
func compileExtract(args []Arg, _ Settings) (Func, error) {
	re, err := regexp.Compile(args[0].Text)
	if err != nil {
		return nil, fmt.Errorf("read expression: %w", err)
	}
	group := number(args, 1, min(1, re.NumSubexp()))
	if group < 0 || group > re.NumSubexp() {
		return nil, fmt.Errorf("the expression has %d groups, not %d", re.NumSubexp(), group)
	}
	return unary(func(s string) (Value, *Problem) {
		at := re.FindStringSubmatchIndex(s)
		if at == nil || at[2*group] < 0 {
			return Value{}, nil
		}
		return of(s[at[2*group]:at[2*group+1]])
	}), nil
}

// compileRegexReplace looks for a match first, which saves the copy in most
// rows.
func compileRegexReplace(args []Arg, _ Settings) (Func, error) {
	re, err := regexp.Compile(args[0].Text)
	if err != nil {
		return nil, fmt.Errorf("read expression: %w", err)
	}
	with := args[1].Text
	return unary(func(s string) (Value, *Problem) {
		if !re.MatchString(s) {
			return of(s)
		}
		return of(re.ReplaceAllString(s, with))
	}), nil
}

// compileSplit cuts only as far as the part that is wanted.
func compileSplit(args []Arg, _ Settings) (Func, error) {
	sep, index := args[0].Text, number(args, 1, 1)
	if sep == "" || index == 0 {
		return nil, errors.New("give a separator, and count parts from 1 (or from -1 at the end)")
	}
	return unary(func(s string) (Value, *Problem) {
		if index < 0 {
			return of(lastPart(s, sep, -index))
		}
		return of(firstPart(s, sep, index))
	}), nil
}

// firstPart returns part n, counted from 1, or nothing where s has fewer.
func firstPart(s, sep string, n int) string {
	for ; n > 1; n-- {
		_, rest, ok := strings.Cut(s, sep)
		if !ok {
			return ""
		}
		s = rest
	}
	part, _, _ := strings.Cut(s, sep)
	return part
}

// lastPart returns part n counted from 1 at the end.
func lastPart(s, sep string, n int) string {
	for ; n > 1; n-- {
		at := strings.LastIndex(s, sep)
		if at < 0 {
			return ""
		}
		s = s[:at]
	}
	if at := strings.LastIndex(s, sep); at >= 0 {
		return s[at+len(sep):]
	}
	return s
}

// squeeze returns s itself where it holds single plain spaces only.
func squeeze(s string) string {
	if isSqueezed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// isSqueezed tells that every gap of s is one plain space, and that none is at
// an end.
func isSqueezed(s string) bool {
	gap := true
	for _, r := range s {
		space := unicode.IsSpace(r)
		if space && (gap || r != ' ') {
			return false
		}
		gap = space
	}
	return s == "" || !gap
}

func stripChars(s, chars string) string {
	if !strings.ContainsAny(s, chars) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(chars, r) {
			return -1
		}
		return r
	}, s)
}

// printable drops what FHIR forbids in a string: characters below U+0020 other
// than tab and line breaks (R4 2.24.0.1).
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, s)
}
