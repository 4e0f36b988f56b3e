package fhir

import (
	"sort"
	"strings"
)

//go:generate go run ../internal/gendefs

// TypeKind says what a type is for.
type TypeKind uint8

// The kinds of a type. Backbone types are the groups of elements inside a
// resource or data type, named by their path: Patient.contact. Abstract types
// (Element, BackboneElement, Resource, DomainResource) have no instances.
const (
	Primitive TypeKind = iota
	Complex
	Backbone
	ResourceKind
	Abstract
)

// TypeDef is the definition of a type of R4. Elements are in the order of the
// specification, inherited ones first; the branches of a choice type stand
// side by side (valueQuantity, valueCodeableConcept, …). Of a primitive type
// the Elements are those of its _sibling: id and extension.
type TypeDef struct {
	Name     string
	Kind     TypeKind
	Elements []Element
	byName   []uint16 // indexes into Elements, sorted by name
	required []uint16 // indexes of the elements with Min > 0; of a choice its first branch
}

// Element is one element of a type.
type Element struct {
	Name    string   // the JSON name: valueQuantity
	Choice  string   // "value" for the branches of value[x], else ""
	Type    string   // name of a TypeDef; Resource for contained and entry resources
	Min     int      // for a branch of a choice: of all branches together
	Max     int      // -1 is *
	Binding *Binding // nil where none
	Targets []string // resource types that a Reference may point to, sorted; nil is any
	Simple  bool     // a SimpleQuantity: without comparator
	def     uint16   // index of Type in typeDefs
}

// Def returns the definition of the element's type.
func (e *Element) Def() *TypeDef { return &typeDefs[e.def] }

// Derives reports whether the type is a specialisation of base
// (https://hl7.org/fhir/R4/datatypes.html); of itself it is none.
func (t *TypeDef) Derives(base string) bool {
	switch base {
	case "Resource":
		return t.Kind == ResourceKind
	case "DomainResource":
		return t.Kind == ResourceKind && t.Name != "Bundle" && t.Name != "Parameters" && t.Name != "Binary"
	case "Element":
		return t.Kind != ResourceKind
	case "BackboneElement":
		return t.Kind == Backbone
	}
	return baseOf(t.Name) == base
}

func baseOf(typ string) string {
	switch typ {
	case "code", "id", "markdown":
		return "string"
	case "url", "canonical", "uuid", "oid":
		return "uri"
	case "positiveInt", "unsignedInt":
		return "integer"
	case "Age", "Count", "Distance", "Duration":
		return "Quantity"
	}
	return ""
}

// Required returns the places in t.Elements of the elements with Min > 0; of a
// choice type, the place of its first branch. The slice must not be changed.
func (t *TypeDef) Required() []uint16 { return t.required }

// Repeats reports whether the element is an array in JSON.
func (e *Element) Repeats() bool { return e.Max != 1 && e.Max != 0 }

// Allows reports whether a Reference in e may point to resources of type typ.
func (e *Element) Allows(typ string) bool {
	for _, t := range e.Targets {
		if t == typ {
			return true
		}
	}
	return e.Targets == nil
}

// Binding ties a coded element to a value set. Codes is the whole expansion of
// a required binding, sorted by code, then system; it is nil where strength is
// another or the codes cannot be listed (currencies, media types, languages,
// units).
type Binding struct {
	Strength string
	ValueSet string // canonical URL without version
	Codes    []Code
}

// Code is one code of a value set.
type Code struct{ System, Code string }

// Has reports whether the code is in the expansion; system "" is any.
func (b *Binding) Has(system, code string) bool {
	low, high := 0, len(b.Codes)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if b.Codes[mid].Code < code {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for ; low < len(b.Codes) && b.Codes[low].Code == code; low++ {
		if system == "" || b.Codes[low].System == system {
			return true
		}
	}
	return false
}

// LookupType returns the definition of a type: Patient, HumanName, code,
// Patient.contact.
func LookupType(name string) (*TypeDef, bool) {
	low, high := 0, len(typeDefs)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if typeDefs[mid].Name < name {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(typeDefs) && typeDefs[low].Name == name {
		return &typeDefs[low], true
	}
	return nil, false
}

// ResourceTypes returns the names of the resource types of R4, sorted; the
// caller owns the slice.
func ResourceTypes() []string {
	var names []string
	for i := range typeDefs {
		if typeDefs[i].Kind == ResourceKind {
			names = append(names, typeDefs[i].Name)
		}
	}
	return names
}

// Element returns the element with the JSON name, and its place in Elements.
func (t *TypeDef) Element(name string) (*Element, int, bool) {
	low, high := 0, len(t.byName)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if t.Elements[t.byName[mid]].Name < name {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(t.byName) {
		at := int(t.byName[low])
		if t.Elements[at].Name == name {
			return &t.Elements[at], at, true
		}
	}
	return nil, 0, false
}

// ExtensionDef is an extension that R4 itself or US Core 6.1.0 defines. Types
// are the types that its value may have; none where it has Parts instead.
type ExtensionDef struct {
	ID      string
	URL     string
	Types   []string
	Parts   []ExtensionPart // sorted by name
	Binding *Binding        // of the value, nil where none
}

// ExtensionPart is a named part of an extension, itself an extension whose url
// is Name.
type ExtensionPart struct {
	Name    string
	Types   []string
	Min     int
	Max     int // -1 is *
	Binding *Binding
}

// LookupExtension returns the extension with the id (us-core-race) or the
// canonical URL.
func LookupExtension(idOrURL string) (*ExtensionDef, bool) {
	at, ok := find(idOrURL, extensionsByURL, func(i int) (id, url string) { return extensionDefs[i].ID, extensionDefs[i].URL })
	if !ok {
		return nil, false
	}
	return &extensionDefs[at], true
}

// ProfileDef names a profile of R4 or of US Core 6.1.0 and the type it
// constrains. What it says is in the package profile.
type ProfileDef struct{ ID, URL, Type string }

// LookupProfile returns the profile with the id (us-core-patient) or the
// canonical URL.
func LookupProfile(idOrURL string) (ProfileDef, bool) {
	at, ok := find(idOrURL, profilesByURL, func(i int) (id, url string) { return profileDefs[i].ID, profileDefs[i].URL })
	if !ok {
		return ProfileDef{}, false
	}
	return profileDefs[at], true
}

// find searches a table that is sorted by id, and by URL through the indexes
// in byURL. Of several entries with one id the first is found.
func find(want string, byURL []uint16, names func(i int) (id, url string)) (int, bool) {
	isURL := strings.Contains(want, "/")
	low, high := 0, len(byURL)
	for low < high {
		mid := int(uint(low+high) >> 1)
		name, _ := names(mid)
		if isURL {
			_, name = names(int(byURL[mid]))
		}
		if name < want {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(byURL) {
		return 0, false
	}
	if isURL {
		low = int(byURL[low])
	}
	id, url := names(low)
	return low, want == id || want == url
}

// LookupValueSet returns the binding to the value set with the canonical URL,
// without version, whose codes R4's own required bindings list.
func LookupValueSet(url string) (*Binding, bool) {
	at := sort.Search(len(bindings), func(i int) bool { return bindings[i].ValueSet >= url })
	for ; at < len(bindings) && bindings[at].ValueSet == url; at++ {
		if bindings[at].Codes != nil {
			return &bindings[at], true
		}
	}
	return nil, false
}

// Extensions returns all extensions that R4 and US Core define, sorted by id.
// The slice must not be changed.
func Extensions() []ExtensionDef { return extensionDefs[:] }
