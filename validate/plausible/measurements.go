package plausible

import (
	"strconv"
	"strings"
)

const loinc = "http://loinc.org"

// limits are the ranges of one measurement, by unit. A unit that is not listed
// does not go with it.
type limits struct {
	units map[string][2]float64
	// swap is a range in which a value of the unit is another unit's: 98 Cel is
	// Fahrenheit. Empty where there is none.
	swap map[string][2]float64
}

// measurements lists the measurements that have limits, by their LOINC code.
// Units are UCUM codes.
func measurements() map[string]*limits {
	mmHg, perMinute := "mm[Hg]", "/min"
	only := func(unit string, low, high float64) *limits {
		return &limits{units: map[string][2]float64{unit: {low, high}}}
	}
	weight := &limits{
		units: map[string][2]float64{"kg": {0.2, 500}, "g": {200, 500_000}, "[lb_av]": {0.4, 1100}, "[oz_av]": {7, 17_600}},
		swap:  map[string][2]float64{"kg": {500, 500_000}},
	}
	temperature := &limits{
		units: map[string][2]float64{"Cel": {25, 45}, "[degF]": {77, 113}},
		swap:  map[string][2]float64{"Cel": {90, 110}, "[degF]": {32, 43}},
	}
	height := &limits{units: map[string][2]float64{"cm": {20, 260}, "m": {0.2, 2.6}, "[in_i]": {8, 103}}, swap: map[string][2]float64{"cm": {0.3, 2.6}, "m": {20, 260}}}
	saturation, oxygen := only("%", 30, 100), only("%", 30, 100)
	glucose := func() *limits { return &limits{units: map[string][2]float64{"mg/dL": {5, 2000}, "mmol/L": {0.3, 111}}} }
	creatinine := func() *limits { return &limits{units: map[string][2]float64{"mg/dL": {0.1, 30}, "umol/L": {8, 2650}}} }
	salt := func(low, high float64) *limits {
		return &limits{units: map[string][2]float64{"mmol/L": {low, high}, "meq/L": {low, high}}}
	}
	return map[string]*limits{
		"8302-2": height, "3137-7": height, "8308-9": height,
		"29463-7": weight, "3141-9": weight, "8350-1": weight,
		"39156-5": only("kg/m2", 7, 100),
		"8310-5":  temperature, "8331-1": temperature, "8328-7": temperature,
		"8867-4": only(perMinute, 10, 300), "9279-1": only(perMinute, 2, 120),
		"2708-6": oxygen, "59408-5": saturation,
		"8480-6": only(mmHg, 30, 350), "8462-4": only(mmHg, 10, 250),
		"2093-3": {units: map[string][2]float64{"mg/dL": {20, 2000}, "mmol/L": {0.5, 50}}},
		"2160-0": creatinine(), "38483-4": creatinine(),
		"2339-0": glucose(), "2345-7": glucose(), "1558-6": glucose(),
		"4548-4": only("%", 2, 25), "718-7": {units: map[string][2]float64{"g/dL": {1, 30}, "g/L": {10, 300}}},
		"2951-2": salt(80, 200), "2947-0": salt(80, 200), "2823-3": salt(1, 12), "6298-4": salt(1, 12),
	}
}

// observation checks the value of an Observation and those of its components.
func (w *Worker) observation() {
	if entered(w.textAt("status")) {
		return
	}
	w.measured(w.get("code"), w.get("valueQuantity"), "value")
	var systolic, diastolic float64
	var both int
	for c := range w.get("component").items {
		code, value, ok := w.measured(c.get("code"), c.get("valueQuantity"), "component.value")
		switch {
		case ok && code == "8480-6":
			systolic, both = value, both+1
		case ok && code == "8462-4":
			diastolic, both = value, both+1
		}
	}
	if both == 2 {
		w.says(pressureSwapped, systolic > diastolic, "component", "")
	}
}

// entered reports whether a record says of itself that it is wrong.
func entered(status string) bool {
	return status == "entered-in-error" || status == "cancelled"
}

// measured checks a quantity against the limits of its LOINC code. It returns
// code and value where they are there.
func (w *Worker) measured(coded, quantity raw, element string) (code string, value float64, ok bool) {
	if quantity == "" {
		return "", 0, false
	}
	of := w.conceptOf(coded)
	if of.limits == nil {
		return "", 0, false
	}
	number, u := of.quantity(quantity)
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return "", 0, false
	}
	in := of.tally
	if u.name != "" {
		w.weigh(in, measurementUnit, u.listed, element, u.name)
	}
	if !u.listed {
		return of.code, value, true
	}
	outside := value < u.bounds[0] || value > u.bounds[1]
	wrong := u.swaps && outside && value >= u.swap[0] && value <= u.swap[1]
	if u.swaps {
		w.weigh(in, unitSwapped, !wrong, element, number)
	}
	if !wrong { // one finding a cause
		w.weigh(in, measurementRange, !outside, element, number)
	}
	return of.code, value, true
}

