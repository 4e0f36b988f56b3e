package validate_test

import (
	"testing"

	"chartlift/fhir/profile"
	"chartlift/validate"
)

// placed returns a validator that knows one extension, with the contexts given.
func placed(t *testing.T, contexts string) *validate.Validator {
	t.Helper()
	g := profile.New()
	text := `{"resourceType":"StructureDefinition","id":"e","url":"http://x/e","version":"1","name":"E","status":"active","kind":"complex-type","abstract":false,"type":"Extension",` +
		`"baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension","derivation":"constraint","context":[` + contexts + `],"differential":{"element":[{"id":"Extension","path":"Extension"}]}}`
	if err := g.Add("e.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	return validate.New(validate.Options{Guide: g})
}

// The three kinds of context are those of https://hl7.org/fhir/R4/defining-extensions.html#context.
func TestAnExtensionStandsWhereItsContextsSay(t *testing.T) {
	t.Parallel()
	const e = `"extension":[{"url":"http://x/e","valueString":"x"}]`
	for context, places := range map[string]map[string]bool{
		`{"type":"fhirpath","expression":"Patient.address.where(use = 'home')"}`: {
			`"address":[{"use":"work","city":"A"},{"use":"home","city":"B",` + e + `}]`: true,
			`"address":[{"use":"work","city":"A",` + e + `},{"use":"home","city":"B"}]`: false,
			e: false,
			`"contact":[{"name":{"text":"x"},"address":{"use":"home","city":"A",` + e + `}}]`: false,
		},
		`{"type":"element","expression":"Patient.name"},{"type":"fhirpath","expression":"Patient.birthDate"}`: {
			`"birthDate":"1980-01-01","_birthDate":{` + e + `}`: true,
			`"name":[{"family":"x",` + e + `}]`:                 true,
			`"gender":"female","_gender":{` + e + `}`:           false,
			`"_birthDate":{` + e + `}`:                          true, // a date without a value has no place that could be compared
		},
		`{"type":"extension","expression":"http://y/outer"}`: {
			`"extension":[{"url":"http://y/outer",` + e + `}]`: true, `"extension":[{"url":"http://y/other",` + e + `}]`: false, e: false,
			`"extension":[{"url":"http://y/outer","valueBoolean":true,"_valueBoolean":{` + e + `}}]`: true, `"extension":[{"url":"http://y/other","valueBoolean":true,"_valueBoolean":{` + e + `}}]`: false,
		},
		`{"type":"extension","expression":"http://y/outer#part"}`: {
			`"extension":[{"url":"http://y/outer","extension":[{"url":"part",` + e + `}]}]`: true, `"extension":[{"url":"http://y/outer","extension":[{"url":"another",` + e + `}]}]`: false,
		},
		`{"type":"element","expression":"BackboneElement"}`: {`"contact":[{"name":{"text":"x"},` + e + `}]`: true, `"name":[{"family":"x",` + e + `}]`: false, e: false},
		`{"type":"fhirpath","expression":"memberOf('x')"}`:  {e: true}, // what cannot be run says nothing
	} {
		v := placed(t, context)
		for place, fits := range places {
			want := "extension-context"
			if fits {
				want = ""
			}
			if got := rulesOf(v, `{"resourceType":"Patient","id":"p",`+place+`}`); got != want {
				t.Errorf("%s: %s breaks %q, want %q", context, place, got, want)
			}
		}
	}
}
