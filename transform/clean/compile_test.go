package clean_test

import (
	"testing"

	"chartlift/transform/clean"
)

func TestArgumentsThatDoNotFitAreRefusedWithTheRightForm(t *testing.T) {
	t.Parallel()
	refuses(t, "left", "left needs N")
	refuses(t, "left three", `left: N must be a whole number, not "three"`)
	refuses(t, "left 3 4", `left takes N; "4" is one more`)
	refuses(t, "left $N", "left: N can not be a column; write its value instead of $N")
	refuses(t, "left 99999999999", `left: N must be a whole number, not "99999999999"`)
	refuses(t, "trim both", `trim takes no arguments; "both" is one more`)
	refuses(t, "prefix a=b", `prefix: put quotes round "a=b", or it reads as KEY=VALUE`)
	refuses(t, "first_of NAME", `first_of: COLUMN must be a column such as $NAME, not "NAME"`)
	refuses(t, "first_of", "first_of needs $COLUMN …")
	refuses(t, "extract", "extract needs RE [GROUP]")
	refuses(t, "period", "period needs $START or END [$END]")
}

func TestLookupFindsByNameOnly(t *testing.T) {
	t.Parallel()
	if c, ok := clean.Lookup(clean.All(), "datetime"); !ok || c.Out != "dateTime" || c.Group != "dates" {
		t.Errorf("datetime is found as %v, %v", c.Name, ok)
	}
	if _, ok := clean.Lookup(clean.All(), "Datetime"); ok {
		t.Error("Datetime is found")
	}
}

func TestTheCleanersOfTheLanguageAreAllThere(t *testing.T) {
	t.Parallel()
	outs := map[string]clean.Type{
		"trim": "string", "squeeze": "string", "upper": "string", "lower": "string", "title": "string", "strip": "string", "left": "string", "right": "string",
		"substr": "string", "pad_left": "string", "replace": "string", "regex_replace": "string", "extract": "string", "split": "string", "join": "string",
		"concat": "string", "prefix": "string", "suffix": "string", "default": clean.Same, "null_if": clean.Same, "first_of": clean.Same, "ascii": "string",
		"nfc": "string", "html_unescape": "string", "rtf_text": "string", "fix_mojibake": "string", "max_len": "string", "integer": "integer",
		"decimal": "decimal", "abs": clean.Same, "round": "decimal", "scale": "decimal", "clamp": clean.Same, "range": clean.Same,
		"number_from_text": "decimal", "bool": "boolean", "date": "date", "datetime": "dateTime", "time": "time", "excel_date": "dateTime",
		"epoch": "dateTime", "julian": "date", "hl7_ts": "dateTime", "mumps_date": "dateTime", "to_tz": clean.Same, "age_to_birth_year": "date",
		"not_future": clean.Same, "not_before": clean.Same, "date_part": "date", "period": "Period", "map": "code", "check": "code", "ndc11": "code",
		"icd_dot": "code", "loinc_pad": "code", "quantity": "Quantity", "ucum": "code", "convert": "decimal", "range_low_high": "Range", "ratio": "Ratio",
		"ssn": "string", "npi": "string", "nhs": "string", "mrn": "string", "uuid5": "string", "hash": "string", "luhn": "string", "mod11": "string",
		"phone": "string", "email": "string", "zip": "string", "us_state": "string", "country": "string", "address_lines": "string",
		"human_name": "HumanName", "gender": "code", "language": "code",
	}
	for name, out := range outs {
		if c := lookup(t, name); c.Out != out {
			t.Errorf("%s gives %s, want %s", name, c.Out, out)
		}
	}
	for _, name := range []string{"code", "coding", "concept", "text", "ref", "ref?", "ref_id"} {
		if _, ok := clean.Lookup(clean.All(), name); ok {
			t.Errorf("%s needs crosswalks or other tables and belongs to the engine", name)
		}
	}
}

// A mapping names cleaners by the hundred: finding one must not make the list
// of all, and must find what the list has.
func TestEachCleanerIsFoundByItsNameAsTheListHasIt(t *testing.T) {
	for _, want := range clean.All() {
		got, ok := clean.Named(want.Name)
		if !ok || got.Group != want.Group || got.Out != want.Out || got.Doc != want.Doc || got.Nulls != want.Nulls || len(got.Params) != len(want.Params) {
			t.Errorf("%s: found %v, in the group %q", want.Name, ok, got.Group)
		}
	}
	for _, name := range []string{"", "Date", "date ", "no-such-cleaner"} {
		if c, ok := clean.Named(name); ok {
			t.Errorf("%q is the cleaner %s", name, c.Name)
		}
	}
	date, _ := clean.Named("date")
	if _, err := date.Compile([]clean.Arg{{Text: "no layout", Index: -1}}, clean.Settings{}); err == nil {
		t.Error("a cleaner that is found by its name takes any argument")
	}
	if n := testing.AllocsPerRun(20, func() { clean.Named("trim") }); n > 3 {
		t.Errorf("finding a cleaner allocates %v times", n)
	}
}
