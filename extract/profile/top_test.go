package profile_test

import (
	"fmt"
	"testing"

	"chartlift/extract/profile"
)

// manyCodes is a column of n codes, each of them twice.
func manyCodes(n int) table {
	f := table{name: "codes.csv", lines: []string{"id,code"}}
	for i := range 2 * n {
		f.lines = append(f.lines, fmt.Sprintf("%d,C%03d", i, i%n))
	}
	return f
}

func TestAsManyValuesAreListedAsAreAskedFor(t *testing.T) {
	t.Parallel()
	for top, want := range map[int]int{0: 10, 3: 3, 40: 40, 500: 60} {
		c := tables(t, profile.Options{Top: top}, manyCodes(60))[0].Columns[1]
		if len(c.Top) != want || c.Top[0].Count != 2 {
			t.Errorf("top %d lists %d values", top, len(c.Top))
		}
	}
}

func TestATableOfPatientsJoinsThePersonsThatTheyAre(t *testing.T) {
	t.Parallel()
	patient, person := table{name: "patient.csv", lines: []string{"patient_id,since"}}, table{name: "person.csv", lines: []string{"person_id,gender"}}
	for i := range 40 {
		person.lines = append(person.lines, fmt.Sprintf("%d,%c", 10+i, "MF"[i%2]))
		if i%4 == 0 {
			patient.lines = append(patient.lines, fmt.Sprintf("%d,2019", 10+i))
		}
	}
	list := tables(t, profile.Options{}, patient, person)
	if j := list[0].Joins; len(j) != 1 || j[0].ToTable != "person" || j[0].Column != "patient_id" || j[0].Contained != 1 {
		t.Errorf("joins of patient: %+v", j)
	}
	if len(list[1].Joins) != 0 {
		t.Errorf("joins of person: %+v", list[1].Joins)
	}
}