// concept is what is known of a CodeableConcept: its first LOINC code that has
// limits, where there is one.
type concept struct {
	code   string
	limits *limits
	tally  *tally
	behind []byte // what followed the value in the last quantity
	unit   unit   // of that
}

// unit is the unit of a quantity, with the limits of what was measured in it.
type unit struct {
	name         string
	listed       bool // it goes with the measurement
	bounds, swap [2]float64
	swaps        bool // there is a range in which a value is another unit's
}

// quantity takes a Quantity apart. The unit is not looked up again where the
// text behind the number is that of the last quantity: a laboratory has one
// unit for a test.
func (c *concept) quantity(q raw) (number string, u unit) {
	const before = `{"value":`
	text := string(q)
	if !strings.HasPrefix(text, before) {
		return string(q.get("value")), c.limits.unitOf(q)
	}
	end := len(before)
	for end < len(text) && text[end] != ',' && text[end] > ' ' && text[end] != '}' {
		end++
	}
	number = text[len(before):end]
	if behind := text[end:]; string(c.behind) != behind {
		c.behind, c.unit = append(c.behind[:0], behind...), c.limits.unitOf(q)
		c.unit.name = strings.Clone(c.unit.name)
	}
	return number, c.unit
}

// unitOf looks up the unit of a Quantity.
func (l *limits) unitOf(q raw) unit {
	u := unit{name: q.get("code").text()}
	if u.name == "" {
		u.name = q.get("unit").text()
	}
	if u.bounds, u.listed = l.units[u.name]; !u.listed {
		u.name = ucum(u.name)
		u.bounds, u.listed = l.units[u.name]
	}
	u.swap, u.swaps = l.swap[u.name]
	return u
}

// maxConcepts bounds how many a worker remembers.
const maxConcepts = 1 << 12

// conceptOf returns what is known of a CodeableConcept by its text. A table has
// few, and each of them in many rows.
func (w *Worker) conceptOf(text raw) *concept {
	if known := w.concepts[string(text)]; known != nil {
		return known
	}
	c := &concept{}
	if c.code, c.limits = w.limitsOf(text); c.limits != nil {
		c.code = strings.Clone(c.code)
		c.tally = w.measurement(c.code)
	}
	if len(w.concepts) == maxConcepts {
		clear(w.concepts)
	}
	w.concepts[strings.Clone(string(text))] = c
	return c
}

// measurement returns the tally of a LOINC code: each is a scope of its own.
func (w *Worker) measurement(code string) *tally {
	t := w.tallies[code]
	if t == nil {
		t = &tally{of: "Observation " + code}
		w.tallies[strings.Clone(code)] = t
	}
	return t
}

// limitsOf returns the first LOINC code of a CodeableConcept that has limits.
func (w *Worker) limitsOf(concept raw) (string, *limits) {
	for c := range concept.get("coding").items {
		if c.get("system").text() != loinc {
			continue
		}
		code := c.get("code").text()
		if l := w.checker.limits[code]; l != nil {
			return code, l
		}
	}
	return "", nil
}

// ucum returns the UCUM code of units as people write them; others stay as they
// are.
func ucum(unit string) string {
	switch strings.ToLower(unit) {
	case "mmhg", "mm hg", "mm[hg]":
		return "mm[Hg]"
	case "bpm", "beats/min", "/min", "{beats}/min", "breaths/min", "{breaths}/min", "1/min":
		return "/min"
	case "°c", "c", "celsius", "degc", "cel":
		return "Cel"
	case "°f", "f", "fahrenheit", "degf", "[degf]":
		return "[degF]"
	case "lb", "lbs", "[lb_av]":
		return "[lb_av]"
	case "in", "inch", "[in_i]":
		return "[in_i]"
	case "mg/dl":
		return "mg/dL"
	case "g/dl":
		return "g/dL"
	case "g/l":
		return "g/L"
	case "mmol/l":
		return "mmol/L"
	case "umol/l", "µmol/l", "μmol/l":
		return "umol/L"
	case "meq/l":
		return "meq/L"
	case "kg/m2", "kg/m^2", "kg/m²":
		return "kg/m2"
	case "kg", "g", "cm", "m", "%":
		return strings.ToLower(unit)
	}
	return unit
}

// prescription checks days of supply, refills and quantity (R4
// MedicationRequest.dispenseRequest).
func (w *Worker) prescription() {
	supply := w.get("dispenseRequest")
	w.amount(supply.get("numberOfRepeatsAllowed"), "dispenseRequest.numberOfRepeatsAllowed", 0, 24)
	w.amount(supply.get("quantity").get("value"), "dispenseRequest.quantity", 1e-9, 1e9)
	if d := supply.get("expectedSupplyDuration"); d.get("code").text() == "d" || d.get("unit").text() == "days" {
		w.amount(d.get("value"), "dispenseRequest.expectedSupplyDuration", 1, 365)
	}
}

func (w *Worker) amount(number raw, element string, low, high float64) {
	if n, err := strconv.ParseFloat(string(number), 64); err == nil {
		w.says(prescriptionAmount, n >= low && n <= high, element, string(number))
	}
}
