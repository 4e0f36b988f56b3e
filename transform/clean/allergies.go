package clean

import "chartlift/internal/denial"

// noKnownAllergy tells denials from substances.
var noKnownAllergy = Cleaner{
	Name: "no_known_allergy", In: []Type{Any}, Out: "Coding", Nulls: true,
	Doc: "Makes the Coding of SNOMED CT for \"no known allergy\" of words that say so where the name of a substance would stand: none, NKA, NKDA, no known food allergies …. " +
		"It looks at the value, then at the columns; of anything else, where a column names something else, and where the code stands there already, it makes nothing.",
	Params:  []Param{{Name: "COLUMN", Kind: Column, Optional: true, Variadic: true}},
	Compile: func([]Arg, Settings) (Func, error) { return deniedAllergy, nil },
	Examples: []Example{
		{Pipe: "no_known_allergy", In: "NKDA", Out: `{"system":"http://snomed.info/sct","code":"409137002","display":"No known drug allergy"}`},
		{Pipe: "no_known_allergy", In: "None known", Out: `{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}`},
		{Pipe: "no_known_allergy $NAME", In: "00", Columns: []string{"No known allergies"}, Out: `{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}`},
		{Pipe: "no_known_allergy $NAME", In: "716186003", Columns: []string{"No known allergy"}, OutNull: true},
		{Pipe: "no_known_allergy $NAME", In: "NONE", Columns: []string{"Penicillin"}, OutNull: true},
		{Pipe: "no_known_allergy", In: "Penicillin", OutNull: true},
		{Pipe: "no_known_allergy", In: "No known allergies but bees", OutNull: true},
	},
}

// deniedAllergy takes a code ("NONE") for a denial only where no text beside it
// names a substance: one of the two is wrong then, and who believes the wrong
// one leaves an allergy out.
func deniedAllergy(in Value, columns []Value) (Value, *Problem) {
	code, display := denial.Of(in.Text).Concept()
	for _, c := range columns {
		if !c.Set || c.Text == "" {
			continue
		}
		said, name := denial.Of(c.Text).Concept()
		if said == "" {
			return Value{}, nil
		}
		if code == "" {
			code, display = said, name
		}
	}
	if code == "" || in.Text == code {
		return Value{}, nil
	}
	return Of(`{"system":"http://snomed.info/sct","code":"` + code + `","display":"` + display + `"}`), nil
}
