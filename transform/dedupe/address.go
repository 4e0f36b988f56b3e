package dedupe

import "strings"

// The levels of an address, compared as one: its parts say the same thing
// several times over.
const (
	addressAll uint8 = iota + 1
	addressHouse
	addressStreet
	addressPlace
	addressZip
	addressCity
	addressDifferent
)

// splitStreet takes the house number off a street and writes the rest in its
// short form, without the flat.
func splitStreet(text string) (number, street string) {
	words := strings.Fields(string(fold(nil, text)))
	if len(words) > 1 && isNumber(words[0]) {
		number, words = words[0], words[1:]
	}
	kept := words[:0]
	for i, w := range words {
		if i > 0 && isUnit(w) {
			break
		}
		kept = append(kept, shortStreet(w))
	}
	if n := len(kept); number == "" && n > 1 && isNumber(kept[n-1]) && kept[0] != "PO" && kept[n-2] != "BOX" {
		number, kept = kept[n-1], kept[:n-1] // 12 comes last where streets are written as in Bahnhofstr. 12
	}
	return number, strings.Join(kept, " ")
}

func isNumber(w string) bool {
	return w != "" && w[0] >= '0' && w[0] <= '9' && !strings.HasSuffix(w, "TH") && !strings.HasSuffix(w, "ST") && !strings.HasSuffix(w, "ND") && !strings.HasSuffix(w, "RD")
}

func isUnit(w string) bool {
	switch w {
	case "APT", "APARTMENT", "UNIT", "STE", "SUITE", "FLAT", "RM", "ROOM", "FL", "FLOOR", "LOT", "TRLR":
		return true
	}
	return false
}

// shortStreet returns the postal abbreviation of a word of a street (USPS
// Publication 28, appendix C).
func shortStreet(w string) string {
	switch w {
	case "STREET", "STR", "SAINT":
		return "ST"
	case "AVENUE", "AV", "AVEN":
		return "AVE"
	case "ROAD":
		return "RD"
	case "DRIVE", "DRV":
		return "DR"
	case "LANE":
		return "LN"
	case "COURT", "CRT":
		return "CT"
	case "PLACE":
		return "PL"
	case "BOULEVARD", "BOUL":
		return "BLVD"
	case "CIRCLE", "CIRC":
		return "CIR"
	case "CRESCENT", "CRES":
		return "CR"
	case "TERRACE", "TERR":
		return "TER"
	case "HIGHWAY":
		return "HWY"
	case "PARKWAY", "PKY":
		return "PKWY"
	case "NORTH", "SOUTH", "EAST", "WEST":
		return w[:1]
	}
	return rareStreet(w)
}

func rareStreet(w string) string {
	switch w {
	case "SQUARE":
		return "SQ"
	case "TRAIL":
		return "TRL"
	case "CLOSE":
		return "CL"
	case "MOUNT":
		return "MT"
	}
	return w
}

// zipOf returns a postal code as it is compared: five digits of an American
// one, otherwise letters and digits.
func zipOf(dst []byte, text string) []byte {
	start := len(dst)
	dst = alphanumeric(dst, text)
	code := dst[start:]
	for _, c := range code {
		if c < '0' || c > '9' {
			return dst
		}
	}
	if len(code) == 9 {
		return dst[:start+5]
	}
	if sameBytes(code) && len(code) > 3 && (code[0] == '0' || code[0] == '9') {
		return dst[:start]
	}
	return dst
}

func sameBytes(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return len(b) > 0
}

// addressParts is how the parts of two addresses compare.
type addressParts struct{ number, street, zip, city agreement }

// agreement is what one part says: nothing, that it is equal, nearly so, or
// that it differs.
type agreement uint8

const (
	silent agreement = iota
	equal
	near
	differs
)

// level folds the parts into the level of the whole address, 0 where nothing
// can be compared.
func (p addressParts) level() uint8 {
	street := p.street == equal || p.street == near
	place := p.zip == equal || p.zip == silent && p.city == equal
	switch {
	case p.street == equal && p.number == equal && place:
		return addressAll
	case street && p.number == equal:
		return addressHouse
	case street && place, p.number == equal && place && p.street != differs:
		return addressStreet
	case p.zip == equal && (p.city == equal || p.city == near):
		return addressPlace
	case p.zip == equal:
		return addressZip
	case p.city == equal || p.city == near:
		return addressCity
	case p == addressParts{} || p == addressParts{number: p.number}:
		return 0
	}
	return addressDifferent
}
