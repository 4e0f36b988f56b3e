package population_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/population"
)

func TestTheSameOptionsMakeTheSamePeople(t *testing.T) {
	t.Parallel()
	first := population.Make(population.Options{Persons: 500, Seed: 4})
	if diff := cmp.Diff(first, population.Make(population.Options{Persons: 500, Seed: 4})); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(first[:10], population.Make(population.Options{Persons: 500, Seed: 5})[:10]) {
		t.Error("another seed makes the same people")
	}
	if len(population.Columns()) != len(population.Kinds()) || len(first[0].Values()) != len(population.Columns()) {
		t.Error("columns, kinds and values do not have one length")
	}
}

func TestPeopleLiveAndAreRegisteredAsTheRecipeSays(t *testing.T) {
	t.Parallel()
	records := population.Make(population.Options{Persons: 30_000, Seed: 8})
	times, ids := map[string]int{}, map[string]bool{}
	missing := map[string]float64{}
	for _, r := range records {
		times[r.Person]++
		ids[r.ID] = true
		for name, value := range map[string]string{"dob": r.DOB, "ssn": r.SSN, "phone": r.Phone, "zip": r.Zip, "sex": r.Sex} {
			if value == "" {
				missing[name] += 1 / float64(len(records))
			}
		}
	}
	if len(ids) != len(records) {
		t.Errorf("%d records have %d ids", len(records), len(ids))
	}
	several := 0.0
	for _, n := range times {
		if n > 1 {
			several += 1 / float64(len(times))
		}
	}
	near := func(what string, got, want, within float64) {
		if math.Abs(got-want) > within {
			t.Errorf("%s: %.3f, want about %.3f", what, got, want)
		}
	}
	near("people with several records", several, .19, .01)
	near("no date of birth", missing["dob"], .03, .005)
	near("no ssn", missing["ssn"], 1-.85*.75+.2*.85*.75*.23, .03)
	near("no telephone", missing["phone"], .15, .01)
	near("no postal code", missing["zip"], .05, .005)
	near("no sex", missing["sex"], .02, .004)
}

func TestTwinsAndJuniorsAreAmongThem(t *testing.T) {
	t.Parallel()
	type home struct{ family, street, dob string }
	given, suffixes := map[home]map[string]string{}, 0
	for _, r := range population.Make(population.Options{Persons: 20_000, Seed: 9, Twins: .05}) {
		at := home{r.Family, r.Number + r.Street, r.DOB}
		if given[at] == nil {
			given[at] = map[string]string{}
		}
		given[at][r.Person] = r.Given
		if r.Suffix == "JR" {
			suffixes++
		}
	}
	twins := 0
	for at, people := range given {
		if len(people) == 2 && at.dob != "" {
			twins++
		}
	}
	if twins < 300 || suffixes < 20 {
		t.Errorf("%d pairs of twins and %d juniors were found", twins, suffixes)
	}
}

func TestWithoutNumbersNobodyHasOne(t *testing.T) {
	t.Parallel()
	for _, r := range population.Make(population.Options{Persons: 1000, Seed: 2, NoSSN: true}) {
		if r.SSN != "" && !strings.HasPrefix(r.SSN, "999") {
			t.Fatalf("a record has the number %s", r.SSN)
		}
	}
}
