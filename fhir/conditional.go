package fhir

import (
	"bytes"
	"net/url"
	"strings"
)

// Conditional is a reference by what identifies a resource rather than by its
// id, Patient?identifier=urn:mrn|17, which R4 allows in transactions (section
// 3.1.0.11.2.2). A server that stores it as it stands holds a text that leads
// nowhere.
type Conditional struct {
	Type   string // of the resource that is meant
	Query  string // "identifier=…", as servers are asked
	System string // of its identifier; "" with AnySystem false means an identifier without a system
	Value  string

	AnySystem bool // only a value was given
}

// ParseConditional takes a reference apart as it stands in canonical JSON.
// conditional tells whether it asks for a resource by a search; ok whether that
// search names one identifier and nothing else, which is all that can be looked
// up and checked: a server ignores parameters that it does not know, and
// answers with somebody else's chart (section 3.1.1.1).
func ParseConditional(ref string) (c Conditional, conditional, ok bool) {
	typ, query, found := strings.Cut(ref, "?")
	if !found || typ == "" || strings.ContainsAny(typ, "/:#") || typ[0] < 'A' || typ[0] > 'Z' {
		return c, false, false
	}
	c.Type = typ
	name, value, _ := strings.Cut(query, "=")
	// A plus may be a blank or itself, a comma asks for one of several, a
	// backslash escapes either JSON or a token: nothing is guessed.
	if name != "identifier" || strings.ContainsAny(value, `&;+,\#`) {
		return c, true, false
	}
	value, err := url.PathUnescape(value)
	if err != nil || strings.ContainsAny(value, `,\`) {
		return c, true, false
	}
	system, code, split := strings.Cut(value, "|")
	if !split {
		system, code = "", value
	}
	if code == "" || strings.Contains(code, "|") {
		return c, true, false
	}
	c.System, c.Value, c.AnySystem, c.Query = system, code, !split, "identifier="+url.QueryEscape(value)
	return c, true, true
}

// Names reports whether the resource at node i of a tree bears the identifier.
func (c Conditional) Names(t *Tree, i int) bool {
	if t.FindText(i, "resourceType") != c.Type {
		return false
	}
	list := t.Find(i, "identifier")
	if list != 0 && t.Kind(list) == Object { // of the few types that have only one
		return c.is(t, list)
	}
	for n := t.First(list); list != 0 && n != 0; n = t.Next(n) {
		if c.is(t, n) {
			return true
		}
	}
	return false
}

func (c Conditional) is(t *Tree, identifier int) bool {
	return t.FindText(identifier, "value") == c.Value && (c.AnySystem || t.FindText(identifier, "system") == c.System)
}

// HasConditional reports whether canonical JSON may have a conditional
// reference; without one it certainly has none.
func HasConditional(json []byte) bool {
	for ref := range References(json) {
		if _, conditional, _ := ParseConditional(ref); conditional {
			return true
		}
	}
	return false
}

// RenameReferences returns canonical JSON whose references are called what to
// says, in canonical JSON's spelling; false leaves one as it is. Other texts
// that look alike, such as identifiers, stay.
func RenameReferences(json []byte, to func(ref string) (string, bool)) []byte {
	key := []byte(`"reference":"`)
	var out []byte
	for {
		at := bytes.Index(json, key)
		if at < 0 {
			return append(out, json...)
		}
		at += len(key)
		end := bytes.IndexByte(json[at:], '"')
		if end < 0 {
			return append(out, json...)
		}
		out = append(out, json[:at]...)
		ref := string(json[at : at+end])
		if name, ok := to(ref); ok {
			ref = name
		}
		out = append(out, ref...)
		json = json[at+end:]
	}
}
