package transform_test

import (
	"slices"
	"testing"

	"chartlift/mappings"
	"chartlift/transform"
)

func TestReferencesToAPatientWhomAnotherReplacesLeadToTheOther(t *testing.T) {
	t.Parallel()
	for name, ref := range map[string]string{
		"a reference":                   "ref p($PAT)",
		"one that may be empty":         "ref? p($PAT)",
		"a case":                        "{ case: [{ when: ID = '0', then: ref p($ID) }, { else: ref p($PAT) }] }",
		"one that is written out":       `{ reference: "Patient/${PAT}" }`,
		"one beside which is a name":    `{ reference: "Patient/${PAT}", display: somebody }`,
		"one that a pipe writes":        "{ reference: $WRITTEN }",
		"a reference below a condition": "{ when: PAT IS NOT NULL, from: ref p($PAT) }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, visits(ref, "reject-resource"))
			b.rows("pat", "ID", "p-1", "p-2", "p-3")
			s := &transform.Survivor{ID: "p-1"}
			b.engine.Redirect("Patient", map[string]*transform.Survivor{"p-2": s})
			rows := b.rows("enc", "ID|PAT|WRITTEN", "1|p-2|Patient/p-2", "2|p-2|Patient/p-2", "3|p-3|Patient/p-3", "4|p-1|Patient/p-1")
			display := ""
			if name == "one beside which is a name" {
				display = `,"display":"somebody"`
			}
			to := func(id string) string { return visit + `,"subject":{"reference":"Patient/` + id + `"` + display + `}}` }
			wantBodies(t, rows, to("p-1"), to("p-1"), to("p-3"), to("p-1"))
			if s.References() != 2 {
				t.Errorf("%d references were led to the survivor, want 2", s.References())
			}
			b.wantFound()
		})
	}
}

func TestOnlyReferencesToPatientsAreLedElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`sources: { pat: { csv: { path: p.csv }, key: [ID] } }
maps:
  d: { from: pat, resource: Practitioner, id: $ID, elements: { active: true } }
  p: { from: pat, resource: Patient, id: $ID, elements: { generalPractitioner: [ref d($ID)], contact: [{ name: { text: "Patient/${ID}" } }] } }
`)
	b.engine.Redirect("Patient", map[string]*transform.Survivor{"p-2": {ID: "p-1"}})
	b.engine.Trust()
	wantBodies(t, b.rows("pat", "ID", "p-2"), `{"active":true}`, `{"contact":[{"name":{"text":"Patient/p-2"}}],"generalPractitioner":[{"reference":"Practitioner/p-2"}]}`)
}

func TestARehearsalTrustsWhatIsStillToComeAndTellsKeyAndTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`sources: { org: { csv: { path: o.csv }, key: [ID] }, pat: { csv: { path: p.csv }, key: [ID, SITE] } }
maps:
  o: { from: org, resource: Organization, elements: { name: $ID } }
  p: { from: pat, resource: Patient, updated: $CHANGED | date YYYY-MM-DD, elements: { managingOrganization: ref o($SITE) } }
  l: { from: pat, resource: Patient, key: [_line], elements: { active: true } }
`)
	engine := b.engine.Rehearsal(func(m *mappings.Map) bool { return false })
	schema, records := table("pat", "ID|SITE|CHANGED", "7|north|2019-03-01", "8|south|soon")
	binding, err := engine.BindMaps(b.source("pat"), schema, b.prog.Maps)
	if err != nil {
		t.Fatal(err)
	}
	w := binding.Worker(b.hooks())
	var got []string
	for i := range records {
		for _, built := range w.Row(&records[i]).Built {
			got = append(got, built.Map.Name+" "+built.Key+" "+built.Updated)
		}
	}
	slices.Sort(got)
	want := []string{"l pat|1 ", "l pat|2 ", "p 7|north 2019-03-01", "p 8|south "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.wantFound("warning bad-date p.updated CHANGED")
	for _, row := range b.rows("pat", "ID|SITE|CHANGED", "9|north|2019-03-01") { // the run itself trusts nobody
		for _, built := range row.Built {
			if built.Map.Name == "p" || built.Key != "" {
				t.Errorf("made %+v", built)
			}
		}
	}
}
