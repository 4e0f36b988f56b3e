package draft_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings/draft"
)

var update = flag.Bool("update", false, "write the golden files anew")

// clinicOptions are those of the golden project.
var clinicOptions = draft.Options{ID: "clinic", Sources: []string{"../legacy"}}

func TestTheClinicBecomesTheProjectThatAPersonHasRead(t *testing.T) {
	t.Parallel()
	p := drafted(t, "testdata/clinic", clinicOptions)
	for name, got := range p.files {
		path := filepath.Join("testdata/want", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s: %v; go test ./mappings/draft -update writes it", name, err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheSameFilesGiveTheSameProject(t *testing.T) {
	t.Parallel()
	one, two := drafted(t, "testdata/clinic", clinicOptions), drafted(t, "testdata/clinic", clinicOptions)
	if diff := cmp.Diff(one.files, two.files); diff != "" {
		t.Error(diff)
	}
}

func TestEveryTableIsDecidedAbout(t *testing.T) {
	t.Parallel()
	p := drafted(t, "testdata/clinic", clinicOptions)
	got := map[string]string{}
	for _, table := range p.Tables {
		got[table.Table.Table] = table.Resource() + ": " + table.Why()
		if table.Resource() != "" && (table.Sure < 0.5 || table.Live == 0 || table.Map == "") {
			t.Errorf("%s: sure %v, %d elements, map %q", table.Table.Table, table.Sure, table.Live, table.Map)
		}
	}
	want := map[string]string{
		"allergies": "AllergyIntolerance: its name says so", "audit_log": ": a log of the old program",
		"diagnoses": "Condition: its name says so", "doctors": "Practitioner: its name says so, and it has names",
		"invoices": ": billing, not clinical", "labs": "Observation: its name says so",
		"patients": "Patient: its name says so, and it has names, birth date, sex", "rx": "MedicationRequest: its name says so",
		"tests": ": looked up by other tables", "vaccinations": "Immunization: its name says so", "visits": "Encounter: its name says so",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// people makes a table of patients whose birth dates are written by birth.
func people(columns string, rows int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(columns + "\n")
	for i := range rows {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

func TestABirthDateWhoseDayCannotBeToldIsOnlyAGuess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		birth func(i int) string
		live  string // "" where nothing may be proposed
		says  string
	}{
		"no value above 12":   {func(i int) string { return fmt.Sprintf("%02d/%02d/1970", 1+i, 1+(i*5)%11) }, "", "day and month cannot be told apart in any of 10 values"},
		"both orders":         {func(i int) string { return []string{"25/03/1970", "03/25/1971"}[i%2] }, "", "two ways are mixed"},
		"two digits of year":  {func(i int) string { return fmt.Sprintf("%02d/03/%d", 15+i, 40+i) }, "", "years of two digits"},
		"the day is first":    {func(i int) string { return fmt.Sprintf("%02d/03/%d", 13+i, 1940+i) }, "birthDate: $DOB | date 'DD/MM/YYYY'", "day first in 10 values"},
		"the month is first":  {func(i int) string { return fmt.Sprintf("03/%02d/%d", 13+i, 1940+i) }, "birthDate: $DOB | date 'MM/DD/YYYY'", "month first in 10 values"},
		"year, month and day": {func(i int) string { return fmt.Sprintf("%d-03-%02d", 1940+i, 13+i) }, "birthDate: $DOB | date #", "YYYY-MM-DD"},
		"a month with a name": {func(i int) string { return fmt.Sprintf("%02d-Mar-%d", 13+i, 1940+i) }, "birthDate: $DOB | date 'DD-MMM-YYYY'", "DD-MMM-YYYY"},
		"eight digits":        {func(i int) string { return fmt.Sprintf("%d03%02d", 1940+i, 13+i) }, "birthDate: $DOB | date 'YYYYMMDD'", "YYYYMMDD"},
		"words":               {func(i int) string { return []string{"long ago", "in the war", "unsure"}[i%3] }, "", "the values are not dates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := drafted(t, folder(t, map[string]string{"patients.csv": people("MRN,LastName,Sex,DOB", 10, func(i int) string {
				return fmt.Sprintf("M%d,Quillfeather%c,%c,%s", 100+i, 'a'+i, "MF"[i%2], c.birth(i))
			})}), draft.Options{})
			if c.live == "" {
				p.lacks(t, "birthDate")
				p.has(t, "# birthDate: $DOB | date # guess: ")
			} else {
				p.has(t, c.live)
			}
			if line := p.lines("birthDate"); len(line) != 1 || !strings.Contains(line[0], c.says) {
				t.Errorf("%q does not say %q", line, c.says)
			}
			if undecided := c.live == ""; undecided != strings.Contains(p.Summary(), "date patients.DOB: ") {
				t.Errorf("the summary is wrong about it:\n%s", p.Summary())
			}
		})
	}
}

