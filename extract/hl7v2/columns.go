package hl7v2

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// What is given columns of its own; what lies beyond stands in the column of
// its whole field.
const (
	maxFields     = 999
	maxComponents = 64
	maxSubs       = 16
	maxColumns    = 4096
)

// The key columns, which come first in every table.
const (
	messageColumn   = "_message"
	messageIDColumn = "_message_id"
	typeColumn      = "_type"
	patientColumn   = "_patient"
	personColumn    = "_patient_id"
	parentColumn    = "_parent"
	setColumn       = "_set"
	keyColumn       = "_key"
	repColumn       = "_rep" // only in the table of a repeating field
)

// Their indexes, as far as rows of repetitions have others.
const (
	parentAt = 5
	keyAt    = 7
)

func keyColumns() []string {
	return []string{messageColumn, messageIDColumn, typeColumn, patientColumn, personColumn, parentColumn, setColumn, keyColumn}
}

// part is a column's place in a segment: PID-5.1.2; component and sub are 0 for
// the whole of what is above them.
type part struct {
	field, component, sub int
	column                int
}

// parsePart reads PID-5.1.2 as a place in the segment id.
func parsePart(id, name string) (part, bool) {
	rest, ok := strings.CutPrefix(name, id+"-")
	numbers := strings.Split(rest, ".")
	if !ok || len(numbers) > 3 {
		return part{}, false
	}
	var at [3]int
	for i, text := range numbers {
		n, err := strconv.Atoi(text)
		if limit := [3]int{maxFields, maxComponents, maxSubs}[i]; err != nil || n < 1 || n > limit || strconv.Itoa(n) != text {
			return part{}, false
		}
		at[i] = n
	}
	return part{field: at[0], component: at[1], sub: at[2]}, true
}

func (p part) name(id string) string {
	name := id + "-" + strconv.Itoa(p.field)
	if p.component > 0 {
		name += "." + strconv.Itoa(p.component)
	}
	if p.sub > 0 {
		name += "." + strconv.Itoa(p.sub)
	}
	return name
}

func compareParts(a, b part) int {
	return cmp.Or(cmp.Compare(a.field, b.field), cmp.Compare(a.component, b.component), cmp.Compare(a.sub, b.sub))
}

// shape is what occurs in the segments of one kind: for each field, for each
// component, the subcomponents as bits.
type shape struct {
	fields [][]uint32
	order  int   // in which the kinds first occur
	line   int64 // of the first
}

// note adds what occurs in a segment. Empty places do not count.
func (h *shape) note(text string, s separators) {
	for number, field := range fields(text, s) {
		if number <= maxFields && field != "" {
			h.noteField(number, field, s, literal(text[:3], number))
		}
	}
}

func (h *shape) noteField(at int, field string, s separators, whole bool) {
	for len(h.fields) <= at {
		h.fields = append(h.fields, nil)
	}
	if h.fields[at] == nil && whole {
		h.fields[at] = []uint32{}
	}
	if h.fields[at] == nil {
		h.fields[at] = []uint32{0, 1} // what has no components is its own first one
	}
	if whole {
		return
	}
	for _, repetition := range pieces(field, s.repetition) {
		for number, component := range pieces(repetition, s.component) {
			if component != "" && number <= maxComponents {
				h.noteComponent(at, number, component, s)
			}
		}
	}
}

func (h *shape) noteComponent(field, number int, component string, s separators) {
	for len(h.fields[field]) <= number {
		h.fields[field] = append(h.fields[field], 0)
	}
	h.fields[field][number] |= 1
	if s.sub == 0 || strings.IndexByte(component, s.sub) < 0 {
		return
	}
	for n, sub := range pieces(component, s.sub) {
		if sub != "" && n <= maxSubs {
			h.fields[field][number] |= 1 << n
		}
	}
}

// parts returns the places that occur, those of only if it is not 0.
func (h *shape) parts(id string, only int) []part {
	var all []part
	for field, components := range h.fields {
		if components == nil || only > 0 && field != only {
			continue
		}
		all = append(all, part{field: field})
		for component := 1; component < len(components); component++ {
			bits := components[component]
			if bits != 0 {
				all = append(all, part{field: field, component: component})
			}
			for sub := 1; sub <= maxSubs; sub++ {
				if bits&(1<<sub) != 0 {
					all = append(all, part{field: field, component: component, sub: sub})
				}
			}
		}
	}
	return all[:min(len(all), maxColumns)]
}

// wanted returns the places among columns that lie in the segment id, in the
// order of the segment.
func wanted(id string, columns []string, only int) []part {
	var all []part
	for _, name := range columns {
		if p, ok := parsePart(id, name); ok && (only == 0 || p.field == only) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, compareParts)
	return slices.CompactFunc(all, func(a, b part) bool { return compareParts(a, b) == 0 })
}
