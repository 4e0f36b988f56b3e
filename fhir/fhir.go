// Package fhir is the vocabulary of FHIR R4 (4.0.1): resource types, their
// elements, primitive formats, canonical JSON. It does no I/O and knows
// neither sources nor servers.
//
// Read [Resource] and [TypeDef] first.
package fhir

// Version is the FHIR version that all definitions here are of.
const Version = "4.0.1"

// Resource is one finished resource: canonical JSON (elements in the order of
// the specification, no white space, no empty elements) with its type and id
// at hand. JSON is never changed after the Resource is made.
type Resource struct {
	Type string
	ID   string
	JSON []byte
}

// Ref returns the relative reference, such as Patient/123.
func (r Resource) Ref() string { return r.Type + "/" + r.ID }
