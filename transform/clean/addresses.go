package clean

import (
	"errors"
	"html"
	"strings"
	"unicode"
)

// addressCleaners tidy the parts of postal addresses. What they do not
// understand they keep, because FHIR takes any text there.
var addressCleaners = []Cleaner{
	{
		Name: "address_lines", In: []Type{Any}, Out: "string",
		Doc: "Divides an address at line breaks, at <br>, ~ and |, and gives line N (the first is 1), or without N all lines with a comma between them. " +
			"Empty lines do not count.",
		Params:  []Param{{Name: "N", Kind: Int, Optional: true}},
		Compile: compileAddressLines,
		Examples: []Example{
			{Pipe: "address_lines 2", In: "12 Elm St\r\n\r\nApt 4", Out: "Apt 4"},
			{Pipe: "address_lines", In: "12 Elm St<br>Apt 4", Out: "12 Elm St, Apt 4"},
			{Pipe: "address_lines 3", In: "12 Elm St", OutNull: true},
		},
	},
	{
		Name: "country", In: []Type{Any}, Out: "string", Issues: []string{"unknown-country"},
		Doc:     "Gives the two letters of ISO 3166 for a country: its name in English, or its code of two or three letters. Other text is kept, with a warning.",
		Compile: with(country),
		Examples: []Example{
			{Pipe: "country", In: "United States", Out: "US"},
			{Pipe: "country", In: "gbr", Out: "GB"},
			{Pipe: "country", In: "Côte d'Ivoire", Out: "CI"},
			{Pipe: "country", In: "Atlantis", Out: "Atlantis", Issue: "unknown-country"},
		},
	},
	{
		Name: "us_state", In: []Type{Any}, Out: "string", Issues: []string{"unknown-state"},
		Doc:     "Gives the two postal letters of a state or territory of the United States. Other text is kept, with a warning.",
		Compile: with(usState),
		Examples: []Example{
			{Pipe: "us_state", In: "Massachusetts", Out: "MA"},
			{Pipe: "us_state", In: "ny", Out: "NY"},
			{Pipe: "us_state", In: "Bavaria", Out: "Bavaria", Issue: "unknown-state"},
		},
	},
	{
		Name: "zip", In: []Type{Any}, Out: "string", Issues: []string{"bad-zip"},
		Doc: "Writes a ZIP code with five digits or as ZIP+4, and puts back the zeros that a spreadsheet lost. " +
			"Other text is kept, with a warning.",
		Compile: with(zip),
		Examples: []Example{
			{Pipe: "zip", In: "2108", Out: "02108"},
			{Pipe: "zip", In: "020722571", Out: "02072-2571"},
			{Pipe: "zip", In: "02139-4307", Out: "02139-4307"},
			{Pipe: "zip", In: "SW1A 1AA", Out: "SW1A 1AA", Issue: "bad-zip"},
		},
	},
}

// compileAddressLines numbers the lines, so that each can be an element of its
// own: line: [$A | address_lines 1, $A | address_lines 2].
func compileAddressLines(args []Arg, _ Settings) (Func, error) {
	n := number(args, 0, 0)
	if len(args) == 1 && n < 1 {
		return nil, errors.New("lines are counted from 1")
	}
	return unary(func(s string) (Value, *Problem) {
		lines := addressLines(s)
		switch {
		case n == 0:
			return of(strings.Join(lines, ", "))
		case n > len(lines):
			return Value{}, nil
		}
		return of(lines[n-1])
	}), nil
}

// addressLines returns the lines of an address that hold anything.
func addressLines(s string) []string {
	if strings.Contains(s, "<") {
		s = strings.NewReplacer("<br>", "\n", "<br/>", "\n", "<br />", "\n", "<BR>", "\n", "<BR/>", "\n").Replace(s)
		s = html.UnescapeString(s)
	}
	var lines []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '~' || r == '|' }) {
		if line := squeeze(strings.Trim(part, " \t,")); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// country keeps what it does not know: Address.country is free text, and a
// wrong code is worse than a name.
func country(s string) (Value, *Problem) {
	if code, ok := placeCode(countryCodes, s); ok {
		return of(same(s, []byte(code)))
	}
	return warn(s, "unknown-country", "the text names no country of ISO 3166; map it, or correct the source")
}

// usState keeps what it does not know, because addresses abroad stand in the
// same column.
func usState(s string) (Value, *Problem) {
	if code, ok := placeCode(stateCodes, s); ok {
		return of(same(s, []byte(code)))
	}
	return warn(s, "unknown-state", "the text names no state or territory of the United States; map it, or correct the source")
}

// placeCode looks up the name or code of a place.
func placeCode(codes map[string]string, s string) (string, bool) {
	if len(s) == 2 && isLetter(s[0]) && isLetter(s[1]) {
		code, ok := codes[string([]byte{s[0] | 0x20, s[1] | 0x20})]
		return code, ok
	}
	name := foldName(s)
	code, ok := codes[name]
	return code, ok && (len(name) > 2 || !strings.Contains(s, "/")) // N/A is not Namibia
}

// foldName is the form in which the names of places are looked up: small
// letters without accents, spaces and signs; & is and, St. is saint.
func foldName(s string) string {
	if len(s) > 100 {
		return ""
	}
	folded, lost := foldASCII(s)
	if lost != nil || strings.ContainsAny(s, "0123456789") { // CA 90210 says more than a state
		return ""
	}
	name := strings.ToLower(strings.ReplaceAll(folded.Text, "&", " and "))
	if rest, ok := strings.CutPrefix(name, "st. "); ok {
		name = "saint" + rest
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, name)
}

// zip puts lost zeros back: states of the north-east begin with one, Puerto
// Rico with two.
func zip(s string) (Value, *Problem) {
	digits := strings.TrimSuffix(strings.TrimSpace(s), ".0")
	five, four, plus := strings.Cut(digits, "-")
	if !plus && len(five) > 6 {
		five, four = five[:max(0, len(five)-4)], five[max(0, len(five)-4):]
	}
	if !onlyDigits(five) || !onlyDigits(four) || len(five) < 3 || len(five) > 5 || (four != "" && len(four) != 4) || strings.Trim(five, "0") == "" {
		return warn(s, "bad-zip", "the text is not a ZIP code of five or nine digits; correct the source, or drop zip for foreign addresses")
	}
	five = padLeft(five, 5, "0")
	if four == "" {
		return of(five)
	}
	return of(same(s, []byte(five+"-"+four)))
}
