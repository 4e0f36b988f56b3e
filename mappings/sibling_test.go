package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// people is a mapping of patients with these elements, and a test that expects
// this.
func people(elements, expect string) string {
	return "chartlift: 1\nid: m\nsources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p:\n    from: p\n    resource: Patient\n    elements: " + elements +
		"\ntests:\n  - { name: t, map: p, given: { p: { ID: a } }, expect: " + expect + " }\n"
}

func TestExtensionsOfAPrimitiveStandBehindIt(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, people(`{ deceasedDateTime: $DIED | date YYYY-MM-DD, _birthDate: { extension(patient-birthTime): $AT | datetime YYYY-MM-DDThh:mm:ssZ }, maritalStatus: { text: x }, `+
		`birthDate: $DOB | date YYYY-MM-DD, _gender: { when: SEX IS NULL, extension(data-absent-reason): masked, id: g }, gender: $SEX, active: "true" }`, "{ birthDate: null }"))
	var names []string
	for _, r := range prog.Maps[0].Root.Rules {
		names = append(names, r.Name)
	}
	if diff := cmp.Diff([]string{"active", "gender", "_gender", "birthDate", "_birthDate", "deceasedDateTime", "maritalStatus"}, names); diff != "" {
		t.Error(diff)
	}
	var addresses []string
	for _, l := range prog.Effective() {
		if strings.Contains(l.Address, "_") {
			addresses = append(addresses, l.Address+" = "+l.Value)
		}
	}
	want := []string{
		"p._gender = when SEX IS NULL", "p._gender.id = g", "p._gender.extension(data-absent-reason).valueCode = masked",
		"p._birthDate.extension(patient-birthTime).valueDateTime = $AT | datetime YYYY-MM-DDThh:mm:ssZ",
	}
	if diff := cmp.Diff(want, addresses); diff != "" {
		t.Error(diff)
	}
}

func TestExtensionsOfAPrimitiveThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for elements, want := range map[string]string{
		"{ _birthdate: { id: x } }":                               `E0112 unknown element "birthdate" in Patient | did you mean birthDate (date, 0..1)`,
		"{ _name: [{ id: x }] }":                                  `E0112 _name stands beside primitive values only`,
		"{ _id: { extension(data-absent-reason): unknown } }":     "E0112 _id stands beside primitive values only",
		"{ name: [{ _given: [{ id: x }] }] }":                     `E0112 "given" may occur several times`,
		"{ _gender: unknown }":                                    "E0117 _gender holds the extensions of gender",
		"{ _gender: [{ id: x }] }":                                "E0117 _gender holds the extensions of gender",
		"{ _gender: { extension(data-absent-reason): unknwon } }": `E0307 the code "unknwon" is not in the required value set`,
		"{ _gender: { value: x } }":                               `E0112 unknown element "value" in Element`,
		"{ maritalStatus: { extension(data-absent-reason): { valueString: unknown }}}": "E0118 this extension has no valueString",
	} {
		_, findings := compile(people(elements, "filtered"))
		if got := show(findings); !strings.Contains(got, want) {
			t.Errorf("%s: %s", elements, got)
		}
	}
}

func TestARequiredValueMayHaveAnExtensionInItsPlace(t *testing.T) {
	t.Parallel()
	text := strings.Replace(people("{ _status: { extension(data-absent-reason): unknown }, code: { text: x } }", "filtered"), "resource: Patient", "resource: Observation", 1)
	mustCompile(t, text)
}

func TestExpectedExtensionsAreRead(t *testing.T) {
	t.Parallel()
	elements := "{ gender: male, extension(us-core-race): { text: $RACE }, _gender: { extension(data-absent-reason): unknown }, \"extension(urn:x)\": { valueString: $X } }"
	mustCompile(t, people(elements, "{ extension(us-core-race): { text: White, ombCategory: null }, _gender: { extension(data-absent-reason): unknown }, \"extension(urn:x)\": [{ valueString: a }, { valueString: b }], extension(us-core-ethnicity): null, _birthDate: null }"))
	for expect, want := range map[string]string{
		"{ extension(us-core-rase): { text: White } }":                             "E0118 the extension us-core-rase is not known",
		"{ extension(us-core-race): White }":                                       "E0117 this extension has parts",
		"{ extension(us-core-race): { texd: White } }":                             "E0118 the extension us-core-race has no part texd | did you mean text",
		"{ \"extension(urn:x)\": a }":                                              "E0118 name the type of the extension's value",
		"{ _gender: { extension(data-absent-reason): { valueString: unknown } } }": "E0118 this extension has no valueString",
		"{ _genter: { id: x } }":                                                   `E0112 unknown element "genter"`,
	} {
		_, findings := compile(people(elements, expect))
		if got := show(findings); !strings.Contains(got, want) {
			t.Errorf("%s: %s", expect, got)
		}
	}
}
