package clean

import (
	"fmt"
	"slices"
	"strings"
)

// codeCleaners map local values to codes and check codes of the large systems.
var codeCleaners = []Cleaner{
	noKnownAllergy,
	{
		Name: "check", In: []Type{Any}, Out: "code", Issues: []string{"bad-check-digit", "bad-code"},
		Doc: "Checks that a code has the form of its code system, and its check digit where there is one (LOINC, SNOMED CT). " +
			"It does not look the code up. Systems: cpt, cvx, hcpcs, icd10cm, icd11, icd9cm, loinc, ndc, rxnorm, snomed.",
		Params:  []Param{{Name: "SYSTEM", Kind: Word}},
		Compile: compileCheck,
		Examples: []Example{
			{Pipe: "check loinc", In: "8480-6", Out: "8480-6"},
			{Pipe: "check loinc", In: "8480-7", OutNull: true, Issue: "bad-check-digit"},
			{Pipe: "check snomed", In: "73211009", Out: "73211009"},
			{Pipe: "check snomed", In: "73211008", OutNull: true, Issue: "bad-check-digit"},
			{Pipe: "check icd10cm", In: "E11.9", Out: "E11.9"},
			{Pipe: "check icd10cm", In: "E119", OutNull: true, Issue: "bad-code"},
			{Pipe: "check icd9cm", In: "250.00", Out: "250.00"},
			{Pipe: "check icd11", In: "5A11", Out: "5A11"},
			{Pipe: "check rxnorm", In: "197361", Out: "197361"},
			{Pipe: "check ndc", In: "0002-7597-01", Out: "0002-7597-01"},
			{Pipe: "check cvx", In: "8", OutNull: true, Issue: "bad-code"},
			{Pipe: "check cpt", In: "99213", Out: "99213"},
			{Pipe: "check hcpcs", In: "J1815", Out: "J1815"},
		},
	},
	{
		Name: "icd_dot", In: []Type{Any}, Out: "code", Issues: []string{"bad-code"},
		Doc:     "Puts the dot into a code of ICD-10 (behind three signs) or with 9 of ICD-9-CM (behind four where the code begins with E).",
		Params:  []Param{{Name: "10|9", Kind: Word, Optional: true}},
		Compile: compileICDDot,
		Examples: []Example{
			{Pipe: "icd_dot", In: "E119", Out: "E11.9"},
			{Pipe: "icd_dot", In: "I10", Out: "I10"},
			{Pipe: "icd_dot 9", In: "E8889", Out: "E888.9"},
			{Pipe: "icd_dot", In: "E1", OutNull: true, Issue: "bad-code"},
		},
	},
	{
		Name: "loinc_pad", In: []Type{Any}, Out: "code", Issues: []string{"bad-check-digit", "bad-code"},
		Doc:     "Writes a LOINC code as LOINC does: with its hyphen, without zeros in front. The check digit must hold.",
		Compile: with(loincPad),
		Examples: []Example{
			{Pipe: "loinc_pad", In: "084806", Out: "8480-6"},
			{Pipe: "loinc_pad", In: "8480-6", Out: "8480-6"},
			{Pipe: "loinc_pad", In: "84807", OutNull: true, Issue: "bad-check-digit"},
		},
	},
	{
		Name: "map", In: []Type{Any}, Out: "code", Issues: []string{"unmapped-value"},
		Doc:     "Replaces a value by the one written behind it, exactly as it is written; * stands for every other value. A long list is better kept in a crosswalk.",
		Params:  []Param{{Name: "VALUE=CODE", Kind: Pair, Variadic: true}},
		Compile: compileMap,
		Examples: []Example{
			{Pipe: "map H=home W=work C=mobile", In: "C", Out: "mobile"},
			{Pipe: "map H=home *=temp", In: "x", Out: "temp"},
			{Pipe: "map H=home W=work", In: "h", OutNull: true, Issue: "unmapped-value"},
		},
	},
	{
		Name: "ndc11", In: []Type{Any}, Out: "code", Issues: []string{"bad-code"},
		Doc:     "Writes a National Drug Code with 11 digits and no hyphens, as claims do. Ten digits without hyphens can not be told apart and are an issue.",
		Compile: with(ndc11),
		Examples: []Example{
			{Pipe: "ndc11", In: "0002-7597-01", Out: "00002759701"},
			{Pipe: "ndc11", In: "50242-040-62", Out: "50242004062"},
			{Pipe: "ndc11", In: "60574-4114-1", Out: "60574411401"},
			{Pipe: "ndc11", In: "0002759701", OutNull: true, Issue: "bad-code"},
		},
	},
	{
		Name: "oid_uri", In: []Type{Any}, Out: "uri", Issues: []string{"bad-oid"},
		Doc: "Gives the URI of a code system, or of a namespace of identifiers, by its OID. OIDs that FHIR has no other name for become urn:oid:, " +
			"UUIDs urn:uuid:.",
		Compile: with(oidURI),
		Examples: []Example{
			{Pipe: "oid_uri", In: "2.16.840.1.113883.6.96", Out: "http://snomed.info/sct"},
			{Pipe: "oid_uri", In: "2.16.840.1.113883.12.112", Out: "http://terminology.hl7.org/CodeSystem/v2-0112"},
			{Pipe: "oid_uri", In: "2.16.840.1.113883.6.238", Out: "urn:oid:2.16.840.1.113883.6.238"},
			{Pipe: "oid_uri", In: "D8B2A8E0-0F54-4F6E-8D3C-0F5A2B3C4D5E", Out: "urn:uuid:d8b2a8e0-0f54-4f6e-8d3c-0f5a2b3c4d5e"},
			{Pipe: "oid_uri", In: "LN", OutNull: true, Issue: "bad-oid"},
		},
	},
}

