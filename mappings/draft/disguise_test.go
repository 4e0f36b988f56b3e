package draft_test

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"

	"chartlift/mappings/draft"
)

func TestADisguiseKeepsTheShapeAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"Quillfeather", "O'Neil, John", "617-555-0101", "12 Mill Road", "M1001", "7", "0042", "José", "x@example.org", "ÄÖ"} {
		got := draft.Disguised(v, false)
		if got == v || shape(got) != shape(v) {
			t.Errorf("%q became %q", v, got)
		}
		if again := draft.Disguised(v, false); again != got {
			t.Errorf("%q became %q and %q: joins would break", v, got, again)
		}
		for i, r := range []rune(v) {
			if o := []rune(got)[i]; o == r && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
				t.Errorf("%q became %q: %c stayed", v, got, r)
			}
		}
	}
	for _, v := range []string{"٠٣٤٥", "০১৭", "６１７", "½", "Ⅷ", "李四", "Иванов"} {
		got := draft.Disguised(v, false)
		if strings.ContainsAny(got, v) || len([]rune(got)) != len([]rune(v)) {
			t.Errorf("%q became %q: signs of another script stayed", v, got)
		}
	}
	if got := draft.Disguised("a\nb\x00c", false); strings.ContainsAny(got, "\n\x00") {
		t.Errorf("a control character stayed: %q", got)
	}
}

// shape writes letters as a and A and digits as 9; letters with accents may
// lose them.
func shape(s string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		switch {
		case r >= '0' && r <= '9' && i == 0 && r == '0':
			b.WriteByte('9')
		case r >= '0' && r <= '9':
			b.WriteByte('9')
		case strings.ToUpper(string(r)) != string(r):
			b.WriteByte('a')
		case strings.ToLower(string(r)) != string(r):
			b.WriteByte('A')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestADisguisedUUIDIsStillOne(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	const v = "8d4c4a32-4a1a-4f4e-9c0b-0123456789ab"
	if got := draft.Disguised(v, true); !uuid.MatchString(got) || got == v {
		t.Errorf("became %q", got)
	}
}

func TestDatesMoveByTheSameDaysInEveryFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, in, want string }{
		{"YYYY-MM-DD", "2019-04-11", "2019-01-01"},
		{"DD/MM/YYYY", "11/04/2019", "01/01/2019"},
		{"M/D/YYYY", "4/11/2019", "1/1/2019"},
		{"YYYYMMDD", "20190411", "20190101"},
		{"DD-MMM-YYYY", "11-Apr-2019", "01-Jan-2019"},
		{"YYYY-MM-DD HH:mm:ss", "2019-04-11 23:59:58", "2019-01-01 23:59:58"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2019-04-11T10:00:00Z", "2019-01-01T10:00:00Z"},
		{"M/D/YYYY h:mm A", "4/11/2019 2:05 PM", "1/1/2019 2:05 PM"},
		{"YYYY-MM-DD", "2019-02-31", "not moved"},
	} {
		if got := draft.Moved(c.format, c.in); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.format, c.in, got, c.want)
		}
	}
}

// The clinic's tables of people; what is in the others may stand in tests.
func TestNothingOfAPersonStandsInTheProject(t *testing.T) {
	t.Parallel()
	p := drafted(t, "testdata/clinic", clinicOptions)
	for file, columns := range map[string][]string{
		"patients.csv": {"pat_no", "pat_lname", "pat_fname", "pat_dob", "pat_phone", "pat_email", "pat_ssn", "pat_seen", "pat_remark"},
		"doctors.csv":  {"Name"},
		"visits.csv":   {"VisitID", "VisitDate"},
		"labs.csv":     {"LabNo", "Taken"},
	} {
		for _, v := range valuesOf(t, "testdata/clinic/"+file, columns) {
			for name, text := range p.files {
				if found := regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(v) + `($|[^A-Za-z0-9])`).FindString(text); found != "" {
					t.Errorf("%s has %q of %s", name, v, file)
				}
			}
		}
	}
}

// valuesOf returns the values of columns that are long enough to tell
// something.
func valuesOf(t *testing.T, path string, columns []string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows[1:] {
		for i, name := range rows[0] {
			for _, c := range columns {
				if c == name && len(row[i]) > 2 {
					out = append(out, row[i])
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has none of these columns", path)
	}
	return out
}

func TestTextsAreQuotedWhereYAMLWouldReadThemAsSomethingElse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": `""`, "plain": "plain", "a: b": "'a: b'", "#x": "'#x'", "it's": "it's", "'x": "'''x'", "x #y": "'x #y'", "- a": "'- a'",
		"$A | date": "$A | date", "end:": "'end:'", "*x": "'*x'", " x": "' x'", "http://a/b": "http://a/b",
		"null": "'null'", "~": "'~'", "nullable": "nullable",
	} {
		if got := draft.Scalar(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"a,b": "'a,b'", "http://a": "'http://a'", "x": "x", "null": "'null'", "[x]": "'[x]'"} {
		if got := draft.InFlow(in); got != want {
			t.Errorf("%q between braces: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"x1": "x1", "null": `"null"`, "a b": `"a b"`, "<1>": `"<1>"`, "é": `"é"`, "a\"b": `"a\"b"`, "": `""`} {
		if got := draft.Quoted(in); got != want {
			t.Errorf("%q in a test: %s, want %s", in, got, want)
		}
	}
}
