package transform

import (
	"hash/maphash"
	"math/bits"
	"strings"

	"chartlift/fhir"
	"chartlift/mappings"
)

// The rows of a table make resources that differ in few places. A worker
// takes down where it writes a value that cannot make a resource invalid: an id, a
// reference that resolved, a text or date whose format it has checked. The shape of a
// resource is the hash of all its other bytes: what is valid once is valid for every
// resource of that shape, and need not be looked at again.

// span is a stretch of the worker's buffer.
type span struct{ start, end int }

// valueKind says what may be left out of the shape.
type valueKind uint8

const (
	noValue        valueKind = iota // everything counts: codes, URIs, whole objects
	quotedValue                     // a primitive in quotes that is valid if its format is
	numberValue                     // the same without quotes
	quantityValue                   // the number in a Quantity
	referenceValue                  // the id in a Reference
)

// valueKindOf tells by the rule's type. The validator looks at codes, URIs and ids together with
// other elements, and takes a text that begins with # for the id of a contained resource.
func valueKindOf(r *mappings.Rule) valueKind {
	switch r.Type {
	case "string", "markdown":
		if r.Element == nil || r.Element.Name == "reference" {
			return noValue
		}
		return quotedValue
	case "date", "dateTime", "instant", "time":
		return quotedValue
	case "decimal", "integer", "positiveInt", "unsignedInt":
		return numberValue
	case "Quantity":
		return quantityValue
	case "Reference":
		if r.Pipe.Ref != nil && len(r.Pipe.Stages) == 0 {
			return referenceValue
		}
	}
	return noValue
}

// took notes the value that was just written from start on; text is the same before it was written as JSON.
func (w *Worker) took(r *mappings.Rule, kind valueKind, start int, text string) {
	s := span{start, len(w.buf)}
	switch kind {
	case quotedValue:
		if text[0] == '#' || fhir.CheckPrimitive(r.Type, text) != nil {
			return
		}
		s.start, s.end = s.start+1, s.end-1 // the quotes stay
	case numberValue:
		if fhir.CheckPrimitive(r.Type, text) != nil {
			return
		}
	case quantityValue:
		const head = `{"value":`
		rest, ok := strings.CutPrefix(text, head)
		n := strings.IndexAny(rest, ",}")
		if !ok || n < 0 || fhir.CheckPrimitive("decimal", rest[:n]) != nil {
			return
		}
		s.start, s.end = start+len(head), start+len(head)+n
	case referenceValue:
		s.start, s.end = start+strings.IndexByte(text, '/')+1, s.end-len(`"}`)
	default:
		return
	}
	w.values = append(w.values, s)
}

// back takes what was written behind mark back.
func (w *Worker) back(mark int) {
	w.buf = w.buf[:mark]
	n := len(w.values)
	for n > 0 && w.values[n-1].end > mark {
		n--
	}
	w.values = w.values[:n]
}

// shape returns the shape of the resource that begins at start; 0 where references are trusted instead of resolved.
func (w *Worker) shape(start int) uint64 {
	if w.b.engine.trusting {
		return 0
	}
	const mix = 0x9e3779b97f4a7c15 // any odd number with as many ones as zeros
	var h uint64
	for _, v := range w.values {
		h = (bits.RotateLeft64(h, 23) ^ maphash.Bytes(w.seed, w.buf[start:v.start])) * mix
		start = v.end
	}
	h = (bits.RotateLeft64(h, 23) ^ maphash.Bytes(w.seed, w.buf[start:])) * mix
	return max(1, h)
}
