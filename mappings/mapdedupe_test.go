package mappings_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
	"chartlift/transform"
)

// compileDedupe compiles a map of the type with this dedupe, and returns it and
// what is wrong as "code message".
func compileDedupe(t *testing.T, resource, dedupe string) (*mappings.MapDedupe, []string) {
	t.Helper()
	text := fmt.Sprintf("chartlift: 1\nid: x\nsources:\n  a: { csv: { path: a.csv }, key: [ID] }\nmaps:\n  m: { from: a, resource: %s, dedupe: %s, id: $ID, elements: { status: final, code: { text: x } } }\n", resource, dedupe)
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	var said []string
	for _, f := range findings {
		if strings.Contains(f.Message, "near") || strings.Contains(f.Message, "time") || strings.Contains(f.Message, "rounded") || strings.Contains(f.Message, "what may differ") || f.Code == "E0103" || strings.Contains(f.Message, "report, merge") {
			said = append(said, f.Code+" "+f.Message)
		}
	}
	if prog == nil || len(prog.Maps) == 0 {
		return nil, said
	}
	return prog.Maps[0].Dedupe, said
}

func TestHowFarApartTwoMayLieIsCheckedBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ resource, dedupe, want string }{
		{"Observation", "{ on: [subject, code], near: { within: 4d } }", "E0107 no element under on is a time"},
		{"Observation", "{ on: [subject, effective], near: { within: 4 days } }", "E0107 say how far apart times may be"},
		{"Observation", "{ on: [subject, effective], near: { within: 0d } }", "E0107 say how far apart times may be"},
		{"Observation", "{ on: [subject, effective], near: { within: 999999999999d } }", "E0107 say how far apart times may be"},
		{"Observation", "{ on: [subject, effective], near: { within: 4w } }", "E0107 say how far apart times may be"},
		{"Observation", "{ on: [subject, effective], near: { rounded: [value] } }", `E0107 "value" is no number among the elements under on`},
		{"Observation", "{ on: [subject, code], near: { rounded: code } }", `E0107 "code" is no number among the elements under on`},
		{"Observation", "{ on: [subject, value], near: {} }", "E0206 say what may differ"},
		{"Observation", "{ on: [subject, value], near: { rounded: value, then: drop } }", `E0107 "drop" cannot stand here; use report, merge`},
		{"Observation", "{ on: [subject, value], near: { rounds: value } }", `E0103 unknown key "rounds" in near`},
	} {
		_, said := compileDedupe(t, c.resource, c.dedupe)
		if len(said) == 0 || !strings.HasPrefix(said[0], c.want) {
			t.Errorf("%s: said %q, want %q", c.dedupe, said, c.want)
		}
	}
}

func TestWhatMayDifferIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for dedupe, want := range map[string]string{
		"{ on: [subject, effective, value], near: { within: 90min, rounded: [value], then: merge } }": "1h30m0s [value] true",
		"{ on: [subject, effective, value], near: { within: 4d } }":                                   "96h0m0s [] false",
		"{ near: { rounded: value } }":                                                                "0s [value] false", // the elements of the default
		"{ on: [subject, effective, valueQuantity], near: { within: 366d } }":                         "8784h0m0s [] false",
		"{ on: [subject], near: null }":                                                               "0s [] false",
		"final":                                                                                       "0s [] false",
	} {
		d, said := compileDedupe(t, "Observation", dedupe)
		if d == nil || len(said) > 0 {
			t.Errorf("%s: %v, %q", dedupe, d, said)
			continue
		}
		if diff := cmp.Diff(want, fmt.Sprint(d.Near.Within, " ", d.Near.Rounded, " ", d.MergeNear)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dedupe, diff)
		}
	}
	exact, _ := compileDedupe(t, "Observation", "{ near: { within: 1h } }")
	for other, same := range map[string]bool{"{ near: { within: 60min } }": true, "{ near: { within: 61min } }": false, "{ near: { within: 1h, then: merge } }": false, "first": false} {
		if d, _ := compileDedupe(t, "Observation", other); exact.Same(d) != same {
			t.Errorf("compared with { within: 1h }, %s is the same: %v", other, !same)
		}
	}
	if exact.Near.Within != time.Hour {
		t.Errorf("an hour is %s", exact.Near.Within)
	}
}

func TestRowsOfASourceAreTheSameOrNot(t *testing.T) {
	t.Parallel()
	text := "chartlift: 1\nid: x\nsources:\n  a: { csv: { path: a.csv }, key: [ID], dedupe: { on: [ID], near: { within: 4d } } }\nmaps:\n  m: { from: a, resource: Patient, elements: { gender: unknown } }\n"
	_, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if len(findings) == 0 || !strings.HasPrefix(findings[0].Message, "near is for resources") {
		t.Errorf("findings: %+v", findings)
	}
}
