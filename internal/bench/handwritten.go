package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/fhir"
)

// handwritten is the bench's mapping as somebody would write it by hand in Go
// for speed: cells by number, JSON appended in the order of its members, one
// buffer. It does what the mapping says and no more: blanks around a value go,
// "" and NULL are no value, dates are looked at, decimals keep their digits, a
// reference leads to a row that is there. Trouble ends it: it has no list of
// findings.
type handwritten struct {
	columns  []int // of the cells that a table's rows are made of
	values   []string
	patients map[string]struct{}
	visits   map[string]struct{}
	hash     []byte
	out      []byte // lines made so far
}

func newHandwritten() *handwritten {
	return &handwritten{patients: map[string]struct{}{}, visits: map[string]struct{}{}}
}

// table prepares for the rows of a table and returns what makes a line of one.
func (h *handwritten) table(schema *extract.Schema) (func(*extract.Record) error, error) {
	var names []string
	var line func(*extract.Record) error
	switch schema.Table {
	case "patients":
		names, line = []string{"Id", "BIRTHDATE", "FIRST", "LAST", "GENDER"}, h.patient
	case "encounters":
		names, line = []string{"Id", "START", "STOP", "PATIENT", "ENCOUNTERCLASS"}, h.encounter
	case "observations":
		names, line = []string{"DATE", "PATIENT", "ENCOUNTER", "CATEGORY", "CODE", "DESCRIPTION", "VALUE", "UNITS", "TYPE"}, h.observation
	default:
		return nil, fmt.Errorf("the table %s is not known", schema.Table)
	}
	h.columns = h.columns[:0]
	for _, name := range names {
		at := schema.Column(name)
		if at < 0 {
			return nil, fmt.Errorf("the table %s has no column %s", schema.Table, name)
		}
		h.columns = append(h.columns, at)
	}
	return line, nil
}

// cells reads the row's values into h.values, "" where there is none.
func (h *handwritten) cells(rec *extract.Record) {
	h.values = h.values[:0]
	for _, at := range h.columns {
		text := strings.TrimSpace(rec.Values[at].Text)
		if text == "NULL" {
			text = ""
		}
		h.values = append(h.values, text)
	}
}

func (h *handwritten) patient(rec *extract.Record) error {
	h.cells(rec)
	id, born := h.values[0], h.values[1]
	if id == "" || !isDate(born) {
		return fmt.Errorf("%s: no id or no birth date", rec.Origin)
	}
	h.patients[id] = struct{}{}
	h.add(`{"resourceType":"Patient","id":`).text(id).add(`,"identifier":[{"system":"urn:chartlift:bench:mrn","value":`).text(id)
	h.add(`}],"name":[{"use":"official","family":`).text(h.values[3]).add(`,"given":[`).text(h.values[2]).add(`]}],"gender":`)
	switch strings.ToUpper(h.values[4]) {
	case "M":
		h.add(`"male"`)
	case "F":
		h.add(`"female"`)
	default:
		h.add(`"unknown"`)
	}
	h.add(`,"birthDate":`).text(born).add("}\n")
	return nil
}

func (h *handwritten) encounter(rec *extract.Record) error {
	h.cells(rec)
	id, start, stop := h.values[0], h.values[1], h.values[2]
	_, known := h.patients[h.values[3]]
	if id == "" || !known || !isTime(start) || !isTime(stop) {
		return fmt.Errorf("%s: no id, no patient or no time", rec.Origin)
	}
	h.visits[id] = struct{}{}
	h.add(`{"resourceType":"Encounter","id":`).text(id).add(`,"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":`)
	switch h.values[4] {
	case "ambulatory", "outpatient", "wellness":
		h.add(`"AMB"`)
	case "inpatient":
		h.add(`"IMP"`)
	case "emergency":
		h.add(`"EMER"`)
	default:
		return fmt.Errorf("%s: the class %q is not known", rec.Origin, h.values[4])
	}
	h.add(`},"subject":{"reference":"Patient/`).add(h.values[3]).add(`"},"period":{"start":`).text(start).add(`,"end":`).text(stop).add("}}\n")
	return nil
}

