package clean_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/ucum"
	"chartlift/transform/clean"
)

// hostile are values that columns of real exports hold, and some that nobody
// should ever write.
func hostile() []string {
	return []string{
		"", " ", "\t", "\u00a0", "\u200b", "\ufeff", "NULL", "N/A", "-", "--", "?", "0", "-0", "+0", "00", "0012", "1", "-1", "1.", ".5", "1e5", "1E-5", "1e60", "1e99", "-1e-60", "1,5", "1,234.5", "1.234,5", "1'000", "½", "5½", "10²",
		"٣", "１２", "NaN", "Infinity", "0x1F", "9007199254740993", "123456789012345678901234567890123456789012345678901234567890", strings.Repeat("9", 64), strings.Repeat("9", 65), strings.Repeat("9", 5000),
		"2019-02-29", "2020-02-29", "1900-02-29", "2000-02-29", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2019-13-01", "2019-00-10", "12/31/1999", "31/12/1999", "2/29/2019", "20190229", "2019", "2019-03", "99999999",
		"2019-03-10T02:30:00", "2019-11-03 01:30:00", "2016-12-31T23:59:60Z", "2019-01-01T24:00:00Z", "2019-01-01T00:00:00+14:00", "2019-01-01T00:00:00+14:01", "2019-01-01T00:00:00.123456789012Z", "38210", "60", "63747,55875", "3150714.24", "201507",
		"O'Neil", "Núñez", "Nu\u0301n\u0303ez", "李小龙", "محمد علي", "😀", "e\u0301\u0302\u0303", "\u202eevil", "A\x00B", "A\x01\x1fB", "A\x7fB", "\ufffe", "\xff\xfe", "a\r\nb\rc\nd", "<script>alert(1)</script>", "</div>", "&#0;", "&amp;amp;", "{\\rtf1 \\'ff",
		"Doe, Jane", "Doe,", ",", "Dr.", "a@b.org", "@", "a@b@c", "mailto:", "(202) 555-0123", "911", "+", "02108-", "MA", "US", "E11.9", "e119", "V20.2", "8480-6", "73211009", "0002-7597-01", "urn:oid:1.2", "1.2.3^x", "^", "mg/dL", "µg", "10^9/L", "%", "{", "[", "/",
		"<5", ">=5", "≤5", "3-5", "-3--1", "1:128", "1:0", strings.Repeat("x", 10_000), strings.Repeat("(", 300), strings.Repeat("é", 3000), strings.Repeat("{\\rtf1", 300),
	}
}

// formless are types whose values no pattern of R4 tells: complex ones, and
// what comes out as it went in.
func formless(typ clean.Type) bool {
	switch typ {
	case "Coding", "Quantity", "Range", "Ratio", "Period", "Identifier", "HumanName", "xhtml", clean.Same:
		return true
	}
	return false
}

// What a cleaner says that it gives is what it gives: a value that passed a
// cleaner of dates must not be refused as a date later.
func TestWhatACleanerGivesHasTheFormOfItsType(t *testing.T) {
	t.Parallel()
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			run := compile(t, e.Pipe)
			for _, in := range hostile() {
				out, _ := run(clean.Of(in), columns(e.Columns))
				if !out.Set || formless(c.Out) {
					continue
				}
				if c.Out == "string" || c.Out == "code" && (c.Name == "map" || c.Name == "language") { // a text may be kept as it is, control characters and all
					continue
				}
				if err := fhir.CheckPrimitive(string(c.Out), out.Text); err != nil {
					t.Errorf("%s of %.60q gives %.60q, and a %s %v", e.Pipe, in, out.Text, c.Out, err)
				}
			}
		}
	}
}

// The complex values travel as JSON: whatever is in the source, it is one
// object.
func TestComplexValuesAreJSON(t *testing.T) {
	t.Parallel()
	for _, pipe := range []string{"quantity 'x\"\\'", "quantity $U", "range_low_high -", "ratio", "period $S", "hl7_id", "no_known_allergy", "human_name", "human_name 'FIRST LAST'"} {
		run := compile(t, pipe)
		for _, in := range hostile() {
			for _, column := range []string{"", "2019-01-01", "\"}", "mg\x01\n"} {
				out, _ := run(clean.Of(in), columns([]string{column}))
				if !out.Set || strings.TrimSpace(in) == "" {
					continue
				}
				var tree fhir.Tree
				if err := tree.Parse([]byte(out.Text)); err != nil || tree.Kind(0) != fhir.Object || tree.Count(0) == 0 {
					t.Errorf("%s of %.60q gives %.80q: %v", pipe, in, out.Text, err)
				}
			}
		}
	}
}

