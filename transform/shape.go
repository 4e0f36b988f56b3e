package transform

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"strconv"
	"strings"
	"unsafe"

	"chartlift/fhir"
	"chartlift/mappings"
)

// The rows of a table make resources that differ in few places. A worker takes
// down where it writes a value that cannot make a resource invalid: an id, a
// reference that resolved, a text or date whose format it has checked. The
// shape of a resource is the hash of all its other bytes: what is valid once is
// valid for every resource of that shape, and need not be looked at again.

// Some invariants of R4 compare such values: a period begins before it ends, a
// range's low is below its high, an age is positive. What they look at (the
// sign of a number, which of two neighbours is greater) is part of the shape.

// span is a stretch of the worker's buffer, with what may be left out of the
// shape.
type span struct {
	start, end int32
	kind       valueKind
	hash       uint64 // of a stretch
}

// valueKind says what may be left out of the shape.
type valueKind uint8

const (
	noValue        valueKind = iota // everything counts: codes, URIs, whole objects
	quotedValue                     // a primitive in quotes that is valid if its format is
	timeValue                       // a date or time
	numberValue                     // the same without quotes
	quantityValue                   // the number in a Quantity
	referenceValue                  // the id in a Reference
	stretch                         // bytes whose hash is known; spans in it that are told follow
)

// told reports whether the shape tells something of values of the kind, see
// factOf.
func (k valueKind) told() bool { return k == timeValue || k == numberValue || k == quantityValue }