func TestTimesKeepTheirTimeOfDayWhereTheZoneIsKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ suffix, zone, want string }{
		"no zone":          {"", "", "start: $Start | date #"},
		"zone of init":     {"", "Europe/Rome", "start: $Start | datetime #"},
		"zone in the data": {"Z", "", "start: $Start | datetime #"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"patients.csv": people("MRN,LastName,Sex", 10, func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) }),
				"visits.csv": people("VisitID,MRN,Start", 12, func(i int) string {
					return fmt.Sprintf("V%d,M%d,2019-03-%02dT10:0%d:00%s", i, 100+i%10, 10+i, i%10, c.suffix)
				}),
			}
			p := drafted(t, folder(t, files), draft.Options{Timezone: c.zone})
			p.has(t, c.want)
			if lost := strings.Contains(p.Summary(), "1 column of times whose zone is not known"); lost != strings.Contains(c.want, "| date #") {
				t.Errorf("the summary is wrong about it:\n%s", p.Summary())
			}
			if c.zone != "" {
				p.has(t, "timezone: "+c.zone)
			}
		})
	}
}

func TestRowsThatNameNobodyOrCannotBeJoinedAreLeftBehind(t *testing.T) {
	t.Parallel()
	p := drafted(t, folder(t, map[string]string{
		"patients.csv":   people("MRN,LastName,Sex", 12, func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) }),
		"conditions.csv": people("Number,Code", 12, func(i int) string { return fmt.Sprintf("X%d,Z%d", 500+i, i) }),
		"employees.csv":  people("id,LastName,BirthDate", 12, func(i int) string { return fmt.Sprintf("%d,Brankovitch%c,1960-01-%02d", i, 'a'+i, 10+i) }),
		"empty.csv":      "a,b\n",
	}), draft.Options{})
	for name, want := range map[string]string{
		"conditions": "looks like Condition, but no column joins it to a table of patients",
		"employees":  "people or firms that are no patients; staff who treat patients are Practitioner",
		"empty":      "no rows",
	} {
		if table := p.table(t, name); table.Kind != draft.Left || table.Why() != want {
			t.Errorf("%s is %q: %s", name, table.Kind, table.Why())
		}
	}
	p.has(t, "# conditions (conditions.csv), 12 rows: looks like Condition")
}

func TestWithoutAnythingClinicalTheDraftIsStillAValidMapping(t *testing.T) {
	t.Parallel()
	p := drafted(t, folder(t, map[string]string{"planets.csv": "name,moons\nMars,2\nVenus,0\n"}), draft.Options{})
	p.has(t, "maps: {}")
	p.has(t, "sources: {}")
	p.has(t, "# planets (planets.csv), 2 rows: nothing clinical was recognised in its name and columns")
	if !strings.Contains(p.Summary(), "nothing clinical was recognised") || p.files["tests/draft.yaml"] != "" {
		t.Errorf("%s\n%v", p.Summary(), p.files)
	}
}

func TestATableInTwoFilesIsMappedOnce(t *testing.T) {
	t.Parallel()
	patients := people("MRN,LastName,Sex", 12, func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) })
	p := drafted(t, folder(t, map[string]string{"a/patients.csv": patients, "b/PATIENTS.tsv": strings.ReplaceAll(patients, ",", "\t")}), draft.Options{})
	if n := len(p.Mapped()); n != 1 {
		t.Fatalf("%d tables are mapped", n)
	}
	if why := p.Tables[1].Why(); !strings.Contains(why, "the same table is in") || !strings.Contains(why, "a copy? If not, map it as well") {
		t.Error(why)
	}
}

func TestFilesOfOneNameCannotBeToldApartAndAreLeftBehind(t *testing.T) {
	t.Parallel()
	row := func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) }
	p := drafted(t, folder(t, map[string]string{
		"north/patients.csv": people("MRN,LastName,Sex", 12, row), "south/patients.csv": people("PatNo,Surname,Gender", 9, row),
	}), draft.Options{})
	if len(p.Mapped()) != 0 || !strings.Contains(p.Tables[0].Why(), "give one of them another name") {
		t.Errorf("%d are mapped; %s", len(p.Mapped()), p.Tables[0].Why())
	}
}

