package dedupe_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/internal/population"
	"chartlift/transform/dedupe"
)

// a and b are two records that differ from a person in what change does to
// them.
type pairCase struct {
	name   string
	change func(a, b *population.Record)
	least  dedupe.Grade // what they must be at least
	most   dedupe.Grade // and at most
	veto   string       // a code that must be among the vetoes
}

// pairCases are the trap of every hospital: each pair is added to a population,
// and must get its grade.
func pairCases() []pairCase {
	return []pairCase{
		{name: "the same twice", change: func(a, b *population.Record) {}, least: dedupe.Certain, most: dedupe.Certain},
		{
			name: "twins of one sex with one initial", most: dedupe.Possible, veto: "V2",
			change: func(a, b *population.Record) { a.Given, b.Given, a.SSN, b.SSN = "MARK", "MATTHEW", "", "" },
		},
		{
			name: "twins with consecutive numbers", most: dedupe.Possible, veto: "V2",
			change: func(a, b *population.Record) { b.Given, b.SSN = "ESTEBAN", next(a.SSN) },
		},
		{
			name: "twins, boy and girl", most: dedupe.Possible, veto: "V4",
			change: func(a, b *population.Record) { b.Given, b.Sex, b.SSN = "ESTELLE", "F", "" },
		},
		{
			name: "father and son with suffixes", most: dedupe.Possible, veto: "V3",
			change: func(a, b *population.Record) {
				a.Suffix, b.Suffix, b.DOB, b.SSN = "Sr.", "Jr", "1996-03-14", ""
			},
		},
		{
			name: "father and son without suffix", most: dedupe.Possible, veto: "V3",
			change: func(a, b *population.Record) { a.SSN, b.DOB, b.SSN = "", "1996-03-14", "" },
		},
		{
			name: "a spouse who uses the partner's number", most: dedupe.Possible,
			change: func(a, b *population.Record) { b.Given, b.Middle, b.Sex, b.DOB = "ROSALIND", "", "F", "1968-11-30" },
		},
		{
			name: "a baby not named yet", most: dedupe.Possible,
			change: func(a, b *population.Record) { b.Given, b.Middle, b.SSN = "BABY BOY", "", "" },
		},
		{
			name: "married, moved, a new name", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) {
				a.Sex, b.Sex, a.Given, b.Given, b.Family = "F", "F", "MELISANDE", "MELISANDE", "UNDERHILL"
				b.Number, b.Street, b.City, b.Zip, b.Phone = "7", "BIRCH LANE", "ELSEWHERE", "99501", ""
			},
		},
		{
			name: "a hyphenated surname", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { b.Family = a.Family + "-Underhill" },
		},
		{
			name: "given and family name swapped", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { b.Given, b.Family = a.Family, a.Given },
		},
		{
			name: "a nickname, no number", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { a.Given, b.Given, b.SSN = "WILLIAM", "Billy", "" },
		},
		{
			name: "day and month swapped", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { b.DOB = b.DOB[:5] + "07-03" },
		},
		{
			name: "no date of birth", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { b.DOB = "" },
		},
		{
			name: "a number of nines", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { a.SSN, b.SSN = "999-99-9999", "999-99-9999" },
		},
		{
			name: "strangers who both have a number of nines", most: dedupe.None,
			change: func(a, b *population.Record) {
				*b = population.Record{ID: b.ID, Given: "ROSALIND", Family: "UNDERHILL", DOB: "1944-01-30", Sex: "F", SSN: "999-99-9999", Zip: "99501"}
				a.SSN = "999-99-9999"
			},
		},
		{
			name: "a common name and one birthday, other numbers", most: dedupe.Possible,
			change: func(a, b *population.Record) {
				for _, r := range []*population.Record{a, b} {
					r.Given, r.Family, r.Middle, r.Sex = "MARIA", "GARCIA", "", "F"
				}
				b.SSN, b.Number, b.Street, b.City, b.Zip, b.Phone = "512-44-9023", "7", "BIRCH LANE", "ELSEWHERE", "99501", "907-555-1234"
			},
		},
		{
			name: "twins whose names differ in a letter, no number", most: dedupe.Probable,
			change: func(a, b *population.Record) {
				a.Given, b.Given, a.SSN, b.SSN, a.Email, b.Email, a.Middle, b.Middle = "JAYDEN", "KAYDEN", "", "", "", "", "", ""
			},
			least: dedupe.Probable, // never merged without a person
		},
		{
			name: "names swapped, no number", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { a.SSN, b.SSN, b.Given, b.Family = "", "", a.Family, a.Given },
		},
		{
			name: "a letter off in the last name, no number", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { a.SSN, b.SSN, a.Family, b.Family = "", "", "OLDFIELD", "OLDFEILD" },
		},
		{
			name: "accents and apostrophes", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) {
				a.Given, b.Given, a.Family, b.Family = "José", "JOSE", "O'Neil", "ONEIL"
			},
		},
		{
			name: "Cyrillic letters with one wrong", least: dedupe.Probable, most: dedupe.Certain,
			change: func(a, b *population.Record) {
				a.Given, b.Given, a.Family, b.Family = "Сергей", "СЕРГЕЙ", "Достоевский", "Достоевскй"
			},
		},
		{
			name: "Chinese characters", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { a.Given, b.Given, a.Family, b.Family = "秀英", "秀英", "王", "王" },
		},
		{
			name: "other sex alone is an error of registration", least: dedupe.Certain, most: dedupe.Certain,
			change: func(a, b *population.Record) { b.Sex = "F" },
		},
		{
			name: "another number and another birthday", most: dedupe.Possible, veto: "V1",
			change: func(a, b *population.Record) { b.SSN, b.DOB = "512-44-9023", "1969-11-30" },
		},
	}
}

