package profile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract/profile"
	"chartlift/transform/clean"
)

func TestValuesAreSeenForWhatTheyAre(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]uint8{
		"7": profile.Integer, "-7": profile.Integer, "+7": profile.Integer, "1.": profile.Decimal, ".5": profile.Decimal, "1e6": profile.Decimal,
		"1.2.3": profile.Word, "-": profile.Placeholder, "--": profile.Placeholder, "1-2": profile.Word, "12:30": profile.TimeOfDay, "25:00": profile.Word,
		"9999": profile.Placeholder, "0000": profile.Placeholder, "999": profile.Integer, "-999": profile.Placeholder, "n/a": profile.Placeholder, "(null)": profile.Placeholder,
		"xx/xx/1985": profile.Placeholder, "UNKNOWN_": profile.Placeholder, "Nancy": profile.Word, "9999-12-31 00:00:00": profile.Placeholder, "1900-01-01T08:30:00": profile.DateTime,
		"2017-02-29": profile.ImpossibleDate, "2016-02-29": profile.Date, "31/04/2017": profile.ImpossibleDate, "13/13/2017": profile.ImpossibleDate,
		"20160229": profile.Integer, "March": profile.Word, "May 2017": profile.Word, "2017-03-27 25:00": profile.Word, "27 Mar": profile.Word,
	} {
		if got, _, _ := profile.See(value); got != want {
			t.Errorf("%q is seen as kind %d, want %d", value, got, want)
		}
	}
}

// written lists dates with the format that they are in.
func written() map[string]string {
	return map[string]string{
		"2017-03-27":                    "YYYY-MM-DD",
		"2017/3/7":                      "YYYY/M/D",
		"20170327":                      "YYYYMMDD",
		"20170327101112":                "YYYYMMDDHHmmss",
		"03/27/2017":                    "MM/DD/YYYY",
		"27.03.2017":                    "DD.MM.YYYY",
		"27-03-17":                      "DD-MM-YY",
		"3/27/2017 9:05":                "M/D/YYYY H:mm",
		"03/27/2017 09:05:07 PM":        "MM/DD/YYYY h:mm:ss A",
		"2017-03-27 10:11:12":           "YYYY-MM-DD HH:mm:ss",
		"2017-03-27T10:11:12Z":          "YYYY-MM-DDTHH:mm:ssZ",
		"2017-03-27T10:11:12.123+01:00": "YYYY-MM-DDTHH:mm:ss.SSSZ",
		"27-Mar-2017":                   "DD-MMM-YYYY",
		"7 March 2017":                  "D MMM YYYY",
		"Mar 27, 2017":                  "MMM DD, YYYY",
		"Mar 27 2017 10:11AM":           "MMM DD YYYY h:mmA",
	}
}

func TestDateFormatsAreInTheWordsOfTheMappingLanguage(t *testing.T) {
	t.Parallel()
	for value, want := range written() {
		_, got, _ := profile.See(value)
		if got != want {
			t.Errorf("%q has the format %q, want %q", value, got, want)
		}
	}
}

func TestTheCleanersReadWhatTheProfileProposes(t *testing.T) {
	t.Parallel()
	for value, format := range written() {
		name := "date"
		if strings.Contains(format, "mm") {
			name = "datetime"
		}
		cleaner, ok := clean.Lookup(clean.All(), name)
		if !ok {
			t.Fatalf("no cleaner %s", name)
		}
		f, err := cleaner.Compile([]clean.Arg{{Text: format, Index: -1}}, clean.Settings{Pivot: 30, Location: utc()})
		if err != nil {
			t.Errorf("%s %q: %v", name, format, err)
			continue
		}
		got, problem := f(clean.Of(value), nil)
		if !got.Set || !strings.HasPrefix(got.Text, "2017-03-") {
			t.Errorf("%s %q reads %q as %v, %v", name, format, value, got, problem)
		}
	}
}

