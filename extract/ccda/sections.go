package ccda

import (
	"slices"
	"strings"
)

// kind is one kind of section: the table of its entries with the LOINC codes
// and the template ids by which it is known (C-CDA R2.1 volume 2, chapter 2;
// R1.1 and CCD 1.0, whose roots go on 10.20.1, as well).
type kind struct {
	table     string
	codes     []string
	templates []string // without the root of HL7's templates
}

// templateRoot is how the roots of HL7's templates begin.
const templateRoot = "2.16.840.1.113883."

func kinds() []kind {
	return []kind{
		{"allergies", []string{"48765-2"}, []string{"10.20.22.2.6", "10.20.22.2.6.1", "10.20.1.2"}},
		{"encounters", []string{"46240-8"}, []string{"10.20.22.2.22", "10.20.22.2.22.1", "10.20.1.3"}},
		{"family_history", []string{"10157-6"}, []string{"10.20.22.2.15", "10.20.1.4"}},
		// Functional and mental status both hold assessments; _section_code
		// tells them apart.
		{"functional_status", []string{"47420-5", "10190-7"}, []string{"10.20.22.2.14", "10.20.22.2.56", "10.20.1.5"}},
		{"immunizations", []string{"11369-6"}, []string{"10.20.22.2.2", "10.20.22.2.2.1", "10.20.1.6"}},
		{"medical_equipment", []string{"46264-8"}, []string{"10.20.22.2.23", "10.20.1.7"}},
		// Taken at home, on admission, at discharge, and those given.
		{
			"medications",
			[]string{"10160-0", "42346-7", "10183-2", "75311-1", "29549-3"},
			[]string{"10.20.22.2.1", "10.20.22.2.1.1", "10.20.22.2.44", "10.20.22.2.11", "10.20.22.2.11.1", "10.20.22.2.38", "10.20.1.8"},
		},
		{"plan", []string{"18776-5", "59772-4"}, []string{"10.20.22.2.10", "10.20.22.2.30", "10.20.1.10"}},
		// The list, past history, and the diagnoses of admission, discharge and
		// surgery.
		{
			"problems",
			[]string{"11450-4", "11348-0", "46241-6", "42347-5", "11535-2", "78375-3", "10219-4", "10218-6", "59769-0"},
			[]string{"10.20.22.2.5", "10.20.22.2.5.1", "10.20.22.2.20", "10.20.22.2.43", "10.20.22.2.24", "10.20.22.2.34", "10.20.22.2.35", "10.20.22.2.36", "10.20.1.11"},
		},
		{"procedures", []string{"47519-4"}, []string{"10.20.22.2.7", "10.20.22.2.7.1", "10.20.1.12"}},
		{"results", []string{"30954-2"}, []string{"10.20.22.2.3", "10.20.22.2.3.1", "10.20.1.14"}},
		{"social_history", []string{"29762-2"}, []string{"10.20.22.2.17", "10.20.1.15"}},
		{"vital_signs", []string{"8716-3"}, []string{"10.20.22.2.4", "10.20.22.2.4.1", "10.20.1.16"}},
	}
}

// sectionTable returns the table for the entries of a section, by its templates
// before its code, and the code.
func sectionTable(n *node) (table, code string) {
	var roots []string
	for c := range n.elements {
		switch c.name {
		case "templateId":
			root, _ := c.attr("root")
			roots = append(roots, strings.TrimPrefix(root, templateRoot))
		case "code":
			code, _ = c.attr("code")
		}
	}
	all := kinds()
	for _, k := range all {
		if slices.ContainsFunc(roots, func(root string) bool { return slices.Contains(k.templates, root) }) {
			return k.table, code
		}
	}
	for _, k := range all {
		if slices.Contains(k.codes, code) {
			return k.table, code
		}
	}
	return "other_entries", code
}

// statement reports whether an element is a clinical statement (CDA R2, 4.3.6).
func statement(name string) bool {
	switch name {
	case "act", "encounter", "observation", "observationMedia", "organizer", "procedure", "regionOfInterest", "substanceAdministration", "supply":
		return true
	}
	return false
}

// rowsOf returns the statements of an entry that are rows of its table: the
// observations of an organizer or a concern, the medications of an act around
// them, else the statement itself.
func rowsOf(table string, entry *node) []*node {
	var found []*node
	for n := range entry.elements {
		if statement(n.name) {
			found = append(found, statements(table, n)...)
		}
	}
	return found
}

func statements(table string, n *node) []*node {
	var found []*node
	switch {
	case n.name == "organizer":
		for c := range n.elements {
			if c.name == "component" {
				found = append(found, rowsOf(table, c)...)
			}
		}
	case n.name == "act" && (table == "problems" || table == "allergies"):
		found = wrapped(n, "observation")
	case n.name == "act" && (table == "medications" || table == "immunizations"):
		found = wrapped(n, "substanceAdministration")
	}
	if found == nil {
		return []*node{n}
	}
	return found
}

// wrapped returns the statements of one name in an act that are its subject;
// others explain it.
func wrapped(act *node, name string) []*node {
	var subjects, all []*node
	for r := range act.elements {
		if r.name != "entryRelationship" || r.is("inversionInd", "true") {
			continue
		}
		for n := range r.elements {
			if n.name != name {
				continue
			}
			if all = append(all, n); r.is("typeCode", "SUBJ") {
				subjects = append(subjects, n)
			}
		}
	}
	if subjects != nil {
		return subjects
	}
	return all
}

// negated reports whether n or a statement around it is denied.
func negated(n *node) bool {
	for ; n != nil; n = n.parent {
		if n.denied() {
			return true
		}
	}
	return false
}
