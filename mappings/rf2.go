package mappings

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

const snomedSystem = "http://snomed.info/sct"

// rf2 reads a map reference set of SNOMED CT in Release Format 2: a simple map,
// or an extended one with groups, priorities and rules (SNOMED CT Release File
// Specification, section 5.2). Only unconditional single targets are taken:
// what depends on the patient's age or sex, or needs several codes at once, is
// left out and counted.
func (r *walkReader) rf2(file *node) {
	text := r.beside(file)
	if text == nil {
		return
	}
	refset := r.text(r.n.get("refset"))
	if refset == "" {
		r.add("E0105", r.n.pos, "say which map of the file is used: refset: ID, such as 6011000124106 for ICD-10-CM")
		return
	}
	if r.system == "" {
		r.add("E0105", r.n.pos, "say what system the targets are of: system: http://hl7.org/fhir/sid/icd-10-cm")
		return
	}
	rows, bad := rf2Rows(text, refset)
	if bad > 0 {
		r.add("E0402", file.pos, "line "+strconv.Itoa(bad)+" is not one of a map reference set (Release Format 2: columns parted by tabs, refsetId, referencedComponentId, mapTarget …)")
		return
	}
	if len(rows) == 0 {
		r.add("E0402", file.pos, "this file has no active member of the reference set "+refset)
		return
	}
	r.x.SourceSystem = cmp.Or(r.x.SourceSystem, snomedSystem)
	count := newTaken(r, file)
	for _, source := range keysOf(rows) {
		m := rows[source][0]
		switch reason := unconditional(rows[source]); {
		case reason != "":
			count.left[reason]++
		case count.accepts(m.equivalence):
			r.put(file, m.line, source, Target{System: r.system, Code: m.target, Equivalence: m.equivalence})
		}
	}
	count.note()
}

// rf2Member is a member of a map reference set. Group and rule are empty in a
// simple map.
type rf2Member struct {
	line                             int
	group, rule, target, equivalence string
}

// rf2Rows returns the active members of the reference set by the concept that
// they map, or the line that is none.
func rf2Rows(text []byte, refset string) (rows map[string][]rf2Member, bad int) {
	rows = map[string][]rf2Member{}
	at := map[string]int{}
	width, number := 0, 0
	for line := range bytes.Lines(text) {
		f := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if number++; number == 1 {
			for _, name := range []string{"active", "refsetId", "referencedComponentId", "mapGroup", "mapRule", "mapTarget", "correlationId"} {
				at[name] = slices.Index(f, name)
			}
			if at["active"] < 0 || at["refsetId"] < 0 || at["referencedComponentId"] < 0 || at["mapTarget"] < 0 {
				return nil, 1
			}
			width = len(f)
			continue
		}
		if len(f) != width {
			return nil, number
		}
		if f[at["active"]] != "1" || f[at["refsetId"]] != refset {
			continue
		}
		source := f[at["referencedComponentId"]]
		rows[source] = append(rows[source], rf2Member{
			line: number, group: cell(f, at["mapGroup"]), rule: cell(f, at["mapRule"]), target: cell(f, at["mapTarget"]),
			equivalence: correlations()[cell(f, at["correlationId"])],
		})
	}
	return rows, 0
}

// correlations gives FHIR's equivalence for SNOMED CT's map correlations. An
// unspecified one says that there is a relation.
func correlations() map[string]string {
	return map[string]string{
		"447557004": "equivalent", "447558009": "wider", "447559001": "narrower", "447560006": "inexact", "447561005": "relatedto",
	}
}

// unconditional returns why the members do not come to one target that always
// holds, or "".
func unconditional(members []rf2Member) string {
	for _, m := range members {
		if m.group != "" && m.group != members[0].group {
			return "that need several targets"
		}
	}
	switch m := members[0]; {
	case len(members) > 1:
		return "whose target depends on the patient, or with a choice of targets"
	case m.rule != "" && m.rule != "TRUE" && m.rule != "OTHERWISE TRUE":
		return "whose target depends on the patient, or with a choice of targets"
	case m.target == "", strings.HasPrefix(m.target, "#"): // #NC and #NIS of the United Kingdom: not classifiable, not in scope
		return "without a map"
	case strings.Contains(m.target, "?"): // a sign that somebody has to choose, as for the episode of care
		return "whose target is not complete"
	}
	return ""
}
