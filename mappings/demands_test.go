package mappings_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"chartlift/mappings"

	"github.com/google/go-cmp/cmp"
)

func TestAProfileSaysWhatItMustSupport(t *testing.T) {
	t.Parallel()
	for elements, want := range map[string]string{
		`
      identifier: [{ system: "urn:x", value: $ID }]
      name: [$N | human_name]
      gender: $SEX | map M=male`: "telecom, birthDate, address, communication",
		`
      identifier: [{ system: "urn:x", value: $ID }]
      name: [{ family: $N }, { given: [$G] }]
      gender: { case: [{ when: SEX = 'M', then: male }, { else: unknown }] }
      birthDate: $D | date YYYY-MM-DD
      telecom: [{ system: phone, value: $T }]
      communication: [{ language: { text: $L } }]
      address: [{ city: $C }, { state: $S }]`: "telecom.use, address.line, address.postalCode",
	} {
		prog, findings := compile(strings.Replace(patient(elements), "resource: Patient", "resource: Patient\n    profile: us-core-patient", 1))
		if prog == nil {
			t.Fatalf("findings\n%s", show(findings))
		}
		got := show(prog.Notes)
		if !strings.Contains(got, "information I0121 us-core-patient must support elements that no rule of p writes: "+want+"; ") {
			t.Errorf("notes\n%s\nwant %s", got, want)
		}
	}
}

func TestExtensionsOfAProfileAreFoundByTheirURL(t *testing.T) {
	t.Parallel()
	condition := func(extension string) string {
		return `chartlift: 1
id: t
sources: { dx: { csv: { path: dx.csv }, key: [ID] } }
maps:
  c:
    from: dx
    resource: Condition
    profile: us-core-condition-encounter-diagnosis
    elements:
      clinicalStatus: { coding: [{ system: http://terminology.hl7.org/CodeSystem/condition-clinical, code: active }] }
      verificationStatus: { coding: [{ system: http://terminology.hl7.org/CodeSystem/condition-ver-status, code: confirmed }] }
      category: [{ coding: [{ system: http://terminology.hl7.org/CodeSystem/condition-category, code: $CAT }] }]
      code: { text: $CODE }
      subject: { reference: $PAT }
      encounter: { reference: $ENC }
      onsetDateTime: $D | date YYYY-MM-DD
      abatementString: $E
      recordedDate: $D | date YYYY-MM-DD
` + extension
	}
	if prog := mustCompile(t, condition("      extension(http://hl7.org/fhir/StructureDefinition/condition-assertedDate): { valueDateTime: $A | date YYYY-MM-DD }\n")); len(prog.Notes) > 0 {
		t.Errorf("notes\n%s", show(prog.Notes))
	}
	prog := mustCompile(t, condition(""))
	if diff := cmp.Diff(true, strings.Contains(show(prog.Notes), "writes: extension(condition-assertedDate); ")); diff != "" {
		t.Errorf("notes\n%s", show(prog.Notes))
	}
}

func TestAGuideBesideTheMappingSaysWhatItsProfilesDemand(t *testing.T) {
	t.Parallel()
	const guide = `{"resourceType":"StructureDefinition","id":"club-member","url":"http://example.org/club-member","version":"1","name":"M","kind":"resource","type":"Patient",` +
		`"baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"},` +
		`{"id":"Patient.gender","path":"Patient.gender","min":1},{"id":"Patient.birthDate","path":"Patient.birthDate","mustSupport":true},` +
		`{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"system":"http://s","code":"a"}]}}]}}`
	text := strings.Replace(patient("\n      active: true\n      maritalStatus: { coding: [{ system: http://s, code: b }] }"), "resource: Patient", "resource: Patient\n    profile: club-member", 1)
	text = strings.Replace(text, "id: t\n", "id: t\npackages: [guide.json]\n", 1)
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}, "guide.json": {Data: []byte(guide)}}, "m.yaml", mappings.Options{})
	got := show(findings)
	for _, want := range []string{"E0121 club-member requires gender, which no rule of this map writes", "E0122 club-member wants the code a of http://s in maritalStatus"} {
		if prog != nil || !strings.Contains(got, want) {
			t.Errorf("findings\n%s\nlack %s", got, want)
		}
	}
	good := strings.NewReplacer("code: b", "code: a", "active: true", "gender: male").Replace(text)
	prog, findings = mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(good)}, "guide.json": {Data: []byte(guide)}}, "m.yaml", mappings.Options{})
	if prog == nil {
		t.Fatalf("findings\n%s", show(findings))
	}
	if want := "club-member must support elements that no rule of p writes: birthDate; "; !strings.Contains(show(prog.Notes), want) {
		t.Errorf("notes\n%s", show(prog.Notes))
	}
	if got := prog.Maps[0].Profiles; !cmp.Equal(got, []string{"http://example.org/club-member"}) {
		t.Errorf("meta.profile %q", got)
	}
	if _, known := prog.Guide.Lookup("http://example.org/club-member"); !known {
		t.Error("the program does not carry the guide on to the validator")
	}
}

func TestProfilesThatNoGuideDefinesDemandNothing(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, strings.Replace(patient("\n      active: true"), "resource: Patient", "resource: Patient\n    profile: http://example.org/p", 1))
	if len(prog.Notes) > 0 {
		t.Errorf("notes\n%s", show(prog.Notes))
	}
}