func TestNamesOfColumnsThatAPipeCannotHoldAreNotProposed(t *testing.T) {
	t.Parallel()
	p := drafted(t, folder(t, map[string]string{"patients.csv": people(`MRN,"Last Name",Sex,Sex,"First""Name",Date of Birth`, 12, func(i int) string {
		return fmt.Sprintf("M%d,Quillfeather%c,%c,M,Ana,1960-01-%02d", 100+i, 'a'+i, "MF"[i%2], 10+i)
	})}), draft.Options{})
	p.has(t, `family: $"Last Name"`)
	p.has(t, `birthDate: $"Date of Birth" | date`)
	p.lacks(t, "gender:")
	if lines := p.lines("names it more than once"); len(lines) != 2 {
		t.Errorf("the doubled column is not listed: %q", lines)
	}
	if lines := p.lines("that a pipe cannot hold"); len(lines) != 1 {
		t.Errorf("the quoted column is not listed: %q", lines)
	}
}

func TestPatientsWhoseNamesStandInATableOfPersonsLookThemUp(t *testing.T) {
	t.Parallel()
	p := drafted(t, folder(t, map[string]string{
		"patient.csv":     people("patient_id,creator", 12, func(i int) string { return fmt.Sprintf("%d,1", 20+i*3) }),
		"person.csv":      people("person_id,gender,birthdate", 60, func(i int) string { return fmt.Sprintf("%d,%c,19%02d-03-1%d", 10+i, "MF"[i%2], 40+i%50, i%9) }),
		"person_name.csv": people("person_name_id,person_id,given_name,family_name", 60, func(i int) string { return fmt.Sprintf("%d,%d,Ana,Quillfeather%c", 700+i, 10+i, 'a'+i%26) }),
		"encounter.csv":   people("encounter_id,patient_id,encounter_datetime", 30, func(i int) string { return fmt.Sprintf("%d,%d,2019-03-%02d", 900+i, 20+i%12*3, 1+i%28) }),
	}), draft.Options{})
	p.has(t, "person: { in: person, on: { person_id: $patient_id } }")
	p.has(t, "person_name: { in: person_name, on: { person_id: $patient_id } }")
	p.has(t, "family: $person_name.family_name")
	p.has(t, "birthDate: $person.birthdate | date")
	p.has(t, "subject: ref patient($patient_id)")
	if person := p.table(t, "person"); person.Kind != draft.Left || person.Why() != "looked up by other tables" {
		t.Errorf("person is %q: %s", person.Kind, person.Why())
	}
}

func TestCodesOfAnotherSystemInAColumnKeepTheirOwnCoding(t *testing.T) {
	t.Parallel()
	loinc := []string{"8480-6", "8462-4", "718-7", "2345-7", "HOUSE-1"}
	p := drafted(t, folder(t, map[string]string{
		"patients.csv": people("MRN,LastName,Sex", 12, func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) }),
		"results.csv": people("MRN,Code,Description,Value,Units,Type", 30, func(i int) string {
			return fmt.Sprintf("M%d,%s,what %d,%s,mm,%s", 100+i%12, loinc[i%5], i%5, []string{"12.5", "high"}[i%2], []string{"numeric", "text"}[i%2])
		}),
	}), draft.Options{})
	p.has(t, "code: { from: $Code | check loinc, policy: omit-element }")
	p.has(t, "- system: ${param.base}:results.code")
	p.has(t, `valueQuantity: { when: "Type = 'numeric'", from: $Value | quantity $Units }`)
	p.has(t, `valueString: { when: "Type <> 'numeric'", from: $Value }`)
}

func TestACrosswalkListsEveryCodeByItsRows(t *testing.T) {
	t.Parallel()
	p := drafted(t, folder(t, map[string]string{
		"patients.csv": people("MRN,LastName,Sex", 40, func(i int) string {
			sex := "M"
			if i%4 == 0 {
				sex = "F"
			}
			if i == 17 {
				sex = "?x"
			}
			return fmt.Sprintf("M%d,Quillfeather%d,%s", 100+i, i, sex)
		}),
	}), draft.Options{})
	want := "code,rows,text,target,display,comment\nM,29,,male,,proposed by its word\nF,10,,female,,proposed by its word\n?x,1,,,,\n"
	if diff := cmp.Diff(want, p.files["terms/patients_sex.csv"]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(p.Summary(), "1 of 3 local codes without a target") {
		t.Error(p.Summary())
	}
}

func TestEverySpellingBelongsToOneRoleOfItsGroup(t *testing.T) {
	t.Parallel()
	for _, line := range draft.Spellings() {
		if slices.Contains(line.Names, "") || len(line.Names) == 0 {
			t.Errorf("%s has an empty spelling", line.Role)
		}
		for _, n := range line.Names {
			if n != strings.ToLower(n) {
				t.Errorf("%s: %q is not in lower case", line.Role, n)
			}
		}
	}
}
