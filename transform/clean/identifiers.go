package clean

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// identifierCleaners check and make identifiers.
var identifierCleaners = []Cleaner{
	{
		Name: "hash", In: []Type{Any}, Out: "string",
		Doc: "Replaces a value by its SHA-256 in hexadecimal, or with a salt by its HMAC-SHA-256. The same value always gives the same text. " +
			"Without a salt short values can be guessed from their hash.",
		Params:  []Param{{Name: "SALT", Kind: Word, Optional: true}},
		Compile: compileHash,
		Examples: []Example{
			{Pipe: "hash", In: "abc", Out: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
			{Pipe: "hash pepper", In: "abc", Out: "95ac8d48c4886bae06029b433c46c419019bf03a65a842069d84b7755b1d08c4"},
		},
	},
	{
		Name: "hl7_id", In: []Type{Any}, Out: "Identifier", Issues: []string{"bad-oid"},
		Doc: "Makes an Identifier of root^extension, as CDA and HL7 V3 have it. The root becomes a system like oid_uri says; a root alone is the whole " +
			"identifier and becomes a URN.",
		Compile: with(hl7ID),
		Examples: []Example{
			{Pipe: "hl7_id", In: "1.2.3.6^P-17", Out: `{"system":"urn:oid:1.2.3.6","value":"P-17"}`},
			{Pipe: "hl7_id", In: "2.16.840.1.113883.4.6^1234567893", Out: `{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567893"}`},
			{Pipe: "hl7_id", In: "4ADC1020-7B14-11DB-9FE1-0800200C9A66", Out: `{"system":"urn:ietf:rfc:3986","value":"urn:uuid:4adc1020-7b14-11db-9fe1-0800200c9a66"}`},
			{Pipe: "hl7_id", In: "1.2.3.7", Out: `{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2.3.7"}`},
			{Pipe: "hl7_id", In: "LAB^7", Out: `{"value":"7"}`, Issue: "bad-oid"},
			{Pipe: "hl7_id", In: "7", Out: `{"value":"7"}`},
		},
	},
	{
		Name: "luhn", In: []Type{Any}, Out: "string", Issues: []string{"bad-check-digit", "bad-identifier"},
		Doc:     "Checks that the last digit is the Luhn (mod 10) check digit. Spaces and hyphens are dropped.",
		Compile: with(luhnNumber),
		Examples: []Example{
			{Pipe: "luhn", In: "7992-7398-713", Out: "79927398713"},
			{Pipe: "luhn", In: "79927398710", OutNull: true, Issue: "bad-check-digit"},
			{Pipe: "luhn", In: "none", OutNull: true, Issue: "bad-identifier"},
		},
	},
	{
		Name: "mod11", In: []Type{Any}, Out: "string", Issues: []string{"bad-check-digit", "bad-identifier"},
		Doc:     "Checks that the last sign is the mod 11 check digit, with weights 2, 3, 4 … from the right and X for ten. Spaces and hyphens are dropped.",
		Compile: with(mod11Number),
		Examples: []Example{
			{Pipe: "mod11", In: "0-306-40615-2", Out: "0306406152"},
			{Pipe: "mod11", In: "0306406153", OutNull: true, Issue: "bad-check-digit"},
		},
	},
	{
		Name: "mrn", In: []Type{Any}, Out: "string",
		Doc:     "Tidies a medical record number: no white space, capital letters, and with pad=N zeros in front of a number up to N digits.",
		Params:  []Param{{Name: "pad=N", Kind: Pair, Optional: true}},
		Compile: compileMRN,
		Examples: []Example{
			{Pipe: "mrn pad=8", In: "12345", Out: "00012345"},
			{Pipe: "mrn", In: " ab 12", Out: "AB12"},
		},
	},
	{
		Name: "nhs", In: []Type{Any}, Out: "string", Issues: []string{"bad-check-digit", "bad-identifier"},
		Doc:     "Checks an NHS number of England and Wales: ten digits, the last a mod 11 check digit.",
		Compile: with(nhsNumber),
		Examples: []Example{
			{Pipe: "nhs", In: "943 476 5919", Out: "9434765919"},
			{Pipe: "nhs", In: "943 476 5910", OutNull: true, Issue: "bad-check-digit"},
			{Pipe: "nhs", In: "943 476", OutNull: true, Issue: "bad-identifier"},
		},
	},
	{
		Name: "npi", In: []Type{Any}, Out: "string", Issues: []string{"bad-check-digit", "bad-identifier"},
		Doc:     "Checks a National Provider Identifier: ten digits, the first 1 or 2, the last a Luhn check digit over 80840 and the rest.",
		Compile: with(npiNumber),
		Examples: []Example{
			{Pipe: "npi", In: "1234567893", Out: "1234567893"},
			{Pipe: "npi", In: "1234567890", OutNull: true, Issue: "bad-check-digit"},
			{Pipe: "npi", In: "3234567893", OutNull: true, Issue: "bad-identifier"},
		},
	},
	{
		Name: "ssn", In: []Type{Any}, Out: "string", Issues: []string{"bad-identifier"},
		Doc: "Checks a Social Security number and drops its dashes, as the code system us-ssn wants it. Numbers that were never given out are rejected: " +
			"area 000 or 666, group 00, serial 0000, one digit nine times. Areas 900 to 999 belong to taxpayer numbers and test data; with strict they are rejected too.",
		Params:  []Param{{Name: "strict", Kind: Word, Optional: true}},
		Compile: compileSSN,
		Examples: []Example{
			{Pipe: "ssn", In: "999-17-1679", Out: "999171679"},
			{Pipe: "ssn strict", In: "999-17-1679", OutNull: true, Issue: "bad-identifier"},
			{Pipe: "ssn", In: "000-12-3456", OutNull: true, Issue: "bad-identifier"},
		},
	},
	{
		Name: "uuid5", In: []Type{Any}, Out: "string",
		Doc:     "Makes the UUID of version 5 of a value in a namespace: a UUID, or dns, url, oid, x500.",
		Params:  []Param{{Name: "NAMESPACE", Kind: Word}},
		Compile: compileUUID5,
		Examples: []Example{
			{Pipe: "uuid5 dns", In: "www.example.com", Out: "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
			{Pipe: "uuid5 6ba7b810-9dad-11d1-80b4-00c04fd430c8", In: "www.example.com", Out: "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
		},
	},
}

// bareNumber drops the spaces and hyphens that people put into numbers; s
// itself where it has none.
func bareNumber(s string) string { return stripChars(s, " -\u00a0") }

// badIdentifier makes the problem of a text that can not be such a number.
func badIdentifier(what string) (Value, *Problem) {
	return bad("bad-identifier", "the text does not have the form of %s; correct the source, or map it as a local identifier", what)
}

// badCheckDigit makes the problem of a number with one digit wrong or two
// swapped, most likely.
func badCheckDigit(what string) (Value, *Problem) {
	return bad("bad-check-digit", "the check digit of %s is wrong; look for a typing mistake in the source", what)
}

// luhnSum returns the sum of the Luhn method; the last digit of s counts once.
func luhnSum(s string) int {
	sum := 0
	for i := range len(s) {
		n := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum
}

func luhnNumber(s string) (Value, *Problem) {
	s = bareNumber(s)
	if len(s) < 2 || len(s) > maxNumber || !onlyDigits(s) {
		return badIdentifier("a number with a check digit")
	}
	if luhnSum(s)%10 != 0 {
		return badCheckDigit("the number")
	}
	return of(s)
}

// mod11Digit returns the check sign of digits: 0 to 9, or X.
func mod11Digit(digits string) byte {
	sum := 0
	for i := range len(digits) {
		sum += int(digits[len(digits)-1-i]-'0') * (i + 2)
	}
	return "0123456789X0"[11-sum%11]
}

func mod11Number(s string) (Value, *Problem) {
	s = strings.ToUpper(bareNumber(s))
	if len(s) < 2 || len(s) > maxNumber || !onlyDigits(s[:len(s)-1]) {
		return badIdentifier("a number with a check digit")
	}
	last := len(s) - 1
	if mod11Digit(s[:last]) != s[last] {
		return badCheckDigit("the number")
	}
	return of(s)
}

// nhsNumber checks by the rule of the NHS Data Dictionary.
func nhsNumber(s string) (Value, *Problem) {
	s = bareNumber(s)
	if len(s) != 10 || !onlyDigits(s) {
		return badIdentifier("an NHS number (ten digits)")
	}
	if mod11Digit(s[:9]) != s[9] {
		return badCheckDigit("the NHS number")
	}
	return of(s)
}

// npiNumber checks by the rule of 45 CFR 162.406: Luhn over the card issuer
// prefix 80840 and the number.
func npiNumber(s string) (Value, *Problem) {
	s = bareNumber(s)
	if len(s) != 10 || !onlyDigits(s) || (s[0] != '1' && s[0] != '2') {
		return badIdentifier("an NPI (ten digits, the first 1 or 2)")
	}
	const prefixSum = 24 // Luhn sum of 80840 in front of ten digits
	if (luhnSum(s)+prefixSum)%10 != 0 {
		return badCheckDigit("the NPI")
	}
	return of(s)
}

// compileSSN follows the rules of the Social Security Administration (20 CFR
// 422.103 and its list of invalid areas).
func compileSSN(args []Arg, _ Settings) (Func, error) {
	strict := len(args) == 1
	if strict && args[0].Text != "strict" {
		return nil, fmt.Errorf("only the word strict may follow, not %q", args[0].Text)
	}
	return unary(func(s string) (Value, *Problem) {
		s = bareNumber(s)
		switch {
		case len(s) != 9 || !onlyDigits(s):
			return badIdentifier("a Social Security number (nine digits)")
		case s[:3] == "000" || s[:3] == "666" || s[3:5] == "00" || s[5:] == "0000" || strings.Count(s, s[:1]) == 9:
			return bad("bad-identifier", "no such Social Security number was ever given out; correct the source")
		case strict && s[0] == '9':
			return bad("bad-identifier", "numbers from 900 are taxpayer numbers or test data; map them under their own system")
		}
		return of(s)
	}), nil
}

// compileMRN pads numbers only: zeros before letters would make another
// identifier.
func compileMRN(args []Arg, _ Settings) (Func, error) {
	text, err := onlyPair(args, "pad", "0")
	if err != nil {
		return nil, err
	}
	n, ok := smallInt(text)
	if !ok || n > maxPad {
		return nil, fmt.Errorf("pad= takes a number of digits, not %q", text)
	}
	return unary(func(s string) (Value, *Problem) {
		s = strings.ToUpper(s)
		if strings.ContainsAny(s, " \t\r\n\u00a0") {
			s = strings.Join(strings.Fields(s), "")
		}
		if s != "" && onlyDigits(s) {
			s = padLeft(s, n, "0")
		}
		return of(s)
	}), nil
}

// compileHash uses HMAC for a salt, which a prefix would not protect.
func compileHash(args []Arg, _ Settings) (Func, error) {
	salt := []byte(word(args, 0, ""))
	return unary(func(s string) (Value, *Problem) {
		if len(salt) == 0 {
			sum := sha256.Sum256([]byte(s))
			return of(hex.EncodeToString(sum[:]))
		}
		mac := hmac.New(sha256.New, salt)
		mac.Write([]byte(s))
		return of(hex.EncodeToString(mac.Sum(nil)))
	}), nil
}

func compileUUID5(args []Arg, _ Settings) (Func, error) {
	space, err := namespace(args[0].Text)
	if err != nil {
		return nil, err
	}
	return unary(func(s string) (Value, *Problem) {
		sum := sha1.Sum(append(space[:len(space):len(space)], s...))
		sum[6] = sum[6]&0x0f | 0x50 // RFC 9562 5.5: version 5
		sum[8] = sum[8]&0x3f | 0x80 // and variant 10
		h := hex.EncodeToString(sum[:16])
		return of(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
	}), nil
}

var errNamespace = errors.New("the namespace must be a UUID, or dns, url, oid, x500")

// namespace returns the 16 bytes of a namespace (RFC 9562 6.6).
func namespace(name string) ([]byte, error) {
	if last, ok := map[string]string{"dns": "0", "url": "1", "oid": "2", "x500": "4"}[strings.ToLower(name)]; ok {
		name = "6ba7b81" + last + "-9dad-11d1-80b4-00c04fd430c8"
	}
	if len(name) != 36 || strings.Count(name, "-") != 4 {
		return nil, errNamespace
	}
	b, err := hex.DecodeString(strings.ReplaceAll(name, "-", ""))
	if err != nil || len(b) != 16 {
		return nil, errNamespace
	}
	return b, nil
}
