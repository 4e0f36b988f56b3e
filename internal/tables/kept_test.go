package tables_test

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// documents is a mapping of two tables of clinical documents.
const documents = `chartlift: 1
id: t
sources:
  patient: { ccda: { path: "*.xml", table: patient }, key: [_key] }
  problems: { ccda: { path: "*.xml", table: problems }, key: [_key] }
maps:
  patient: { from: patient, resource: Patient, elements: { gender: $gender | gender } }
  problem: { from: problems, resource: Condition, elements: { subject: ref patient($_patient), code: { text: $value_code } } }
`

func TestADocumentIsParsedOnceForAllTablesOfAMapping(t *testing.T) {
	t.Parallel()
	const text = `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><recordTarget><patientRole><patient><administrativeGenderCode code="F"/></patient></patientRole></recordTarget>
<component><structuredBody><component><section><code code="11450-4"/><entry><observation><value code="55607006"/></observation></entry></section></component></structuredBody></component></ClinicalDocument>`
	set := open(t, documents, map[string]string{"a.xml": text})
	want := append(read(t, set, "patient"), read(t, set, "problems")...)
	path := set.Path(set.Tables[0].Inputs[0])
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	// A change that neither length nor time tells.
	if err := os.WriteFile(path, bytes.Repeat([]byte("?"), len(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, was.ModTime(), was.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := append(read(t, set, "patient"), read(t, set, "problems")...); len(want) != 2 || !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
