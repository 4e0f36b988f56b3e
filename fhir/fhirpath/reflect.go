package fhirpath

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// TypeName returns the name of a value's type: that of FHIR for an element, of
// FHIRPath's own types otherwise.
func (m *Machine) TypeName(v Value) string { return m.typeInfo(v).text }

// typeInfo is the ClassInfo or SimpleTypeInfo of a value
// (http://hl7.org/fhirpath/N1, 10.2): its name is the text, its namespace the
// unit.
func (m *Machine) typeInfo(v Value) Value {
	info := Value{kind: TypeInfo, text: "Element", unit: "FHIR"}
	switch {
	case v.def != nil:
		info.text = v.def.Name
	case v.kind != Element:
		info.text, info.unit = m.ownType(v), "System"
	}
	return info
}

// infoMember pushes what a type tells of itself; its baseType and elements are
// not known here. Other values have no members.
func (m *Machine) infoMember(v Value, name string) {
	switch {
	case v.kind != TypeInfo:
	case name == "name":
		m.push(text(v.text))
	case name == "namespace":
		m.push(text(v.unit))
	}
}

// ownTypes are the names of FHIRPath's own types, by Kind.
var ownTypes = [...]string{"", "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "TypeInfo"}

// isType reports whether there is a type of the name, as it stands in an
// expression without its namespace FHIR. Of a type that is FHIR's and no
// System's nothing is: System.Patient is a name all the same.
func isType(name string) bool {
	name = strings.TrimPrefix(name, "System.")
	switch name {
	case "":
		return false
	case "Any", "SimpleQuantity", "MoneyQuantity":
		return true
	}
	_, ok := fhir.LookupType(name)
	return ok || slices.Contains(ownTypes[:], name)
}

func reflection() []function {
	return []function{plain("type", func(m *Machine, in span) span {
		lo := len(m.stack)
		for i := in.lo; i < in.hi; i++ {
			m.push(m.typeInfo(m.stack[i]))
		}
		return span{lo, len(m.stack)}
	})}
}
