package suites

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"chartlift/fhir"
)

// element is one element of XML.
type element struct {
	name     string
	attrs    map[string]string
	children []*element
	raw      string // of a div: its text
}

var errNoElement = errors.New("no element is in it")

// readXML reads a document. maxXMLDepth bounds how deep it nests.
func readXML(text []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = true
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // UTF-8, whatever it says
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, errNoElement
		}
		if err != nil {
			return nil, err
		}
		if start, ok := t.(xml.StartElement); ok {
			return readElement(d, text, start, 0)
		}
	}
}

const maxXMLDepth = 200

var errXMLDepth = errors.New("it nests too deeply")

func readElement(d *xml.Decoder, text []byte, start xml.StartElement, depth int) (*element, error) {
	if depth > maxXMLDepth {
		return nil, errXMLDepth
	}
	e := &element{name: start.Name.Local, attrs: map[string]string{}}
	for _, a := range start.Attr {
		e.attrs[a.Name.Local] = a.Value
	}
	if start.Name.Space == "http://www.w3.org/1999/xhtml" {
		return e, e.skip(d, text)
	}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			c, err := readElement(d, text, t, depth+1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, c)
		case xml.EndElement:
			return e, nil
		}
	}
}

// skip keeps the text of a narrative as it is written.
func (e *element) skip(d *xml.Decoder, text []byte) error {
	end := int(d.InputOffset())
	from := bytes.LastIndexByte(text[:end-1], '<')
	if err := d.Skip(); err != nil {
		return err
	}
	e.raw = string(text[from:d.InputOffset()])
	return nil
}

// toJSON returns the JSON form of a resource in XML
// (https://hl7.org/fhir/R4/json.html#xml). What R4 does not know keeps its
// name, so that a validator finds it.
func toJSON(text []byte) ([]byte, error) {
	root, err := readXML(text)
	if err != nil {
		return nil, fmt.Errorf("read XML: %w", err)
	}
	var b bytes.Buffer
	root.resource(&b)
	return b.Bytes(), nil
}

func (e *element) resource(b *bytes.Buffer) {
	b.WriteString(`{"resourceType":` + quote(e.name))
	def, _ := fhir.LookupType(e.name)
	e.members(b, def, true)
	b.WriteByte('}')
}

// members writes id, url and the children, those of one name together; more
// says that a member stands before.
func (e *element) members(b *bytes.Buffer, def *fhir.TypeDef, more bool) {
	for _, name := range []string{"id", "url"} {
		if v, ok := e.attrs[name]; ok {
			member(b, &more, name, quote(v))
		}
	}
	seen := map[string]bool{}
	for _, c := range e.children {
		if seen[c.name] {
			continue
		}
		seen[c.name] = true
		var same []*element
		for _, other := range e.children {
			if other.name == c.name {
				same = append(same, other)
			}
		}
		writeSame(b, &more, same, elementOf(def, c.name))
	}
}

func elementOf(def *fhir.TypeDef, name string) *fhir.Element {
	if def == nil {
		return nil
	}
	e, _, ok := def.Element(name)
	if !ok {
		return nil
	}
	return e
}

func member(b *bytes.Buffer, more *bool, name, text string) {
	if *more {
		b.WriteByte(',')
	}
	*more = true
	b.WriteString(quote(name) + ":" + text)
}

// writeSame writes all elements of one name: the values, and of primitives what
// belongs into their _name.
func writeSame(b *bytes.Buffer, more *bool, same []*element, def *fhir.Element) {
	list := len(same) > 1 || def != nil && def.Repeats()
	var values, siblings []string
	hasValue, hasSibling := false, false
	for _, e := range same {
		v, s := e.value(def)
		hasValue, hasSibling = hasValue || v != "null", hasSibling || s != "null"
		values, siblings = append(values, v), append(siblings, s)
	}
	for _, part := range []struct {
		name string
		all  []string
		has  bool
	}{{same[0].name, values, hasValue}, {"_" + same[0].name, siblings, hasSibling}} {
		switch {
		case !part.has:
		case list:
			member(b, more, part.name, "["+strings.Join(part.all, ",")+"]")
		default:
			member(b, more, part.name, part.all[0])
		}
	}
}

// value returns the JSON of one element, and of its _sibling.
func (e *element) value(def *fhir.Element) (value, sibling string) {
	if e.raw != "" {
		return quote(e.raw), "null"
	}
	var typ *fhir.TypeDef
	if def != nil {
		typ = def.Def()
	}
	var b bytes.Buffer
	text, primitive := e.attrs["value"]
	switch {
	case typ != nil && typ.Kind == fhir.Abstract && len(e.children) == 1:
		e.children[0].resource(&b)
		return b.String(), "null"
	case typ != nil && typ.Kind == fhir.Primitive, typ == nil && primitive:
		value = "null"
		if primitive {
			value = primitiveJSON(typ, text)
		}
		if len(e.children) == 0 && e.attrs["id"] == "" {
			return value, "null"
		}
		e.object(&b, typ)
		return value, b.String()
	}
	e.object(&b, typ)
	return b.String(), "null"
}

func (e *element) object(b *bytes.Buffer, def *fhir.TypeDef) {
	b.WriteByte('{')
	e.members(b, def, false)
	b.WriteByte('}')
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// primitiveJSON writes what JSON has no form for as a text, for a validator to
// find.
func primitiveJSON(typ *fhir.TypeDef, text string) string {
	if typ == nil {
		return quote(text)
	}
	switch typ.Name {
	case "boolean":
		if text == "true" || text == "false" {
			return text
		}
	case "integer", "positiveInt", "unsignedInt", "decimal":
		if jsonNumber.MatchString(text) {
			return text
		}
	}
	return quote(text)
}

func quote(s string) string { return string(fhir.AppendString(nil, s)) }