// Every code of a unit that the cleaner gives is one of UCUM: the list of atoms
// of another room decides.
func TestEveryUnitThatIsGivenIsOneOfUCUM(t *testing.T) {
	t.Parallel()
	run := compile(t, "ucum")
	known := 0
	for _, left := range []string{"mg", "MG", "mcg", "µg", "ug", "gm", "G", "K", "M", "mmol", "Mmol", "mEq", "IU", "mIU", "uIU", "U", "cells", "x10^3", "10*9", "x10E6", "mil", "Thou", "%", "ng", "pg", "mOsm", "mL", "L", "beats", "1", "copies", "sec", "mm", "kPa", "cm", "CFU"} {
		for _, right := range []string{"", "/L", "/dL", "/ml", "/ML", "/uL", "/mcL", "/mm3", "/cumm", "/kg", "/kg/day", "/hr", "/24h", "/min", "/HPF", "/hpf", "/100WBC", "/g", "/1.73m2", "/min/1.73 m2", "^2", "/m²", "/ L", " / dL", "//L", "/"} {
			out, problem := run(clean.Of(left+right), nil)
			if out.Set != (problem == nil) {
				t.Errorf("%q gives %v and %v", left+right, out, problem)
			}
			if out.Set && !ucum.Valid(out.Text) {
				t.Errorf("%q gives %q, which is no unit", left+right, out.Text)
			}
			if out.Set {
				known++
			}
		}
	}
	if known < 500 {
		t.Errorf("only %d units are known", known)
	}
}

// decimalOf reads what a stage gives.
func decimalOf(t *testing.T, run clean.Func, in string) *big.Rat {
	t.Helper()
	out, problem := run(clean.Of(in), nil)
	if problem != nil {
		t.Fatalf("%s: %v", in, problem)
	}
	return rational(t, out.Text)
}

// A heavier patient stays the heavier one in any unit, and the way back leads
// to where one came from.
func TestConversionsKeepTheOrderAndHaveAWayBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for _, pair := range [][2]string{{"lb", "kg"}, {"oz", "g"}, {"in", "cm"}, {"ft", "m"}, {"F", "Cel"}, {"mmHg", "kPa"}, {"mg", "g"}, {"mL", "L"}} {
		there, back := compile(t, fmt.Sprintf("convert %s %s 8", pair[0], pair[1])), compile(t, fmt.Sprintf("convert %s %s 8", pair[1], pair[0]))
		for range 200 {
			low := int64(r.IntN(100_000))
			high := low + 1 + int64(r.IntN(1000))
			a, b := decimalOf(t, there, fmt.Sprintf("%d.%02d", low/100, low%100)), decimalOf(t, there, fmt.Sprintf("%d.%02d", high/100, high%100))
			if a.Cmp(b) >= 0 {
				t.Fatalf("%v: %d hundredths become %v, and %d become %v", pair, low, a, high, b)
			}
			again := decimalOf(t, back, a.FloatString(8))
			off := new(big.Rat).Sub(again, big.NewRat(low, 100))
			if off.Abs(off).Cmp(big.NewRat(1, 1_000_000)) > 0 {
				t.Fatalf("%v: %d hundredths come back as %v", pair, low, again.FloatString(8))
			}
		}
	}
}

