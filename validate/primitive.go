package validate

import (
	"strings"

	"chartlift/fhir"
)

// primitive checks JSON type, format and code of a primitive value.
func (c *checker) primitive(e *fhir.Element, node int) {
	if want := jsonKind(e.Type); c.tree.Kind(node) != want {
		c.fail(finding{
			rule: structureJSONType, node: node,
			message: e.Type + " is written as a JSON " + want.String() + ", not as " + c.tree.Kind(node).String(),
		})
		return
	}
	text := c.tree.Text(node)
	if e.Type == "xhtml" && text != "" {
		c.narrative(node)
		return
	}
	if err := fhir.CheckPrimitive(e.Type, text); err != nil {
		c.malformed(e, node, err)
		return
	}
	if message := narrowed(e.Type, text); message != "" {
		c.byReference(finding{rule: primitiveFormat, node: node, message: message})
		if !c.options.Letter {
			return
		}
	}
	if e.Binding != nil && e.Type == "code" {
		c.code(e, node, text)
	}
	if e.Name == "id" {
		c.elementID(text)
	}
	if e.Type == "uri" && e.Name == "url" && !strings.Contains(text, ":") {
		if owner := c.owner(); owner != nil && owner.Kind == fhir.ResourceKind { // the name by which others refer to it
			c.fail(finding{rule: primitiveFormat, node: node, message: "the url of a resource is an absolute URI"})
		}
	}
	if text[0] == '#' && !c.used(text[1:]) && e.Type == "canonical" { // a uri may point to other things as well
		c.fail(finding{rule: referenceContained, node: node, message: "no contained resource has this id; contain it or name another"})
	}
}

// jsonKind returns the JSON type of a primitive type
// (https://hl7.org/fhir/R4/json.html#primitive).
func jsonKind(typ string) fhir.NodeKind {
	switch typ {
	case "boolean":
		return fhir.Bool
	case "integer", "positiveInt", "unsignedInt", "decimal":
		return fhir.Number
	}
	return fhir.String
}
