package profile

import (
	"fmt"
	"strings"

	"chartlift/transform/clean"
)

// codeSystem is a code system that values can be recognised of.
type codeSystem struct {
	name  string // of the cleaner check
	title string
	weak  bool                // any number would do: the name of column or table has to say it as well
	shape func(s string) bool // what is worth a closer look
	hints []string            // words of the names
	check func(s string) bool
}

// codeSystems lists the systems in the order in which they are reported. The
// forms and check digits are those of the cleaner check, so that what profile
// recognises a mapping accepts.
func codeSystems() ([]codeSystem, error) {
	list := []codeSystem{
		{name: "loinc", title: "LOINC", shape: func(s string) bool { return len(s) >= 3 && s[len(s)-2] == '-' }, hints: []string{"loinc"}},
		{name: "snomed", title: "SNOMED CT", shape: func(s string) bool { return len(s) >= 6 }, hints: []string{"snomed", "sct"}},
		{name: "icd10cm", title: "ICD-10-CM", shape: func(s string) bool { return isLetter(s[0]) && len(s) <= 8 }, hints: []string{"icd", "icd10", "diagnosis", "dx"}},
		{name: "ndc", title: "NDC", shape: func(s string) bool { return strings.Count(s, "-") == 2 }, hints: []string{"ndc"}},
		{name: "icd9cm", title: "ICD-9-CM", weak: true, shape: func(s string) bool { return len(s) <= 6 }, hints: []string{"icd", "icd9", "diagnosis", "dx"}},
		{name: "rxnorm", title: "RxNorm", weak: true, shape: func(s string) bool { return len(s) >= 2 && len(s) <= 8 }, hints: []string{"rxnorm", "rxcui", "medications", "medication", "drug", "rx", "prescriptions"}},
		{name: "cvx", title: "CVX", weak: true, shape: func(s string) bool { return len(s) <= 3 }, hints: []string{"cvx", "vaccine", "vaccines", "immunization", "immunizations"}},
		{name: "cpt", title: "CPT", weak: true, shape: func(s string) bool { return len(s) == 5 }, hints: []string{"cpt", "cpt4", "procedure", "procedures", "billing"}},
	}
	check, found := clean.Named("check")
	if !found {
		return nil, fmt.Errorf("the cleaner check is gone")
	}
	for i := range list {
		f, err := check.Compile([]clean.Arg{{Text: list[i].name, Index: -1}}, clean.Settings{})
		if err != nil {
			return nil, fmt.Errorf("check codes of %s: %w", list[i].title, err)
		}
		list[i].check = func(s string) bool { v, _ := f(clean.Of(s), nil); return v.Set }
	}
	return list, nil
}

// The least that makes a code system likely.
const (
	leastCodes     = 3    // different values
	leastCodeShare = 0.5  // of the different values, for forms with a check digit
	weakCodeShare  = 0.8  // for the others
	namedCodeShare = 0.05 // where the name says the system
)

// findCodes tells of which code systems the values of a column are.
func findCodes(c *column, at address, systems []codeSystem) []CodeShare {
	var found []CodeShare
	strong := false
	names := append(Words(at.column), Words(at.table)...)
	for _, s := range systems {
		if s.weak && strong {
			continue
		}
		share, values, dotted := s.count(c)
		named := has(names, s.hints...)
		if s.name == "icd10cm" && !named && dotted*5 < values { // V1, B12: any short label
			continue
		}
		if !s.likely(share, values, named, len(c.known.entries), at.column) {
			continue
		}
		strong = strong || !s.weak
		by := "form"
		if s.name == "loinc" || s.name == "snomed" {
			by = "form and check digit"
		}
		if s.weak {
			by = "form and name"
		}
		found = append(found, CodeShare{System: s.title, Share: round3(share), Distinct: values, Estimated: c.chosen(), By: by})
	}
	return found
}

// likely weighs share and name.
func (s codeSystem) likely(share float64, values int64, named bool, distinct int, column string) bool {
	switch {
	case s.weak:
		return named && share >= weakCodeShare && (isCodeName(column) || has(Words(column), s.hints...))
	case values < leastCodes && !(named && values == int64(distinct)):
		return false
	case named:
		return share >= namedCodeShare
	}
	return share >= leastCodeShare
}

// isCodeName keeps amounts and ids of a table of drugs from being taken for its
// codes.
func isCodeName(column string) bool {
	return has(Words(column), "code", "codes", "cd", "icd", "cpt", "cvx", "rxnorm", "rxcui", "rxnormcode")
}

// count returns the share of rows whose value is a code of the system, how many
// different codes there are, and how many of them have a dot.
func (s codeSystem) count(c *column) (share float64, values, dotted int64) {
	var fit, all int64
	for e, times := range c.examined() {
		if e.look.kind == placeholder {
			continue
		}
		all += e.count * times
		if e.look.kind != uuid && s.shape(e.text) && s.check(e.text) {
			fit += e.count * times
			values += times
			if strings.IndexByte(e.text, '.') >= 0 {
				dotted += times
			}
		}
	}
	return float64(fit) / float64(max(all, 1)), values, dotted
}
