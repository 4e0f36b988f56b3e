package sandbox

import (
	"strings"

	"chartlift/fhir"
)

// interactions are those of a type, by the letters of TypeProfile.Does.
var interactions = []struct{ letter, code string }{
	{"r", "read"}, {"c", "create"}, {"u", "update"}, {"p", "patch"}, {"d", "delete"}, {"s", "search-type"},
}

// paramTypes are the search parameters that the sandbox knows.
var paramTypes = map[string]string{"_id": "token", "identifier": "token", "patient": "reference", "subject": "reference"}

// statement is the CapabilityStatement (FHIR R4 section 5.2).
func (s *Server) statement() []byte {
	p := &s.profile
	var system []string
	if !p.NoTransaction {
		system = append(system, `{"code":"transaction"}`)
	}
	if !p.NoBatch {
		system = append(system, `{"code":"batch"}`)
	}
	b := []byte(`{"resourceType":"CapabilityStatement","status":"active","date":"2026-01-01","kind":"instance",` +
		`"software":{"name":"` + p.Software + `"},"implementation":{"description":"a server to rehearse against"},` +
		`"fhirVersion":"` + fhir.Version + `","format":["application/fhir+json"],"rest":[{"mode":"server"`)
	if len(system) > 0 {
		b = append(b, `,"interaction":[`+strings.Join(system, ",")+`]`...)
	}
	b = append(b, `,"resource":[`...)
	for i, typ := range p.types() {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendType(b, typ)
	}
	return append(b, `]}]}`...)
}

func (p *Profile) appendType(b []byte, typ string) []byte {
	t, _ := p.find(typ)
	b = append(b, `{"type":"`+typ+`"`...)
	var does, params []string
	for _, i := range interactions {
		if strings.Contains(t.Does, i.letter) {
			does = append(does, `{"code":"`+i.code+`"}`)
		}
	}
	if len(does) > 0 {
		b = append(b, `,"interaction":[`+strings.Join(does, ",")+`]`...)
	}
	b = append(b, `,"versioning":"versioned","readHistory":false`...)
	switch p.ClientIDs {
	case Yes:
		b = append(b, `,"updateCreate":true`...)
	case No:
		b = append(b, `,"updateCreate":false`...)
	}
	if p.Conditional {
		b = append(b, `,"conditionalCreate":true`...)
	}
	for _, name := range strings.Fields(t.Params) {
		params = append(params, `{"name":"`+name+`","type":"`+paramTypes[name]+`"}`)
	}
	if len(params) > 0 {
		b = append(b, `,"searchParam":[`+strings.Join(params, ",")+`]`...)
	}
	return append(b, '}')
}
