package validate

import (
	"strings"

	"chartlift/fhir"
)

// nearest returns the name of the element of def most like key, "" where none
// is near.
func nearest(def *fhir.TypeDef, key string) string {
	best := newSimilar(strings.TrimPrefix(key, "_"))
	for i := range def.Elements {
		e := &def.Elements[i]
		if e.Choice != "" && e.Choice == best.want {
			return e.Name // value for valueQuantity: the type was forgotten
		}
		best.offer(e.Name)
	}
	return best.name
}

// similarCode returns the code of a value set most like code.
func similarCode(b *fhir.Binding, code string) string {
	best := newSimilar(code)
	for _, c := range b.Codes {
		best.offer(c.Code)
	}
	return best.name
}

// similarType returns the resource type most like name.
func similarType(name string) string {
	best := newSimilar(name)
	for _, typ := range fhir.ResourceTypes() {
		best.offer(typ)
	}
	return best.name
}

// similar keeps the offered name with the fewest edits from want.
type similar struct {
	want, name string
	distance   int
}

// newSimilar accepts names with at most a third of want edited. Names of FHIR
// are short, so longer ones have no neighbour.
func newSimilar(want string) *similar {
	if len(want) > maxSimilar {
		want = ""
	}
	return &similar{want: want, distance: len(want)/3 + 1}
}

const maxSimilar = 48

func (s *similar) offer(name string) {
	if s.want == "" || len(name) > maxSimilar {
		return
	}
	distance := edits(strings.ToLower(s.want), strings.ToLower(name))
	if distance < s.distance {
		s.name, s.distance = name, distance
	}
}

// edits is the Levenshtein distance in bytes, with swapped neighbours counted
// as one edit.
func edits(a, b string) int {
	var rows [3][maxSimilar + 1]int
	above, row, before := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		above, row, before = row, before, above
	}
	return above[len(b)]
}