// adults returns men of another population of whom everything is known.
func adults(n int) []population.Record {
	var out []population.Record
	for _, r := range population.Make(population.Options{Persons: 2500, Seed: 99}) {
		whole := r.SSN != "" && r.Phone != "" && r.Zip != "" && len(r.Middle) > 1 && r.Suffix == "" && !strings.HasPrefix(r.SSN, "999")
		if whole && r.Sex == "M" && r.DOB > "1940" && r.DOB < "1972" && len(r.Given) > 3 && len(out) < n {
			r.DOB = r.DOB[:5] + "03-07"
			out = append(out, r)
		}
	}
	return out
}

func next(ssn string) string { return ssn[:len(ssn)-1] + string(ssn[len(ssn)-1]-1) }

func TestEveryTrapOfAHospitalGetsItsGrade(t *testing.T) {
	t.Parallel()
	records := population.Make(population.Options{Persons: 3500, Seed: 5})
	cases := pairCases()
	people := adults(len(cases))
	for i, c := range cases {
		a := people[i]
		a.ID = fmt.Sprintf("case%da", i)
		b := a
		b.ID = fmt.Sprintf("case%db", i)
		c.change(&a, &b)
		records = append(records, a, b)
	}
	r := link(t, dedupe.Options{}, records)
	together := clusterOf(r, dedupe.Possible)
	for i, c := range cases {
		e, ok := r.Explain(fmt.Sprintf("case%da", i), fmt.Sprintf("case%db", i))
		if !ok {
			t.Fatalf("%s: the records are not known", c.name)
		}
		if e.Grade < c.least || e.Grade > c.most {
			t.Errorf("%s: grade is %q with %.2f bits, want from %q to %q\n%s", c.name, e.Grade, e.Bits, c.least, c.most, terms(e))
		}
		var codes []string
		for _, v := range e.Vetoes {
			codes = append(codes, v.Code)
		}
		if c.veto != "" && !strings.Contains(strings.Join(codes, " "), c.veto) {
			t.Errorf("%s: the vetoes are %v, want %s\n%s", c.name, codes, c.veto, terms(e))
		}
		x, y := together[e.L], together[e.R]
		if joined := x != "" && x == y; joined != (c.least >= dedupe.Probable) {
			t.Errorf("%s: in one cluster is %v", c.name, joined)
		}
	}
}

func TestANeighbouringNumberIsTwinsAndAWrongDigitIsATypingError(t *testing.T) {
	t.Parallel()
	// Everything else is the same: two records of one house and birthday, given
	// names that have nothing in common.
	changes := map[string]func(ssn string) string{
		"next":  next,
		"typo":  func(ssn string) string { return ssn[:1] + string('0'+(ssn[1]-'0'+5)%10) + ssn[2:] },
		"other": func(string) string { return "512-44-9023" },
	}
	records := population.Make(population.Options{Persons: 3500, Seed: 5})
	people := adults(1)
	for name, change := range changes {
		a, b := people[0], people[0]
		a.ID, b.ID, b.Given, b.Middle = name+"a", name+"b", "ESTEBAN", ""
		b.SSN = change(a.SSN)
		records = append(records, a, b)
	}
	r := link(t, dedupe.Options{}, records)
	bits := map[string]float64{}
	for name := range changes {
		e, _ := r.Explain(name+"a", name+"b")
		bits[name] = e.Bits
		if e.Grade > dedupe.Possible {
			t.Errorf("%s: two given names are %q\n%s", name, e.Grade, terms(e))
		}
	}
	if !(bits["typo"] > bits["next"]+3) {
		t.Errorf("a wrong digit speaks for one person with %.1f bits, the next number with %.1f, another with %.1f", bits["typo"], bits["next"], bits["other"])
	}
}

func terms(e *dedupe.Explanation) string {
	var b strings.Builder
	for _, t := range e.Terms {
		fmt.Fprintf(&b, "  %-10s %-25s %6.2f %6.2f %7.2f  %s | %s\n", t.Name, t.Level, t.Bits, t.Frequency, t.Total, t.L, t.R)
	}
	return b.String()
}
