package clean

import (
	"errors"
	"fmt"
	"strings"
)

// quantityCleaners make FHIR quantities of numbers and units.
var quantityCleaners = []Cleaner{
	{
		Name: "convert", In: []Type{"string", "integer", "decimal"}, Out: "decimal", Issues: []string{"bad-number"},
		Doc: "Converts a number from one unit to another of the same kind (mass, length, volume, temperature, pressure), " +
			"rounded to DIGITS behind the point. Without DIGITS they are 4, or as many more as a small number needs to stay within a thousandth.",
		Params:  []Param{{Name: "FROM", Kind: Word}, {Name: "TO", Kind: Word}, {Name: "DIGITS", Kind: Int, Optional: true}},
		Compile: compileConvert,
		Examples: []Example{
			{Pipe: "convert lb kg 1", In: "150", Out: "68.0"},
			{Pipe: "convert F Cel 1", In: "98.6", Out: "37.0"},
			{Pipe: "convert mg kg", In: "149", Out: "0.000149"},
			{Pipe: "convert mg kg 2", In: "149", OutNull: true, Issue: "bad-number"},
			{Pipe: "convert in cm", In: "tall", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "quantity", In: []Type{Any}, Out: "Quantity", Issues: []string{"bad-number", "unknown-unit"},
		Doc: "Makes a Quantity of a number, which may carry a comparator (<5), and a unit: a column, or a text in quotes. " +
			"With ucum the unit gets its UCUM code; one that has none is kept as text, with a warning.",
		Params:  []Param{{Name: "UNIT", Kind: Either}, {Name: "ucum", Kind: Word, Optional: true}},
		Compile: compileQuantity, Append: appenderOfQuantity,
		Examples: []Example{
			{Pipe: "quantity $UNIT ucum", In: "6.2", Columns: []string{"%"}, Out: `{"value":6.2,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}`},
			{Pipe: "quantity 'mmHg' ucum", In: "120", Out: `{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}`},
			{Pipe: "quantity $UNIT", In: "<5", Columns: []string{"copies"}, Out: `{"value":5,"comparator":"<","unit":"copies"}`},
			{Pipe: "quantity $UNIT ucum", In: "3", Columns: []string{"blobs"}, Out: `{"value":3,"unit":"blobs"}`, Issue: "unknown-unit"},
			{Pipe: "quantity $UNIT ucum", In: "positive", Columns: []string{"%"}, OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "range_low_high", In: []Type{Any}, Out: "Range", Issues: []string{"bad-number", "out-of-range"},
		Doc:     "Makes a Range of two numbers with a separator between them; either may be missing.",
		Params:  []Param{{Name: "SEP", Kind: Word, Optional: true}},
		Compile: compileRangeLowHigh,
		Examples: []Example{
			{Pipe: "range_low_high -", In: "3.5-5.0", Out: `{"low":{"value":3.5},"high":{"value":5.0}}`},
			{Pipe: "range_low_high -", In: "high-low", OutNull: true, Issue: "bad-number"},
			{Pipe: "range_low_high -", In: "5-3", OutNull: true, Issue: "out-of-range"},
		},
	},
	{
		Name: "ratio", In: []Type{Any}, Out: "Ratio", Issues: []string{"bad-number"},
		Doc:     "Makes a Ratio of two numbers with a separator between them.",
		Params:  []Param{{Name: "SEP", Kind: Word, Optional: true}},
		Compile: compileRatio,
		Examples: []Example{
			{Pipe: "ratio", In: "1:128", Out: `{"numerator":{"value":1},"denominator":{"value":128}}`},
			{Pipe: "ratio", In: "1:0", OutNull: true, Issue: "bad-number"},
		},
	},
	{
		Name: "ucum", In: []Type{Any}, Out: "code", Issues: []string{"unknown-unit"},
		Doc:     "Gives the UCUM code of a unit as charts and laboratories write it.",
		Compile: with(ucum),
		Examples: []Example{
			{Pipe: "ucum", In: "mcg/mL", Out: "ug/mL"},
			{Pipe: "ucum", In: "K/uL", Out: "10*3/uL"},
			{Pipe: "ucum", In: "{score}", Out: "{score}"},
			{Pipe: "ucum", In: "blobs", OutNull: true, Issue: "unknown-unit"},
		},
	},
}

const unknownUnit = "the unit has no UCUM code that is known here; map it to UCUM first (map LOCAL=CODE, or a crosswalk)"

// ucum makes null of a unit without a code, where quantity keeps its text: a
// code element takes codes only.
func ucum(s string) (Value, *Problem) {
	code, ok := ucumCode(s)
	if !ok {
		return bad("unknown-unit", unknownUnit)
	}
	return of(same(s, []byte(code)))
}

// unitMembers are the members of a Quantity behind its value.
type unitMembers struct {
	text  string
	known bool
}

// compileQuantity looks at a constant unit now, so that its mistakes are found
// before the first row.
func compileQuantity(args []Arg, s Settings) (Func, error) {
	write, err := appenderOfQuantity(args, s)
	if err != nil {
		return nil, err
	}
	return func(in Value, columns []Value) (Value, *Problem) {
		out, ok, problem := write(nil, in, columns)
		if !ok {
			return Value{}, problem
		}
		return Of(string(out)), problem
	}, nil
}

func appenderOfQuantity(args []Arg, _ Settings) (Appender, error) {
	coded := len(args) == 2
	if coded && args[1].Text != "ucum" {
		return nil, fmt.Errorf("behind the unit only the word ucum may stand, not %q", args[1].Text)
	}
	members := func(unit string) unitMembers { return newUnitMembers(unit, coded) }
	if unit := args[0]; unit.Index < 0 {
		if coded && !members(unit.Text).known {
			return nil, fmt.Errorf("the unit %q has no UCUM code", unit.Text)
		}
	}
	units := &cache[unitMembers]{}
	return func(dst []byte, in Value, columns []Value) ([]byte, bool, *Problem) {
		if in.Text == "" {
			return dst, false, nil
		}
		unit := args[0].value(columns)
		return appendQuantity(dst, in.Text, units.get(unit.Text, members))
	}, nil
}

// newUnitMembers writes what follows the value once for each unit; a laboratory
// has few of them and many results.
func newUnitMembers(unit string, coded bool) unitMembers {
	if unit == "" {
		return unitMembers{known: true}
	}
	out := appendJSON([]byte(`,"unit":`), unit)
	if !coded {
		return unitMembers{string(out), true}
	}
	code, ok := ucumCode(unit)
	if ok {
		out = appendMember(appendMember(out, "system", ucumSystem), "code", code)
	}
	return unitMembers{string(out), ok}
}

// appendQuantity writes the members in the order of the FHIR definition.
func appendQuantity(dst []byte, s string, unit unitMembers) (out []byte, ok bool, problem *Problem) {
	comparator, rest := cutComparator(s)
	value, ok := plainForm().decimal(rest)
	if !ok {
		_, problem = bad("bad-number", "the value is not a number; map text to valueString, or tidy it before quantity")
		return dst, false, problem
	}
	out = append(append(dst, `{"value":`...), value...)
	out = appendMember(out, "comparator", comparator)
	out = append(append(out, unit.text...), '}')
	if !unit.known {
		problem = &Problem{Code: "unknown-unit", Message: unknownUnit}
	}
	return out, true, problem
}

// cutComparator splits <5 or ≥ 5 into FHIR's comparator and the rest.
func cutComparator(s string) (comparator, rest string) {
	if s == "" || isDigit(s[0]) {
		return "", s // as nearly every value
	}
	for _, c := range [...]struct{ sign, code string }{{"<=", "<="}, {">=", ">="}, {"≤", "<="}, {"≥", ">="}, {"=<", "<="}, {"=>", ">="}, {"<", "<"}, {">", ">"}} {
		if rest, ok := strings.CutPrefix(s, c.sign); ok {
			return c.code, strings.TrimLeft(rest, " ")
		}
	}
	return "", s
}

// compileRangeLowHigh takes -5-10 for minus five to ten.
func compileRangeLowHigh(args []Arg, _ Settings) (Func, error) {
	sep := word(args, 0, "-")
	if sep == "" {
		return nil, errors.New("the separator is empty")
	}
	return unary(func(s string) (Value, *Problem) {
		at := strings.Index(s, sep)
		if at == 0 && sep == "-" && strings.Count(s, sep) > 1 {
			at = strings.Index(s[1:], sep) + 1 // the first is a minus sign
		}
		if at < 0 {
			return badPair(sep)
		}
		low, okLow := plainForm().decimal(strings.TrimSpace(s[:at]))
		high, okHigh := plainForm().decimal(strings.TrimSpace(s[at+len(sep):]))
		return rangeOf(low, high, okLow || at == 0, okHigh || at+len(sep) == len(s))
	}), nil
}

func badPair(sep string) (Value, *Problem) {
	return bad("bad-number", "the text is not two numbers with %q between them; correct the source or the separator", sep)
}

func rangeOf(low, high string, okLow, okHigh bool) (Value, *Problem) {
	if !okLow || !okHigh || low+high == "" {
		return bad("bad-number", "the text is not two numbers with the separator between them; correct the source or the separator")
	}
	if low != "" && high != "" && parseFixed(low).compare(parseFixed(high)) > 0 {
		return bad("out-of-range", "the low number is above the high one; correct the source")
	}
	out := []byte{'{'}
	for _, end := range [...]struct{ name, value string }{{"low", low}, {"high", high}} {
		if end.value != "" {
			out = append(appendName(out, end.name), `{"value":`+end.value+`}`...)
		}
	}
	return Of(string(append(out, '}'))), nil
}

func compileRatio(args []Arg, _ Settings) (Func, error) {
	sep := word(args, 0, ":")
	if sep == "" {
		return nil, errors.New("the separator is empty")
	}
	return unary(func(s string) (Value, *Problem) {
		above, below, _ := strings.Cut(s, sep)
		numerator, ok := plainForm().decimal(strings.TrimSpace(above))
		denominator, okBelow := plainForm().decimal(strings.TrimSpace(below))
		if !ok || !okBelow || parseFixed(denominator).unscaled.Sign() == 0 {
			return badPair(sep)
		}
		return Of(`{"numerator":{"value":` + numerator + `},"denominator":{"value":` + denominator + `}}`), nil
	}), nil
}
