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

// The three kinds of context are those of
// https://hl7.org/fhir/R4/defining-extensions.html#context.
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

// https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant:
// the expressions are about what the extension stands in, %extension is the
// extension itself.
func TestAnExtensionStandsWhereItsInvariantsHold(t *testing.T) {
	t.Parallel()
	const e = `"extension":[{"url":"http://x/e","valueString":"x"}]`
	for when, places := range map[string]map[string]string{
		`"Patient.active.not()"`: {
			e + `,"active":false`: "", e + `,"active":true`: "extension-invariant", e: "extension-invariant", // what is empty does not hold
		},
		`"family.exists()"`: {
			`"name":[{"family":"x",` + e + `}]`: "", `"name":[{"family":"x"},{"given":["x"],` + e + `}]`: "extension-invariant",
			`"contact":[{"name":{"family":"x",` + e + `}}]`: "",
		},
		`"%extension.value = 'x'"`:                             {e: "", `"extension":[{"url":"http://x/e","valueString":"y"}]`: "extension-invariant"},
		`"%resource.active","active"`:                          {e + `,"active":true`: "", e + `,"active":false`: "extension-invariant"}, // all must be true
		`"$this > @1980-01-01"`:                                {`"birthDate":"1980-05-05","_birthDate":{` + e + `}`: "", `"birthDate":"1970-05-05","_birthDate":{` + e + `}`: "extension-invariant"},
		`"$this.exists()"`:                                     {`"_birthDate":{` + e + `}`: ""}, // a date without a value is nothing that could be asked
		`"memberOf('x')"`:                                      {e: ""},
		`"contact.exists() implies %extension.exists().not()"`: {e: "", e + `,"contact":[{"name":{"text":"x"}}]`: "extension-invariant"},
		`"extension.where(url = %extension.url).count() = 1"`:  {e: "", `"extension":[{"url":"http://x/e","valueString":"x"},{"url":"http://x/e","valueString":"y"}]`: "extension-invariant"},
		`"iif(active, %extension.value.exists(), true)"`:       {e: ""},
	} {
		v := placed(t, `{"type":"element","expression":"Element"}],"contextInvariant":[`+when)
		for place, want := range places {
			if got := rulesOf(v, `{"resourceType":"Patient","id":"p",`+place+`}`); got != want {
				t.Errorf("%s: %s breaks %q, want %q", when, place, got, want)
			}
		}
	}
}

// An expression that cannot be run is said to be unchecked, never taken for one
// that holds.
func TestAnInvariantOfAnExtensionThatCannotBeRunIsSaid(t *testing.T) {
	t.Parallel()
	v := placed(t, `{"type":"element","expression":"Element"}],"contextInvariant":["memberOf('x')"`)
	got := codesOf(v, `{"resourceType":"Patient","id":"p","extension":[{"url":"http://x/e","valueString":"x"}]}`)
	if len(got) != 1 || got[0] != "information invariant-unchecked Patient.extension[0]" {
		t.Errorf("%q", got)
	}
}
