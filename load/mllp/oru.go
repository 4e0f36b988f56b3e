package mllp

import (
	"fmt"
	"strconv"
	"strings"
)

// resultStatus is Observation.status by table 0085. What is not in it cannot be
// told.
var resultStatus = map[string]string{
	"registered": "I", "preliminary": "P", "final": "F", "amended": "C", "corrected": "C", "cancelled": "X", "entered-in-error": "W",
}

// orderStatus is the same for a whole order, by table 0123. It has no word for
// what was wrong: that is a correction.
var orderStatus = map[string]string{
	"registered": "I", "partial": "A", "preliminary": "P", "final": "F", "amended": "C", "corrected": "C", "appended": "C", "cancelled": "X", "entered-in-error": "C",
}

// panels say what a message without a report is about, by the category of its
// observations.
var panels = map[string]coding{
	"laboratory":  {"http://loinc.org", "26436-6", "Laboratory studies (set)"},
	"vital-signs": {"http://loinc.org", "8716-3", "Vital signs"},
}

// category is the first category of an observation, "" where it has none.
func (o *observation) category() string {
	for _, c := range o.Category {
		for _, k := range c.Coding {
			if k.Code != "" {
				return k.Code
			}
		}
	}
	return ""
}

// at is when the observation was made.
func (o *observation) at() string { return timestamp(first(o.Effective, o.Instant, o.Period.Start)) }