func (h *handwritten) observation(rec *extract.Record) error {
	h.cells(rec)
	at, patient, visit, code := h.values[0], h.values[1], h.values[2], h.values[4]
	_, known := h.patients[patient]
	if !known || !isTime(at) || code == "" {
		return fmt.Errorf("%s: no patient, no time or no code", rec.Origin)
	}
	h.add(`{"resourceType":"Observation","id":"`).id(rec)
	h.add(`","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":`).text(h.values[3])
	h.add(`}]}],"code":{"coding":[{"system":"http://loinc.org","code":`).text(code).add(`,"display":`).text(h.values[5]).add(`}],"text":`).text(h.values[5])
	h.add(`},"subject":{"reference":"Patient/`).add(patient).add(`"}`)
	if visit != "" {
		if _, known := h.visits[visit]; !known {
			return fmt.Errorf("%s: no such encounter", rec.Origin)
		}
		h.add(`,"encounter":{"reference":"Encounter/`).add(visit).add(`"}`)
	}
	h.add(`,"effectiveDateTime":`).text(at)
	return h.value(rec)
}

// value ends an observation.
func (h *handwritten) value(rec *extract.Record) error {
	value, unit := h.values[6], h.values[7]
	switch h.values[8] {
	case "numeric":
		if !isDecimal(value) || unit == "" {
			return fmt.Errorf("%s: %q is no number with a unit", rec.Origin, value)
		}
		h.add(`,"valueQuantity":{"value":`).add(value).add(`,"unit":`).text(unit).add(`,"system":"http://unitsofmeasure.org","code":`).text(unit).add("}}\n")
	case "text":
		h.add(`,"valueString":`).text(value).add("}\n")
	}
	return nil
}

func (h *handwritten) add(s string) *handwritten {
	h.out = append(h.out, s...)
	return h
}

func (h *handwritten) text(s string) *handwritten {
	h.out = fhir.AppendString(h.out, s)
	return h
}

// id appends the observation's id: the UUID of version 5 that chartlift makes
// of site, map, table and row (transform/ids.go), so that what both write can
// be compared byte by byte.
func (h *handwritten) id(rec *extract.Record) {
	const space = "\x8e\x1f\x6a\x52\x0c\x7b\x5d\x3e\x9a\x41\x6b\x2d\xc0\x57\x31\xf8"
	h.hash = append(h.hash[:0], space+"5:bench11:Observation11:observation"...)
	h.hash = append(append(strconv.AppendInt(h.hash, int64(len(rec.Origin.Table)), 10), ':'), rec.Origin.Table...)
	var digits [20]byte
	row := strconv.AppendInt(digits[:0], rec.Origin.Row, 10)
	h.hash = append(append(strconv.AppendInt(h.hash, int64(len(row)), 10), ':'), row...)
	sum := sha1.Sum(h.hash)
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h.out = hex.AppendEncode(h.out, sum[:4])
	for _, part := range [][]byte{sum[4:6], sum[6:8], sum[8:10], sum[10:16]} {
		h.out = hex.AppendEncode(append(h.out, '-'), part)
	}
}

// isDate reports whether s is a day of the calendar as 2006-01-02.
func isDate(s string) bool {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return false
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:10])
	if year < 1 || month < 1 || month > 12 || day < 1 {
		return false
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	return day <= last
}

// isTime reports whether s is a moment as 2006-01-02T15:04:05Z.
func isTime(s string) bool {
	if len(s) != len("2006-01-02T15:04:05Z") || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' || !isDate(s[:10]) {
		return false
	}
	hour, minute, second := number(s[11:13]), number(s[14:16]), number(s[17:19])
	return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60
}

// number is the value of digits, -1 where there is something else.
func number(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// isDecimal reports whether s stands in JSON as it is.
func isDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	switch {
	case whole == "" || number(whole) < 0 || len(whole) > 1 && whole[0] == '0':
		return false
	case point:
		return fraction != "" && number(fraction) >= 0
	}
	return true
}
