package fhirserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"chartlift/fhir"
)

// ErrNotChecked means that the server cannot say anything of a code: it does
// not know the code system or the map, or does not have the operation. Asking
// for other codes makes sense.
var ErrNotChecked = errors.New("the server cannot tell")

// Translation is one target that a server offers for a code.
type Translation struct {
	System, Code, Display string
	Equivalence           string // a code of FHIR R4's ConceptMapEquivalence, "" where the server does not say
}

// Translate asks for the targets of a code by ConceptMap/$translate
// (https://hl7.org/fhir/R4/conceptmap-operation-translate.html). No target is
// no error; the error is ErrNotChecked (wrapped) where the server has no map
// for the system. The code goes in the body, never in an address.
func (c *Client) Translate(ctx context.Context, system, code string) ([]Translation, error) {
	out, err := c.ask(ctx, "ConceptMap/$translate", system, code)
	if err != nil {
		return nil, fmt.Errorf("translate a code: %w", err)
	}
	var all []Translation
	if result, _ := out.truth("result"); !result {
		return nil, nil
	}
	for _, p := range out.Parameter {
		if p.Name != "match" {
			continue
		}
		var t Translation
		for _, part := range p.Part {
			switch part.Name {
			case "concept":
				t.System, t.Code, t.Display = part.ValueCoding.System, part.ValueCoding.Code, part.ValueCoding.Display
			case "equivalence":
				t.Equivalence = part.ValueCode
			}
		}
		if t.Code != "" {
			all = append(all, t)
		}
	}
	return all, nil
}

// ValidateCode asks by CodeSystem/$validate-code whether the system has the
// code (https://hl7.org/fhir/R4/codesystem-operation-validate-code.html). The
// error is ErrNotChecked (wrapped) where the server does not have the system.
func (c *Client) ValidateCode(ctx context.Context, system, code string) (valid bool, err error) {
	out, err := c.ask(ctx, "CodeSystem/$validate-code", system, code)
	if err != nil {
		return false, fmt.Errorf("validate a code: %w", err)
	}
	valid, ok := out.truth("result")
	if !ok {
		return false, fmt.Errorf("validate a code: %w", ErrNotChecked)
	}
	return valid, nil
}

// parameters is the Parameters resource of an answer, as far as it is read
// here.
type parameters struct {
	ResourceType string
	Parameter    []parameter
}

type parameter struct {
	Name         string
	ValueBoolean *bool
	ValueCode    string
	ValueCoding  struct{ System, Code, Display string }
	Part         []parameter
}

func (p parameters) truth(name string) (value, ok bool) {
	for _, one := range p.Parameter {
		if one.Name == name && one.ValueBoolean != nil {
			return *one.ValueBoolean, true
		}
	}
	return false, false
}

// ask posts a system and a code to an operation.
func (c *Client) ask(ctx context.Context, operation, system, code string) (parameters, error) {
	systemName := "system"
	if operation == "CodeSystem/$validate-code" {
		systemName = "url"
	}
	body := fmt.Appendf(nil, `{"resourceType":"Parameters","parameter":[{"name":%q,"valueUri":%s},{"name":"code","valueCode":%s}]}`,
		systemName, fhir.AppendString(nil, system), fhir.AppendString(nil, code))
	a, v, err := c.send(ctx, request{method: http.MethodPost, path: operation, body: body}, 1)
	if err != nil {
		return parameters{}, err
	}
	var out parameters
	if v != accepted || json.Unmarshal(a.body, &out) != nil || out.ResourceType != "Parameters" {
		return parameters{}, ErrNotChecked
	}
	return out, nil
}
