package repeats_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"chartlift/transform/repeats"
)

// sodium is a result of one patient; value is what stands behind "value", of
// any type.
func sodium(at, value string) []byte {
	return []byte(`{"resourceType":"Observation","subject":{"reference":"Patient/p"},"code":{"text":"Na"},"effectiveDateTime":"` + at + `","value` + value + `}`)
}

func mmol(number string) string {
	return `Quantity":{"value":` + number + `,"unit":"mmol/l","system":"http://unitsofmeasure.org","code":"mmol/L"}`
}

var sodiumKey = []repeats.Element{{Name: "subject"}, {Name: "code"}, {Name: "effective"}, {Name: "value", Optional: true}}

// nearby reports whether two resources nearly tell the same.
func nearby(t *testing.T, near repeats.Near, a, b []byte) bool {
	t.Helper()
	var r repeats.Reader
	x, traceX, okX := r.Near(a, sodiumKey, near)
	y, traceY, okY := r.Near(b, sodiumKey, near)
	if !okX || !okY || x != y {
		return false
	}
	if near.Near(traceX, traceY) != near.Near(traceY, traceX) {
		t.Errorf("%s and %s differ by direction", a, b)
	}
	return near.Near(traceX, traceY)
}

func TestNumbersAreNearThatTheCoarserOnesRoundingExplains(t *testing.T) {
	t.Parallel()
	near := repeats.Near{Rounded: []string{"value"}}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"7.35", "7.4", true},
		{"7.35", "7.3", true},
		{"7.34", "7.4", false},
		{"7.35", "7.36", false},
		{"7.40", "7.4", true},
		{"140", "140.4", true},
		{"140", "140.6", false},
		{"-0.5", "-1", true},
		{"-1", "1", false},
		{"0", "0.0", true},
		{"1e2", "1e2", true},
		{"1e2", "100", false},
		{"1e999999999", "1e999999998", false},
		{"0." + strings.Repeat("3", 60), "0.3", false}, // longer than anybody measures
	} {
		at := "2019-03-01T10:00:00Z"
		if got := nearby(t, near, sodium(at, mmol(c.a)), sodium(at, mmol(c.b))); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
	at := "2019-03-01T10:00:00Z"
	for what, pair := range map[string][2][]byte{
		"another unit":      {sodium(at, mmol("140")), sodium(at, `Quantity":{"value":140.2,"unit":"mg/dl"}`)},
		"a comparator":      {sodium(at, mmol("140")), sodium(at, `Quantity":{"value":140.2,"comparator":"<","system":"http://unitsofmeasure.org","code":"mmol/L"}`)},
		"another time":      {sodium(at, mmol("140")), sodium("2019-03-01T10:00:01Z", mmol("140.2"))},
		"texts":             {sodium(at, `String":"140"`), sodium(at, `String":"140.2"`)},
		"a number and none": {sodium(at, mmol("140")), []byte(strings.Split(string(sodium(at, mmol("140"))), `,"value`)[0] + "}")},
	} {
		if nearby(t, near, pair[0], pair[1]) {
			t.Errorf("%s: they are taken for nearly the same", what)
		}
	}
	if !nearby(t, near, sodium(at, mmol("140")), sodium("2019-03-01T11:00:00+01:00", `Quantity":{"value":140.2,"unit":"millimole","system":"http://unitsofmeasure.org","code":"mmol/L"}`)) {
		t.Error("the same instant in another zone, and another word for the same unit, keep two apart")
	}
}

