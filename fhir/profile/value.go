package profile

import (
	"strings"

	"chartlift/fhir"
)

// Value is a fixed or pattern value.
type Value struct {
	Kind    fhir.NodeKind
	Key     string  // in its object
	Text    string  // of a primitive
	Members []Value // of an object or array
}

// valueAt copies a value out of a tree.
func valueAt(t *fhir.Tree, node int) *Value {
	v := &Value{Kind: t.Kind(node), Key: strings.Clone(t.Key(node))}
	if v.Kind >= fhir.String {
		v.Text = strings.Clone(t.Text(node))
		return v
	}
	for c := t.First(node); c != 0; c = t.Next(c) {
		v.Members = append(v.Members, *valueAt(t, c))
	}
	return v
}

// Member returns the member of an object with the key, nil where there is none.
func (v *Value) Member(key string) *Value {
	for i := range v.Members {
		if v.Members[i].Key == key {
			return &v.Members[i]
		}
	}
	return nil
}

// Equal reports whether the value at node is the fixed value to the letter
// (https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_).
func (v *Value) Equal(t *fhir.Tree, node int) bool {
	if t.Kind(node) != v.Kind {
		return false
	}
	switch v.Kind {
	case fhir.Object:
		if t.Count(node) != len(v.Members) {
			return false
		}
		for i := range v.Members {
			at := t.Find(node, v.Members[i].Key)
			if at == 0 || !v.Members[i].Equal(t, at) {
				return false
			}
		}
		return true
	case fhir.Array:
		if t.Count(node) != len(v.Members) {
			return false
		}
		for i, n := 0, t.First(node); n != 0; i, n = i+1, t.Next(n) {
			if !v.Members[i].Equal(t, n) {
				return false
			}
		}
		return true
	}
	return t.Text(node) == v.Text
}

// Matches reports whether the value at node has all that the pattern has: of an
// object each member, of an array each entry somewhere
// (https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_).
func (v *Value) Matches(t *fhir.Tree, node int) bool {
	if t.Kind(node) != v.Kind {
		return false
	}
	switch v.Kind {
	case fhir.Object:
		for i := range v.Members {
			at := t.Find(node, v.Members[i].Key)
			if at == 0 || !v.Members[i].Matches(t, at) {
				return false
			}
		}
		return true
	case fhir.Array:
		for i := range v.Members {
			if !v.Members[i].among(t, node) {
				return false
			}
		}
		return true
	}
	return t.Text(node) == v.Text
}

// among reports whether one entry of the array at node matches.
func (v *Value) among(t *fhir.Tree, node int) bool {
	for n := t.First(node); n != 0; n = t.Next(n) {
		if v.Matches(t, n) {
			return true
		}
	}
	return false
}

// String says what the value asks for in words: "the code X of SYSTEM", or the
// value itself.
func (v *Value) String() string {
	if v.Kind >= fhir.String {
		return v.Text
	}
	var b strings.Builder
	v.describe(&b)
	return b.String()
}

func (v *Value) describe(b *strings.Builder) {
	if code := v.Member("code"); code != nil && v.Kind == fhir.Object {
		b.WriteString("the code " + code.Text)
		if system := v.Member("system"); system != nil {
			b.WriteString(" of " + system.Text)
		}
		return
	}
	for i := range v.Members {
		m := &v.Members[i]
		if i > 0 {
			b.WriteString(", ")
		}
		if m.Key != "" && m.Key != "coding" {
			b.WriteString(m.Key + " ")
		}
		if m.Kind >= fhir.String {
			b.WriteString(m.Text)
		} else {
			m.describe(b)
		}
	}
}
