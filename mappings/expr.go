package mappings

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"chartlift/internal/issue"
)

// pipeText is a pipe as written: names are not resolved yet.
type pipeText struct {
	start  *operandText
	ref    *refText
	stages []stageText
}

type operandText struct {
	first, second string // column, or alias and column
	column        int    // offset in runes from the start of the pipe
}

type refText struct {
	name     string
	optional bool
	keys     []*pipeText
	column   int
}

type stageText struct {
	name   string
	column int
	args   []argText
}

type argText struct {
	text    string
	pair    string
	isPair  bool
	operand *operandText
}

// syntaxError says what is wrong at which rune of a pipe or predicate.
type syntaxError struct {
	column  int
	message string
}

func (e *syntaxError) Error() string { return e.message }

// at returns the position of rune column of a text that starts at pos. A pos
// without length is that of a text of several lines, which is pointed at as a
// whole.
func at(pos issue.Position, column, length int) issue.Position {
	if pos.Length == 0 {
		return pos
	}
	pos.Column += column
	pos.Length = max(1, length)
	return pos
}

func runes(text string) int { return utf8.RuneCountInString(text) }

// pipeParser reads one pipe: $COL | name arg … or ref map($KEY).
type pipeParser struct {
	text string
	at   int
}

// maxText bounds a pipe or a condition: places in it are counted from its
// start.
const maxText = 64 << 10

func parsePipe(text string) (*pipeText, error) {
	if len(text) > maxText {
		return nil, &syntaxError{message: "longer than 64 KiB; use a crosswalk or a lookup"}
	}
	p := &pipeParser{text: text}
	out, err := p.pipe()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.fail("expected | and a cleaner, or the end")
	}
	return out, nil
}

func (p *pipeParser) fail(format string, args ...any) error {
	return &syntaxError{column: runes(p.text[:p.at]), message: fmt.Sprintf(format, args...)}
}

func (p *pipeParser) column() int { return runes(p.text[:p.at]) }

func (p *pipeParser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n' || p.text[p.at] == '\t') {
		p.at++
	}
}

func (p *pipeParser) accept(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *pipeParser) pipe() (*pipeText, error) {
	p.space()
	out := &pipeText{}
	var err error
	switch {
	case p.refAhead():
		out.ref, err = p.ref()
	case p.accept("$"):
		out.start, err = p.operand()
	default:
		err = p.fail("expected $COLUMN or ref map($KEY)")
	}
	if err != nil {
		return nil, err
	}
	for {
		p.space()
		if !p.accept("|") {
			return out, nil
		}
		s, err := p.stage()
		if err != nil {
			return nil, err
		}
		out.stages = append(out.stages, s)
	}
}

func (p *pipeParser) refAhead() bool {
	return strings.HasPrefix(p.text[p.at:], "ref ") || strings.HasPrefix(p.text[p.at:], "ref? ")
}

func (p *pipeParser) ref() (*refText, error) {
	p.accept("ref")
	r := &refText{optional: p.accept("?")}
	p.space()
	r.column = p.column()
	if r.name = p.name(); r.name == "" {
		return nil, p.fail("expected the name of a map after ref")
	}
	if !p.accept("(") {
		return nil, p.fail("expected ( and the key, as in ref %s($KEY)", r.name)
	}
	for {
		if p.space(); p.refAhead() {
			return nil, p.fail("the key of a reference is made of columns: ref %s($KEY)", r.name)
		}
		key, err := p.pipe()
		if err != nil {
			return nil, err
		}
		r.keys = append(r.keys, key)
		p.space()
		if p.accept(")") {
			return r, nil
		}
		if !p.accept(",") {
			return nil, p.fail("expected , or ) in the key of ref %s", r.name)
		}
	}
}

