package plausible_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/validate/plausible"
)

// vital is an Observation of a LOINC code.
func vital(code, value, unit string) string {
	return `"subject":{"reference":"Patient/p"},"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"valueQuantity":{"value":` + value + `,"system":"http://unitsofmeasure.org","code":"` + unit + `"}`
}

// A limit belongs to what it limits, and a number is the same however it is
// written.
func TestMeasurementsAreJudgedAtTheirLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, value, unit, want string }{
		{"8310-5", "25", "Cel", ""},
		{"8310-5", "24.99", "Cel", "measurement-out-of-range 2"},
		{"8310-5", "45.0", "Cel", ""},
		{"8310-5", "45.01", "Cel", "measurement-out-of-range 2"},
		{"8310-5", "3.7e1", "Cel", ""},
		{"8310-5", "98.60", "[degF]", ""},
		{"8310-5", "310.15", "K", "measurement-unit 2"},
		{"29463-7", "0.2", "kg", ""},
		{"29463-7", "0.19", "kg", "measurement-out-of-range 2"},
		{"29463-7", "500", "kg", ""},
		{"29463-7", "500.1", "kg", "unit-swapped 2"},
		{"29463-7", "154.3", "[lb_av]", ""},
		{"29463-7", "3500", "g", ""},
		{"29463-7", "-70", "kg", "measurement-out-of-range 2"},
		{"8302-2", "67", "[in_i]", ""},
		{"8302-2", "170", "m", "unit-swapped 2"},
		{"59408-5", "100", "%", ""},
		{"59408-5", "100.1", "%", "measurement-out-of-range 2"},
		{"2345-7", "5.4", "mmol/L", ""},
		{"2345-7", "540", "mmol/L", "measurement-out-of-range 2"},
		{"2823-3", "4.1", "meq/L", ""},
		{"2823-3", "41", "mmol/L", "measurement-out-of-range 2"},
	} {
		codes, _ := found(t, plausible.Options{}, resource("Patient", "p", born1980), resource("Observation", "o", vital(c.code, c.value, c.unit)))
		if got := strings.Join(codes, ", "); got != c.want {
			t.Errorf("%s %s %s: found %q, want %q", c.code, c.value, c.unit, got, c.want)
		}
	}
}

// What is less exact may be any day that it can mean: nothing is said where one
// of them would be right.
func TestLeapDaysYearsAndZonesAreGivenTheirRoom(t *testing.T) {
	t.Parallel()
	event := func(date string) string {
		return `"subject":{"reference":"Patient/p"},"performedDateTime":"` + date + `"`
	}
	for _, c := range []struct{ patient, date, want string }{
		{`"birthDate":"2000-02-29"`, "2000-02-29", ""},
		{`"birthDate":"2000-02-29"`, "2000-02-28", "event-before-birth 2"},
		{`"birthDate":"2000-02-29"`, "2000-02", ""},
		{`"birthDate":"2000-02"`, "2000-02-01", ""},
		{`"birthDate":"2000-03"`, "2000-02-29", "event-before-birth 2"},
		{`"birthDate":"2000"`, "1999-12-31", "event-before-birth 2"},
		{`"birthDate":"2000"`, "1999-12-31T23:30:00-05:00", ""},
		{`"birthDate":"2000-01-01"`, "1999-12-31T12:00:00+14:00", ""},
		{`"birthDate":"2000-01-01"`, "1999-12-30T23:59:59Z", "event-before-birth 2"},
		{`"birthDate":"1980-05-10","deceasedDateTime":"2004-02"`, "2004-02-29", ""},
		{`"birthDate":"1980-05-10","deceasedDateTime":"2004-02"`, "2004-03-01", "event-after-death 2"},
		{`"birthDate":"1980-05-10","deceasedDateTime":"2004"`, "2004-12-31", ""},
		{`"birthDate":"1980-05-10","deceasedDateTime":"2004-12-31T23:00:00-05:00"`, "2005-01-01", ""},
		{`"birthDate":"1980-05-10","deceasedBoolean":true`, "2010-01-01", ""},
		{`"gender":"male"`, "1950-01-01", ""},
		{`"gender":"male"`, "1949-12", "event-before-1950 2"},
	} {
		codes, _ := found(t, plausible.Options{}, resource("Patient", "p", c.patient), resource("Procedure", "x", event(c.date)))
		if got := strings.Join(codes, ", "); got != c.want {
			t.Errorf("%s and %s: found %q, want %q", c.patient, c.date, got, c.want)
		}
	}
}

// A resource that no rule understands is none that a rule may fall over.
func TestStrangeValuesAreLeftToTheValidator(t *testing.T) {
	t.Parallel()
	for i, strange := range []string{
		vital("8310-5", `"98.6"`, "Cel"), vital("8310-5", "1e999", "Cel"), vital("8310-5", "null", "Cel"), vital("8310-5", "{}", "Cel"), vital("8310-5", "-", "Cel"),
		`"status":1,"code":"x","valueQuantity":[]`, `"code":{"coding":{}},"valueQuantity":{"value":1}`, `"component":{"code":1}`, `"component":[null,1,"x",[]]`,
		`"subject":"Patient/p","effectiveDateTime":20190101`, `"effectiveDateTime":"2019-13-45"`, `"effectiveDateTime":"٢٠١٩"`, `"effectivePeriod":{"start":{},"end":[]}`,
	} {
		codes, _ := found(t, plausible.Options{}, resource("Patient", "p", born1980), resource("Observation", fmt.Sprint("o", i), strange))
		for _, code := range codes {
			if !strings.HasPrefix(code, "measurement-out-of-range") && !strings.HasPrefix(code, "unit-swapped") {
				t.Errorf("%s: found %q", strange, codes)
			}
		}
	}
}
