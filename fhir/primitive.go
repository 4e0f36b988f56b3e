package fhir

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Why a primitive value is not what R4 asks for. The texts never hold the
// value.
var (
	errBoolean      = errors.New("is true or false")
	errInteger      = errors.New("is a whole number from -2147483648 to 2147483647, without leading zeros")
	errUnsignedInt  = errors.New("is a whole number from 0 to 2147483647, without leading zeros")
	errPositiveInt  = errors.New("is a whole number from 1 to 2147483647, without leading zeros")
	errDecimal      = errors.New("is a decimal number such as 12.50, without leading zeros")
	errEmpty        = errors.New("is not empty; leave the element out instead")
	errControl      = errors.New("has no control characters but tab, line feed and carriage return (the cleaner printable removes others)")
	errTooLong      = errors.New("has at most 1048576 characters")
	errUTF8         = errors.New("is valid UTF-8")
	errSpaceInURI   = errors.New("has no white space")
	errCanonical    = errors.New("is an absolute URL, with |version or #fragment where wanted, or #id of a contained resource")
	errOID          = errors.New("is urn:oid: and an object identifier, such as urn:oid:1.2.3.4.5")
	errUUID         = errors.New("is urn:uuid: and a UUID in lower case")
	errID           = errors.New("has 1 to 64 of the characters A-Z, a-z, 0-9, dot and hyphen")
	errCode         = errors.New("has no white space at its ends and only single spaces inside")
	errBase64       = errors.New("is base64: groups of four characters A-Z a-z 0-9 + / =")
	errDate         = errors.New("is YYYY, YYYY-MM or YYYY-MM-DD")
	errDateTime     = errors.New("is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset such as -05:00")
	errInstant      = errors.New("is YYYY-MM-DDThh:mm:ss with Z or an offset such as -05:00")
	errTime         = errors.New("is hh:mm:ss, without zone")
	errDay          = errors.New("is a day that exists")
	errXHTML        = errors.New("is XHTML: one div element")
	errNotPrimitive = errors.New("has a type that is no primitive type of R4")
)

// CheckPrimitive returns nil where lexical is a value of the primitive type
// typ as R4 writes it (https://hl7.org/fhir/R4/datatypes.html), else what such
// a value is. Days that do not exist are errors. It allocates nothing.
func CheckPrimitive(typ, lexical string) error {
	switch typ {
	case "boolean":
		return whether(lexical == "true" || lexical == "false", errBoolean)
	case "integer":
		return whether(isInteger(lexical, "-+"), errInteger)
	case "unsignedInt":
		return whether(isInteger(lexical, ""), errUnsignedInt)
	case "positiveInt":
		return whether(isInteger(lexical, "+") && lexical != "0", errPositiveInt)
	case "decimal":
		return whether(isDecimal(lexical), errDecimal)
	case "date", "dateTime", "instant", "time":
		return checkTemporal(typ, lexical)
	}
	return checkText(typ, lexical)
}

// checkText checks the primitive types that are text with a pattern.
func checkText(typ, s string) error {
	switch typ {
	case "string", "markdown":
		return checkString(s)
	case "code":
		return whether(isCode(s), errCode)
	case "id":
		return whether(isID(s), errID)
	case "uri", "url":
		return checkURI(s)
	case "canonical":
		if err := checkURI(s); err != nil {
			return err
		}
		return whether(s[0] == '#' || strings.IndexByte(s, ':') > 0 && s != "urn:", errCanonical)
	case "oid":
		return whether(isOID(s), errOID)
	case "uuid":
		return whether(isUUID(s), errUUID)
	case "base64Binary":
		return whether(isBase64(s), errBase64)
	case "xhtml":
		return whether(strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "<div"), errXHTML)
	}
	return errNotPrimitive
}

