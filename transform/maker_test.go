package transform_test

import (
	"testing"

	"chartlift/transform"
)

func TestTheRowThatMakesAResourceIsFoundByItsID(t *testing.T) {
	t.Parallel()
	b := newBench(t, `chartlift: 1
id: m
sources: { people: { csv: { path: p.csv }, key: [ID] } }
maps:
  patient: { from: people, resource: Patient, id: $ID, where: KIND = 'P', elements: { active: true } }
  person: { from: people, resource: Person, elements: { active: true } }
`)
	lines := []string{"ID|KIND", "p1|P", "p2|P", "p3|Q"}
	var person string
	for _, built := range b.rows("people", lines...)[1].Built {
		if built.Resource.Type == "Person" {
			person = built.Resource.ID
		}
	}
	schema, records := table("people", lines...)
	binding, err := b.engine.Bind(b.source("people"), schema)
	if err != nil {
		t.Fatal(err)
	}
	worker := binding.Worker(transform.Hooks{Report: b.hooks().Report})
	for _, c := range []struct {
		typ, id string
		want    [3]string
	}{
		{"Patient", "p2", [3]string{"", "patient", ""}},
		{"Patient", "p3", [3]string{"", "", "patient"}}, // whatever the condition says
		{"Person", person, [3]string{"", "person", ""}},
		{"Person", "p2", [3]string{}},
		{"Basic", "p2", [3]string{}},
	} {
		for i := range records {
			got := ""
			if m := worker.Maker(&records[i], c.typ, c.id); m != nil {
				got = m.Name
			}
			if got != c.want[i] {
				t.Errorf("row %d makes %s/%s by %q, want %q", i+1, c.typ, c.id, got, c.want[i])
			}
		}
	}
}
