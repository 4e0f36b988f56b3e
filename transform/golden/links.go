package golden

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"chartlift/fhir"
)

// The types of a link between Patients
// (http://hl7.org/fhir/R4/valueset-link-type.html).
const (
	Replaces   = "replaces"
	ReplacedBy = "replaced-by"
	SeeAlso    = "seealso"
)

// links returns the links of all records that lead to somebody else, and those
// to the records that are replaced.
func (m *merger) links() string {
	ids := make([]string, len(m.records))
	for i, e := range m.records {
		ids[i] = e.ID
	}
	var all []string
	for _, e := range m.records {
		for _, raw := range e.linksElsewhere(ids) {
			if !slices.Contains(all, raw) {
				all = append(all, raw)
			}
		}
	}
	if m.options.Linked {
		for _, id := range ids[1:] {
			all = append(all, link(id, Replaces))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "[" + strings.Join(all, ",") + "]"
}

// linksElsewhere returns the record's links that lead to none of these
// Patients.
func (e *elements) linksElsewhere(ids []string) (out []string) {
	for c := first(e.tree, e.at["link"]); c != 0; c = e.tree.Next(c) {
		other, _ := strings.CutPrefix(e.tree.FindText(e.tree.Find(c, "other"), "reference"), "Patient/")
		if !slices.Contains(ids, other) {
			out = append(out, e.tree.Raw(c))
		}
	}
	return out
}

func link(id, kind string) string {
	return `{"other":{"reference":"Patient/` + id + `"},"type":"` + kind + `"}`
}

// Retire returns the record of somebody whom another record replaces: as it
// was, but inactive, and with a link to the other.
func Retire(r Record, survivor string) ([]byte, error) {
	return linked(r, []string{survivor}, ReplacedBy, "false")
}

// Link returns the record as it was, with links that say that the others may be
// records of the same person, too.
func Link(r Record, others []string) ([]byte, error) { return linked(r, others, SeeAlso, "") }

func linked(r Record, others []string, kind, active string) ([]byte, error) {
	e, err := parse(r)
	if err != nil {
		return nil, err
	}
	if active == "" {
		active = e.raw("active")
	}
	out := []byte{'{'}
	add := func(name, raw string) {
		if raw == "" {
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(fhir.AppendString(out, name), ':'), raw...)
	}
	for _, name := range e.names {
		if name != "active" && name != "_active" && name != "link" {
			add(name, e.raw(name))
		}
	}
	add("active", active)
	all := e.linksElsewhere(others)
	for _, id := range others {
		all = append(all, link(id, kind))
	}
	add("link", "["+strings.Join(all, ",")+"]")
	canonical, err := fhir.Canonical(append(out, '}'))
	if err != nil {
		return nil, fmt.Errorf("link Patient/%s: %w", r.ID, err)
	}
	return canonical, nil
}

// reference begins a reference to a Patient as canonical JSON writes it.
const reference = `"reference":"Patient/`

// Refer leads the references of a resource to other Patients: to returns the id
// of the one that stands for the Patient with the id, "" where nobody does. It
// returns json itself where none is led elsewhere, and how many were.
func Refer(json []byte, to func(id string) string) ([]byte, int) {
	var out []byte
	n, from := 0, 0
	for id := range References(json) {
		if other := to(id.ID); other != "" {
			out = append(append(out, json[from:id.At]...), other...)
			from = id.At + len(id.ID)
			n++
		}
	}
	if n == 0 {
		return json, 0
	}
	return append(out, json[from:]...), n
}

// Reference is a reference to a Patient in canonical JSON: its id, and where
// that stands.
type Reference struct {
	ID string
	At int
}

// References yields the references to Patients in canonical JSON, in their
// order.
func References(json []byte) func(func(Reference) bool) {
	return func(yield func(Reference) bool) {
		for at := 0; ; {
			found := bytes.Index(json[at:], []byte(reference))
			if found < 0 {
				return
			}
			at += found + len(reference)
			end := bytes.IndexByte(json[at:], '"')
			if end < 0 || !yield(Reference{string(json[at : at+end]), at}) {
				return
			}
			at += end
		}
	}
}