// valueKindOf tells by the rule's type. The validator looks at codes, URIs and
// ids together with other elements, and takes a text that begins with # for the
// id of a contained resource.
func valueKindOf(r *mappings.Rule) valueKind {
	switch r.Type {
	case "string", "markdown":
		if r.Element == nil || r.Element.Name == "reference" {
			return noValue
		}
		return quotedValue
	case "date", "dateTime", "instant", "time":
		return timeValue
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

// compared are the members of an object that invariants of R4 compare: per-1,
// rng-2, mdd-1, inv-1.
func compared() [][2]string {
	return [][2]string{{"start", "end"}, {"low", "high"}, {"whenPrepared", "whenHandedOver"}, {"authoredOn", "lastModified"}}
}

// keepCompared keeps in the shape what would be left out of it beside a member
// that stays in: of a period that ends on a constant day, the order of its two
// days is no fact about neighbours.
func (b *binder) keepCompared(members []*mappings.Rule) {
	for _, pair := range compared() {
		first, second := named(members, pair[0]), named(members, pair[1])
		if first != nil && second != nil && !(leavesOut(first) && leavesOut(second)) {
			b.keep(first)
			b.keep(second)
		}
	}
}

func named(members []*mappings.Rule, name string) *mappings.Rule {
	for _, m := range members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// leavesOut reports whether the value of a date, a number or a quantity is left
// out of the shape whenever it is written.
func leavesOut(r *mappings.Rule) bool {
	if r.Kind == mappings.Object {
		value := named(r.Rules, "value")
		return value != nil && leavesOut(value)
	}
	kind := valueKindOf(r)
	return r.Kind == mappings.PipeOf && (kind == timeValue || kind == numberValue || kind == quantityValue)
}

// keep makes all values of a rule count in the shape.
func (b *binder) keep(r *mappings.Rule) {
	if r == nil {
		return
	}
	b.kept[r] = true
	for _, m := range r.Rules {
		b.keep(m)
	}
	for _, c := range r.Cases {
		b.keep(c.Then)
	}
}

// took notes the value that was just written from start on; text is the same
// before it was written as JSON.
func (w *Worker) took(r *mappings.Rule, kind valueKind, start int, text string) {
	s := span{start: int32(start), end: int32(len(w.buf)), kind: kind}
	switch kind {
	case quotedValue, timeValue:
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
		n := 0
		for n < len(rest) && rest[n] != ',' && rest[n] != '}' {
			n++
		}
		if !ok || n == len(rest) || fhir.CheckPrimitive("decimal", rest[:n]) != nil {
			return
		}
		s.start += int32(len(head))
		s.end = s.start + int32(n)
	case referenceValue:
		s.start, s.end = s.start+int32(strings.IndexByte(text, '/')+1), s.end-int32(len(`"}`))
	default:
		return
	}
	w.values = append(w.values, s)
}

// wrap makes a member that is a stretch, the first of whose spans is v, a
// longer one with its name, of so many bytes from mark on, and its comma: what
// stands between stretches is hashed byte by byte. hash is the name's.
func (w *Worker) wrap(v *span, mark, name int, hash uint64) {
	if v.kind == stretch && int(v.start) == mark+name && int(v.end) == len(w.buf)-1 {
		v.start, v.end, v.hash = int32(mark), int32(len(w.buf)), (v.hash^hash)*mix
	}
}

// back takes what was written behind mark back.
func (w *Worker) back(mark int) {
	w.buf = w.buf[:mark]
	n := len(w.values)
	for n > 0 && int(w.values[n-1].end) > mark {
		n--
	}
	w.values = w.values[:n]
}

// mix is what hashes are multiplied by: any odd number with as many ones as
// zeros.
const mix = 0x9e3779b97f4a7c15

// shape returns the shape of the resource that begins at start; 0 where it has
// none of its own: references are trusted instead of resolved, or values stand
// beside each other that only the validator can compare.
func (w *Worker) shape(start int) uint64 {
	if w.b.engine.trusting {
		return 0
	}
	facts, ok := w.facts()
	if !ok {
		return 0
	}
	return max(1, (w.hashFrom(start, w.values)^facts)*mix)
}

// hashFrom returns the hash of the buffer from start on but for the values in
// it, which stand in their order. A stretch counts by its own hash.
func (w *Worker) hashFrom(start int, values []span) uint64 {
	var h uint64
	for i := range values {
		v := &values[i]
		if int(v.start) < start {
			continue // in a stretch
		}
		if int(v.start) > start {
			h = (bits.RotateLeft64(h, 23) ^ maphash.Bytes(w.seed, w.buf[start:v.start])) * mix
		}
		if v.kind == stretch {
			h = (bits.RotateLeft64(h, 23) ^ v.hash) * mix
		}
		start = int(v.end)
	}
	return (bits.RotateLeft64(h, 23) ^ maphash.Bytes(w.seed, w.buf[start:])) * mix
}

// facts returns the hash of what invariants can see in the values of the
// resource at hand.
func (w *Worker) facts() (h uint64, ok bool) {
	var before struct{ time, number string } // the last of each
	for i := range w.values {
		v := &w.values[i]
		if !v.kind.told() {
			continue
		}
		last := &before.number
		if v.kind == timeValue {
			last = &before.time
		}
		value := unsafe.String(&w.buf[v.start], v.end-v.start)
		fact, ok := factOf(v.kind, *last, value)
		if !ok {
			return 0, false
		}
		h = (bits.RotateLeft64(h, 23) ^ (fact<<3 | uint64(v.kind))) * mix
		*last = value
	}
	return h, true
}

// factOf returns what invariants can see in a value beside the one of its kind
// before it, "" where there is none: the length of a date, the sign of a number
// and whether it has a point, and the order of the two.
func factOf(kind valueKind, before, value string) (fact uint64, ok bool) {
	if kind == timeValue {
		order, ok := orderOfTimes(before, value)
		return uint64(len(value))<<2 | order, ok
	}
	fact, ok = looksOf(value)
	if !ok {
		return 0, false
	}
	order, ok := orderOfNumbers(before, value)
	return fact | order, ok
}

// looksOf returns what is seen of a number at a glance: its sign, whether it is
// 0, whether it has a point. ok is false where it has an exponent: the sign of
// 0e5 is not.
func looksOf(number string) (looks uint64, ok bool) {
	const (
		negative = 1 << (2 + iota) // the order is below
		zero
		pointed
	)
	looks = zero
	for i := range len(number) {
		switch number[i] {
		case '-':
			looks |= negative
		case '.':
			looks |= pointed
		case '0':
		case 'e', 'E':
			return 0, false
		default:
			looks &^= zero
		}
	}
	return looks, true
}

// orderOfTimes compares two dates as texts, which is right where both are
// written alike.
func orderOfTimes(before, value string) (order uint64, ok bool) {
	const dayLength = len("2006-01-02")
	switch {
	case before == "":
		return 0, true
	case len(before) != len(value):
		return 0, false
	case len(value) > dayLength && zoneOf(before) != zoneOf(value):
		return 0, false
	}
	return uint64(strings.Compare(before, value) + 2), true
}

// zoneOf returns the zone at the end of a dateTime: Z, or an offset such as
// -05:00.
func zoneOf(s string) string {
	if s[len(s)-1] == 'Z' {
		return "Z"
	}
	return s[len(s)-len("-05:00"):]
}

func orderOfNumbers(before, value string) (order uint64, ok bool) {
	if before == "" {
		return 0, true
	}
	x, errX := strconv.ParseFloat(before, 64)
	y, errY := strconv.ParseFloat(value, 64)
	if errX != nil || errY != nil || x == y && before != value {
		return 0, false
	}
	return uint64(cmp.Compare(x, y) + 2), true
}
