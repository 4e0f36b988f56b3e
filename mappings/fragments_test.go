package mappings_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// chart is a mapping with two lookups, to which fragments and elements are
// added.
const chart = `chartlift: 1
id: m
params: { base: "urn:x" }
sources:
  obs: { csv: { path: obs.csv }, key: [id] }
  concept: { csv: { path: concept.csv }, key: [id] }
  code: { csv: { path: code.csv }, key: [id] }
`

const chartMap = `maps:
  o:
    from: obs
    resource: Observation
    lookup:
      c: { in: concept, on: { id: $concept } }
      v: { in: concept, on: { id: $value } }
      k: { in: code, on: { id: $concept }, many: true }
    elements:
      status: final
`

// effective returns the rules below a map's elements as ADDRESS = VALUE.
func effective(p *mappings.Program) []string {
	var out []string
	for _, l := range p.Effective() {
		if strings.Contains(l.Address, ".code") || strings.Contains(l.Address, ".value") || strings.Contains(l.Address, ".note") {
			out = append(out, strings.TrimPrefix(l.Address, "o.")+" = "+l.Value)
		}
	}
	return out
}

func TestAFragmentStandsForWhatItWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fragments, elements string
		want                []string
	}{
		"an object with aliases, a pipe and a part that is left out": {
			"concept:\n    params: [c, k?, text]\n    value:\n      coding:\n        - { system: \"${param.base}:concept\", code: $c.uuid, display: $c.name }\n        - { each: $k, item: { system: \"${k.source}:x\", code: $k.code } }\n      text: $text | upper\n",
			"code: { fragment: concept, with: { c: $c, k: $k, text: $c.name | trim } }\n",
			[]string{"code.coding[0].system = urn:x:concept", "code.coding[0].code = $c.uuid", "code.coding[0].display = $c.name", "code.coding[1] = each $k", "code.coding[1][].system = ${k.source}:x", "code.coding[1][].code = $k.code", "code.text = $c.name | trim | upper"},
		},
		"a list whose items are spliced, with conditions": {
			"coded:\n    params: [row, id, fallback]\n    value:\n      - { when: row.code IS NOT NULL AND id <> '0', system: $fallback, code: $row.code }\n      - { when: \"id <> '0' AND row.code IS NULL\", system: \"${fallback}:none\", code: $id }\n",
			"code: { coding: [{ fragment: coded, with: { row: $c, id: $concept, fallback: \"urn:f\" } }, { system: \"urn:last\", code: $other }] }\n",
			[]string{"code.coding[0] = when c.code IS NOT NULL AND concept <> '0'", "code.coding[0].system = urn:f", "code.coding[0].code = $c.code", "code.coding[1] = when concept <> '0' AND c.code IS NULL", "code.coding[1].system = urn:f:none", "code.coding[1].code = $concept", "code.coding[2].system = urn:last", "code.coding[2].code = $other"},
		},
		"arguments of cleaners: columns, words, and one left out": {
			"measured: { params: [value, unit, spare?], value: $value | first_of $spare | quantity $unit }\n",
			"code: { text: x }\n      valueQuantity: { fragment: measured, with: { value: $V, unit: \"mm[Hg]\" }, when: KIND = 'n' }\n",
			[]string{"code.text = x", "valueQuantity = $V | first_of  | quantity 'mm[Hg]' when KIND = 'n'"},
		},
		"a fragment in a fragment, and a whole value as argument": {
			"one: { params: [x], value: { system: \"urn:s\", code: $x } }\n  two: { params: [x, t], value: { coding: [{ fragment: one, with: { x: $x } }], text: $t } }\n",
			"code: { fragment: two, with: { x: $\"A b\", t: { case: [{ when: A = '1', then: yes }, { else: $B }] } } }\n",
			[]string{"code.coding[0].system = urn:s", `code.coding[0].code = $"A b"`, "code.text = case A = '1' / else", "code.text = yes", "code.text = $B"},
		},
		"a column with a blank in a condition": {
			"f: { params: [x], value: { when: x IS NOT NULL AND UPPER(x) <> 'x', text: $x } }\n",
			"code: { text: t }\n      note: [{ fragment: f, with: { x: $\"A b\" } }]\n",
			[]string{"code.text = t", `note[0] = when "A b" IS NOT NULL AND UPPER("A b") <> 'x'`, `note[0].text = $"A b"`},
		},
		"texts in quotes and dollar signs stay": {
			"f: { params: [x], value: $x | regex_replace '^($x)$' '$1' }\n",
			"code: { text: { fragment: f, with: { x: $A } } }\n",
			[]string{"code.text = $A | regex_replace '^($x)$' '$1'"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := chart + "fragments:\n  " + c.fragments + chartMap + "      " + c.elements
			if strings.Contains(name, "left out") && strings.Contains(name, "cleaners") {
				text = strings.Replace(text, "first_of $spare", "first_of $W $spare", 1)
				c.want[1] = strings.Replace(c.want[1], "first_of ", "first_of $W ", 1)
			}
			if diff := cmp.Diff(c.want, effective(mustCompile(t, text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsWrongWithFragmentsIsSaidWithBothPlaces(t *testing.T) {
	t.Parallel()
	good := "f: { params: [x, y?], value: { text: $x } }\n"
	for name, c := range map[string]struct {
		fragments, elements string
		want                []string
	}{
		"unknown":           {good, "code: { fragment: g }", []string{`E0801 there is no fragment "g"`, "E0116 o lacks the required element code", "I0801 nothing uses"}},
		"a missing one":     {good, "code: { fragment: f }", []string{"E0802 the fragment f needs the parameter x", "E0116"}},
		"one too many":      {good, "code: { fragment: f, with: { x: $A, xx: $B } }", []string{`E0802 the fragment f has no parameter "xx"`, "E0116"}},
		"a strange key":     {good, "code: { fragment: f, with: { x: $A }, whem: A IS NULL }", []string{`E0103 unknown key "whem" beside fragment`}},
		"a list with when":  {"f: { value: [{ code: a }] }\n", "code: { coding: [{ fragment: f, when: A IS NULL }] }", []string{"E0802 a fragment that is a list takes no when"}},
		"itself":            {"f: { value: { coding: [{ fragment: g }] } }\n  g: { value: { fragment: f } }\n", "code: { fragment: f }", []string{"E0803 the fragment f uses itself: f → g → f"}},
		"no value":          {"f: { params: [x] }\n", "code: { text: a }", []string{"E0105 say what the fragment writes"}},
		"a bad name":        {"f: { params: [\"a b\", source, x, x], value: { text: $x } }\n", "code: { fragment: f, with: { x: $A } }", []string{`E0802 "a b" cannot be`, `E0802 "source" cannot be`, "E0802 the parameter x stands there twice"}},
		"a pipe as alias":   {"f: { params: [x], value: { text: $x.NAME } }\n", "code: { fragment: f, with: { x: $A | upper } }", []string{"E0802 the parameter x of the fragment f stands for an alias"}},
		"a pipe as word":    {"f: { params: [x], value: { text: $A | prefix $x } }\n", "code: { fragment: f, with: { x: $A | upper } }", []string{"E0802 the parameter x of the fragment f is an argument of a cleaner"}},
		"a pipe in a text":  {"f: { params: [x], value: { text: \"a ${x}\" } }\n", "code: { fragment: f, with: { x: $A | upper } }", []string{"E0802 the parameter x of the fragment f is a part of a text"}},
		"a pipe as column":  {"f: { params: [x], value: { when: x IS NULL, text: a } }\n", "code: { fragment: f, with: { x: $A | upper } }", []string{"E0802 the parameter x of the fragment f stands in a condition"}},
		"an optional test":  {"f: { params: [x?], value: { when: x IS NULL, text: a } }\n", "code: { fragment: f }", []string{"E0802 the parameter x of the fragment f stands in a condition and cannot be left out"}},
		"words in a pipe":   {"f: { params: [x], value: { text: $x | upper } }\n", "code: { fragment: f, with: { x: hello } }", []string{"E0802 the parameter x of the fragment f goes through cleaners"}},
		"an element in it":  {"f: { value: { texd: a } }\n", "code: { fragment: f }\n      note: [{ text: b }]", []string{`E0112 unknown element "texd" in CodeableConcept`}},
		"unknown arguments": {good, "code: { fragment: f, with: { x: $nope.A } }", []string{`E0204 there is no lookup "nope"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, findings := compile(chart + "fragments:\n  " + c.fragments + chartMap + "      " + c.elements + "\n")
			if len(findings) < len(c.want) {
				t.Fatalf("findings:\n%s", show(findings))
			}
			for _, want := range c.want {
				if !slices.ContainsFunc(strings.Split(show(findings), "\n"), func(line string) bool { return strings.Contains(line, want) }) {
					t.Errorf("no %q in\n%s", want, show(findings))
				}
			}
		})
	}
}

func TestAFindingInAFragmentNamesItsPlaceAndTheFirstUse(t *testing.T) {
	t.Parallel()
	_, findings := compile(chart + "fragments:\n  f:\n    params: [x]\n    value: { texd: $x }\n" + chartMap +
		"      code: { fragment: f, with: { x: $A } }\n      bodySite: { fragment: f, with: { x: $B } }\n      method: { fragment: f, with: { x: $A } }\n")
	if len(findings) != 1 {
		t.Fatalf("findings:\n%s", show(findings))
	}
	at := findings[0].At
	if at.Line != 11 || at.Column != 14 || at.Use != "m.yaml:22:15 and in 2 more" {
		t.Errorf("at %s, used in %s", at, at.Use)
	}
}

func TestAnArgumentIsWrongWhereItIsGiven(t *testing.T) {
	t.Parallel()
	_, findings := compile(chart + "fragments:\n  f: { params: [x], value: { text: $x } }\n" + chartMap + "      code: { fragment: f, with: { x: $A | uper } }\n")
	if got := show(findings); !strings.HasPrefix(got, "20:44+4 error E0302") {
		t.Errorf("findings:\n%s", got)
	}
}

func TestFragmentsAreInherited(t *testing.T) {
	t.Parallel()
	base := chart + "fragments:\n  f: { params: [x, t?], value: { coding: [{ system: \"urn:a\", code: $x }], text: $t } }\n" + chartMap +
		"      code: { fragment: f, with: { x: $A } }\n      method: { fragment: f, with: { x: $B } }\n      bodySite: { text: was }\n"
	child := "chartlift: 1\nid: child\nextends: base.yaml\nfragments: { f: { value: { coding: [{ system: \"urn:b\", code: $x }] } } }\n" +
		"maps: { o: { elements: { code: { with: { t: $T } }, method: { text: other }, bodySite: { fragment: f, with: { x: $S } } } } }\n"
	prog, findings := mappings.Compile(fstest.MapFS{"base.yaml": {Data: []byte(base)}, "m.yaml": {Data: []byte(child)}}, "m.yaml", options())
	if prog == nil || len(findings) > 0 {
		t.Fatalf("findings:\n%s", show(findings))
	}
	var got []string
	for _, l := range prog.Effective() {
		if l.Address != "o" && !strings.Contains(l.Address, "lookup") {
			got = append(got, l.Address+" = "+l.Value)
		}
	}
	want := []string{
		"o.status = final", "o.code.coding[0].system = urn:b", "o.code.coding[0].code = $A", "o.code.text = $T",
		"o.bodySite.coding[0].system = urn:b", "o.bodySite.coding[0].code = $S", "o.method.text = other",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFragmentsThatDoubleComeToAnEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("f0: { value: { text: a } }\n")
	for i := 1; i < 40; i++ {
		from := string(rune('0'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		to := string(rune('0'+i/10)) + string(rune('0'+i%10))
		if i == 1 {
			from = "0"
		}
		b.WriteString("  f" + to + ": { value: { extension: [{ url: \"urn:a\", extension: [{ fragment: f" + from + " }, { fragment: f" + from + " }] }] } }\n")
	}
	_, findings := compile(chart + "fragments:\n  " + b.String() + chartMap + "      code: { fragment: f39 }\n")
	if got := show(findings); !strings.Contains(got, "E0803 the fragments come to more than") {
		t.Errorf("findings:\n%.2000s", got)
	}
}