func TestADateIsReadBothWaysUntilItsOrderIsProved(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][2]int64{
		"03/04/2017":       {20170403000000, 20170304000000},
		"27/03/2017 10:11": {20170327101100, 20170327101100},
		"1/2/69":           {19690201000000, 19690102000000},
	} {
		if _, _, got := profile.See(value); got != want {
			t.Errorf("%q is read as %v, want %v", value, got, want)
		}
	}
}

func TestNamesAreSplitIntoWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"HomePhone": "home phone", "home_phone": "home phone", "HOME PHONE": "home phone", "PatientID": "patient id", "DOBDate": "dob date", "PAT_ID": "pat id", "": "", "héllo": "héllo",
	} {
		if diff := cmp.Diff(want, strings.Join(profile.Words(name), " ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
}

func TestNamesPointAtTheirParent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		child, parent string
		want          bool
	}{
		{"visits.patient_id", "patients.id", true},
		{"visits.PATIENT", "patients.Id", true},
		{"claims.PATIENTID", "patients.Id", true},
		{"visits.PatNo", "patients.PatNo", true},
		{"oh_admission.ADM_PAT_ID", "oh_patient.PAT_ID", true},
		{"concept.class_id", "concept_class.concept_class_id", true},
		{"orders.status_type", "encounter_type.encounter_type_id", false},
		{"visits.id", "patients.id", false},
		{"bills.is_patient", "patients.id", false},
		{"drugs.short_name", "datatypes.name", false},
	} {
		from, to := strings.Split(c.child, "."), strings.Split(c.parent, ".")
		if got := profile.Affinity(from[0], from[1], to[0], to[1]); (got >= 0.6) != c.want {
			t.Errorf("%s → %s: affinity %v", c.child, c.parent, got)
		}
	}
}

func TestPersonalColumnsAreKnownByTheirNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"FirstName": "name", "pat_nm": "name", "FullName": "name", "LAST": "name", "PreferredName": "name", "known_as": "name", "lname": "name", "PAT_SNAME": "name", "MOTHER_NAME": "name",
		"last_visit": "", "last_updated": "", "drug_name": "", "name": "", "username": "",
		"DOB": "birth date", "BIRTHDATE": "birth date", "date_of_birth": "birth date", "birthplace": "address", "birth_weight": "",
		"HomePhone": "phone", "phone_cell": "phone", "PAT_TELE": "phone", "email": "e-mail", "E_MAIL": "e-mail", "SSN": "social security number", "ss": "social security number", "soc_sec_id": "social security number",
		"street": "address", "ZIP": "address", "City": "address", "velocity": "", "PASSPORT": "identity document", "DEATHDATE": "death date", "Died": "death date",
		"mrn": "record number", "PatNo": "record number", "PATIENT": "record number", "patient_id": "record number", "ENCOUNTER": "", "patient_count": "",
	} {
		if got := profile.PersonalByName(name); got != want {
			t.Errorf("%s is personal as %q, want %q", name, got, want)
		}
	}
}

func FuzzSee(f *testing.F) {
	for value := range written() {
		f.Add(value)
	}
	for _, value := range []string{"1", "-1,5", "12:30", "xx/xx/1985", "1e9", "é", "27 Mar", "0b0e8b3e-6a51-4a3a-b1a5-0d4d8d1d9f11", "2017-03-27 10:11 +0100"} {
		f.Add(value)
	}
	date, _ := clean.Named("date")
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.TrimSpace(value)
		if value == "" {
			return
		}
		kind, format, when := profile.See(value)
		if format == "" {
			return
		}
		if _, err := date.Compile([]clean.Arg{{Text: format, Index: -1}}, clean.Settings{}); err != nil {
			t.Errorf("%q: %v", value, err)
		}
		if kind == profile.Date && (when[0] < 1000e10 || when[0] > 3000e10 || when[1] < 1000e10 || when[1] > 3000e10) {
			t.Errorf("%q is the day %v", value, when)
		}
	})
}
