package clean_test

import (
	"strings"
	"testing"

	"chartlift/transform/clean"
)

func TestSocialSecurityNumbersLoseTheirDashes(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "ssn", in: "123-45-6780", want: "123456780"},
		{pipe: "ssn", in: "123 45 6780", want: "123456780"},
		{pipe: "ssn", in: "666-12-3456", want: null, code: "bad-identifier"},
		{pipe: "ssn", in: "123-00-4567", want: null, code: "bad-identifier"},
		{pipe: "ssn", in: "123-45-0000", want: null, code: "bad-identifier"},
		{pipe: "ssn", in: "999-99-9999", want: null, code: "bad-identifier"},
		{pipe: "ssn", in: "12-3456", want: null, code: "bad-identifier"},
		{pipe: "ssn", in: "***-**-1679", want: null, code: "bad-identifier"},
		{pipe: "ssn strict", in: "899-17-1679", want: "899171679"},
	})
	refuses(t, "ssn lax", `ssn: only the word strict may follow, not "lax"`)
}

func TestOneWrongDigitNeverPassesACheckDigit(t *testing.T) {
	t.Parallel()
	for pipe, right := range map[string]string{
		"luhn": "79927398713", "npi": "1234567893", "nhs": "9434765919", "mod11": "0306406152", "check loinc": "2345-7", "check snomed": "73211009",
		"check loinc ": "85354-9", "check snomed ": "195967001", "npi ": "1003000126",
	} {
		run := compile(t, pipe)
		if out, problem := run(clean.Of(right), nil); problem != nil || out.Text != right {
			t.Errorf("%s of %s gives %v, %v", pipe, right, out, problem)
		}
		for i := range len(right) {
			for digit := byte('0'); digit <= '9'; digit++ {
				wrong := right[:i] + string(digit) + right[i+1:]
				if right[i] == '-' || wrong == right {
					continue
				}
				if out, _ := run(clean.Of(wrong), nil); out.Set {
					t.Errorf("%s takes %s for %s", pipe, wrong, right)
				}
			}
		}
	}
}

func TestVerhoeffFindsEverySwapOfNeighbours(t *testing.T) {
	t.Parallel()
	run := compile(t, "check snomed")
	for _, right := range []string{"73211009", "22298006", "38341003", "195967001", "10509002", "840539006", "16114001", "900000000000207008"} {
		if _, problem := run(clean.Of(right), nil); codeOf(problem) == "bad-check-digit" {
			t.Errorf("%s is refused", right)
		}
		for i := 1; i < len(right); i++ {
			swapped := right[:i-1] + right[i:i+1] + right[i-1:i] + right[i+1:]
			if out, _ := run(clean.Of(swapped), nil); out.Set && swapped != right {
				t.Errorf("%s is taken for %s", swapped, right)
			}
		}
	}
}

func TestCheckedNumbersHaveTheirForm(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "luhn", in: "4539 1488 0343 6467", want: "4539148803436467"},
		{pipe: "luhn", in: "0", want: null, code: "bad-identifier"},
		{pipe: "luhn", in: strings.Repeat("0", 65), want: null, code: "bad-identifier"},
		{pipe: "mod11", in: "0-8044-2957-x", want: "080442957X"},
		{pipe: "mod11", in: "X", want: null, code: "bad-identifier"},
		{pipe: "mod11", in: "1X2", want: null, code: "bad-identifier"},
		{pipe: "nhs", in: "943-476-5919", want: "9434765919"},
		{pipe: "nhs", in: "94347659190", want: null, code: "bad-identifier"},
		{pipe: "npi", in: "0234567893", want: null, code: "bad-identifier"},
		{pipe: "npi", in: "12345", want: null, code: "bad-identifier"},
		{pipe: "mrn pad=6", in: "A12", want: "A12"},
		{pipe: "mrn pad=6", in: "12 34", want: "001234"},
		{pipe: "mrn pad=6", in: "1234567", want: "1234567"},
		{pipe: "mrn", in: "0012", want: "0012"},
		{pipe: "mrn", in: " \t", want: null},
	})
	refuses(t, "mrn pad=x", `mrn: pad= takes a number of digits, not "x"`)
	refuses(t, "mrn fill=8", `mrn: unknown option "fill"; pad=… is meant`)
	refuses(t, "mrn 8", `mrn: pad=N must be written KEY=VALUE, not "8"`)
	refuses(t, "uuid5 nowhere", "uuid5: the namespace must be a UUID, or dns, url, oid, x500")
	refuses(t, "uuid5 6ba7b810-9dad-11d1-80b4-00c04fd430zz", "uuid5: the namespace must be a UUID, or dns, url, oid, x500")
}

func TestAnIdentifierOfHL7IsNeverEmpty(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "hl7_id", in: "1.2.3^ 7 ", want: `{"system":"urn:oid:1.2.3","value":"7"}`},
		{pipe: "hl7_id", in: "1.2.3^ ", want: `{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2.3"}`},
		{pipe: "hl7_id", in: "LAB^ ", want: `{"value":"LAB^"}`},
		{pipe: "hl7_id", in: " ^ ", want: `{"value":"^"}`},
		{pipe: "hl7_id", in: "^7", want: `{"value":"7"}`, code: "bad-oid"},
	})
}

func TestHashesAndUUIDsAreStable(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "uuid5 url", in: "http://example.com", want: "8c9ddcb0-8084-5a7f-a988-1095ab18b5df"},
		{pipe: "uuid5 DNS", in: "example.com", want: "cfbff0d1-9375-5685-968c-48ce8b15ae17"},
		{pipe: "hash", in: "é", want: "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"},
	})
	a, _ := compile(t, "hash x")(clean.Of("abc"), nil)
	b, _ := compile(t, "hash y")(clean.Of("abc"), nil)
	if a == b || len(a.Text) != 64 {
		t.Errorf("two salts give %s and %s", a.Text, b.Text)
	}
}