// operand reads what follows a $: COL, "COL", alias.COL or alias."COL".
func (p *pipeParser) operand() (*operandText, error) {
	o := &operandText{column: p.column() - 1}
	var err error
	if o.first, err = p.columnName(); err != nil {
		return nil, err
	}
	if p.at+1 < len(p.text) && p.text[p.at] == '.' && (p.text[p.at+1] == '"' || nameRune(rune(p.text[p.at+1]))) {
		p.at++
		if o.second, err = p.columnName(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (p *pipeParser) columnName() (string, error) {
	if p.accept(`"`) {
		end := strings.IndexByte(p.text[p.at:], '"')
		if end < 0 {
			return "", p.fail(`the column name's closing " is missing`)
		}
		name := p.text[p.at : p.at+end]
		p.at += end + 1
		return name, nil
	}
	name := p.name()
	if message := notAQuote(p.text[p.at:], `$"Date of Birth"`); name == "" && message != "" {
		return "", p.fail("%s", message)
	}
	if name == "" {
		return "", p.fail(`expected a column name after $; names with spaces are written $"Date of Birth"`)
	}
	return name, nil
}

func nameRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func (p *pipeParser) name() string {
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !nameRune(r) && (r != '-' || p.at == start) {
			break
		}
		p.at += n
	}
	return p.text[start:p.at]
}

func (p *pipeParser) stage() (stageText, error) {
	p.space()
	s := stageText{column: p.column()}
	if s.name = p.name(); s.name == "" {
		return s, p.fail("expected the name of a cleaner after |")
	}
	for {
		p.space()
		if p.at >= len(p.text) || p.text[p.at] == '|' || p.text[p.at] == ')' || p.text[p.at] == ',' {
			return s, nil
		}
		arg, err := p.arg()
		if err != nil {
			return s, err
		}
		s.args = append(s.args, arg)
	}
}

func (p *pipeParser) arg() (argText, error) {
	if p.accept("$") {
		o, err := p.operand()
		return argText{operand: o}, err
	}
	text, err := p.word("=")
	if err != nil {
		return argText{}, err
	}
	if !p.accept("=") {
		return argText{text: text}, nil
	}
	pair, err := p.word("")
	return argText{text: text, pair: pair, isPair: true}, err
}

// word reads a bare or quoted word; a bare one also ends at the characters of
// stop.
func (p *pipeParser) word(stop string) (string, error) {
	for _, quote := range []string{"'", `"`} {
		if p.accept(quote) {
			end := strings.Index(p.text[p.at:], quote)
			if end < 0 {
				return "", p.fail("the closing %s is missing", quote)
			}
			word := p.text[p.at : p.at+end]
			p.at += end + 1
			return word, nil
		}
	}
	if message := notAQuote(p.text[p.at:], `' or " around a word`); message != "" {
		return "", p.fail("%s", message)
	}
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\n|),"+stop, rune(p.text[p.at])) {
		p.at++
	}
	if p.at == start {
		return "", p.fail("expected a word")
	}
	return p.text[start:p.at], nil
}

// splitText cuts text with ${…} into constants and names; $$ is a dollar sign.
// names[i] is "" for a constant.
func splitText(text string) (consts, names []string, columns []int, err error) {
	var fixed strings.Builder
	start, offset := 0, 0 // in runes
	flush := func() {
		if fixed.Len() > 0 {
			consts, names, columns = append(consts, fixed.String()), append(names, ""), append(columns, start)
			fixed.Reset()
		}
		start = offset
	}
	for text != "" {
		switch {
		case strings.HasPrefix(text, "$$"):
			fixed.WriteByte('$')
			text, offset = text[2:], offset+2
		case strings.HasPrefix(text, "${"):
			flush()
			name, tail, closed := strings.Cut(text[2:], "}")
			if !closed {
				return nil, nil, nil, &syntaxError{column: offset, message: "the closing } of ${ is missing"}
			}
			if strings.TrimSpace(name) == "" {
				return nil, nil, nil, &syntaxError{column: offset, message: "${} names nothing; write ${param.NAME} or ${COLUMN}"}
			}
			consts, names, columns = append(consts, ""), append(names, strings.TrimSpace(name)), append(columns, offset)
			text, offset = tail, offset+runes(name)+3
			start = offset
		default:
			_, n := utf8.DecodeRuneInString(text)
			fixed.WriteString(text[:n])
			text, offset = text[n:], offset+1
		}
	}
	flush()
	return consts, names, columns, nil
}
