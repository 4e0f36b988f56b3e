package fhirpath

import (
	"strconv"
	"strings"

	"chartlift/fhir"
)

// Kind says what a Value is.
type Kind uint8

// The kinds of a Value: an element of the tree, or a value of one of FHIRPath's
// own types.
const (
	Element Kind = iota
	Boolean
	Text
	Integer
	Decimal
	Date
	DateTime
	Time
	Quantity
	TypeInfo // what type() tells of a value
)

// Value is one item of a collection. The zero Value is no item.
type Value struct {
	kind     Kind
	node     int           // Element: its place in the tree
	sibling  int           // Element of a primitive type: its _name, 0 where none
	null     bool          // Element: only the sibling is there
	def      *fhir.TypeDef // Element: its type, nil where R4 does not know it
	text     string        // Text, Decimal, Date, DateTime, Time, Quantity
	unit     string        // Quantity
	coded    bool          // Quantity: its unit is a code of UCUM
	other    bool          // Quantity: its unit is a code of another system
	calendar bool          // Quantity: a duration by the calendar, its unit one of calendarUnit
	n        int64         // Integer; Boolean: 1 is true
}

// At returns the element at a node of the tree, which has the type def.
func At(node int, def *fhir.TypeDef) Value { return Value{node: node, def: def} }

// Node returns the place of an element in the tree.
func (v Value) Node() (node int, ok bool) { return v.node, v.kind == Element && !v.null }

// Type returns the definition of an element, nil for other values.
func (v Value) Type() *fhir.TypeDef { return v.def }

// resourceDef returns the definition of the resource at a node, nil where its
// type is unknown.
func resourceDef(t *fhir.Tree, node int) *fhir.TypeDef {
	def, ok := fhir.LookupType(t.FindText(node, "resourceType"))
	if !ok || def.Kind != fhir.ResourceKind {
		return nil
	}
	return def
}

func boolean(b bool) Value {
	if b {
		return Value{kind: Boolean, n: 1}
	}
	return Value{kind: Boolean}
}

func integer(n int64) Value { return Value{kind: Integer, n: n} }

func text(s string) Value { return Value{kind: Text, text: s} }

// kindOf returns FHIRPath's type for a primitive type of FHIR
// (https://hl7.org/fhir/R4/fhirpath.html#types).
func kindOf(typ string) Kind {
	switch typ {
	case "boolean":
		return Boolean
	case "integer", "positiveInt", "unsignedInt":
		return Integer
	case "decimal":
		return Decimal
	case "date":
		return Date
	case "dateTime", "instant":
		return DateTime
	case "time":
		return Time
	}
	return Text
}

// system returns the FHIRPath value of a primitive element, and v itself where
// it is none.
func (m *Machine) system(v Value) Value {
	if v.kind != Element || v.null || v.def == nil {
		return v
	}
	if v.def.Kind != fhir.Primitive {
		return m.quantity(v)
	}
	s := m.tree.Text(v.node)
	switch kind := kindOf(v.def.Name); kind {
	case Boolean:
		return boolean(s == "true")
	case Integer:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return integer(n)
		}
		return Value{kind: Decimal, text: s}
	default:
		return Value{kind: kind, text: s}
	}
}

// quantity returns an element of the type Quantity, or of one derived from it,
// as a value.
func (m *Machine) quantity(v Value) Value {
	switch v.def.Name {
	case "Quantity", "Age", "Count", "Distance", "Duration", "Money":
	default:
		return v
	}
	value := m.tree.Find(v.node, "value")
	if value == 0 {
		return v
	}
	q := Value{kind: Quantity, text: m.tree.Text(value), unit: m.tree.FindText(v.node, "code"), def: v.def, node: v.node}
	system := m.tree.FindText(v.node, "system")
	q.coded = q.unit != "" && system == "http://unitsofmeasure.org"
	q.other = q.unit != "" && system != "" && !q.coded
	if q.unit == "" {
		q.unit = m.tree.FindText(v.node, "unit")
	}
	return q
}

// written returns the value as toString() has it; ok is false for what has no
// text form.
func (m *Machine) written(v Value) (string, bool) {
	v = m.system(v)
	switch v.kind {
	case Element:
		return "", false
	case Boolean:
		if v.n == 1 {
			return "true", true
		}
		return "false", true
	case Integer:
		return strconv.FormatInt(v.n, 10), true
	case Quantity:
		if v.calendar {
			return v.text + " " + v.unit + plural(v.text), true
		}
		return v.text + " '" + v.unit + "'", true
	}
	return v.text, true
}

// single returns the one value of a collection; ok is false where it is empty.
// Several are an error.
func (m *Machine) single(s span) (v Value, ok bool) {
	switch s.size() {
	case 0:
		return Value{}, false
	case 1:
		return m.system(m.stack[s.lo]), true
	}
	m.stop(ErrNotSingle)
	return Value{}, false
}

// is reports whether the value is of the type, or of one derived from it. Names
// of FHIRPath's own types (String, Boolean …) also fit the primitive types of
// FHIR that are converted to them.
func (m *Machine) is(v Value, typ string) bool {
	typ = strings.TrimPrefix(typ, "FHIR.")
	if name, own := strings.CutPrefix(typ, "System."); own {
		return v.def == nil && m.ownType(v) == name
	}
	if v.kind != Element || v.def == nil {
		return m.ownType(v) == typ
	}
	if v.def.Name == typ || v.def.Derives(typ) {
		return true
	}
	return v.def.Kind == fhir.Primitive && m.ownType(v) == typ
}

func (m *Machine) ownType(v Value) string {
	return ownTypes[m.system(v).kind]
}

// String returns a value as toString() has it, and the JSON text of an element
// that has no such form.
func (m *Machine) String(v Value) string {
	if s, ok := m.written(v); ok {
		return s
	}
	if v.null {
		return ""
	}
	return m.tree.Raw(v.node)
}

func plural(number string) string {
	if number == "1" {
		return ""
	}
	return "s"
}