// codeSystem is a system whose codes can be checked by their form.
type codeSystem struct {
	form  string // for messages
	fits  func(code string) bool
	check func(code string) bool // check digit; nil where there is none
}

// codeSystems are the arguments of check.
var codeSystems = map[string]codeSystem{
	"cpt":     {"five digits, or four and F, T, U, M or A", isCPT, nil},
	"cvx":     {"two or three digits; pad_left 2 0 puts a lost zero back", isCVX, nil},
	"hcpcs":   {"a letter from A to V and four digits", isHCPCS, nil},
	"icd10cm": {"a letter, two signs, and a dot before up to four more; icd_dot adds the dot", isICD10, nil},
	"icd11":   {"four signs, the second a letter and the third a digit, and a dot before up to two more (MMS stem codes); clusters with & and /", isICD11, nil},
	"icd9cm":  {"three digits (V or E codes with their letter) and a dot before the rest; icd_dot 9 adds the dot", isICD9, nil},
	"loinc":   {"up to seven digits, a hyphen and a check digit", isLOINC, loincChecks},
	"ndc":     {"4-4-2, 5-3-2, 5-4-1 or 5-4-2 digits with hyphens, or 11 digits", isNDC, nil},
	"rxnorm":  {"a number of up to eight digits", isRxNorm, nil},
	"snomed":  {"6 to 18 digits of a concept (00 or 10 before the check digit)", isSNOMED, verhoeff},
}

// compileCheck looks the system up once, so that a wrong name is an error of
// the mapping and not of each row.
func compileCheck(args []Arg, _ Settings) (Func, error) {
	name := args[0].Text
	system, ok := codeSystems[name]
	if !ok {
		names := make([]string, 0, len(codeSystems))
		for n := range codeSystems {
			names = append(names, n)
		}
		slices.Sort(names)
		return nil, fmt.Errorf("the systems are %s, not %q", strings.Join(names, ", "), name)
	}
	return unary(func(s string) (Value, *Problem) {
		switch {
		case !system.fits(s):
			return bad("bad-code", "this is not a code of %s, which has the form: %s", name, system.form)
		case system.check != nil && !system.check(s):
			return badCheckDigit("the " + name + " code")
		}
		return of(s)
	}), nil
}

// matches tells whether s fits a pattern of 9 (digit), A (capital letter), X
// (either) and signs that stand for themselves.
func matches(s, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		upper := c >= 'A' && c <= 'Z'
		switch pattern[i] {
		case '9':
			if !isDigit(c) {
				return false
			}
		case 'A':
			if !upper {
				return false
			}
		case 'X':
			if !upper && !isDigit(c) {
				return false
			}
		default:
			if c != pattern[i] {
				return false
			}
		}
	}
	return true
}

func matchesAny(s string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(s, p) })
}

// isCPT takes the categories I, II (F) and III (T), laboratory (U),
// multianalyte (M) and administrative codes (A).
func isCPT(s string) bool {
	return matches(s, "99999") || (matches(s, "9999A") && strings.Contains("FTUMA", s[4:]))
}

// isCVX wants the zero of 08: CVX codes are texts, and a spreadsheet loses it.
func isCVX(s string) bool { return matchesAny(s, "99", "999") }

// isHCPCS takes level II codes; level I is CPT.
func isHCPCS(s string) bool { return matches(s, "A9999") && s[0] <= 'V' }

// isICD10 takes codes of ICD-10-CM, whose third sign is a digit, A or B.
func isICD10(s string) bool {
	return len(s) >= 3 && s[2] <= 'B' && matchesAny(s, "A9X", "A9X.X", "A9X.XX", "A9X.XXX", "A9X.XXXX")
}

// isICD11 takes stem codes of the linearisation for mortality and morbidity
// statistics, extension codes (X…) behind them, and clusters of both (ICD-11
// Reference Guide, sections 1.2.4.4 and 2.9). The letters I and O are not used.
func isICD11(s string) bool {
	for i, part := range strings.Split(strings.ReplaceAll(s, "/", "&"), "&") {
		stem := matchesAny(part, "XA9X", "XA9X.X", "XA9X.XX") && part[0] != 'X' && part[0] != '0'
		if strings.ContainsAny(part, "IO") || !stem && (i == 0 || !isExtension(part)) {
			return false
		}
	}
	return true
}

