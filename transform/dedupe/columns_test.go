package dedupe_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/dedupe"
)

// complaints are the codes and columns of a result's issues.
func complaints(r *dedupe.Result) []string {
	var all []string
	for _, i := range r.Issues {
		all = append(all, i.Code+" "+i.Column)
	}
	return all
}

// crowd are n records with these names, dates and numbers, by row.
func crowd(n int, given, family, dob, ssn func(i int) string) [][]string {
	var rows [][]string
	for i := range n {
		rows = append(rows, []string{fmt.Sprint(i), given(i), family(i), dob(i), ssn(i), "01002"})
	}
	return rows
}

func text(s string) func(int) string { return func(int) string { return s } }

func birthday(i int) string { return fmt.Sprintf("19%02d-%02d-%02d", 30+i%60, 1+i%12, 1+i%28) }

func number(i int) string { return fmt.Sprintf("%03d-22-%04d", 100+i%700, 1000+i*7) }

func TestColumnsThatTellNobodyApartAreNamed(t *testing.T) {
	t.Parallel()
	mostly := func(i int) string {
		if i%10 > 0 {
			return "ANA"
		}
		return fmt.Sprint("BEA", i)
	}
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, crowd(2000, mostly, text(""), birthday, number)...)
	if diff := cmp.Diff([]string{"dedupe-one-value given", "dedupe-empty-column family", "dedupe-one-value zip"}, complaints(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	few := linkRows(t, dedupe.Options{Fields: plainFields(t)}, crowd(20, text("ANA"), text(""), birthday, number)...)
	if got := complaints(few); len(got) != 0 {
		t.Errorf("twenty records prove nothing: %v", got)
	}
}

func TestManyIdenticalRowsAreBoundedAndNobodyIsMergedWithoutAWord(t *testing.T) {
	t.Parallel()
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, crowd(1500, text("ANA"), text("SMITH"), text("1970-03-02"), text("123-45-6780"))...)
	if r.Summary.Compared > 1500*300 || r.Summary.NotReached == 0 {
		t.Errorf("%d pairs were compared, %d left out", r.Summary.Compared, r.Summary.NotReached)
	}
	for _, c := range r.Clusters {
		if c.Review == "" {
			t.Fatalf("%d identical rows were put together without a person", len(c.Members))
		}
	}
	if got := complaints(r); len(got) != 5 {
		t.Errorf("five columns with one value: %v", got)
	}
}

func TestEmptyNamesEverywhereMakeNoPairs(t *testing.T) {
	t.Parallel()
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, crowd(3000, text(""), text("  "), birthday, text("999-99-9999"))...)
	if len(r.Clusters) != 0 || r.Summary.Certain+r.Summary.Probable != 0 {
		t.Errorf("records with a birthday alone: %+v", r.Summary)
	}
}

func TestTwoColumnsOfOneKindAreTwoNamesOfOnePerson(t *testing.T) {
	t.Parallel()
	f := fields(t, "given", "given", "family", "family", "maiden", "family", "dob", "dob", "ssn", "ssn")
	r := linkRows(t, dedupe.Options{Fields: f},
		[]string{"1", "GRETA", "VOSS", "", "1988-02-14", "611-22-3344"}, []string{"2", "GRETA", "MOOR", "VOSS", "1988-02-14", "611-22-3344"},
		[]string{"3", "MARK", "QUINN", "", "2011-06-01", ""},
	)
	if got := verdict(t, r, "1", "2"); got != "certain" {
		t.Errorf("married, with her maiden name: %s", got)
	}
}

func TestColumnsThatFillOneDictionaryAreNotTidiedAtTheSameTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds []dedupe.Kind
		lanes int // as many as go at the same time
	}{
		{[]dedupe.Kind{dedupe.Given, dedupe.Family, dedupe.SSN, dedupe.Zip}, 3},
		{[]dedupe.Kind{dedupe.StreetNumber, dedupe.Street, dedupe.Zip}, 2}, // the number may stand in the street as well
		{[]dedupe.Kind{dedupe.Street, dedupe.Zip, dedupe.StreetNumber}, 2},
		{[]dedupe.Kind{dedupe.Suffix, dedupe.Given, dedupe.FullName, dedupe.DOB}, 2}, // a full name has all of them
	} {
		if shared, lanes := dedupe.SharedDictionaries(c.kinds...); shared != 0 || lanes != c.lanes {
			t.Errorf("%v: %d dictionaries are shared, %d lanes, want %d", c.kinds, shared, lanes, c.lanes)
		}
	}
}

func TestPeopleWhoShareDefaultsAreNotOnePerson(t *testing.T) {
	t.Parallel()
	// Nine in ten were born on the day, and live at the address, that the old
	// system enters by itself; some thousand pairs have one name by chance.
	f := fields(t, "given", "given", "family", "family", "dob", "dob", "ssn", "ssn", "phone", "phone", "street", "street", "zip", "zip")
	random := rand.New(rand.NewPCG(7, 7))
	letter := func() string { return string(rune('A' + random.IntN(26))) }
	var rows [][]string
	for i := range 20_000 {
		born, street, zip := "1985-05-05", "1 HOSPITAL ROAD", "02134"
		if i%10 == 0 {
			born, street, zip = birthday(i), fmt.Sprintf("%d ELM STREET", i), fmt.Sprintf("%05d", 10000+i)
		}
		given := []string{"ANA", "BOB", "CARLA", "DAVE", "EVA", "FRED", "GRETA", "HUGO", "IDA", "JON", "KARL", "LEO", "MIA"}[random.IntN(13)] + letter()
		family := []string{"SMITH", "JONES"}[random.IntN(2)] + letter() + letter()
		rows = append(rows, []string{fmt.Sprint("r", i), given, family, born, fmt.Sprint(100_000_000 + random.IntN(800_000_000)), fmt.Sprint(2_000_000_000 + random.IntN(7_000_000_000)), street, zip})
	}
	if s := linkRows(t, dedupe.Options{Fields: f}, rows...).Summary; s.Certain > 0 {
		t.Errorf("%d pairs with different numbers and telephones are certain, because they share a name and defaults", s.Certain)
	}
}
