package mllp_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/mllp"
)

const anyResult = `{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/ann"}`

// result sends one observation and returns the fields of its first OBX, the
// outcome and all segments behind PID.
func result(t *testing.T, elements string) (obx []string, outcome load.Outcome) {
	t.Helper()
	got, out := told(t, ann, anyResult+","+elements+"}")
	if len(got) < 2 {
		return make([]string, 30), out[1]
	}
	return append(strings.Split(segments("\r"+got[1], "OBX")[0], "|"), make([]string, 30)...), out[1]
}

func TestNoTextOfTheSourceMakesASegmentOrAField(t *testing.T) {
	t.Parallel()
	const evil = `x\\rOBX|9|NM|^evil||999\rOBX|9|NM|^evil||999\u000b\u001c\r~^&\\`
	for name, elements := range map[string]string{
		"a text":            `"valueString":"` + evil + `"`,
		"a code":            `"valueCodeableConcept":{"coding":[{"system":"` + evil + `","code":"` + evil + `","display":"` + evil + `"}],"text":"` + evil + `x"}`,
		"a unit":            `"valueQuantity":{"value":1,"unit":"` + evil + `","code":"` + evil + `x","system":"` + evil + `"}`,
		"a comparator":      `"valueQuantity":{"value":1,"comparator":"` + evil + `"}`,
		"a range's words":   `"valueInteger":1,"referenceRange":[{"text":"` + evil + `"}]`,
		"a range's unit":    `"valueQuantity":{"value":1,"unit":"g"},"referenceRange":[{"low":{"value":1,"unit":"` + evil + `"}}]`,
		"a note":            `"valueInteger":1,"note":[{"text":"` + evil + `"}]`,
		"a method":          `"valueInteger":1,"method":{"text":"` + evil + `"}`,
		"a reason":          `"dataAbsentReason":{"text":"` + evil + `"}`,
		"an interpretation": `"valueInteger":1,"interpretation":[{"coding":[{"code":"` + evil + `"}]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, out := told(t, ann, anyResult+","+elements+"}")
			if !out[1].OK() || len(got) != 2 {
				t.Fatalf("%+v", out[1])
			}
			names := ""
			for s := range strings.SplitSeq(got[1], "\r") {
				name, fields, _ := strings.Cut(s, "|")
				names += name + " "
				if strings.ContainsAny(fields, "\n\x0b\x1c\x00") || strings.Count(s, "|") > 25 {
					t.Errorf("%q", s)
				}
			}
			if names != "PID OBR OBX " && names != "PID OBR OBX NTE " {
				t.Errorf("the segments are %s", names)
			}
		})
	}
}

func TestATimeThatIsNoneIsRefusedAndNotWritten(t *testing.T) {
	t.Parallel()
	for _, elements := range []string{
		`"valueTime":"10|11\rOBX|9|NM|^evil||999"`, `"valueTime":"noon"`, `"valueTime":""`, `"valueTime":"10:11:12:13"`, `"valueDateTime":"yesterday"`, `"valueDateTime":"2024-01-01T10^00"`, `"valueDateTime":"20240101T"`,
	} {
		if obx, out := result(t, elements); out.OK() || len(out.Issues) != 1 || out.Issues[0].Code != "not-carried" {
			t.Errorf("%s: %+v %q", elements, out, obx)
		}
	}
	for elements, want := range map[string]string{
		`"valueTime":"23:59:59.123456"`:                    "TM 235959.1234",
		`"valueTime":"00:00:00"`:                           "TM 000000",
		`"valueDateTime":"2024-02-29T23:59:60.5-14:00"`:    "TS 20240229235960.5-1400",
		`"valueDateTime":"2024-02-29T23:59:00+05:45"`:      "TS 20240229235900+0545",
		`"valueDateTime":"0001"`:                           "TS 0001",
		`"valuePeriod":{"end":"2024-01-01T00:00:00.000Z"}`: "DR ^20240101000000.000+0000",
	} {
		if obx, out := result(t, elements); !out.OK() || obx[2]+" "+obx[5] != want {
			t.Errorf("%s: %s %s, %+v", elements, obx[2], obx[5], out)
		}
	}
}

func TestANumberIsNeverToldWithoutItsUnitOrInAnotherOne(t *testing.T) {
	t.Parallel()
	const mg, g = `"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"`, `"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"`
	for elements, want := range map[string][]string{ // OBX-2, OBX-5, OBX-6, OBX-7
		`"valueRange":{"low":{"value":1,` + mg + `},"high":{"value":2,` + mg + `}}`:                                                   {"SN", "^1^-^2", "mg/dL^^UCUM", ""},
		`"valueRange":{"low":{"value":1,"code":"mg"},"high":{"value":2,"code":"mg"}}`:                                                 {"SN", "^1^-^2", "mg", ""},
		`"valueRange":{"low":{"value":1,` + mg + `},"high":{"value":2,` + g + `}}`:                                                    {"ST", "1 mg/dL - 2 g/L", "", ""},
		`"valueRange":{"low":{"value":5.0}}`:                                                                                          {"SN", "^5.0^-", "", ""},
		`"valueRatio":{"numerator":{"value":3,"unit":"mg"},"denominator":{"value":1,"unit":"h"}}`:                                     {"ST", "3 mg : 1 h", "", ""},
		`"valueQuantity":{"value":7,` + mg + `},"referenceRange":[{"low":{"value":3,` + mg + `},"high":{"value":9,` + mg + `}}]`:      {"NM", "7", "mg/dL^^UCUM", "3-9"},
		`"valueQuantity":{"value":700,` + mg + `},"referenceRange":[{"low":{"value":3,` + g + `},"high":{"value":9,` + g + `}}]`:      {"NM", "700", "mg/dL^^UCUM", "3 g/L-9 g/L"},
		`"valueQuantity":{"value":7,` + mg + `},"referenceRange":[{"high":{"value":9.00}}]`:                                           {"NM", "7", "mg/dL^^UCUM", "<=9.00"},
		`"valueQuantity":{"value":7,"unit":"mg/dl","code":"mg/dL"},"referenceRange":[{"low":{"value":-3,"unit":"x","code":"mg/dL"}}]`: {"NM", "7", "mg/dL^mg/dl", ">=-3"},
		`"valueQuantity":{"value":0.00}`:                                     {"NM", "0.00", "", ""},
		`"valueQuantity":{"value":-0.5,"comparator":">="}`:                   {"SN", ">=^-0.5", "", ""},
		`"valueQuantity":{"value":123456789012345678901234567890.123456789}`: {"NM", "123456789012345678901234567890.123456789", "", ""},
		`"valueQuantity":{"value":1.0E-2,"unit":"g"}`:                        {"ST", "1.0E-2", "g", ""},
		`"valueInteger":-2147483648`:                                         {"NM", "-2147483648", "", ""},
	} {
		obx, out := result(t, elements)
		if diff := cmp.Diff(want, []string{obx[2], obx[5], obx[6], obx[7]}); diff != "" || !out.OK() {
			t.Errorf("%s: %+v\n%s", elements, out, diff)
		}
	}
}

// pid sends a patient and returns the fields of PID.
func pid(t *testing.T, elements string) []string {
	t.Helper()
	l := listen(t)
	o := send(t, open(t, mllp.Options{Address: l.address()}), resource(`{"resourceType":"Patient","id":"p1",`+elements+`}`))[0]
	if !o.OK() {
		t.Fatalf("%+v", o)
	}
	return append(strings.Split(segments(l.messages()[0], "PID")[0], "|"), make([]string, 40)...)
}

func TestNobodyIsReachedWhereTheyAreNoMore(t *testing.T) {
	t.Parallel()
	p := pid(t, `"telecom":[{"system":"phone","value":"555-old","use":"old"},{"system":"phone","value":"555-now","use":"mobile"},{"system":"email","value":"was@x.org","use":"old"},{"system":"fax","value":"9","use":"work"}]`)
	if p[13] != "555-now^PRN^CP^^^^^^^^^555-now" || p[14] != "9^WPN^FX^^^^^^^^^9" {
		t.Errorf("home %q, work %q", p[13], p[14])
	}
	l := listen(t)
	s := open(t, mllp.Options{Address: l.address()})
	send(t, s, resource(`{"resourceType":"Patient","id":"p1","telecom":[{"system":"phone","value":"1","use":"old"},{"system":"phone","value":"2","use":"old"}]}`))
	if diff := cmp.Diff(map[string]int64{"Patient.telecom": 1}, s.Uncarried()); diff != "" {
		t.Error(diff)
	}
	p = pid(t, `"address":[{"use":"old","line":["1 Past St"],"city":"Town"},{"text":"12 Elm St, Boston","city":"Boston"},{"text":"somewhere"},{"line":["1","2","3"],"text":"1 2 3"},{"use":"home"}]`)
	if want := "1 Past St^^Town^^^^BA~12 Elm St, Boston^^Boston~somewhere~1^2, 3"; p[11] != want {
		t.Errorf("addresses %q, want %q", p[11], want)
	}
}

func TestNamesOfAllScriptsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	for elements, want := range map[string]string{
		`{"family":"Nguyễn","given":["Thị","Minh Khai"]}`:            "Nguyễn^Thị^Minh Khai",
		`{"family":"محمد","given":["علي"]}`:                          "محمد^علي",
		`{"family":"O'Neil-Smith","given":["Zoe\u0308"]}`:            "O'Neil-Smith^Zoe\u0308",
		`{"text":"李小龙"}`:                                             "李小龙",
		`{"text":"Ana Lee","family":"Lee"}`:                          "Lee",
		`{"given":["😀"]}`:                                            "^😀",
		`{"use":"maiden","family":"Roe"},{"family":"Lee"}`:           "Lee~Roe^^^^^^M",
		`{"use":"old","family":"A"},{"use":"usual","family":"B"},{}`: "B^^^^^^D~A^^^^^^U",
	} {
		if p := pid(t, `"name":[`+elements+`]`); p[5] != want {
			t.Errorf("%s: %q, want %q", elements, p[5], want)
		}
	}
}
