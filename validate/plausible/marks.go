package plausible

import (
	"math"
	"slices"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Marks of a resource say where its members stand, so that another process need
// not skip through the text to find them: a byte says how many there are, two
// how many bytes stand before the first one; then one byte for each says how
// long its name is, two how long its value. An object is taken for granted
// whose members follow each other without spaces: "name":value,"name":value.
const (
	markHead    = 1 + 2
	markMember  = 1 + 2
	aroundNames = len(`,"":`)
)

// AppendMarks appends the marks of the members of text to list; where they
// cannot be told like this, that there are none.
func AppendMarks(list, text []byte, members []fhir.Member) []byte {
	start := len(list)
	if len(members) == 0 || len(members) > math.MaxUint8 {
		return append(list, 0)
	}
	at := int(members[0].Start) - len(members[0].Name) - aroundNames
	if at < 0 || at > math.MaxUint16 || string(text[at+2:members[0].Start-2]) != members[0].Name {
		return append(list, 0)
	}
	list = append(list, byte(len(members)), byte(at), byte(at>>8))
	for i := range members {
		m := &members[i]
		name, value := len(m.Name), int(m.End-m.Start)
		if at+name+aroundNames != int(m.Start) || name > math.MaxUint8 || value < 0 || value > math.MaxUint16 {
			return append(list[:start], 0)
		}
		list = append(list, byte(name), byte(value), byte(value>>8))
		at = int(m.End)
	}
	return list
}

// CheckMarked is Check for who has marks of the resource. It returns the marks
// behind them; ok is false where they are of another one.
func (w *Worker) CheckMarked(r fhir.Resource, marks string, origin issue.Origin) (rest string, ok bool) {
	if marks == "" {
		return "", false
	}
	n := int(marks[0])
	if n == 0 {
		w.Check(r, origin)
		return marks[1:], true
	}
	size := markHead + n*markMember
	if len(marks) < size {
		return "", false
	}
	text, own, rest := rawOf(r.JSON), marks[markHead:size], marks[size:]
	at := int(marks[1]) | int(marks[2])<<8
	w.skimmed = slices.Grow(w.skimmed[:0], n)[:n]
	for i := range w.skimmed {
		start := at + int(own[0]) + aroundNames
		end := start + (int(own[1]) | int(own[2])<<8)
		if end > len(text) {
			return "", false
		}
		w.skimmed[i] = fhir.Member{Name: string(text[at+2 : start-2]), Start: int32(start), End: int32(end)}
		at, own = end, own[markMember:]
	}
	w.CheckMembers(r, w.skimmed, origin)
	return rest, true
}