func whether(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

// digits returns the place after the digits that start at i.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// isInteger checks 0|[signs]?[1-9][0-9]* within 32 bits.
func isInteger(s, signs string) bool {
	if s == "0" {
		return true
	}
	limit := "2147483647"
	if s != "" && strings.IndexByte(signs, s[0]) >= 0 {
		if s[0] == '-' {
			limit = "2147483648"
		}
		s = s[1:]
	}
	if s == "" || s[0] == '0' || digits(s, 0) != len(s) {
		return false
	}
	return len(s) < len(limit) || len(s) == len(limit) && s <= limit
}

// isDecimal checks -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func isDecimal(s string) bool {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	whole := i
	if i = digits(s, i); i == whole || s[whole] == '0' && i > whole+1 {
		return false
	}
	if i < len(s) && s[i] == '.' {
		fraction := i + 1
		if i = digits(s, fraction); i == fraction {
			return false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		exponent := i
		if i = digits(s, i); i == exponent {
			return false
		}
	}
	return i == len(s)
}

// maxString is R4's limit of a string: 1024*1024 characters.
const maxString = 1 << 20

func checkString(s string) error {
	if s == "" {
		return errEmpty
	}
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\t' && s[i] != '\n' && s[i] != '\r' {
			return errControl
		}
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if !ascii && !utf8.ValidString(s) {
		return errUTF8
	}
	if len(s) > maxString && utf8.RuneCountInString(s) > maxString {
		return errTooLong
	}
	return nil
}

func checkURI(s string) error {
	if s == "" {
		return errEmpty
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' {
			return errSpaceInURI
		}
	}
	// https://hl7.org/fhir/R4/datatypes.html#uri: those of urn:oid: and
	// urn:uuid: have the form of oid and uuid
	switch {
	case strings.HasPrefix(s, "urn:oid:"):
		return whether(isOID(s), errOID)
	case strings.HasPrefix(s, "urn:uuid:"):
		return whether(isUUID(s), errUUID)
	}
	return nil
}

// isCode checks [^\s]+(\s[^\s]+)*.
func isCode(s string) bool {
	afterSpace := true
	for i := 0; i < len(s); i++ {
		space := isSpace(s[i])
		if space && afterSpace || s[i] < ' ' {
			return false
		}
		afterSpace = space
	}
	return !afterSpace
}

func isID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if idBytes[s[i]>>6]&(1<<(s[i]&63)) == 0 {
			return false
		}
	}
	return true
}

// idBytes are the bytes that an id may have, a bit each: '-', '.', 0 to 9, A to
// Z, a to z. Every resource and reference asks.
var idBytes = [4]uint64{0x3FF<<'0' | 1<<'-' | 1<<'.', 0x3FFFFFF<<('A'-64) | 0x3FFFFFF<<('a'-64)}

// isOID checks urn:oid:[0-2](\.(0|[1-9][0-9]*))+.
func isOID(s string) bool {
	const prefix = "urn:oid:"
	if len(s) < len(prefix)+3 || s[:len(prefix)] != prefix || s[len(prefix)]-'0' > 2 {
		return false
	}
	i := len(prefix) + 1
	for i < len(s) {
		if s[i] != '.' {
			return false
		}
		arc := i + 1
		if i = digits(s, arc); i == arc || s[arc] == '0' && i > arc+1 {
			return false
		}
	}
	return true
}

func isUUID(s string) bool {
	const shape = "urn:uuid:00000000-0000-0000-0000-000000000000"
	if len(s) != len(shape) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if shape[i] == '0' {
			if !isDigit(s[i]) && s[i]-'a' >= 6 {
				return false
			}
		} else if s[i] != shape[i] {
			return false
		}
	}
	return true
}

// isBase64 checks (\s*([0-9a-zA-Z\+\/=]){4}\s*)+: white space only between
// groups of four. Beyond R4's pattern, = stands only at the end, once or twice
// (RFC 4648).
func isBase64(s string) bool {
	n, padding := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isSpace(c):
			if n%4 != 0 {
				return false
			}
			continue
		case c == '=':
			padding++
		case padding > 0 || !isDigit(c) && (c|0x20)-'a' >= 26 && c != '+' && c != '/':
			return false
		}
		n++
	}
	return n > 0 && n%4 == 0 && padding <= 2
}
