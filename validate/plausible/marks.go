package plausible

import (
	"encoding/binary"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Marks of a resource say where its members stand, in two or three bytes for
// each, so that another process need not skip through the text to find them:
// how many there are; for each how many bytes stand between it and the one
// before, how long its name is, and its value. An object without spaces is
// taken for granted: {"name":value,"name":value}.

// AppendMarks appends the marks of the members of text to list; of text with
// spaces, that there are none.
func AppendMarks(list, text []byte, members []fhir.Member) []byte {
	start := len(list)
	list = binary.AppendUvarint(list, uint64(len(members)))
	at := 0
	for _, m := range members {
		gap := int(m.Start) - at - len(m.Name) - len(`,"":`)
		if gap < 0 || m.End < m.Start || string(text[int(m.Start)-len(m.Name)-2:m.Start-2]) != m.Name {
			return append(list[:start], 0)
		}
		list = binary.AppendUvarint(list, uint64(gap))
		list = binary.AppendUvarint(list, uint64(len(m.Name)))
		list = binary.AppendUvarint(list, uint64(m.End-m.Start))
		at = int(m.End)
	}
	return list
}

// CheckMarked is Check for who has marks of the resource. It returns the marks
// behind them; ok is false where they are of another one.
func (w *Worker) CheckMarked(r fhir.Resource, marks string, origin issue.Origin) (rest string, ok bool) {
	text := rawOf(r.JSON)
	n, marks := uvarint(marks)
	w.skimmed = w.skimmed[:0]
	at := 0
	for ; n > 0; n-- {
		var gap, name, value int
		gap, marks = uvarint(marks)
		name, marks = uvarint(marks)
		value, marks = uvarint(marks)
		start := at + gap + name + len(`,"":`)
		if at = start + value; gap < 0 || name < 0 || value < 0 || at > len(text) {
			return "", false
		}
		w.skimmed = append(w.skimmed, fhir.Member{Name: string(text[start-name-2 : start-2]), Start: int32(start), End: int32(at)})
	}
	if n < 0 {
		return "", false
	}
	if len(w.skimmed) == 0 {
		w.skimmed = skim(r.JSON, w.skimmed)
	}
	w.CheckMembers(r, w.skimmed, origin)
	return marks, true
}

// uvarint reads a number that fits into 31 bits, -1 where there is none.
func uvarint(s string) (int, string) {
	n := 0
	for i := 0; i < len(s) && i < 5; i++ {
		c := s[i]
		if n |= int(c&0x7f) << (7 * i); c < 0x80 {
			if n > 1<<31-1 {
				return -1, ""
			}
			return n, s[i+1:]
		}
	}
	return -1, ""
}
