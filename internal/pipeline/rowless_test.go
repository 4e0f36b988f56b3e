package pipeline_test

import (
	"errors"
	"slices"
	"testing"

	"chartlift/internal/pipeline"
)

// referring has three tables, of which the mapping names the one that refers to
// the others first.
const referring = `chartlift: 1
id: referring
defaults: { policy: { missing_reference: omit-element } }
sources:
  visits: { csv: { path: visits.csv }, key: [ID] }
  patients: { csv: { path: patients.csv }, key: [ID] }
  wards: { csv: { path: wards.csv }, key: [ID] }
maps:
  visit: { from: visits, resource: Encounter, id: $ID, elements: { status: finished, class: { code: AMB }, subject: ref? patient($PAT), serviceProvider: ref? ward($WARD) } }
  patient: { from: patients, resource: Patient, id: $ID, elements: { active: true } }
  ward: { from: wards, group: [ID], resource: Organization, id: $ID, elements: { name: $rows.NAME } }
`

func TestATableThatTurnsOutEmptyIsAskedAboutBeforeWhatRefersToItIsSent(t *testing.T) {
	t.Parallel()
	gone := errors.New("it had rows the night before")
	for name, c := range map[string]struct {
		patients, wards []string // rows
		bad             string   // table that must not be empty
		asked, taken    []string
	}{
		"all have rows":                    {[]string{"p1"}, []string{"w1|East"}, "patients", nil, []string{"Encounter/v1", "Organization/w1", "Patient/p1"}},
		"one has none, and that is an end": {nil, []string{"w1|East"}, "patients", []string{"patients"}, nil},
		"one has none, and may":            {nil, []string{"w1|East"}, "", []string{"patients"}, []string{"Encounter/v1", "Organization/w1"}},
		"a grouped one has none":           {[]string{"p1"}, nil, "wards", []string{"wards"}, []string{"Patient/p1"}},
		"a row that is no good is one":     {[]string{"!p1"}, []string{"w1|East"}, "patients", nil, []string{"Encounter/v1", "Organization/w1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := prepare(t, referring, file("visits.csv", "ID|PAT|WARD", "v1|p1|w1"), file("patients.csv", append([]string{"ID"}, c.patients...)...), file("wards.csv", append([]string{"ID|NAME"}, c.wards...)...))
			var asked []string
			r.job.Rowless = func(table *pipeline.Table) error {
				if asked = append(asked, table.Source.Name); table.Source.Name == c.bad {
					return gone
				}
				return nil
			}
			r.start(t.Context())
			if errors.Is(r.err, gone) != slices.Contains(asked, c.bad) || !slices.Equal(asked, c.asked) {
				t.Errorf("asked about %q, and it ends with %v", asked, r.err)
			}
			taken := r.job.Sink.(*sink).taken
			if slices.Sort(taken); !slices.Equal(taken, c.taken) {
				t.Errorf("%q were delivered, want %q", taken, c.taken)
			}
		})
	}
}