func TestTimesAreNearWithinTheToleranceADateBeingADayLong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		within time.Duration
		a, b   string
		want   bool
	}{
		{4 * 24 * time.Hour, "2019-03-01", "2019-03-05", true},
		{4 * 24 * time.Hour, "2019-03-01", "2019-03-06", false},
		{4 * 24 * time.Hour, "2019-02-27", "2019-03-03", true},
		{time.Minute, "2019-03-01T10:00:00Z", "2019-03-01T10:01:00Z", true},
		{time.Minute, "2019-03-01T10:00:00Z", "2019-03-01T10:01:01Z", false},
		{time.Minute, "2019-03-01T10:00:00+02:00", "2019-03-01T08:00:30Z", true},
		{time.Second, "2019-03-01", "2019-03-01T23:59:59Z", true},
		{time.Hour, "2019-03", "2019-03", false}, // a month is too coarse to be near anything: that they are equal is found without near
		{time.Hour, "2019-03", "2019-03-01", false},
	} {
		if got := nearby(t, repeats.Near{Within: c.within}, sodium(c.a, mmol("140")), sodium(c.b, mmol("140"))); got != c.want {
			t.Errorf("%s and %s within %s: %v", c.a, c.b, c.within, got)
		}
	}
	if nearby(t, repeats.Near{Within: time.Hour}, sodium("2019-03-01T10:00:00Z", mmol("140")), sodium("2019-03-01T10:00:00Z", mmol("140.1"))) {
		t.Error("values differ, and nobody said that they may")
	}
	both := repeats.Near{Within: time.Hour, Rounded: []string{"value"}}
	if !nearby(t, both, sodium("2019-03-01T10:00:00Z", mmol("140")), sodium("2019-03-01T10:20:00Z", mmol("140.1"))) {
		t.Error("both may differ, and are not near")
	}
}

func TestPeriodsAreNearWithBothTheirEnds(t *testing.T) {
	t.Parallel()
	var r repeats.Reader
	near, on := repeats.Near{Within: 15 * time.Minute}, []repeats.Element{{Name: "subject"}, {Name: "period"}}
	stay := func(start, end string) []byte {
		return fmt.Appendf(nil, `{"resourceType":"Encounter","subject":{"reference":"Patient/p"},"period":{"start":"2019-03-01T%sZ","end":"2019-03-01T%sZ"}}`, start, end)
	}
	first, a, _ := r.Near(stay("10:00:00", "12:00:00"), on, near)
	for text, want := range map[string]bool{"10:10:00 12:05:00": true, "10:10:00 13:00:00": false, "09:00:00 12:00:00": false} {
		start, end, _ := strings.Cut(text, " ")
		key, b, ok := r.Near(stay(start, end), on, near)
		if !ok || key != first || near.Near(a, b) != want {
			t.Errorf("%s: %v, %v", text, ok, near.Near(a, b))
		}
	}
	keys := map[repeats.Key]string{first: "both ends"}
	for _, period := range []string{`"start":"2019-03-01T10:00:00Z"`, `"end":"2019-03-01T10:00:00Z"`} {
		key, _, _ := r.Near([]byte(`{"resourceType":"Encounter","subject":{"reference":"Patient/p"},"period":{`+period+`}}`), on, near)
		if other, taken := keys[key]; taken {
			t.Errorf("a stay with %s is taken for one with %s", period, other)
		}
		keys[key] = period
	}
}

func TestAnInstantIsNearNoPeriod(t *testing.T) {
	t.Parallel()
	period := strings.Replace(string(sodium("2019-03-01T10:00:00Z", mmol("140"))), `"effectiveDateTime":"2019-03-01T10:00:00Z"`, `"effectivePeriod":{"start":"2019-03-01T10:00:00Z"}`, 1)
	if nearby(t, repeats.Near{Within: time.Hour}, sodium("2019-03-01T10:00:00Z", mmol("140")), []byte(period)) {
		t.Error("a result of one moment is taken for one of a period that began then")
	}
}

func TestNothingThatStandsInAResourceBreaksTheComparison(t *testing.T) {
	t.Parallel()
	near := repeats.Near{Within: time.Hour, Rounded: []string{"value", "subject"}}
	ok := func(at, value string) bool {
		var r repeats.Reader
		a, b := sodium(at, `Quantity":{"value":`+value+`}`), sodium(value, `String":"`+at+`"`)
		for _, json := range [][]byte{a, b} {
			if _, trace, ok := r.Near(json, sodiumKey, near); ok && !near.Near(trace, trace) {
				return false
			}
		}
		return true
	}
	if err := quick.Check(ok, nil); err != nil {
		t.Error(err)
	}
	for _, value := range []string{"1e999999999999", "-0", "[]", "{}", "null", "0.", "true"} {
		if !ok("2019-03-01", value) {
			t.Errorf("%s is not near itself", value)
		}
	}
	var r repeats.Reader
	if _, _, ok := r.Near([]byte(`{`), sodiumKey, near); ok {
		t.Error("half a resource was compared")
	}
	if _, _, ok := r.Near(sodium("2019-03-01", mmol("1")), sodiumKey, repeats.Near{}); ok {
		t.Error("nothing may differ, and yet two were compared")
	}
}
