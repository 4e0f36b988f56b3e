package clean

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// numberCleaners read numbers and reckon with them, always on their decimal
// digits.
var numberCleaners = []Cleaner{
	{
		Name: "abs", In: []Type{"integer", "decimal"}, Out: Same, Issues: []string{"bad-number"}, Doc: "Drops the minus sign of a number.",
		Compile: with(func(s string) (Value, *Problem) {
			t, ok := plainForm().decimal(s)
			if !ok {
				return notANumber()
			}
			return of(strings.TrimPrefix(t, "-"))
		}),
		Examples: []Example{
			{Pipe: "abs", In: "-4.50", Out: "4.50"},
			{Pipe: "abs", In: "four", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "bool", In: []Type{Any}, Out: "boolean", Issues: []string{"bad-boolean"},
		Doc: "Reads true or false. Without arguments: true t yes y 1 and false f no n 0, in any case; " +
			"with arguments only the words written here, exactly.",
		Params:  []Param{{Name: "WORD=true|false", Kind: Pair, Optional: true, Variadic: true}},
		Compile: compileBool,
		Examples: []Example{
			{Pipe: "bool", In: "Y", Out: "true"},
			{Pipe: "bool J=true N=false", In: "N", Out: "false"},
			{Pipe: "bool", In: "maybe", OutNull: true, Issue: "bad-boolean"},
		},
	},
	{
		Name: "clamp", In: []Type{"integer", "decimal"}, Out: Same, Issues: []string{"bad-number", "out-of-range"},
		Doc:     "Moves a number that is below LOW or above HIGH to that limit, with a warning.",
		Params:  []Param{{Name: "LOW", Kind: Word}, {Name: "HIGH", Kind: Word}},
		Compile: compileClamp,
		Examples: []Example{
			{Pipe: "clamp 0 10", In: "7", Out: "7"},
			{Pipe: "clamp 0 10", In: "11.5", Out: "10", Issue: "out-of-range"},
		},
	},
	{
		Name: "decimal", In: []Type{Any}, Out: "decimal", Issues: []string{"bad-number"},
		Doc: "Reads a number and keeps all its digits. The decimal sign is a point, or what sep= says. A sign between thousands is understood " +
			"where nothing else can be meant (1,234.5 or 1,234,567), or where group= names it.",
		Params:  []Param{{Name: "sep=, group=.", Kind: Pair, Optional: true, Variadic: true}},
		Compile: compileDecimal,
		Examples: []Example{
			{Pipe: "decimal", In: "+06.20", Out: "6.20"},
			{Pipe: "decimal sep=,", In: "1.234,5", Out: "1234.5"},
			{Pipe: "decimal group=,", In: "1,234", Out: "1234"},
			{Pipe: "decimal", In: "1,234", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "integer", In: []Type{Any}, Out: "integer", Issues: []string{"bad-number", "out-of-range"},
		Doc:     "Reads a whole number of 32 bits. A fraction of zeros is dropped, another one is an issue.",
		Compile: with(integer),
		Examples: []Example{
			{Pipe: "integer", In: "007", Out: "7"},
			{Pipe: "integer", In: "3.0", Out: "3"},
			{Pipe: "integer", In: "3.5", OutNull: true, Issue: "bad-number"},
			{Pipe: "integer", In: "9999999999", OutNull: true, Issue: "out-of-range"},
		},
	},
	{
		Name: "number_from_text", In: []Type{Any}, Out: "decimal", Issues: []string{"bad-number", "comparator-dropped"},
		Doc:     "Takes the only number out of a text, with a warning where words or a comparator are lost.",
		Compile: with(numberFromText),
		Examples: []Example{
			{Pipe: "number_from_text", In: "<5", Out: "5", Issue: "comparator-dropped"},
			{Pipe: "number_from_text", In: " 37.20 ", Out: "37.20"},
			{Pipe: "number_from_text", In: "120/80", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "range", In: []Type{"integer", "decimal"}, Out: Same, Issues: []string{"bad-number", "out-of-range"},
		Doc:     "Rejects a number below LOW or above HIGH.",
		Params:  []Param{{Name: "LOW", Kind: Word}, {Name: "HIGH", Kind: Word}},
		Compile: compileRange,
		Examples: []Example{
			{Pipe: "range 25 45", In: "36.6", Out: "36.6"},
			{Pipe: "range 25 45", In: "98.6", OutNull: true, Issue: "out-of-range"},
		},
	},
	{
		Name: "round", In: []Type{"string", "integer", "decimal"}, Out: "decimal", Issues: []string{"bad-number"},
		Doc:     "Rounds to N digits behind the point; halves go away from zero. No digits are added.",
		Params:  []Param{{Name: "N", Kind: Int}},
		Compile: compileRound,
		Examples: []Example{
			{Pipe: "round 1", In: "-2.25", Out: "-2.3"},
			{Pipe: "round 2", In: "5", Out: "5"},
			{Pipe: "round 2", In: "5 kg", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "scale", In: []Type{"string", "integer", "decimal"}, Out: "decimal", Issues: []string{"bad-number"},
		Doc:     "Multiplies by FACTOR and then adds OFFSET, exactly.",
		Params:  []Param{{Name: "FACTOR", Kind: Word}, {Name: "OFFSET", Kind: Word, Optional: true}},
		Compile: compileScale,
		Examples: []Example{
			{Pipe: "scale 0.45359237", In: "150", Out: "68.03885550"},
			{Pipe: "scale 1 -273.15", In: "310.15", Out: "37.00"},
			{Pipe: "scale 10", In: "n/a", OutNull: true, Issue: "bad-number"},
		},
	},
}

// notANumber names the cleaners that read the usual other forms.
func notANumber() (Value, *Problem) {
	return bad("bad-number", "the text is not a number; correct the source, or read it with decimal sep=, or number_from_text")
}

func compileDecimal(args []Arg, _ Settings) (Func, error) {
	form, err := formOf(args)
	if err != nil {
		return nil, err
	}
	return unary(func(s string) (Value, *Problem) {
		t, ok := form.decimal(s)
		if !ok {
			return notANumber()
		}
		return of(t)
	}), nil
}

// integer accepts 3.0, which spreadsheets make of 3.
func integer(s string) (Value, *Problem) {
	t, ok := plainForm().decimal(s)
	if !ok {
		return notANumber()
	}
	if strings.ContainsAny(t, ".eE") {
		n := parseFixed(t)
		whole := n.rounded(0)
		if whole.compare(n) != 0 {
			return bad("bad-number", "the number is not whole; round it first with round 0")
		}
		t = whole.String()
	}
	if t == "-0" {
		t = "0"
	}
	if !fitsInt32(t) {
		return bad("out-of-range", "a FHIR integer reaches from -2147483648 to 2147483647; map a long number as decimal or string")
	}
	return of(t)
}

// fitsInt32 compares the digits of a whole number, which has no leading zeros.
func fitsInt32(s string) bool {
	limit := "2147483647"
	digits, negative := strings.CutPrefix(s, "-")
	if negative {
		limit = "2147483648"
	}
	return len(digits) < len(limit) || (len(digits) == len(limit) && digits <= limit)
}

// numberFromText finds the only number of a text.
func numberFromText(s string) (Value, *Problem) {
	s = strings.ReplaceAll(s, "−", "-") // the minus sign of word processors
	start := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if start < 0 {
		return notANumber()
	}
	if start > 0 && s[start-1] == '.' {
		start--
	}
	if start > 0 && s[start-1] == '-' && (start == 1 || !isLetter(s[start-2]) && s[start-2] != '-') {
		start-- // behind a letter it is a hyphen: T-2
	}
	end := start
	for end < len(s) && (isDigit(s[end]) || s[end] == '.' || s[end] == ',' || (end == start && s[end] == '-')) {
		end++
	}
	t, ok := plainForm().decimal(strings.TrimRight(s[start:end], ".,"))
	if !ok || holdsNumber(s[:start]) || holdsNumber(s[end:]) {
		return bad("bad-number", "the text holds no number, or more than one; take the one that is meant with extract")
	}
	if strings.TrimSpace(s[:start]) != "" || strings.Trim(s[end:], " .,") != "" {
		return warn(t, "comparator-dropped", "words or a comparator beside the number are lost; use quantity to keep a comparator")
	}
	return of(t)
}

// holdsNumber reports whether a text has a digit of any script, or a half or a
// quarter; what is raised behind a letter (m²) is a unit's.
func holdsNumber(s string) bool {
	letter := false
	for _, r := range s {
		if r >= '0' && r <= '9' || unicode.IsNumber(r) && !letter {
			return true
		}
		letter = unicode.IsLetter(r)
	}
	return false
}

// compileBool forgets the usual words as soon as the mapping lists its own,
// because N may mean new.
func compileBool(args []Arg, _ Settings) (Func, error) {
	words, err := pairs(args)
	if err != nil {
		return nil, err
	}
	for word, truth := range words {
		if truth != "true" && truth != "false" {
			return nil, fmt.Errorf("%q must be true or false, not %q", word, truth)
		}
	}
	return unary(func(s string) (Value, *Problem) {
		truth, ok := words[s]
		if len(words) == 0 {
			truth, ok = usualTruth(s)
		}
		if !ok {
			return bad("bad-boolean", "the text is neither of the words for true nor for false; list it: bool WORD=true")
		}
		return of(truth)
	}), nil
}

func usualTruth(s string) (string, bool) {
	if len(s) > len("false") {
		return "", false
	}
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "1":
		return "true", true
	case "false", "f", "no", "n", "0":
		return "false", true
	}
	return "", false
}

// limits reads the two numbers behind clamp and range.
func limits(args []Arg) (low, high fixed, err error) {
	if !isDecimal(args[0].Text) || !isDecimal(args[1].Text) {
		return low, high, fmt.Errorf("the limits must be numbers, not %q and %q", args[0].Text, args[1].Text)
	}
	low, high = parseFixed(args[0].Text), parseFixed(args[1].Text)
	if low.compare(high) > 0 {
		return low, high, fmt.Errorf("the low limit %s is above the high limit %s", args[0].Text, args[1].Text)
	}
	return low, high, nil
}

// compileClamp warns: a value at a limit is not the one that was measured.
func compileClamp(args []Arg, _ Settings) (Func, error) {
	low, high, err := limits(args)
	if err != nil {
		return nil, err
	}
	return reckoned(func(n fixed, text string) (Value, *Problem) {
		switch {
		case n.compare(low) < 0:
			text = args[0].Text
		case n.compare(high) > 0:
			text = args[1].Text
		default:
			return of(text)
		}
		return warn(text, "out-of-range", "the number was moved to the limit; look whether its unit is the expected one")
	}), nil
}

func compileRange(args []Arg, _ Settings) (Func, error) {
	low, high, err := limits(args)
	if err != nil {
		return nil, err
	}
	return reckoned(func(n fixed, text string) (Value, *Problem) {
		if n.compare(low) < 0 || n.compare(high) > 0 {
			return bad("out-of-range", "the number is not from %s to %s; look whether its unit is the expected one", args[0].Text, args[1].Text)
		}
		return of(text)
	}), nil
}

// reckoned makes a Func of a function of numbers, which gets the canonical text
// too.
func reckoned(f func(n fixed, text string) (Value, *Problem)) Func {
	return unary(func(s string) (Value, *Problem) {
		t, ok := plainForm().decimal(s)
		if !ok {
			return notANumber()
		}
		return f(parseFixed(t), t)
	})
}

// compileRound adds no zeros, which would claim a precision that nobody
// measured.
func compileRound(args []Arg, _ Settings) (Func, error) {
	digits := number(args, 0, 0)
	if digits < 0 || digits > maxNumber {
		return nil, errors.New("the number of digits is not from 0 to 64")
	}
	return reckoned(func(n fixed, text string) (Value, *Problem) {
		if digits >= n.scale {
			return of(text)
		}
		return of(n.rounded(digits).String())
	}), nil
}

func compileScale(args []Arg, _ Settings) (Func, error) {
	factor, offset := args[0].Text, word(args, 1, "0")
	if !isDecimal(factor) || !isDecimal(offset) {
		return nil, fmt.Errorf("%q or %q is not a number", factor, offset)
	}
	k, plus := parseFixed(factor), parseFixed(offset)
	return reckoned(func(n fixed, _ string) (Value, *Problem) {
		return of(n.times(k).plus(plus).String())
	}), nil
}
