package repeats

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"chartlift/fhir"
)

// Near says how far two resources may lie apart that nearly tell the same. The
// zero value compares nothing.
type Near struct {
	Within  time.Duration // between instants of the key's elements; 0: they must be the same
	Rounded []string      // elements whose numbers may differ by the rounding of the coarser one
}

// None reports whether nothing is compared.
func (n Near) None() bool { return n.Within == 0 && len(n.Rounded) == 0 }

// Same reports whether two say the same.
func (n Near) Same(o Near) bool { return n.Within == o.Within && slices.Equal(n.Rounded, o.Rounded) }

// Trace is what may differ between two resources that nearly tell the same:
// times, and numbers as they are written.
type Trace struct {
	times   []interval
	numbers []string
}

// interval is a time as exactly as it is written, in seconds since 1970: a date
// is a day long.
type interval struct{ from, to int64 }

// Start orders traces: two that are near start no further apart than Within and
// a day. It is 0 where there is no time.
func (t *Trace) Start() int64 {
	if len(t.times) == 0 {
		return 0
	}
	return t.times[0].from
}

// Reach is, in seconds, how much later than another a trace may start and still
// be near it.
func (n Near) Reach() int64 { return int64(n.Within/time.Second) + day }

const day = 24 * 60 * 60

// Near reports whether two traces of one key lie close enough to each other. It
// is the same in both directions.
func (n Near) Near(a, b *Trace) bool {
	if len(a.times) != len(b.times) || len(a.numbers) != len(b.numbers) {
		return false
	}
	for i := range a.times {
		x, y := a.times[i], b.times[i]
		if apart := max(y.from-x.to, x.from-y.to); apart > int64(n.Within/time.Second) {
			return false
		}
	}
	for i := range a.numbers {
		if !rounds(a.numbers[i], b.numbers[i]) {
			return false
		}
	}
	return true
}

// maxDigits bounds a number that is compared: JSON allows 1e999999999, whose
// digits would fill the memory.
const maxDigits = 40

// rounds reports whether two numbers are equal once both have the digits behind
// the point of the coarser one. Half a last digit counts to both sides, because
// systems differ in how they round 7.35.
func rounds(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) > maxDigits || len(b) > maxDigits || strings.ContainsAny(a+b, "eE") {
		return false
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return false
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(digits(a), digits(b)))), nil)
	half := new(big.Rat).SetFrac(big.NewInt(1), scale.Mul(scale, big.NewInt(2)))
	apart := x.Sub(x, y)
	return apart.Abs(apart).Cmp(half) <= 0
}

// digits returns how many digits a number has behind its point.
func digits(number string) int {
	_, behind, _ := strings.Cut(number, ".")
	return len(behind)
}

// Near returns the key of what must be equal in two resources that nearly tell
// the same, and what need not be. It is false where an element that is not
// optional is absent, and where nothing of it may differ.
func (r *Reader) Near(json []byte, on []Element, near Near) (Key, *Trace, bool) {
	if near.None() || r.tree.Parse(json) != nil {
		return Key{}, nil, false
	}
	trace := &Trace{}
	r.buf = append(r.buf[:0], r.tree.FindText(0, "resourceType")...)
	for _, e := range on {
		before := len(r.buf)
		for c := r.tree.First(0); c != 0; c = r.tree.Next(c) {
			if isElement(r.tree.Key(c), e.Name) {
				r.buf = append(r.buf, 0)
				r.apart(c, e.Name, near, trace)
			}
		}
		if len(r.buf) == before {
			if !e.Optional {
				return Key{}, nil, false
			}
			r.buf = append(r.buf, 1)
		}
	}
	return r.sum(), trace, len(trace.times)+len(trace.numbers) > 0
}

// apart takes a value into the trace where it may differ, and into the key
// where it must not.
func (r *Reader) apart(i int, name string, near Near, trace *Trace) {
	if near.Within > 0 {
		mark := len(r.buf)
		if times, ok := r.times(i); ok {
			trace.times = append(trace.times, times...)
			return
		}
		r.buf = r.buf[:mark]
	}
	if number := r.number(i); number != 0 && slices.Contains(near.Rounded, name) {
		trace.numbers = append(trace.numbers, r.tree.Raw(number))
		r.unit(i)
		return
	}
	r.value(i)
}

// times reads an instant, or the start and end of a period, as they are
// written, and puts into the key which of these it is: a start is near no end.
// It is false for anything else, and for a month or a year: those are too
// coarse to be near anything.
func (r *Reader) times(i int) (all []interval, ok bool) {
	t := &r.tree
	switch t.Kind(i) {
	case fhir.String:
		if strings.HasSuffix(t.Key(i), "String") { // valueString: what looks like a date there is a text
			return nil, false
		}
		r.buf = append(r.buf, "time"...)
		at, ok := moment(t.Text(i))
		return []interval{at}, ok
	case fhir.Object:
		for _, key := range []string{"start", "end"} {
			c := t.Find(i, key)
			if c == 0 {
				continue
			}
			at, ok := moment(t.Text(c))
			if !ok {
				return nil, false
			}
			r.buf = append(append(r.buf, ' '), key...)
			all = append(all, at)
		}
	}
	return all, len(all) > 0
}

func moment(text string) (interval, bool) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return interval{at.Unix(), at.Unix()}, true
	}
	at, err := time.Parse(time.DateOnly, text)
	return interval{at.Unix(), at.Unix() + day - 1}, err == nil
}

// number returns the node of the number of a quantity, or of a number by
// itself; 0 where there is none.
func (r *Reader) number(i int) int {
	if r.tree.Kind(i) == fhir.Object {
		i = r.tree.Find(i, "value")
	}
	if i == 0 || r.tree.Kind(i) != fhir.Number {
		return 0
	}
	return i
}

// unit appends what a quantity says beside its number.
func (r *Reader) unit(i int) {
	t := &r.tree
	if t.Kind(i) != fhir.Object {
		return
	}
	coded := t.Find(i, "code") != 0
	for c := t.First(i); c != 0; c = t.Next(c) {
		if key := t.Key(c); key != "value" && key != "id" && (key != "unit" || !coded) {
			r.buf = append(append(append(r.buf, '{'), key...), '=')
			r.value(c)
		}
	}
}
