package pipeline_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/validate"
)

// wards are two systems that measured the same people.
const wards = `chartlift: 1
id: wards
params: { site: wards }
sources:
  people: { csv: { path: people.csv }, key: [ID] }
  east: { csv: { path: east.csv }, key: [ID] }
  west: { csv: { path: west.csv }, key: [NO] }
maps:
  patient: { from: people, resource: Patient, id: $ID, elements: { gender: unknown } }
  pressure:
    from: east
    resource: Observation
    group: [PAT, T]
    dedupe: first
    elements:
      status: final
      code: { coding: [{ system: "urn:ward", code: BP }] }
      subject: ref patient($PAT)
      effectiveDateTime: $T | date YYYY-MM-DD
      component: { each: $rows, item: { code: { text: $rows.KIND }, valueString: $rows.VALUE } }
  note: { from: east, resource: Observation, key: [ID], where: "KIND = 'sys'", elements: { status: final, code: { text: noted }, subject: ref patient($PAT) } }
  same:
    from: west
    resource: Observation
    key: [NO]
    dedupe: first
    elements:
      status: final
      code: { coding: [{ system: "urn:ward", code: BP }] }
      subject: ref patient($PAT)
      effectiveDateTime: $T | date YYYY-MM-DD
      component: [{ code: { text: sys }, valueString: $SYS }, { code: { text: dia }, valueString: $DIA }]
  summary: { from: west, resource: DiagnosticReport, key: [NO], where: "SYS <> '0'", elements: { status: final, code: { text: summary }, subject: ref patient($PAT), result: [ref same($NO)] } }
`

func wardFiles() []*memory {
	return []*memory{
		file("people.csv", "ID", "p1", "p2"),
		file("east.csv", "ID|PAT|T|KIND|VALUE", "1|p1|2020-01-01|sys|120", "2|p1|2020-01-01|dia|80", "3|p2|2020-01-01|sys|120", "4|p2|2020-01-01|dia|80"),
		file("west.csv", "NO|PAT|T|SYS|DIA", "a|p1|2020-01-01|120|80", "b|p2|2020-01-01|120|81", "c|p1|2020-01-01|0|0", "d|p1|2020-01-01|0|0"),
	}
}

func TestGroupsAndRowsOfAnotherTableThatTellTheSameAreOne(t *testing.T) {
	t.Parallel()
	r := prepare(t, wards, wardFiles()...)
	_, out := delivered(t, r)
	r.wantRows("west.csv", "1-3 loaded", "4-4 merged duplicate-resource into 3") // row 1 made a report, too
	var kinds []string
	for _, ref := range slices.Sorted(maps.Keys(out)) {
		kinds = append(kinds, strings.Split(ref, "/")[0])
	}
	// of east two groups and two notes, of west the pressure that nobody else
	// has and the first of two that say nothing
	want := []string{"DiagnosticReport", "DiagnosticReport", "Observation", "Observation", "Observation", "Observation", "Observation", "Observation", "Patient", "Patient"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for ref, json := range out {
		if _, result, ok := strings.Cut(json, `"result":[{"reference":"`); ok {
			if to := result[:strings.Index(result, `"`)]; out[to] == "" {
				t.Errorf("%s refers to %s, which is not there", ref, to)
			}
		}
	}
}

func TestARowWhoseGroupRepeatsAnotherIsMergedUnlessItMadeSomethingElse(t *testing.T) {
	t.Parallel()
	mapping := strings.ReplaceAll(wards, "dedupe: first", "dedupe: last")
	r := prepare(t, mapping, wardFiles()...)
	delivered(t, r)
	r.wantRows("east.csv", "1-1 loaded", "2-2 merged duplicate-resource", "3-4 loaded") // row 1 made a note as well
}

func TestMapsWithOtherRulesAreNotCompared(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(wards, "dedupe: first", "dedupe: { on: [subject, code, effective] }", 1)
	r := prepare(t, mapping, wardFiles()...)
	_, out := delivered(t, r)
	n := 0
	for ref := range out {
		if strings.HasPrefix(ref, "Observation/") {
			n++
		}
	}
	if n != 7 {
		t.Errorf("%d observations, want 2 groups, 2 notes and 3 of the other table", n)
	}
}

// readings are of one table, whose numbers are not unique.
const readings = `chartlift: 1
id: readings
sources:
  obs: { csv: { path: obs.csv }, key: [ROW] }
maps:
  reading:
    from: obs
    resource: Observation
    key: [NO]
    dedupe: { on: [code, value], keep: first }
    elements: { status: final, code: { text: pulse }, valueString: $VALUE, extension: [{ url: $EXT, valueString: x }] }
`

func TestNothingIsLeftOutForARowThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		rows []string
		want []string
	}{
		{"a number that is taken", []string{"1|a|120|", "2|a|130|", "3|b|130|"}, []string{"1-1 loaded", "2-2 rejected duplicate-key", "3-3 loaded"}},
		{"one row twice", []string{"1|a|120|", "2|b|120|", "3|b|120|"}, []string{"1-1 loaded", "2-2 merged duplicate-resource into 1", "3-3 merged duplicate-resource into 1"}},
		{"a number that a row had which was left out", []string{"1|a|120|", "2|b|120|", "3|b|150|"}, []string{"1-1 loaded", "2-2 merged duplicate-resource into 1", "3-3 rejected duplicate-key"}},
		{"an extension that nobody knows", []string{"1|a|130|urn:nobody", "2|b|130|"}, []string{"1-1 rejected extension-unknown", "2-2 loaded"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := prepare(t, readings, file("obs.csv", append([]string{"ROW|NO|VALUE|EXT"}, c.rows...)...))
			r.job.Check = validate.New(validate.Options{Resolve: r.job.Engine.Accepted, UnknownExtensions: validate.RefuseUnknown})
			delivered(t, r)
			r.wantRows("obs.csv", c.want...)
		})
	}
}
