package dedupe_test

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/dedupe"
)

func TestJaroWinklerGivesTheValuesOfItsPaper(t *testing.T) {
	t.Parallel()
	for _, c := range []struct { // Winkler 1990 and the tables of the US census
		a, b string
		want float64
	}{{"MARTHA", "MARHTA", .961}, {"DWAYNE", "DUANE", .84}, {"DIXON", "DICKSONX", .813}, {"JONES", "JOHNSON", .832}, {"ABROMS", "ABRAMS", .922}, {"", "A", 0}, {"ABC", "XYZ", 0}, {"A", "A", 1}} {
		if got := dedupe.JaroWinkler(c.a, c.b); math.Abs(got-c.want) > .001 {
			t.Errorf("%s and %s: %.4f, want %.3f", c.a, c.b, got, c.want)
		}
	}
}

func TestDistancesAreTheSameInBothDirections(t *testing.T) {
	t.Parallel()
	same := func(a, b string) bool {
		return dedupe.JaroWinkler(a, b) == dedupe.JaroWinkler(b, a) && dedupe.Edits(a, b, 2) == dedupe.Edits(b, a, 2) && dedupe.Edits(a, a, 2) == 0
	}
	for _, pair := range [][2]string{{"DIXON", "DICKSONX"}, {"Достоевский", "Достоевскй"}, {"A", ""}, {"HALLDOLSONG", "HALLDLOSNOG"}} {
		if !same(pair[0], pair[1]) {
			t.Errorf("%q differs by direction", pair)
		}
	}
	limited := func(a, b string) bool {
		n := dedupe.Edits(a, b, 2)
		return n == dedupe.Edits(b, a, 2) && n <= 3 && n >= 0
	}
	if err := quick.Check(limited, nil); err != nil {
		t.Error(err)
	}
}

func TestEditsCountLettersAndSwaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"SMITH", "SMYTH", 1, 1},
		{"SMITH", "SMIHT", 1, 1},
		{"SMITH", "SMIT", 1, 1},
		{"SMITH", "SMITHE", 2, 1},
		{"SMITH", "SIMHT", 2, 2},
		{"SMITH", "SMYTHE", 1, 2},
		{"SMITH", "JONES", 2, 3},
		{"", "AB", 2, 2},
		{"王秀英", "王秀", 1, 1},
		{"ABCD", "BADC", 1, 2},
		{"ABCD", "BADC", 2, 2},
	} {
		if got := dedupe.Edits(c.a, c.b, c.limit); got != c.want {
			t.Errorf("%s and %s within %d: %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
	}
}

func TestNamesAreComparedInLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want uint8
	}{
		{"José", "JOSE", 1},
		{"O'Neil", "ONEIL", 1},
		{"Müller", "Muller", 1},
		{"Strauß", "Strauss", 1},
		{"Smith", "Smyth", 2},
		{"Katherine", "Catherine", 2},
		{"Достоевский", "Достоевскй", 2},
		{"Jessica", "Jesdicai", 2}, // two slips in a long name
		{"Panagais", "Panagaris", 2},
		{"Daniel", "Danielle", 2},
		{"Karin", "Maria", 4}, // two letters of five are another name
		{"William", "Bill", 3},
		{"Peggy", "Margaret", 3},
		{"Bob", "Rob", 3},
		{"Mary", "Mary Ann", 3},
		{"Garcia", "Garcia-Lopez", 3},
		{"De La Cruz", "Delacruz", 2},
		{"J", "John", 4},
		{"Sean", "Shawn", 4},
		{"Mark", "Esteban", 5},
		{"Oldfield", "Quinn", 5},
	} {
		if got, back := dedupe.NameLevel(c.a, c.b), dedupe.NameLevel(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%s and %s: level %d, backwards %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestNamesThatSoundAlikeHaveOneSkeleton(t *testing.T) {
	t.Parallel()
	for _, group := range [][]string{{"CATHERINE", "KATHRYN"}, {"PHILIP", "FILIP"}, {"GEORGE", "JORGE"}, {"ERIC", "IRIC"}, {"SMITH", "SMYTHE", "SMIT"}} {
		for _, name := range group[1:] {
			if dedupe.Skeleton(name) != dedupe.Skeleton(group[0]) {
				t.Errorf("%s is %s, %s is %s", name, dedupe.Skeleton(name), group[0], dedupe.Skeleton(group[0]))
			}
		}
	}
	if dedupe.Skeleton("MARK") == dedupe.Skeleton("PAUL") {
		t.Error("MARK sounds like PAUL")
	}
}

func TestMiddleNamesAndInitials(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want uint8
	}{{"ANN", "ANN", 1}, {"A", "ANN", 2}, {"A", "A", 2}, {"ANNE", "ANNA", 3}, {"ANN", "ROSE", 4}, {"A", "R", 4}} {
		if got := dedupe.MiddleLevel(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: level %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestFullNamesAreTakenApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][4]string{
		"GARCIA LOPEZ, Ana M": {"ANA", "M", "GARCIA LOPEZ", ""}, "Dr. John Quincy Adams Jr.": {"JOHN", "QUINCY", "ADAMS", "JR"},
		"Adams, John, III": {"JOHN", "", "ADAMS", "III"}, "Cher": {"", "", "CHER", ""}, "": {}, ", ": {},
	} {
		if diff := cmp.Diff(want, dedupe.SplitName(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestDatesAreReadAsTheirFormatSays(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"", "1954-03-07", "19540307"},
		{"", "19540307", "19540307"},
		{"", "1954-03-07T10:00:00Z", "19540307"},
		{"", "1954-03-07 10:00", "19540307"},
		{"", "1954/3/7", "19540307"},
		{"MM/DD/YYYY", "3/7/1954", "19540307"},
		{"DD.MM.YYYY", "07.03.1954", "19540307"},
		{"DDMMYYYY", "07031954", "19540307"},
		{"DD/MM/YY", "07/03/54", "19540307"},
		{"YYYYMMDD", "19320231", "19320231"},
		{"", "07/03/1954", ""},
		{"", "1954", ""},
		{"", "about 1954", ""},
		{"", "1954-03", ""},
		{"", "1954-03-07-01", ""},
		{"YYYYMMDD", "1932023", ""},
		{"YYYY", "1954", "bad format"},
		{"YYYY-MMM-DD HH", "x", "bad format"},
	} {
		if got := dedupe.ReadDate(c[0], c[1]); got != c[2] {
			t.Errorf("%q as %q: %q, want %q", c[1], c[0], got, c[2])
		}
	}
}

func TestDatesAreComparedInLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want uint8
	}{
		{"19540307", "19540307", 1},
		{"19540307", "19540308", 2},
		{"19540307", "19450307", 2},
		{"19540307", "19540703", 3},
		{"19540307", "19540325", 4},
		{"19540307", "19720307", 4},
		{"19540307", "19540101", 5},
		{"19540307", "19541125", 5},
		{"19540307", "19881125", 6},
	} {
		if got, back := dedupe.DateLevel(c.a, c.b), dedupe.DateLevel(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%s and %s: level %d, backwards %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestIdsAreComparedInLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want uint8
	}{
		{"201339876", "201339876", 1},
		{"201339876", "201339867", 2},
		{"201339876", "20133976", 2},
		{"201339876", "201339012", 4},
		{"201339876", "201331877", 3},
		{"201339876", "9876", 5},
		{"9876", "1234", 4},
		{"201339876", "201339877", 6},
		{"201339999", "201340001", 6},
		{"201339876", "201339879", 2},
		{"A1009", "A1010", 6},
		{"A100B", "A100C", 2},
		{"301339876", "201339876", 2},
		{"9876", "9877", 2},
	} {
		if got := dedupe.IDLevel(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: level %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestAddressesAreComparedAsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b [4]string
		want string
	}{
		{[4]string{"12", "Main Street", "02108", "Boston"}, [4]string{"", "12 MAIN ST.", "02108-1234", "BOSTON"}, "same"},
		{[4]string{"12", "Main St Apt 4", "02108", ""}, [4]string{"12", "Main Street", "02108", ""}, "same"},
		{[4]string{"12", "Main St", "02108", ""}, [4]string{"12", "Main St", "02109", ""}, "same house, other place"},
		{[4]string{"12", "Main St", "02108", ""}, [4]string{"14", "Main St", "02108", ""}, "same street"},
		{[4]string{"12", "Main St", "02108", "Boston"}, [4]string{"7", "Birch Lane", "02108", "Boston"}, "same postal code and place"},
		{[4]string{"12", "Main St", "02108", "Boston"}, [4]string{"7", "Birch Lane", "02108", "Elsewhere"}, "same postal code"},
		{[4]string{"12", "Main St", "02108", "Boston"}, [4]string{"7", "Birch Lane", "01002", "Bostn"}, "same place"},
		{[4]string{"12", "Main St", "02108", "Boston"}, [4]string{"7", "Birch Lane", "01002", "Amherst"}, "different"},
		{[4]string{"12", "Main St", "", ""}, [4]string{"", "", "02108", "Boston"}, "missing"},
	} {
		if got := dedupe.AddressLevel(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestStreetsLoseNumberFlatAndLongForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"12 North Main Street Apt 4B": {"12", "N MAIN ST"}, "Bahnhofstr. 12": {"12", "BAHNHOFSTR"}, "PO Box 99": {"", "PO BOX 99"}, "1st Avenue": {"", "1ST AVE"}, "12": {"", "12"}, "": {"", ""},
	} {
		number, street := dedupe.SplitStreet(text)
		if diff := cmp.Diff(want, [2]string{number, street}); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestValuesAreTidiedAndPlaceholdersDropped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      dedupe.Kind
		text, out string
	}{
		{dedupe.SSN, "201-33-9876", "201339876"},
		{dedupe.SSN, "999-99-9999", ""},
		{dedupe.SSN, "123-45-6789", ""},
		{dedupe.SSN, "078-05-1120", ""},
		{dedupe.SSN, "00", ""},
		{dedupe.Phone, "+1 (617) 555-0101 x22", "6175550101"},
		{dedupe.Phone, "555-555-5555", ""},
		{dedupe.Phone, "555-0000000", ""},
		{dedupe.Phone, "n/a", ""},
		{dedupe.Email, "Ana.Garcia@Example.ORG", "ana.garcia@example.org"},
		{dedupe.Email, "none@example.org", ""},
		{dedupe.Email, "ana.garcia", ""},
		{dedupe.Sex, "Female", "F"},
		{dedupe.Sex, "m", "M"},
		{dedupe.Sex, "Unknown", ""},
		{dedupe.Zip, "02108-1234", "02108"},
		{dedupe.Zip, "SW1A 1AA", "SW1A1AA"},
		{dedupe.Zip, "99999", ""},
		{dedupe.DOB, "1900-01-01", ""},
		{dedupe.DOB, "1954-03-07", "19540307"},
		{dedupe.Suffix, "Jr.", "JR"},
		{dedupe.Suffix, "II", "II"},
		{dedupe.Suffix, "MD", ""},
		{dedupe.Given, "Baby Boy", ""},
		{dedupe.Given, "BABY BOY SMITH", ""},
		{dedupe.Family, "Unknown", ""},
		{dedupe.Family, "Test", ""},
		{dedupe.Given, "Æsa", "AESA"},
		{dedupe.City, "  New   York ", "NEW YORK"},
	} {
		if got := dedupe.Tidy(c.kind, c.text); got != c.out {
			t.Errorf("%s %q: %q, want %q", c.kind, c.text, got, c.out)
		}
	}
}
