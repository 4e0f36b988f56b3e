package dedupe

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what a column holds, and with that how two of its values are
// compared.
type Kind string

// The kinds of a column. Those with a format take it in parentheses:
// dob(YYYYMMDD).
const (
	Given        Kind = "given"         // first name, several tokens allowed
	Middle       Kind = "middle"        // middle name or initial
	Family       Kind = "family"        // last name
	Suffix       Kind = "suffix"        // JR, SR, II, …
	FullName     Kind = "full_name"     // split into the four above where those are empty
	DOB          Kind = "dob"           // date of birth, dob(FORMAT)
	Sex          Kind = "sex"           // administrative sex or gender
	SSN          Kind = "ssn"           // government id, compared as it stands
	Identifier   Kind = "identifier"    // any other id; columns of one issuer are one set: identifier(ISSUER)
	MRN          Kind = "mrn"           // record number of the source system; mrn(unique): one number a person in each source
	SourceSystem Kind = "source"        // the system the record comes from
	Phone        Kind = "phone"         // telephone number
	Email        Kind = "email"         // e-mail address
	Street       Kind = "street"        // street, with or without the number
	StreetNumber Kind = "street_number" // house number
	City         Kind = "city"          // place
	Zip          Kind = "zip"           // postal code
	State        Kind = "state"         // state or province
	Deceased     Kind = "deceased"      // date of death, deceased(FORMAT)
	LastSeen     Kind = "last_seen"     // date of the last activity, last_seen(FORMAT)
	Other        Kind = "other"         // anything else that people of one household may share
)

// Kinds lists all kinds in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		Given, Middle, Family, Suffix, FullName, DOB, Sex, SSN, Identifier, MRN, SourceSystem, Phone, Email,
		Street, StreetNumber, City, Zip, State, Deceased, LastSeen, Other,
	}
}

// Field is a column of the input with its kind. Arg is what stands in the
// kind's parentheses: a date's format, an issuer, unique.
type Field struct {
	Column string
	Kind   Kind
	Arg    string
}

// ParseField reads a column's kind as a fields file writes it: given,
// dob(YYYYMMDD), identifier(NHS).
func ParseField(column, text string) (Field, error) {
	name, arg, has := strings.Cut(strings.TrimSpace(text), "(")
	f := Field{Column: column, Kind: Kind(strings.ToLower(strings.TrimSpace(name)))}
	if has {
		inner, closed := strings.CutSuffix(arg, ")")
		if !closed {
			return f, fmt.Errorf("column %q: the kind %q lacks its closing parenthesis", column, text)
		}
		f.Arg = strings.TrimSpace(inner)
	}
	if !slices.Contains(Kinds(), f.Kind) {
		return f, fmt.Errorf("column %q: %q is no kind; the kinds are %s", column, text, kindNames())
	}
	return f, f.checkArg()
}

func (f Field) checkArg() error {
	switch f.Kind {
	case DOB, Deceased, LastSeen:
		if _, err := parseLayout(f.Arg); err != nil {
			return fmt.Errorf("column %q: %w", f.Column, err)
		}
	case Identifier:
	case MRN:
		if f.Arg != "" && f.Arg != "unique" {
			return fmt.Errorf("column %q: mrn takes unique or nothing, not %q", f.Column, f.Arg)
		}
	default:
		if f.Arg != "" {
			return fmt.Errorf("column %q: the kind %s takes nothing in parentheses", f.Column, f.Kind)
		}
	}
	return nil
}

func kindNames() string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