// segments writes the OBX of an observation and of its components, and its
// notes. n counts the OBX of the message.
func (o *observation) segments(n *int) ([]string, error) {
	status, known := resultStatus[o.Status]
	if !known {
		return nil, fmt.Errorf("%w: Observation.status has no code in HL7 table 0085; map it to another status or leave the row out", errNotCarried)
	}
	x := obx{observation: o, status: status}
	var out []string
	if len(o.Component) == 0 || o.has() {
		lines, err := x.write(n, o.Code, o.value, "")
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	for i, c := range o.Component {
		lines, err := x.write(n, c.Code, c.value, strconv.Itoa(i+1))
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	for i, t := range o.Note {
		out = append(out, segment("NTE", field{1, strconv.Itoa(i + 1)}, field{3, escape(t.Text)}))
	}
	return out, nil
}

// obx is what the OBX of one observation have in common.
type obx struct {
	*observation
	status string
}

// write returns OBX, and NTE where the value is missing for a reason: that has
// no field, and the reason is not to be taken for a result.
func (x obx) write(n *int, code concept, v value, sub string) ([]string, error) {
	kind, text, err := v.encode()
	if err != nil {
		return nil, err
	}
	units := v.units()
	status := x.status
	if kind == "" && status == "F" {
		status = "X" // there is no result, and none will come
	}
	var marks []string
	for _, i := range v.Interpretation {
		marks = append(marks, coded(i))
	}
	*n++
	out := []string{segment("OBX", field{1, strconv.Itoa(*n)}, field{2, kind}, field{3, coded(code)}, field{4, sub}, field{5, text}, field{6, units},
		field{7, v.rangeText()}, field{8, repeated(marks)}, field{11, status}, field{14, x.at()}, field{17, coded(x.Method)}, field{21, order(x.ID)})}
	if v.Absent != nil {
		out = append(out, segment("NTE", field{1, "1"}, field{3, escape("no value: " + v.Absent.words())}))
	}
	return out, nil
}

// has reports whether there is a value, or a reason why there is none.
func (v *value) has() bool {
	kind, _, err := v.encode()
	return kind != "" || err != nil || v.Absent != nil
}

// encode returns OBX-2 and OBX-5 (section 7.4.2.2), both "" where there is no
// value.
func (v *value) encode() (kind, text string, err error) {
	switch {
	case v.Quantity != nil:
		return v.Quantity.encode()
	case v.Concept != nil:
		return "CWE", coded(*v.Concept), nil
	case v.String != nil:
		return textOf(*v.String)
	case v.Boolean != nil:
		return "CWE", map[bool]string{true: "Y^Yes^HL70136", false: "N^No^HL70136"}[*v.Boolean], nil
	case v.Integer != nil:
		return "NM", v.Integer.String(), nil
	case v.DateTime != nil:
		return moment("TS", timestamp(*v.DateTime))
	case v.Time != nil:
		return moment("TM", clock(*v.Time))
	case v.Period != nil:
		return "DR", components(timestamp(v.Period.Start), timestamp(v.Period.End)), nil
	}
	return v.encodePair()
}

// moment is the value of a time. One that could not be written must not look
// like a result without a value.
func moment(kind, text string) (string, string, error) {
	if text == "" {
		return "", "", fmt.Errorf("%w: the value is no date or time of R4; correct the source", errNotCarried)
	}
	return kind, text, nil
}

// encodePair does so for values of two numbers, and refuses what no data type
// of OBX holds.
func (v *value) encodePair() (kind, text string, err error) {
	switch {
	case v.Range != nil && v.Range.Low.sameUnit(v.Range.High):
		return "SN", components("", v.Range.Low.Value.String(), "-", v.Range.High.Value.String()), nil
	case v.Range != nil:
		return textOf(v.Range.Low.words() + " - " + v.Range.High.words())
	case v.Ratio != nil && v.Ratio.Numerator.bare() && v.Ratio.Denominator.bare():
		return "SN", components("", v.Ratio.Numerator.Value.String(), ":", v.Ratio.Denominator.Value.String()), nil
	case v.Ratio != nil:
		return textOf(v.Ratio.Numerator.words() + " : " + v.Ratio.Denominator.words())
	case len(v.Sampled) > 0:
		return "", "", fmt.Errorf("%w: Observation.valueSampledData; map it to a DocumentReference and deliver that elsewhere", errNotCarried)
	}
	return "", "", nil
}

// encode writes a quantity without its unit: NM, or SN where it is a bound.
func (q *quantity) encode() (kind, text string, err error) {
	switch {
	case q.Value == "" && q.Comparator == "":
		return "", "", nil
	case q.Comparator != "":
		return "SN", components(q.Comparator, q.Value.String()), nil
	case strings.ContainsAny(q.Value.String(), "eE"):
		return textOf(q.Value.String()) // NM has no exponent, and writing the number out would tell another precision
	}
	return "NM", q.Value.String(), nil
}

// bare reports whether the quantity is a number alone.
func (q *quantity) bare() bool { return q.Comparator == "" && q.Code == "" && q.Unit == "" }

// words is a quantity as people write it.
func (q *quantity) words() string {
	return strings.TrimSpace(q.Comparator + q.Value.String() + " " + first(q.Unit, q.Code))
}

// textOf is ST, or FT where there are several lines.
func textOf(s string) (kind, text string, err error) {
	if strings.ContainsAny(s, "\r\n") {
		return "FT", escape(s), nil
	}
	return "ST", escape(s), nil
}

// sameUnit reports whether both numbers are of one unit, or of none.
func (q quantity) sameUnit(o quantity) bool {
	return q.Code == o.Code && q.Unit == o.Unit && q.System == o.System
}

// units writes OBX-6: the unit of a quantity, or the one that both ends of a
// range have.
func (v *value) units() string {
	switch {
	case v.Quantity != nil:
		return unit(*v.Quantity)
	case v.Range != nil && v.Range.Low.sameUnit(v.Range.High):
		return unit(v.Range.Low)
	}
	return ""
}

// limit writes one end of a reference range. OBX-7 is read in the unit of
// OBX-6, so that a limit of another unit names its own.
func (v *value) limit(q *quantity) string {
	switch {
	case q == nil || q.Value == "":
		return ""
	case v.Quantity != nil && first(q.Code, q.Unit) != "" && q.Code != v.Quantity.Code && q.Unit != v.Quantity.Unit:
		return q.words()
	}
	return q.Value.String()
}

// rangeText writes the first reference range; OBX-7 has room for one.
func (v *value) rangeText() string {
	if len(v.Ranges) == 0 {
		return ""
	}
	r := v.Ranges[0]
	low, high := v.limit(r.Low), v.limit(r.High)
	switch {
	case low != "" && high != "":
		return escape(low + "-" + high)
	case low != "":
		return escape(">=" + low)
	case high != "":
		return escape("<=" + high)
	}
	return escape(r.Text)
}
