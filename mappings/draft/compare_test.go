package draft_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
	"chartlift/mappings/draft"
	"chartlift/transform"
)

// vendor is a mapping that knows three tables of a system.
const vendor = `
chartlift: 1
id: vendor
version: 2.0.0
params: { site: demo }
sources:
  patients: { csv: { path: patients.csv }, key: [ID] }
  visits: { csv: { path: "visits*.csv" }, key: [VID] }
  results: { csv: { path: results.csv }, key: [_line] }
maps:
  patient:
    from: patients
    resource: Patient
    elements:
      name: [{ family: $SURNAME }]
      birthDate: $BIRTHDATE | date
  visit:
    from: visits
    resource: Encounter
    elements:
      status: finished
      class: { code: $CLASS }
      subject: ref patient($PID)
  result:
    from: results
    resource: Observation
    elements:
      status: final
      code: { text: $TEST }
      subject: ref patient($PID)
`

// fitted compares the vendor's mapping with files.
func fitted(t *testing.T, files map[string]string) (draft.Fit, *mappings.Program) {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"vendor.yaml": {Data: []byte(vendor)}}, "vendor.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatal(findings)
	}
	report, _ := survey(t, folder(t, files))
	return draft.Compare(report, prog), prog
}

func TestDifferencesFromAShippedMappingAreListedByTable(t *testing.T) {
	t.Parallel()
	f, _ := fitted(t, map[string]string{
		"patients.csv":   "ID,LastName,DOB,Shoes\n1,Quillfeather,1950-01-31,44\n",
		"visits-one.csv": "VID,PID,CLAS\n1,1,AMB\n",
		"visit_log.csv":  "a,b\n1,2\n",
		"results_2.csv":  "x,y\n1,2\n",
	})
	want := `The mapping vendor and the tables at hand

patients (patients.csv, 1 row) is patients
  missing columns: SURNAME, BIRTHDATE
  columns that no rule reads: LastName, DOB, Shoes
  LastName is likely SURNAME: both are spellings of family name; renamed in mapping/site.yaml
  DOB is likely BIRTHDATE: both are spellings of birth date; renamed in mapping/site.yaml

visits-one (visits-one.csv, 1 row) is visits
  missing columns: CLASS
  columns that no rule reads: CLAS
  CLAS is likely CLASS: nearly the same name; to be renamed by you in mapping/site.yaml

Tables of the mapping that are not there:
  results (results.csv); is it results_2 (results_2.csv)?

Tables that the mapping does not name (left behind):
  results_2 (results_2.csv), 1 row
  visit_log (visit_log.csv), 1 row
`
	if diff := cmp.Diff(want, f.Differences("vendor")); diff != "" {
		t.Error(diff)
	}
}

func TestOnlySpellingsOfOneThingAreRenamedByThemselves(t *testing.T) {
	t.Parallel()
	f, prog := fitted(t, map[string]string{
		"patients.csv": "ID,LastName,DOB\n1,Quillfeather,1950-01-31\n", "visits.csv": "VID,PID,CLAS\n1,1,AMB\n",
	})
	got := strings.Split(string(f.Site(prog, draft.Options{ID: "acme", Timezone: "Europe/Rome"}).Content), "\n")
	comment := regexp.MustCompile(`(\S)  +# .*$`)
	for i := range got {
		got[i] = comment.ReplaceAllString(got[i], "$1")
	}
	want := []string{
		"chartlift: 1", "id: acme", "version: 0.1.0", "extends: vendor@2.0.0", "params: { site: acme }", "defaults: { timezone: Europe/Rome }", "",
		"sources:", "  patients:", "    rename:", "      LastName: SURNAME", "      DOB: BIRTHDATE", "  # visits:", "    # rename:", "      # CLAS: CLASS", "",
	}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Error(diff)
	}
}

func TestAMappingFitsWhereHalfOfItsTablesAreThere(t *testing.T) {
	t.Parallel()
	patients, visits := "ID,SURNAME,BIRTHDATE\n1,Quillfeather,1950-01-31\n", "VID,PID,CLASS\n1,1,AMB\n"
	for name, c := range map[string]struct {
		files map[string]string
		good  bool
	}{
		"two of three tables":              {map[string]string{"patients.csv": patients, "visits.csv": visits}, true},
		"one of three tables":              {map[string]string{"patients.csv": patients}, false},
		"two tables with other columns":    {map[string]string{"patients.csv": "a,b\n1,2\n", "visits.csv": "c,d\n1,2\n"}, false},
		"tables of the same name in a row": {map[string]string{"patients.csv": patients, "visits1.csv": visits, "visits2.csv": visits}, true},
		"another system":                   {map[string]string{"plates.csv": "a,b\n1,2\n"}, false},
	} {
		if f, _ := fitted(t, c.files); f.Good() != c.good {
			t.Errorf("%s: good is %v", name, f.Good())
		}
	}
}
