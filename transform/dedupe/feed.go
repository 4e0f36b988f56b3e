package dedupe

import "strings"

// feed is how one field of a record gets into its columns.
type feed struct {
	field      Field
	index      int // among the fields
	layout     layout
	to         *column              // nil for a full name, which only has extras
	extra      []*column            // what the value fills beside its own column
	cache      map[string][4]uint32 // nil for what hardly repeats
	unreadable int64
	shared     int64 // values that stand for nobody
}

// dicts returns the dictionaries that the feed adds to.
func (f *feed) dicts() (all []*dict) {
	if f.to != nil {
		all = append(all, f.to.dict)
	}
	for _, c := range f.extra {
		all = append(all, c.dict)
	}
	return all
}

// maxCached bounds the values whose tidied form is remembered: names and places
// repeat, numbers do not.
const maxCached = 1 << 14

// maxValue bounds a value in bytes: what is longer is free text, and only its
// start is compared.
const maxValue = 512

// add tidies the value of a row.
func (f *feed) add(t *table, row int, text string) {
	text = text[:min(len(text), maxValue)]
	ids, known := [4]uint32{}, false
	if f.cache != nil {
		ids, known = f.cache[text]
	}
	if !known {
		clean := true
		ids, clean = f.read(text)
		if !clean {
			t.nobody[row] = true
		} else if f.cache != nil && len(f.cache) < maxCached {
			f.cache[strings.Clone(text)] = ids
		}
	}
	columns := f.extra
	if f.to != nil {
		f.to.ids = append(f.to.ids, ids[0])
	}
	for i, c := range columns {
		id := ids[i]
		if f.to != nil {
			id = ids[i+1]
		}
		c.ids = append(c.ids, id)
	}
}

// read returns the numbers of a value's tidied parts, the field's own column
// first. It is false where the value stands for nobody.
func (f *feed) read(text string) (ids [4]uint32, clean bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return ids, true
	}
	var scratch [maxValue]byte
	switch f.field.Kind {
	case FullName:
		p := splitName(text)
		clean = true
		for i, part := range []string{p.given, p.middle, p.family, p.suffix} {
			if i < 3 && placeholderName(part) {
				clean, part = false, ""
			}
			ids[i] = f.extra[i].dict.id([]byte(part))
		}
		if !clean {
			f.shared++
		}
		return ids, clean
	case Street:
		number, street := splitStreet(text)
		return [4]uint32{f.to.dict.id([]byte(street)), f.extra[0].dict.id([]byte(number))}, true
	}
	out, readable := f.tidy(text, scratch[:0])
	if !readable {
		f.unreadable++
		return ids, true
	}
	if f.placeholder(out) {
		f.shared++
		return ids, f.field.Kind != Given && f.field.Kind != Family
	}
	ids[0] = f.to.dict.id(out)
	return ids, true
}

// repeats reports whether values of this kind come again and again.
func (k Kind) repeats() bool {
	switch k {
	case SSN, MRN, Identifier, Phone, Email, Street, FullName:
		return false
	}
	return true
}

func (f *feed) placeholder(value []byte) bool {
	switch f.field.Kind {
	case Given, Middle, Family:
		return placeholderName(string(value))
	case SSN, MRN, Identifier:
		return placeholderID(value)
	}
	return false
}

// tidy returns a value in the form in which it is compared. It is false for a
// date that cannot be read.
func (f *feed) tidy(text string, dst []byte) ([]byte, bool) {
	switch f.field.Kind {
	case DOB, Deceased, LastSeen:
		digits, ok := f.layout.read(text)
		if ok && placeholderDate(string(digits[:])) {
			return nil, true
		}
		return append(dst, digits[:]...), ok
	case Sex:
		return sexOf(fold(dst, text)), true
	case SSN, MRN, Identifier, StreetNumber:
		return alphanumeric(dst, text), true
	case Zip:
		return zipOf(dst, text), true
	case Phone:
		return phoneOf(digitsOf(dst, text)), true
	case Email:
		return emailOf(text), true
	case Suffix:
		return []byte(suffixOf(string(fold(dst, text)))), true
	case Family, Given, Middle, City, State, SourceSystem, Other, FullName, Street:
	}
	return fold(dst, text), true
}

// sexOf returns M, F or another word; nothing where the sex is not known.
func sexOf(word []byte) []byte {
	switch string(word) {
	case "MALE", "MAN", "MASCULINO", "MASCULIN", "MANNLICH":
		return []byte("M")
	case "FEMALE", "WOMAN", "FEMENINO", "FEMININ", "WEIBLICH":
		return []byte("F")
	case "U", "UN", "UNK", "UNKNOWN", "N", "NA", "0", "9":
		return nil
	}
	return word
}

// phoneOf returns the last ten digits of a number, nothing where it is none.
func phoneOf(digits []byte) []byte {
	if len(digits) < 6 {
		return nil
	}
	digits = digits[max(0, len(digits)-10):]
	if rest := digits[min(3, len(digits)-1):]; sameBytes(digits) || sameBytes(rest) {
		return nil
	}
	return digits
}

// emailOf returns an address in lower case, nothing where it is none or
// everybody's.
func emailOf(text string) []byte {
	text = strings.ToLower(strings.TrimPrefix(strings.ToLower(text), "mailto:"))
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || domain == "" {
		return nil
	}
	switch local {
	case "none", "noemail", "no", "na", "n/a", "unknown", "test", "declined", "refused", "noreply", "info":
		return nil
	}
	return []byte(text)
}

// placeholderID reports whether an id is what people enter when they have none.
func placeholderID(id []byte) bool {
	if len(id) < 3 || sameBytes(id) {
		return true
	}
	switch string(id) {
	case "123456789", "987654321", "1234567890", "0123456789", "078051120", "219099999", "UNKNOWN", "NONE", "NULL", "UNK", "PENDING", "TEST":
		return true // 078-05-1120 and 219-09-9999 were printed in advertisements
	}
	return false
}
