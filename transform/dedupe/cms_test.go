package dedupe_test

import (
	"testing"

	"chartlift/transform/dedupe"
)

// cmsFields are what the combinations rest on.
func cmsFields(t *testing.T) []dedupe.Field {
	t.Helper()
	var out []dedupe.Field
	for _, f := range [][2]string{
		{"given", "given"},
		{"family", "family"},
		{"suffix", "suffix"},
		{"dob", "dob"},
		{"ssn", "ssn"},
		{"phone", "phone"},
		{"email", "email"},
		{"street", "street"},
		{"zip", "zip"},
		{"card", "identifier(CARD)"},
	} {
		field, err := dedupe.ParseField(f[0], f[1])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, field)
	}
	return out
}

func TestByTheListOfCMSOnlyItsCombinationsAreCertain(t *testing.T) {
	t.Parallel()
	quill := []string{"a", "ROSALIND", "QUILLFEATHER", "", "1950-07-04", "212551234", "5551234567", "ros@example.org", "12 OAK ST", "02140", "C77"}
	for _, c := range []struct {
		name string
		b    []string
		want string
	}{
		{"01 name, birth and street", []string{"b", "ROSALIND", "QUILLFEATHER", "", "1950-07-04", "", "", "", "12 OAK ST", "02140", ""}, "certain"},
		{"01 with one letter off in one name", []string{"b", "ROSALIMD", "QUILLFEATHER", "", "1950-07-04", "", "", "", "12 OAK ST", "02140", ""}, "certain"},
		{"01 with a letter off in both names", []string{"b", "ROSALIMD", "QUILLFEATHEN", "", "1950-07-04", "", "", "", "12 OAK ST", "02140", ""}, "possible"},
		{"02 first name must be exact", []string{"b", "ROSALIMD", "QUILLFEATHER", "", "1950-07-04", "", "5551234567", "", "", "", ""}, "possible"},
		{"02 name, birth and telephone", []string{"b", "ROSALIND", "QUILLFEATHEN", "", "1950-07-04", "", "5551234567", "", "", "", ""}, "certain"},
		{"04 name, birth and the last four of the SSN", []string{"b", "ROSALIND", "QUILLFEATHER", "", "1950-07-04", "1234", "", "", "", "", ""}, "certain"},
		{"12 first name, birth and e-mail, married since", []string{"b", "ROSALIND", "OSTERMAYER", "", "1950-07-04", "", "", "ros@example.org", "", "", ""}, "certain"},
		{"13 without a birth date", []string{"b", "", "QUILLFEATHER", "", "", "212551234", "5551234567", "", "", "", ""}, "certain"},
		{"name and birth alone are not enough", []string{"b", "ROSALIND", "QUILLFEATHER", "", "1950-07-04", "", "", "", "", "", ""}, "possible"},
		{"27 the number of a card, with name and birth", []string{"b", "ROSALIND", "", "", "1950-07-04", "", "", "", "", "", "C77"}, "certain"},
		{"a card that the family shares", []string{"b", "HUGO", "QUILLFEATHER", "", "1950-07-04", "", "", "", "", "", "C77"}, "not certain"},
		{"suffixes that contradict each other", []string{"b", "ROSALIND", "QUILLFEATHER", "JR", "1950-07-04", "212551234", "5551234567", "", "", "", ""}, "not certain"},
	} {
		a := append([]string(nil), quill...)
		if c.b[3] != "" {
			a[3] = "SR"
		}
		r := linkRows(t, dedupe.Options{Fields: cmsFields(t), Policy: dedupe.ByCMS}, append([][]string{a, c.b}, []string{"z", "MARK", "QUINN", "", "2011-06-01", "999887766", "6175550000", "m@example.org", "1 ELM RD", "60601", "C1"})...)
		got := "none"
		for p := range r.Pairs() {
			if min(p.L, p.R) == "a" && max(p.L, p.R) == "b" {
				got = p.Grade.String()
			}
		}
		if got != c.want && (c.want != "not certain" || got == "certain") {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if together := len(r.Clusters) == 1; together != (c.want == "certain") {
			t.Errorf("%s: %d clusters", c.name, len(r.Clusters))
		}
	}
}

func TestAPolicyThatNobodyKnowsIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := dedupe.New(dedupe.Options{Fields: cmsFields(t), Policy: "hunch"}); err == nil {
		t.Error("a policy of that name is taken")
	}
}