// What was measured is not made more exact, and zero digits that were measured
// are kept.
func TestDigitsAreNeitherInventedNorLost(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "decimal", in: "0.10", want: "0.10"},
		{pipe: "decimal", in: "100", want: "100"},
		{pipe: "round 3", in: "1.5", want: "1.5"},
		{pipe: "round 0", in: "2.5", want: "3"},
		{pipe: "round 0", in: "-2.5", want: "-3"},
		{pipe: "round 2", in: "0.005", want: "0.01"},
		{pipe: "round 2", in: "9.999", want: "10.00"},
		{pipe: "round 1", in: "0.04", want: "0.0"},
		{pipe: "scale 1000", in: "0.0015", want: "1.5000"},
		{pipe: "convert mg g 3", in: "500", want: "0.500"},
		{pipe: "convert Cel F 1", in: "-40", want: "-40.0"},
		{pipe: "convert in cm 2", in: "1", want: "2.54"},
		{pipe: "quantity 'mg'", in: "5.00", want: `{"value":5.00,"unit":"mg"}`},
		{pipe: "quantity 'mg'", in: "≤ 5.0", want: `{"value":5.0,"comparator":"<=","unit":"mg"}`},
		{pipe: "quantity 'mg'", in: "> = 5", want: null, code: "bad-number"},
		{pipe: "quantity 'mg'", in: "5 - 10", want: null, code: "bad-number"},
		{pipe: "quantity 'mg'", in: "5+", want: null, code: "bad-number"},
		{pipe: "quantity 'mg'", in: "~5", want: null, code: "bad-number"},
		{pipe: "range_low_high -", in: "-2--1", want: `{"low":{"value":-2},"high":{"value":-1}}`},
		{pipe: "range_low_high -", in: "-2 - +2", want: `{"low":{"value":-2},"high":{"value":2}}`},
		{pipe: "range_low_high -", in: "10-9.99", want: null, code: "out-of-range"},
		{pipe: "range_low_high -", in: "1-2-3", want: null, code: "bad-number"},
		{pipe: "ratio", in: "1:2:3", want: null, code: "bad-number"},
		{pipe: "ratio", in: "1:0.0", want: null, code: "bad-number"},
	})
}

func TestSerialDatesAtTheEdgesOfTheirCalendars(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "excel_date", in: "1", want: "1900-01-01"},
		{pipe: "excel_date", in: "59", want: "1900-02-28"},
		{pipe: "excel_date", in: "61", want: "1900-03-01"}, // 60 is a day that never was
		{pipe: "excel_date", in: "0", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "0.5", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "-1", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "2958465", want: "9999-12-31"},
		{pipe: "excel_date", in: "2958466", want: null, code: "bad-date"},
		{pipe: "excel_date", in: "38210.999999", want: "2004-08-12T00:00:00-04:00"},
		{pipe: "excel_date", in: "43534.09", want: null, code: "ambiguous-time"},
		{pipe: "excel_date", in: "38210,5", want: null, code: "bad-date"},
		{pipe: "excel_date 1904", in: "0", want: "1904-01-01"},
		{pipe: "epoch", in: "-1", want: "1969-12-31T23:59:59Z"},
		{pipe: "epoch ms", in: "-1", want: "1969-12-31T23:59:59.999Z"},
		{pipe: "epoch", in: "1436887875120", want: null, code: "bad-date"}, // milliseconds
		{pipe: "epoch", in: "99999999999999999999", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "20190228235959.9999-1200", want: "2019-02-28T23:59:59.9999-12:00"},
		{pipe: "hl7_ts", in: "00000000", want: null},
		{pipe: "hl7_ts", in: "20190229", want: null, code: "bad-date"},
		{pipe: "hl7_ts", in: "20191103013000", want: null, code: "ambiguous-time"},
		{pipe: "hl7_ts", in: "20150714^D", want: null, code: "bad-date"},
		{pipe: "fileman_date", in: "3150714.24", want: "2015-07-15T00:00:00-04:00"},
		{pipe: "fileman_date", in: "3151231.24", want: "2016-01-01T00:00:00-05:00"},
		{pipe: "fileman_date", in: "0000000", want: null},
		{pipe: "fileman_date", in: "3150014", want: null, code: "bad-date"},
		{pipe: "mumps_date", in: "1", want: "1841-01-01"},
		{pipe: "mumps_date", in: "0", want: null, code: "bad-date"},
		{pipe: "mumps_date", in: "63747,86399", want: "2015-07-14T23:59:59-04:00"},
		{pipe: "julian", in: "1900366", want: null, code: "bad-date"},
		{pipe: "julian", in: "00366", want: "2000-12-31"},
		{pipe: "julian", in: "99365", want: "1999-12-31"},
		{pipe: "julian", in: "0000001", want: null, code: "bad-date"},
		{pipe: "time", in: "12:00 am", want: "00:00:00"},
		{pipe: "time", in: "12:00 pm", want: "12:00:00"},
		{pipe: "time", in: "0:00 AM", want: null, code: "bad-date"},
		{pipe: "time", in: "24:00:00", want: null, code: "bad-date"},
	})
}

