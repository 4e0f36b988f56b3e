package clean

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// nameFormat is a format such as LAST, FIRST MI: groups of words, each ended by
// a sign.
type nameFormat struct {
	groups []nameGroup
}

// nameGroup is a row of fields with only spaces between them.
type nameGroup struct {
	fields []string
	ending string // the sign behind the group, "" at the end
}

// person collects the parts of a HumanName.
type person struct {
	family                []string
	given, prefix, suffix []string
	unsure                bool // a word may be a surname or a degree
}

// compileHumanName keeps a name that does not fit as its text: no name is ever
// lost.
func compileHumanName(args []Arg, _ Settings) (Func, error) {
	format, err := parseNameFormat(word(args, 0, "LAST, FIRST MI"))
	if err != nil {
		return nil, err
	}
	return unary(func(s string) (Value, *Problem) {
		s = squeeze(s)
		p, ok := format.parse(s)
		if s == "" {
			return Value{}, nil
		}
		if !ok {
			text := string(append(appendMember([]byte{'{'}, "text", s), '}'))
			return warn(text, "bad-name", "the name does not follow the format and is kept as text; correct the source, or give another format")
		}
		return Of(p.json()), nil
	}), nil
}

// parseNameFormat reads capitals as fields and what stands between them as
// signs; spaces only separate.
func parseNameFormat(format string) (nameFormat, error) {
	var f nameFormat
	var group nameGroup
	for rest := format; rest != ""; {
		n := strings.IndexFunc(rest, func(r rune) bool { return r < 'A' || r > 'Z' })
		if n < 0 {
			n = len(rest)
		}
		if field := rest[:n]; field != "" {
			if !slices.Contains([]string{"LAST", "FIRST", "MIDDLE", "MI", "PREFIX", "SUFFIX"}, field) {
				return f, fmt.Errorf("%q is not a part of a name; use LAST FIRST MIDDLE MI PREFIX SUFFIX", field)
			}
			group.fields = append(group.fields, field)
		}
		rest = rest[n:]
		signs := len(rest) - len(strings.TrimLeftFunc(rest, func(r rune) bool { return r < 'A' || r > 'Z' }))
		if group.ending = strings.TrimSpace(rest[:signs]); group.ending != "" {
			f.groups = append(f.groups, group)
			group = nameGroup{}
		}
		rest = rest[signs:]
	}
	f.groups = append(f.groups, group)
	if !strings.Contains(format, "LAST") || !strings.Contains(format, "FIRST") {
		return f, fmt.Errorf("the name format %q needs LAST and FIRST", format)
	}
	return f, nil
}

// parse divides s by the format; ok is false where a sign, LAST or FIRST is
// missing.
func (f nameFormat) parse(s string) (p person, ok bool) {
	for _, g := range f.groups {
		part := s
		if g.ending != "" {
			var found bool
			part, s, found = strings.Cut(s, g.ending)
			if !found && len(g.fields) > 0 && slices.Contains(g.fields, "LAST") {
				return p, false
			}
		}
		words := nameWords(part)
		if len(g.fields) == 0 && len(words) > 0 {
			return p, false // words behind the end of the format
		}
		p.take(g.fields, words)
	}
	return p, len(p.family) > 0 && len(p.given) > 0 && !p.unsure
}

// nameWords divides at spaces, and at commas that are no sign of the format:
// Doe, Jane, MD.
func nameWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// take gives the words of one group to its fields.
func (p *person) take(fields, words []string) {
	words = p.takeTitles(words)
	greedy := slices.Index(fields, "LAST")
	if greedy < 0 {
		greedy = len(fields) - 1
	}
	for spare := len(words) - len(fields); spare < 0 && len(fields) > 0; spare++ {
		fields = dropOptional(fields)
	}
	greedy = min(greedy, len(fields)-1)
	if i := slices.Index(fields, "LAST"); i >= 0 {
		greedy = i
	}
	for i, field := range fields {
		n := min(1, len(words))
		if i == greedy {
			n = max(len(words)-(len(fields)-1-i), 0)
		}
		p.give(field, words[:n])
		words = words[n:]
	}
}

// dropOptional drops the field that a short name lacks most likely.
func dropOptional(fields []string) []string {
	for _, field := range [...]string{"SUFFIX", "PREFIX", "MI", "MIDDLE", "FIRST"} {
		if i := slices.Index(fields, field); i >= 0 {
			return slices.Delete(slices.Clone(fields), i, i+1)
		}
	}
	return fields[:len(fields)-1]
}

// takeTitles takes titles in front and suffixes behind.
func (p *person) takeTitles(words []string) []string {
	for len(words) > 1 && isNamePrefix(words[0]) {
		p.prefix = append(p.prefix, words[0])
		words = words[1:]
	}
	for len(words) > 1 && isGeneration(bareWord(words[0])) { // Doe, Jr., John
		p.suffix = append(p.suffix, words[0])
		words = words[1:]
	}
	var behind []string
	for len(words) > 1 && p.isSuffix(words) {
		behind = append(behind, words[len(words)-1])
		words = words[:len(words)-1]
	}
	slices.Reverse(behind)
	p.suffix = append(p.suffix, behind...)
	return words
}

// isSuffix tells whether the last of words is a suffix. Do and Md are names in
// Vietnam and Bangladesh, and degrees only as DO and MD. In a name written in
// capitals nobody can tell what DO is.
func (p *person) isSuffix(words []string) bool {
	word := words[len(words)-1]
	switch bare := bareWord(word); {
	case bare != "do" && bare != "md":
		return isNameSuffix(bare)
	case word != strings.ToUpper(word):
		return false
	case word == "DO" && strings.ToUpper(words[0]) == words[0]:
		p.unsure = true
		return false
	}
	return true
}

// bareWord is a title or suffix without stops, in small letters.
func bareWord(word string) string { return strings.ToLower(strings.ReplaceAll(word, ".", "")) }

// give adds words to a field; every kind of first name is a given name, in
// order.
func (p *person) give(field string, words []string) {
	switch field {
	case "LAST":
		p.family = append(p.family, words...)
	case "PREFIX":
		p.prefix = append(p.prefix, words...)
	case "SUFFIX":
		p.suffix = append(p.suffix, words...)
	default:
		p.given = append(p.given, words...)
	}
}

// isNamePrefix knows the titles of forms in English and Spanish.
func isNamePrefix(word string) bool {
	switch bareWord(word) {
	case "mr", "mrs", "ms", "miss", "dr", "prof", "rev", "sr", "sra", "fr", "hon":
		return true
	}
	return false
}

// isNameSuffix knows generations and degrees, but not I and V, which are
// initials more often.
func isNameSuffix(bare string) bool {
	switch bare {
	case "sr", "phd", "rn", "np", "esq", "dds":
		return true
	}
	return isGeneration(bare)
}

func isGeneration(bare string) bool {
	return bare == "jr" || bare == "ii" || bare == "iii" || bare == "iv"
}

// json writes the members in the order of the FHIR definition.
func (p *person) json() string {
	out := appendMember([]byte{'{'}, "family", strings.Join(p.family, " "))
	for _, list := range [...]struct {
		name  string
		words []string
	}{{"given", p.given}, {"prefix", p.prefix}, {"suffix", p.suffix}} {
		if len(list.words) == 0 {
			continue
		}
		out = append(appendName(out, list.name), '[')
		for i, w := range list.words {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendJSON(out, w)
		}
		out = append(out, ']')
	}
	return string(append(out, '}'))
}
