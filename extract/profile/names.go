package profile

import (
	"slices"
	"strings"
	"unicode"
)

// Words splits a column's name: HomePhone, home_phone and HOME PHONE are home,
// phone.
func Words(name string) []string {
	var list []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			list = append(list, b.String())
			b.Reset()
		}
	}
	runes := []rune(name)
	for i, c := range runes {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			flush()
			continue
		}
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			flush()
		}
		b.WriteRune(unicode.ToLower(c))
	}
	flush()
	return list
}

// has reports whether one of the words is among these.
func has(list []string, any ...string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return slices.Contains(any, w) })
}

// keyWords say that a column names something, not what.
func isKeyWord(w string) bool {
	switch w {
	case "id", "ids", "no", "nr", "num", "number", "key", "uuid", "guid", "code", "fk", "pk", "ref", "oid":
		return true
	}
	return false
}

// stem returns the words of a name without those that only say "key".
func stem(name string) []string {
	var list []string
	for _, w := range Words(name) {
		if isKeyWord(w) {
			continue
		}
		// PATIENTID is written without a break.
		for _, end := range []string{"uuid", "guid", "id"} {
			if cut, ok := strings.CutSuffix(w, end); ok && len(cut) >= 3 {
				w = cut
				break
			}
		}
		list = append(list, singular(w))
	}
	return list
}

// singular takes the plural of English table names off; a wrong one is wrong on
// both sides.
func singular(w string) string {
	switch {
	case w == "people":
		return "person"
	case w == "children":
		return "child"
	case strings.HasSuffix(w, "noses"): // diagnoses
		return w[:len(w)-2] + "is"
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && len(w) > 3:
		return w[:len(w)-1]
	}
	return w
}

// isKeyName tells that a column's name says it is an identifier.
func isKeyName(name string) bool {
	w := Words(name)
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	return isKeyWord(last) && last != "number" && last != "num" || strings.HasSuffix(last, "id") && len(last) >= 5 && last != "valid" && last != "covid" && last != "paid"
}

// address names a column of a table for comparing names.
type address struct {
	table, column string
	people        bool // the table has columns that only people have: a birth date, a phone
}

// named is a column with the stems of its name and its table's. Feeds have
// thousands of tables, whose names are compared with each other: the stems are
// made once.
type named struct {
	column string
	mine   []string
	table  []string
}

func nameOf(table, column string) named { return named{column, stem(column), stem(table)} }

// affinity says how far the name of child points at parent, from 0 to 1.
func affinity(child, parent named) float64 {
	mine, theirs, table := child.mine, parent.mine, parent.table
	switch {
	case len(mine) == 0 || len(table) == 0 || has(mine, "is", "has"):
		return 0 // "id" alone points nowhere, and "is …" answers a question
	case isPatientOf(mine, child.table, table):
		return 0.7 // patient.patient_id → person.person_id
	case strings.EqualFold(child.column, parent.column):
		return sameName(theirs, table)
	case endsWith(mine, table):
		return 0.96 // patient_id → patient.id
	case len(theirs) > 0 && endsWith(mine, theirs) && !(len(theirs) == 1 && isGeneric(theirs[0])):
		return 0.9 // ADM_PAT_ID → PAT_ID
	case endsWith(table, mine):
		return endOfName(child, mine, table)
	}
	last, other := mine[len(mine)-1], table[len(table)-1]
	switch {
	case isGeneric(last):
		return 0
	case last == other:
		return 0.8
	case shortFor(last, other):
		return 0.6
	}
	return 0
}

// isPatientOf tells that a table of patients is keyed by the persons they are.
func isPatientOf(column, from, table []string) bool {
	patient := []string{"patient"}
	return slices.Equal(column, patient) && slices.Equal(from, patient) && slices.Equal(table, []string{"person"})
}

// sameName tells whether a key that is called alike in both tables belongs to
// the parent.
func sameName(column, table []string) float64 {
	last := column[len(column)-1]
	if endsWith(column, table) || shortFor(last, table[len(table)-1]) {
		return 1
	}
	return 0.7
}

// endOfName takes location_attribute.attribute_type_id →
// location_attribute_type.
func endOfName(child named, mine, table []string) float64 {
	switch from := child.table; {
	case len(from) > 0 && from[0] == table[0]:
		return 0.9
	case len(mine) == 1 && isGeneric(mine[0]):
		return 0
	}
	return 0.65
}

// isOwnName tells that a column is called like its table: patient.patient_id,
// or id alone.
func isOwnName(n named) bool {
	return len(n.mine) == 0 || slices.Equal(n.mine, n.table)
}

// isGeneric tells words that many tables have in their names.
func isGeneric(w string) bool {
	switch w {
	case "type", "source", "set", "map", "status", "name", "value", "date", "description", "row", "list", "class", "term", "attribute", "entry", "order":
		return true
	}
	return false
}

// endsWith tells that a name ends in these words.
func endsWith(list, end []string) bool {
	return len(end) <= len(list) && slices.Equal(list[len(list)-len(end):], end)
}

// shortFor tells that a word is the beginning of another: pat of patient.
func shortFor(short, long string) bool { return len(short) >= 3 && strings.HasPrefix(long, short) }
