package fhirpath

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

func textFunctions() []function {
	return []function{
		onText("startsWith", func(m *Machine, s, arg string) span { return m.one(boolean(strings.HasPrefix(s, arg))) }),
		onText("endsWith", func(m *Machine, s, arg string) span { return m.one(boolean(strings.HasSuffix(s, arg))) }),
		onText("contains", func(m *Machine, s, arg string) span { return m.one(boolean(strings.Contains(s, arg))) }),
		onText("indexOf", func(m *Machine, s, arg string) span {
			at := strings.Index(s, arg)
			if at > 0 {
				at = utf8.RuneCountInString(s[:at])
			}
			return m.one(integer(int64(at)))
		}),
		onText("matches", func(m *Machine, s, arg string) span {
			re := m.pattern(arg)
			if re == nil || !m.affords(s, arg) {
				return span{}
			}
			return m.one(boolean(re.MatchString(s)))
		}),
		onText("matchesFull", func(m *Machine, s, arg string) span {
			re := m.pattern("^(?:" + arg + ")$")
			if re == nil || !m.affords(s, arg) {
				return span{}
			}
			return m.one(boolean(re.MatchString(s)))
		}),
		onText("split", func(m *Machine, s, arg string) span {
			lo := len(m.stack)
			for part := range strings.SplitSeq(s, arg) {
				m.push(text(part))
			}
			return span{lo, len(m.stack)}
		}),
		plain("length", withText(func(m *Machine, s string) span { return m.one(integer(int64(utf8.RuneCountInString(s)))) })),
		plain("upper", withText(func(m *Machine, s string) span { return m.say(strings.ToUpper(s)) })),
		plain("lower", withText(func(m *Machine, s string) span { return m.say(strings.ToLower(s)) })),
		plain("trim", withText(func(m *Machine, s string) span { return m.say(strings.TrimSpace(s)) })),
		plain("toChars", withText(func(m *Machine, s string) span {
			lo := len(m.stack)
			for _, r := range s {
				m.push(text(string(r)))
			}
			return span{lo, len(m.stack)}
		})),
		optional("join", join),
		{name: "substring", min: 1, max: 2, make: substring},
		{name: "replace", min: 2, max: 2, make: func(args []term) invocation {
			return replacing(args, func(_ *Machine, s, old, with string) (string, bool) {
				return strings.ReplaceAll(s, old, with), true
			})
		}},
		{name: "replaceMatches", min: 2, max: 2, make: func(args []term) invocation {
			return replacing(args, func(m *Machine, s, old, with string) (string, bool) {
				if old == "" { // nothing to look for, not the gaps between all characters
					return s, true
				}
				re := m.pattern(old)
				if re == nil {
					return "", false
				}
				if !m.affords(s, old) {
					return "", false
				}
				return re.ReplaceAllString(s, with), true
			})
		}},
	}
}

// maxPatterns bounds how many regular expressions a machine remembers.
const maxPatterns = 256

// pattern compiles a regular expression; one that Go cannot run stops the
// evaluation. It must match somewhere in the text, as the reference
// implementation has it; a dot also matches a new line.
func (m *Machine) pattern(source string) *regexp.Regexp {
	if re, ok := m.patterns[source]; ok {
		return re
	}
	if len(source) > maxSource {
		m.stop(ErrTooDeep)
		return nil
	}
	re, err := regexp.Compile("(?s)" + source)
	if err != nil {
		m.stop(ErrUnsupported)
		return nil
	}
	if len(m.patterns) < maxPatterns {
		m.patterns[source] = re
	}
	return re
}

// affords stops a run that would match a long text by a long expression. Go's
// take a time that grows with the product of both, never more, whatever the
// expression says.
func (m *Machine) affords(s, pattern string) bool {
	const most = 1 << 31
	if len(s)*len(pattern) > most {
		m.stop(ErrTooDeep)
		return false
	}
	return true
}

// aText returns the one text of a collection; ok is false where it is empty, or
// no text.
func (m *Machine) aText(s span) (value string, ok bool) {
	v, ok := m.single(s)
	if !ok || m.err != nil {
		return "", false
	}
	if v.kind != Text && !isTemporal(v.kind) { // R4's own invariants take the length of a date
		m.stop(ErrIncomparable)
		return "", false
	}
	return v.text, true
}

func withText(run func(m *Machine, s string) span) invocation {
	return func(m *Machine, in span) span {
		s, ok := m.aText(in)
		if !ok {
			return nothing(m)
		}
		return run(m, s)
	}
}

// onText makes a function of a text with one text as its argument.
func onText(name string, run func(m *Machine, s, arg string) span) function {
	return unary(name, func(m *Machine, in span, arg term) span {
		s, okS := m.aText(in)
		a, okA := m.aText(arg(m))
		if !okS || !okA || m.err != nil {
			return nothing(m)
		}
		return run(m, s, a)
	})
}

// mostReplaced bounds, in bytes, what a replacement can come to where every
// character is replaced.
const mostReplaced = 16 << 20

func replacing(args []term, run func(m *Machine, s, old, with string) (string, bool)) invocation {
	return func(m *Machine, in span) span {
		s, okS := m.aText(in)
		old, okOld := m.aText(args[0](m))
		with, okWith := m.aText(args[1](m))
		if !okS || !okOld || !okWith || m.err != nil {
			return nothing(m)
		}
		if (len(s)+1)*len(with) > mostReplaced {
			return m.stop(ErrTooDeep)
		}
		out, ok := run(m, s, old, with)
		if !ok {
			return span{}
		}
		return m.say(out)
	}
}

func join(m *Machine, in span, arg term) span {
	separator := ""
	if arg != nil {
		separator, _ = m.aText(arg(m))
	}
	var parts []string
	for _, v := range m.values(in) {
		if s, ok := m.written(v); ok {
			parts = append(parts, s)
		}
	}
	return m.say(strings.Join(parts, separator))
}

// substring counts characters; a start outside the text gives nothing.
func substring(args []term) invocation {
	return func(m *Machine, in span) span {
		s, ok := m.aText(in)
		start, okStart := m.single(args[0](m))
		if !ok || !okStart || m.err != nil || start.kind != Integer {
			return nothing(m)
		}
		runes := []rune(s)
		end := int64(len(runes))
		if len(args) == 2 {
			if n, has := m.single(args[1](m)); has && n.kind == Integer {
				end = min(end, start.n+min(max(n.n, 0), end)) // never the sum of two numbers that anybody may write
			}
		}
		if start.n < 0 || start.n >= int64(len(runes)) {
			return nothing(m)
		}
		return m.say(string(runes[start.n:end]))
	}
}
