package cmd_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const openmrsDump = "openmrs-bahmni-mysql/openmrs_backup_v0.92.sql.gz"

func TestThePatientsOfBothSystemsOfBahmniAreOneRecordEach(t *testing.T) {
	t.Parallel()
	c := convert(t, "bahmni", openmrsDump, openelisDump)
	t.Run("seven persons of both systems are seven Patients", func(t *testing.T) { bahmniPatients(t, c) })
	t.Run("rows of both dumps went into them", func(t *testing.T) { bahmniRows(t, c) })
	t.Run("the birth dates that differ are reported and not guessed", func(t *testing.T) { bahmniBirths(t, c) })
	t.Run("results, requests and copies are linked", func(t *testing.T) { bahmniLinks(t, c) })
	t.Run("every reference goes to a resource of the run", func(t *testing.T) { bahmniReferences(t, c) })
	t.Run("two runs give the same bytes", func(t *testing.T) {
		if diff := cmp.Diff(c.files, convert(t, "bahmni", openmrsDump, openelisDump).files); diff != "" {
			t.Errorf("%.2000s", diff)
		}
	})
}

func bahmniPatients(t *testing.T, c converted) {
	// OpenELIS: patient.id, patient.uuid; OpenMRS: person.uuid. The eighth
	// patient of OpenELIS is its stand-in.
	linked := map[string]string{
		"114": "1dfff08c-141b-46df-b6a2-6b69080a5000", "115": "0b573f9a-d75d-47fe-a655-043dc2f6b4fa", "116": "f5a00c0c-6230-4a13-b794-18ee0c137aa9",
		"117": "3ae1ee52-e9b2-4934-876d-30711c0e3e2f", "119": "dc9444c6-ad55-4200-b6e9-407e025eb948", "120": "a751f0da-39ab-45a3-db52-21706f5ed201",
		"121": "bf379289-62b7-47b3-ab7b-5186cb6fc46c",
	}
	for id, uuid := range linked {
		patient := c.resource(t, "Patient", "urn:chartlift:openelis:patient", id)
		if !strings.Contains(patient, `"system":"urn:chartlift:openmrs:person","value":"`+uuid+`"`) {
			t.Errorf("patient %s of OpenELIS is not person %s of OpenMRS in %s", id, uuid, patient)
		}
	}
	want := c.types(t)
	for resourceType, n := range map[string]int{"Patient": 7, "Specimen": 5, "DiagnosticReport": 5, "ServiceRequest": 11 + 18, "Observation": 238 + 18, "Practitioner": 21 + 2, "Organization": 3} {
		if want[resourceType] != n {
			t.Errorf("%d %s, want %d", want[resourceType], resourceType, n)
		}
	}
}

func bahmniRows(t *testing.T, c converted) {
	want := map[string][4]int64{
		"openmrs patient": {7}, "openelis patient": {7, 0, 1, 0},
		"openmrs person": {28, 0, 3, 0}, "openelis person": {9, 0, 1, 0},
		"openelis result": {18}, "openelis analysis": {18}, "openelis sample_item": {5},
	}
	got := map[string][4]int64{}
	for _, table := range c.ledger.Tables {
		system, _, _ := strings.Cut(table.Source, "_")
		if _, asked := want[system+" "+table.Table]; asked {
			got[system+" "+table.Table] = [4]int64{table.Loaded, table.Merged, table.Filtered, table.Rejected}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{}, c.findings(t, "error")); diff != "" {
		t.Error(diff)
	}
}

func bahmniBirths(t *testing.T, c converted) {
	if n := c.findings(t, "warning")["check-failed"]; n != 1 {
		t.Errorf("%d birth dates are reported, want the one of SEM203001", n)
	}
	patient := c.resource(t, "Patient", "urn:chartlift:openelis:identity:ST", "SEM203001")
	for _, want := range []string{`"birthDate":"1985"`, `"valueString":"xx/xx/1985"`, `"valueDate":"1985-06-07"`} {
		if !strings.Contains(patient, want) {
			t.Errorf("no %s in %s", want, patient)
		}
	}
	other := c.resource(t, "Patient", "urn:chartlift:openelis:identity:ST", "GAN203010")
	if !strings.Contains(other, `"birthDate":"1987-06-07"`) || strings.Contains(other, "entered-birth-date") {
		t.Errorf("both systems state 1987-06-07, but the patient is %s", other)
	}
}

func bahmniLinks(t *testing.T, c converted) {
	copies := regexp.MustCompile(`"derivedFrom":\[\{"reference":"(Observation/[^"]+)"`).FindAllStringSubmatch(c.files["Observation.ndjson"], -1)
	originals := map[string]bool{}
	for _, found := range copies {
		originals[found[1]] = true
	}
	if len(copies) != 18 || len(originals) != 18 {
		t.Errorf("%d copies of %d results, want 18 of 18", len(copies), len(originals))
	}
	request := c.resource(t, "ServiceRequest", "urn:chartlift:openelis:analysis", "859")
	order := c.resource(t, "ServiceRequest", "urn:chartlift:openmrs:order-number", "ORD-307")
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(order)[1]
	if !strings.Contains(request, `"basedOn":[{"reference":"ServiceRequest/`+id+`"}]`) {
		t.Errorf("the request is not based on ORD-307 (%s): %s", id, request)
	}
}

func bahmniReferences(t *testing.T, c converted) {
	ids := map[string]bool{}
	for _, content := range c.files {
		for _, found := range regexp.MustCompile(`(?m)^\{"resourceType":"(\w+)","id":"([^"]+)"`).FindAllStringSubmatch(content, -1) {
			ids[found[1]+"/"+found[2]] = true
		}
	}
	for _, content := range c.files {
		for _, found := range regexp.MustCompile(`"reference":"([^"]+)"`).FindAllStringSubmatch(content, -1) {
			if !ids[found[1]] {
				t.Errorf("a reference goes to %s, which is not there", found[1])
			}
		}
	}
}
