package mappings

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// The systems of the General Equivalence Mappings' codes, as FHIR names them.
const (
	icd9System  = "http://hl7.org/fhir/sid/icd-9-cm"
	icd10System = "http://hl7.org/fhir/sid/icd-10-cm"
)

// gemLine is a line of a General Equivalence Mapping: source, target, and five
// flags (approximate, no map, combination, scenario, choice list), as CMS's
// user guide of 2018 describes them.
type gemLine struct {
	number         int
	source, target string
	flags          string
}

// gem reads a General Equivalence Mapping of diagnoses between ICD-9-CM and
// ICD-10-CM. Taken is what has one target: CMS leaves the choice among several,
// and combinations, to a reader of the chart.
func (r *walkReader) gem(file *node) {
	text := r.beside(file)
	if text == nil {
		return
	}
	lines, bad := gemLines(text)
	if bad > 0 || len(lines) == 0 {
		r.add("E0402", file.pos, "line "+strconv.Itoa(max(1, bad))+" is not one of a General Equivalence Mapping: source code, target code, five flags; unpack the file first")
		return
	}
	bySource, fromICD9 := gemSources(lines)
	from, to := icd10System, icd9System
	if fromICD9 {
		from, to = to, from
	}
	if procedures(lines, fromICD9) {
		r.add("E0402", file.pos, "this file maps procedures (ICD-10-PCS), whose codes look like those of diagnoses; only the mappings of diagnoses are read")
		return
	}
	r.x.SourceSystem = cmp.Or(r.x.SourceSystem, from)
	count := newTaken(r, file)
	for _, source := range keysOf(bySource) {
		l, reason := single(bySource[source])
		if reason != "" {
			count.left[reason]++
			continue
		}
		t := Target{System: cmp.Or(r.system, to), Code: dotted(l.target, !fromICD9), Equivalence: "equivalent"}
		if l.flags[0] == '1' {
			t.Equivalence = "inexact"
		}
		if count.accepts(t.Equivalence) {
			r.put(file, l.number, source, t)
			r.put(file, l.number, dotted(source, fromICD9), t) // old systems write codes with the dot and without
		}
	}
	count.note()
}

// gemSources groups the lines by source code, and tells whose codes those are:
// none of ICD-10-CM begins with a digit.
func gemSources(lines []gemLine) (bySource map[string][]gemLine, fromICD9 bool) {
	bySource = map[string][]gemLine{}
	digits := 0
	for _, l := range lines {
		bySource[l.source] = append(bySource[l.source], l)
		if l.source[0] >= '0' && l.source[0] <= '9' {
			digits++
		}
	}
	return bySource, digits*2 > len(lines)
}

// procedures reports whether codes on the side of ICD-10 begin with a digit, as
// only those of procedures do.
func procedures(lines []gemLine, fromICD9 bool) bool {
	return slices.ContainsFunc(lines, func(l gemLine) bool {
		code := l.source
		if fromICD9 {
			code = l.target
		}
		return code[0] >= '0' && code[0] <= '9'
	})
}

// gemLines returns the lines, or the number of the first that is not one.
func gemLines(text []byte) (lines []gemLine, bad int) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		f := strings.Fields(string(line))
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || len(f[2]) != 5 || strings.Trim(f[2], "0123456789") != "" {
			return nil, number
		}
		lines = append(lines, gemLine{number: number, source: f[0], target: f[1], flags: f[2]})
	}
	return lines, 0
}

// single returns the only target of a code, or why there is none.
func single(lines []gemLine) (l gemLine, reason string) {
	switch l = lines[0]; {
	case l.flags[1] == '1':
		return l, "without a map"
	case l.flags[2] == '1':
		return l, "that need a combination"
	case len(lines) > 1:
		return l, "with a choice of targets"
	}
	return l, ""
}

// dotted puts the dot into a diagnosis code: behind three signs, behind four in
// the E codes of ICD-9-CM.
func dotted(code string, icd9 bool) string {
	at := 3
	if icd9 && strings.HasPrefix(code, "E") {
		at = 4
	}
	if len(code) <= at {
		return code
	}
	return code[:at] + "." + code[at:]
}
