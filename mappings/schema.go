package mappings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"chartlift/transform/repeats"
)

// schemaNode is the part of JSON Schema (draft 2020-12) that the language
// needs.
type schemaNode struct {
	Schema      string                 `json:"$schema,omitempty"`
	ID          string                 `json:"$id,omitempty"`
	Title       string                 `json:"title,omitempty"`
	Description string                 `json:"description,omitempty"`
	Ref         string                 `json:"$ref,omitempty"`
	Type        []string               `json:"type,omitempty"`
	Enum        []string               `json:"enum,omitempty"`
	Properties  map[string]*schemaNode `json:"properties,omitempty"`
	Patterns    map[string]*schemaNode `json:"patternProperties,omitempty"`
	Additional  *additional            `json:"additionalProperties,omitempty"`
	Items       *schemaNode            `json:"items,omitempty"`
	Required    []string               `json:"required,omitempty"`
	AnyOf       []*schemaNode          `json:"anyOf,omitempty"`
	Defs        map[string]*schemaNode `json:"$defs,omitempty"`
}

// additional is false, or a schema.
type additional struct{ schema *schemaNode }

// MarshalJSON writes false or the schema.
func (a *additional) MarshalJSON() ([]byte, error) {
	if a.schema == nil {
		return []byte("false"), nil
	}
	return json.Marshal(a.schema)
}

// Schema returns the JSON Schema of the language, made of the same tables that
// steer the reading of mappings. Names of elements are left to check, which
// knows FHIR.
func Schema() ([]byte, error) {
	root := sectionSchema("mapping")
	root.Schema, root.ID, root.Title = "https://json-schema.org/draft/2020-12/schema", "urn:chartlift:mapping:1", "chartlift mapping"
	root.Required = []string{"chartlift", "id"}
	root.AnyOf = []*schemaNode{{Required: []string{"sources", "maps"}}, {Required: []string{"extends"}}}
	root.Defs = map[string]*schemaNode{}
	for _, name := range sectionNames() {
		if name != "mapping" {
			root.Defs[name] = sectionSchema(name)
		}
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return append(text, '\n'), nil
}

func sectionSchema(name string) *schemaNode {
	n := &schemaNode{Type: []string{"object"}, Properties: map[string]*schemaNode{}, Additional: &additional{}}
	n.Patterns = map[string]*schemaNode{`^\+`: {}} // adds to an inherited list
	for _, k := range grammar(name) {
		n.Properties[k.name] = kindSchema(k.kind)
		n.Properties[k.name].Description = k.doc
	}
	return n
}

// scalars are the types that YAML gives to an unquoted scalar.
func scalars() []string { return []string{"string", "number", "boolean"} }

func kindSchema(kind string) *schemaNode {
	if inner, ok := strings.CutPrefix(kind, "map of "); ok {
		value := kindSchema(inner)
		if inner == "text" {
			value.Type = append(value.Type, "null") // a code whose target is still to be found
		} else {
			value = &schemaNode{AnyOf: []*schemaNode{value, {Type: []string{"null"}}}} // removes what is inherited
		}
		return &schemaNode{Type: []string{"object"}, Additional: &additional{value}}
	}
	if inner, ok := strings.CutPrefix(kind, "list of "); ok {
		return &schemaNode{Type: []string{"array"}, Items: kindSchema(inner)}
	}
	switch kind {
	case "text":
		return &schemaNode{Type: scalars()}
	case "texts":
		return &schemaNode{AnyOf: []*schemaNode{{Type: scalars()}, {Type: []string{"array"}, Items: &schemaNode{Type: append(scalars(), "null")}}}} // NULL in a list of null tokens
	case "bool":
		return &schemaNode{Type: []string{"boolean"}}
	case "int":
		return &schemaNode{Type: []string{"integer"}}
	case "any":
		return &schemaNode{}
	case "policy name":
		return &schemaNode{Enum: keysOf(policyNames())}
	case "check policy":
		return &schemaNode{Enum: keysOf(checkPolicies())}
	case "match":
		return &schemaNode{AnyOf: []*schemaNode{{Enum: []string{"patients"}}, {Ref: "#/$defs/match"}}}
	case "map dedupe":
		return &schemaNode{AnyOf: []*schemaNode{{Enum: repeats.Keeps()}, {Ref: "#/$defs/dedupe"}}}
	case "rows total":
		return &schemaNode{AnyOf: []*schemaNode{{Type: scalars()}, {Ref: "#/$defs/rows"}}}
	case "view":
		return &schemaNode{AnyOf: []*schemaNode{{Type: []string{"string"}}, {Ref: "#/$defs/view"}}}
	case "policy":
		return &schemaNode{AnyOf: []*schemaNode{{Enum: keysOf(policyNames())}, {Ref: "#/$defs/policy"}}}
	}
	if slices.Contains(sectionNames(), kind) {
		return &schemaNode{Ref: "#/$defs/" + kind}
	}
	return &schemaNode{}
}