func isExtension(s string) bool {
	return strings.HasPrefix(s, "X") && matchesAny(s, "AAX", "AAXX", "AAXXX", "AAXXXX")
}

// isICD9 takes diagnoses, V and E codes, and procedures.
func isICD9(s string) bool {
	return matchesAny(s, "999", "999.9", "999.99", "V99", "V99.9", "V99.99", "E999", "E999.9", "99", "99.9", "99.99")
}

// isNDC takes the three forms of the FDA, and the one of claims with or without
// hyphens.
func isNDC(s string) bool {
	return matchesAny(s, "9999-9999-99", "99999-999-99", "99999-9999-9", "99999-9999-99", "99999999999")
}

func isRxNorm(s string) bool { return len(s) <= 8 && digitsAt(s) == len(s) && s != "" && s[0] != '0' }

// isLOINC takes codes of terms; parts (LP…) and answers (LA…) are not codes of
// observations.
func isLOINC(s string) bool {
	n := digitsAt(s)
	return n >= 1 && n <= 7 && s[0] != '0' && len(s) == n+2 && s[n] == '-' && isDigit(s[n+1])
}

// loincChecks applies mod 10, the Luhn method (LOINC Users' Guide, calculating
// check digits).
func loincChecks(s string) bool { return luhnSum(s[:len(s)-2]+s[len(s)-1:])%10 == 0 }

// isSNOMED takes concepts only: the partition before the check digit is 00, or
// 10 in an extension (SNOMED CT Technical Implementation Guide, SCTID).
func isSNOMED(s string) bool {
	if len(s) < 6 || len(s) > 18 || !onlyDigits(s) || s[0] == '0' {
		return false
	}
	partition := s[len(s)-3 : len(s)-1]
	return partition == "00" || partition == "10"
}

// verhoeff checks the last digit by Verhoeff's dihedral method.
func verhoeff(s string) bool {
	check := byte(0)
	for i := range len(s) {
		digit := s[len(s)-1-i] - '0'
		check = verhoeffProduct(check, verhoeffPermute(digit, i))
	}
	return check == 0
}

// verhoeffProduct multiplies in the dihedral group of order ten.
func verhoeffProduct(a, b byte) byte {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b+5)%5
	}
	return (a - b + 5) % 5
}

// verhoeffPermute applies the permutation of the method times times.
func verhoeffPermute(digit byte, times int) byte {
	for range times % 8 {
		digit = [...]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}[digit]
	}
	return digit
}

// compileICDDot refuses what is no code after the dot is in: a dot must not
// make rubbish look right.
func compileICDDot(args []Arg, _ Settings) (Func, error) {
	edition, err := option(args, 0, "10", "9")
	if err != nil {
		return nil, err
	}
	return unary(func(s string) (Value, *Problem) {
		at := 3
		if edition == "9" && strings.HasPrefix(s, "E") {
			at = 4
		}
		dotted := s
		if len(s) > at && s[at] != '.' {
			dotted = s[:at] + "." + s[at:]
		}
		if (edition == "10" && !isICD10(dotted)) || (edition == "9" && !isICD9(dotted)) {
			return bad("bad-code", "this is not a code of ICD-%s; correct the source, or write capital letters with upper first", edition)
		}
		return of(dotted)
	}), nil
}

// loincPad trusts the hyphen that it puts in only when the check digit agrees.
func loincPad(s string) (Value, *Problem) {
	code := s
	if !strings.Contains(s, "-") && len(s) >= 2 {
		code = s[:len(s)-1] + "-" + s[len(s)-1:]
	}
	code = strings.TrimLeft(code, "0")
	if !isLOINC(code) {
		return bad("bad-code", "this is not a LOINC code, which has up to seven digits and a check digit; correct the source")
	}
	if !loincChecks(code) {
		return badCheckDigit("the LOINC code")
	}
	return of(code)
}

// ndc11 puts the missing zero in front of the segment that lacks it (45 CFR
// 162, NDC in claims).
func ndc11(s string) (Value, *Problem) {
	switch {
	case matches(s, "99999999999"):
		return of(s)
	case matches(s, "9999-9999-99"):
		s = "0" + s
	case matches(s, "99999-999-99"):
		s = s[:6] + "0" + s[6:]
	case matches(s, "99999-9999-9"):
		s = s[:11] + "0" + s[11:]
	case !matches(s, "99999-9999-99"):
		return bad("bad-code", "this is not an NDC with hyphens (4-4-2, 5-3-2, 5-4-1, 5-4-2) or 11 digits; ten digits alone do not tell their segments")
	}
	return of(strings.ReplaceAll(s, "-", ""))
}

// compileMap compares exactly: a case that folds silently would hide that a
// source has both m and M.
func compileMap(args []Arg, _ Settings) (Func, error) {
	codes, err := pairs(args)
	if err != nil {
		return nil, err
	}
	other, any := codes["*"]
	return unary(func(s string) (Value, *Problem) {
		if code, ok := codes[s]; ok {
			return of(code)
		}
		if any {
			return of(other)
		}
		return bad("unmapped-value", "the value is not in the list; add it to map, or * for every other value")
	}), nil
}
