// Package repeats says when two clinical resources tell the same thing twice:
// the same patient, code, time and value from two files or systems. It looks at
// resources alone, after references were led to whoever survived, and does no
// I/O.
//
// Read [Reader.Key] first.
//
//	r := repeats.Reader{}
//	key, ok := r.Key(json, []repeats.Element{{Name: "subject"}, {Name: "code"}, {Name: "effective"}, {Name: "value", Optional: true}})
package repeats

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"chartlift/fhir"
)

// Element is an element of a key: its name in FHIR, that of a choice without
// its type (value, effective).
type Element struct {
	Name     string
	Optional bool // where it is absent in both, they may still be the same
}

// Key stands for the values of a key's elements. Equal keys are equal values:
// 128 bits of SHA-256.
type Key [16]byte

// Reader reads resources, one after the other. It is for one goroutine; the
// zero value is ready.
type Reader struct {
	tree fhir.Tree
	buf  []byte
}

// Key returns the key of a resource. It is false where an element that is not
// optional is absent: then nothing can be told. Of a code only system and code
// count, of a reference only where it leads, of a time the instant: what is
// written beside them differs from system to system.
func (r *Reader) Key(json []byte, on []Element) (Key, bool) {
	if r.tree.Parse(json) != nil {
		return Key{}, false
	}
	r.buf = append(r.buf[:0], r.tree.FindText(0, "resourceType")...)
	for _, e := range on {
		before := len(r.buf)
		for c := r.tree.First(0); c != 0; c = r.tree.Next(c) {
			if isElement(r.tree.Key(c), e.Name) {
				r.buf = append(r.buf, 0)
				r.value(c)
			}
		}
		if len(r.buf) == before {
			if !e.Optional {
				return Key{}, false
			}
			r.buf = append(r.buf, 1) // so that what one element lacks is not taken for the next one
		}
	}
	return r.sum(), true
}

// Content returns a hash of all that the resource says, but for its id, text,
// meta and identifiers: those of two records always differ.
func (r *Reader) Content(json []byte) uint64 {
	if r.tree.Parse(json) != nil {
		return 0
	}
	r.buf = r.buf[:0]
	for c := r.tree.First(0); c != 0; c = r.tree.Next(c) {
		switch key := r.tree.Key(c); key {
		case "id", "meta", "text", "identifier":
		default:
			r.buf = append(append(append(r.buf, key...), 0), r.tree.Raw(c)...)
		}
	}
	sum := r.sum()
	return binary.LittleEndian.Uint64(sum[:8])
}

func (r *Reader) sum() Key {
	sum := sha256.Sum256(r.buf)
	return Key(sum[:16])
}

// isElement reports whether a key is that of an element: its own, or that of a
// choice with a type behind it. The extension of a primitive (_key) is none.
func isElement(key, name string) bool {
	rest, ok := strings.CutPrefix(key, name)
	return ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z')
}

// value appends what counts of a value.
func (r *Reader) value(i int) {
	t := &r.tree
	switch t.Kind(i) {
	case fhir.Array:
		for c := t.First(i); c != 0; c = t.Next(c) {
			r.buf = append(r.buf, '[')
			r.value(c)
		}
	case fhir.Object:
		r.object(i)
	case fhir.String:
		r.buf = append(r.buf, instant(t.Text(i))...)
	default:
		r.buf = append(r.buf, t.Raw(i)...)
	}
}

func (r *Reader) object(i int) {
	t := &r.tree
	if ref := t.FindText(i, "reference"); ref != "" {
		r.buf = append(r.buf, ref...)
		return
	}
	codings := t.Find(i, "coding")
	if codings != 0 && r.codings(codings) {
		return
	}
	if codings != 0 || t.Find(i, "system") != 0 && t.Find(i, "code") == 0 { // two things without a code are told apart by their words alone
		r.buf = append(append(r.buf, '{'), t.Raw(i)...)
		return
	}
	for c := t.First(i); c != 0; c = t.Next(c) {
		switch key := t.Key(c); key {
		case "id", "display", "userSelected":
		case "unit":
			if t.Find(i, "code") != 0 {
				continue // the code says it
			}
			fallthrough
		default:
			r.buf = append(append(r.buf, '{'), key...)
			r.buf = append(r.buf, '=')
			r.value(c)
		}
	}
}

// codings appends system and code of each coding, sorted: their order says
// nothing. It is false where none has a code: then the words tell.
func (r *Reader) codings(i int) bool {
	t := &r.tree
	var all []string
	coded := false
	for c := t.First(i); c != 0; c = t.Next(c) {
		code := t.FindText(c, "code")
		coded = coded || code != ""
		all = append(all, t.FindText(c, "system")+"|"+code)
	}
	slices.Sort(all)
	if coded {
		r.buf = append(r.buf, strings.Join(all, ",")...)
	}
	return coded
}

// instant returns a time with a zone as UTC; anything else as it is.
func instant(text string) string {
	if len(text) < len("2006-01-02T15:04:05Z") || text[10] != 'T' {
		return text
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// Default returns the elements that tell resources of a type apart where a
// mapping does not say which, nil for types that have none: there only the
// source's own number can tell.
func Default(resource string) []Element {
	must := func(names ...string) []Element {
		var all []Element
		for _, name := range names {
			name, optional := strings.CutSuffix(name, "?")
			all = append(all, Element{name, optional})
		}
		return all
	}
	switch resource {
	case "Observation":
		return must("subject", "code", "effective", "value?", "component?", "performer?", "specimen?")
	case "Condition":
		return must("subject", "code", "onset", "category?")
	case "AllergyIntolerance":
		return must("patient", "code")
	case "MedicationRequest":
		return must("subject", "medication", "authoredOn", "dosageInstruction?", "requester?")
	case "MedicationStatement":
		return must("subject", "medication", "effective", "dosage?")
	case "Immunization":
		return must("patient", "vaccineCode", "occurrence")
	case "Procedure":
		return must("subject", "code", "performed")
	}
	return nil
}
