package ccda_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/ccda"
)

// headed makes a document of the header's elements and of sections.
func headed(header, sections string) []byte {
	return []byte(`<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="D"/>` + header + `<component><structuredBody>` + sections + `</structuredBody></component></ClinicalDocument>`)
}

func TestThePatientIsNamedByAnIdThatNamesJustOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ ids, want string }{
		"the first with an extension": {`<id root="9.9"/><id root="1.5" extension="P1"/><id root="1.6" extension="P2"/>`, "1.5^P1"},
		"a UUID":                      {`<id root="4ADC1020-7B14-11DB-9FE1-0800200C9A66"/>`, "4ADC1020-7B14-11DB-9FE1-0800200C9A66"},
		"a root is everybody's":       {`<id root="2.16.840.1.113883.19"/>`, "1.2^D"},
		"not known":                   {`<id root="1.5" extension="P1" nullFlavor="UNK"/>`, "1.2^D"},
		"none":                        {``, "1.2^D"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readTables(t, "a.xml", headed(`<recordTarget><patientRole>`+c.ids+`</patientRole></recordTarget>`,
				`<component><section><code code="11450-4"/><text>x</text><entry><observation/></entry></section></component>`), extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range []string{"document", "patient", "sections", "problems"} {
				if len(got[table]) != 1 || got[table][0]["_patient"] != c.want {
					t.Errorf("table %s: %v, want %s", table, got[table], c.want)
				}
			}
		})
	}
}

func TestPersonsAndOrganizationsAreRowsWhereverTheyAreNamed(t *testing.T) {
	t.Parallel()
	got, _, err := readTables(t, "a.xml", headed(
		`<author><assignedAuthor><id root="1.7" extension="A"/></assignedAuthor></author>
<author><assignedAuthor><id root="1.7" extension="B"/><code code="207Q00000X"/></assignedAuthor></author>
<legalAuthenticator><assignedEntity><id root="1.7" extension="A"/><assignedPerson><name><given>Ida</given><family>Roe</family></name></assignedPerson>
 <representedOrganization><id root="1.8"/><name>Clinic  One</name></representedOrganization></assignedEntity></legalAuthenticator>`,
		`<component><section><code code="47519-4"/><entry><procedure>
 <performer><assignedEntity><id root="1.7"/><assignedPerson><name>Jo Poe</name></assignedPerson><representedOrganization><name>Elsewhere</name></representedOrganization></assignedEntity></performer>
 <performer><assignedEntity><id root="1.7" extension="B"/></assignedEntity></performer></procedure></entry></section></component>`), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	have := map[string][]string{}
	for _, row := range got["practitioner"] {
		have["practitioner"] = append(have["practitioner"], row["_key"]+" "+row["key"]+" "+row["name"]+" "+row["role"])
	}
	for _, row := range got["organization"] {
		have["organization"] = append(have["organization"], row["_key"]+" "+row["organization_key"])
	}
	want := map[string][]string{
		// B is named nowhere: one row, at the end. A root alone names nobody.
		"practitioner": {"1.2^D/practitioner1 1.7^A Ida Roe ", "1.2^D/practitioner2  Jo Poe ", "1.2^D/practitioner3 1.7^B  207Q00000X"},
		"organization": {"1.2^D/organization1 1.8^^Clinic One", "1.2^D/organization2 "},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	if p := got["procedures"][0]; p["performer"] != "Jo Poe" || p["performer_organization"] != "Elsewhere" || p["performer_key"] != "" {
		t.Errorf("the performer is %v", p)
	}
}

func TestPersonsKnownByTheirIdAloneAreNotLostWhereTheDocumentBreaks(t *testing.T) {
	t.Parallel()
	whole := string(headed(`<author><assignedAuthor><id root="1.7" extension="A"/></assignedAuthor></author>`, `<component><section>`))
	got, _, err := readTables(t, "a.xml", []byte(whole[:strings.Index(whole, "<section>")]), extract.Options{})
	if err == nil || len(got["practitioner"]) != 1 || got["practitioner"][0]["key"] != "1.7^A" {
		t.Errorf("%v, %v", got["practitioner"], err)
	}
}

func TestNoTableHasAColumnTwice(t *testing.T) {
	t.Parallel()
	tables := []string{"body"}
	for table := range readSample(t, extract.Options{}) {
		tables = append(tables, table)
	}
	for _, table := range []string{
		"allergies", "encounters", "family_history", "functional_status", "immunizations", "medical_equipment", "medications", "organizers",
		"other_entries", "plan", "problems", "procedures", "related_entries", "results", "social_history", "vital_signs",
	} {
		tables = append(tables, table, table+"_negated")
	}
	for _, table := range tables {
		src, err := ccda.Format().Open(context.Background(), extract.FromBytes("a.xml", sample(t)), extract.Options{Table: table})
		if err != nil {
			t.Fatal(err)
		}
		schemas, err := src.Tables(context.Background())
		if err != nil || len(schemas) != 1 {
			t.Fatalf("table %s: %v, %v", table, schemas, err)
		}
		columns := slices.Sorted(slices.Values(schemas[0].Columns))
		for i := 1; i < len(columns); i++ {
			if columns[i] == columns[i-1] {
				t.Errorf("table %s has the column %s twice", table, columns[i])
			}
		}
		_ = src.Close()
	}
}