func TestTwoDigitYearsFollowThePivot(t *testing.T) {
	t.Parallel()
	for pivot, want := range map[int][3]string{0: {"1900", "1901", "1999"}, 30: {"2000", "2001", "1999"}, 99: {"2000", "2001", "2099"}} {
		s := clean.ExampleSettings()
		s.Pivot = pivot
		run := compileWith(t, "date MM/DD/YY", s)
		for i, in := range []string{"01/02/00", "01/02/01", "01/02/99"} {
			year := want[i]
			if pivot == 0 && i == 0 {
				year = "2000" // nothing is above the pivot
			}
			if out, _ := run(clean.Of(in), nil); out.Text != year+"-01-02" {
				t.Errorf("pivot %d: %s gives %q, want %s", pivot, in, out.Text, year)
			}
		}
	}
}

func TestNamesOfAllPeoplesAreKeptWhole(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "human_name", in: "محمد, علي", want: `{"family":"محمد","given":["علي"]}`},
		{pipe: "human_name", in: "李, 小龙", want: `{"family":"李","given":["小龙"]}`},
		{pipe: "human_name", in: "Nguyễn, Thị Minh Khai", want: `{"family":"Nguyễn","given":["Thị","Minh","Khai"]}`},
		{pipe: "human_name", in: "de la Cruz, María José", want: `{"family":"de la Cruz","given":["María","José"]}`},
		{pipe: "human_name", in: "Smith, Jr., John", want: `{"family":"Smith","given":["John"],"suffix":["Jr."]}`},
		{pipe: "human_name", in: "Smith, John, Jr.", want: `{"family":"Smith","given":["John"],"suffix":["Jr."]}`},
		{pipe: "human_name", in: "Doe, Jane, MD, PhD", want: `{"family":"Doe","given":["Jane"],"suffix":["MD","PhD"]}`},
		{pipe: "human_name", in: "Doe, V", want: `{"family":"Doe","given":["V"]}`}, // an initial, and no fifth
		{pipe: "human_name", in: "Doe, Ma", want: `{"family":"Doe","given":["Ma"]}`},
		{pipe: "human_name", in: "Ng, A", want: `{"family":"Ng","given":["A"]}`},
		{pipe: "human_name", in: "Doe,", want: `{"text":"Doe,"}`, code: "bad-name"},
		{pipe: "human_name", in: ", Jane", want: `{"text":", Jane"}`, code: "bad-name"},
		{pipe: "human_name 'LAST FIRST'", in: "van der Berg Jan", want: `{"family":"van der Berg","given":["Jan"]}`},
		{pipe: "human_name 'FIRST LAST'", in: "Dr. Maria de la Cruz Jr.", want: `{"family":"de la Cruz","given":["Maria"],"prefix":["Dr."],"suffix":["Jr."]}`},
		{pipe: "title", in: "E\u0301MILE", want: "E\u0301mile"},
	})
}

func TestNumbersOfTelephonesAreNeverMadeUp(t *testing.T) {
	t.Parallel()
	for pipe, rows := range map[string]map[string]string{
		"phone US": {
			"+44 20 7946 0958": "+442079460958", "011 44 20 7946 0958": "+442079460958", "1-800-FLOWERS": "+18003569377", "2025550123;ext=7": "+12025550123 ext. 7", "12025550123": "+12025550123",
		},
		"phone GB": {"0044 20 7946 0958": "+442079460958", "(020) 7946 0958": "+442079460958"},
		"phone DE": {"030/12345678": "+493012345678", "+1 202 555 0123": "+12025550123"},
	} {
		for in, want := range rows {
			checkRows(t, []row{{pipe: pipe, in: in, want: want}})
		}
	}
	for _, in := range []string{"911", "202-555-0123 or 202-555-0199", "202 555 0123 home, 202 555 0124 work", "call 202-555-0123 after 5pm", "DOB 1980-02-03 2025550123", "202-555-012O", "123456789012", "unknown", "0"} {
		checkRows(t, []row{{pipe: "phone US", in: in, want: in, code: "bad-phone"}})
	}
}
