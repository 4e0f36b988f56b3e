package fhir

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// Narrate returns the resource with a narrative of status "generated"
// (https://hl7.org/fhir/R4/narrative.html): a list of its elements with their
// values as a person reads them, made of nothing else. Extensions are left out,
// as the status says. A resource that has a narrative, or whose type has none,
// is returned as it is. json must be canonical.
func Narrate(json []byte) []byte {
	var t Tree
	if t.Parse(json) != nil {
		return json
	}
	def, ok := t.resourceType(0)
	if !ok {
		return json
	}
	_, place, ok := def.Element("text")
	if !ok || t.Find(0, "text") != 0 {
		return json
	}
	n := narrator{tree: &t}
	n.write(`<div xmlns="http://www.w3.org/1999/xhtml"><p><b>`, def.Name, `</b></p><ul>`)
	before := len(json) - 1 // the last brace
	for c := t.First(0); c != 0; c = t.Next(c) {
		key := t.Key(c)
		e, at, known := def.Element(strings.TrimPrefix(key, "_"))
		if known && at > place && before == len(json)-1 {
			before = int(t.Node(c).KeyStart) - 1
		}
		if !known || at < place || key[0] == '_' || silent(key) {
			continue
		}
		n.item(label(key), c, e.Def())
	}
	n.write("</ul></div>")
	text := AppendString([]byte(`"text":{"status":"generated","div":`), n.out.String())
	if before == len(json)-1 {
		return slices.Concat(json[:before], []byte(","), text, []byte("}}"))
	}
	return slices.Concat(json[:before], text, []byte("},"), json[before:])
}

// silent reports whether an element is not told: what has no meaning for a
// reader.
func silent(key string) bool {
	return slices.Contains([]string{"contained", "extension", "modifierExtension", "id"}, key)
}

// label writes a name as words: birthDate becomes birth date.
func label(key string) string {
	var b strings.Builder
	for i, r := range key {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// narrator writes XHTML of a tree.
type narrator struct {
	tree *Tree
	out  bytes.Buffer
}

func (n *narrator) write(parts ...string) {
	for _, p := range parts {
		n.out.WriteString(p)
	}
}

// item writes an element as an item of a list, if there is anything to say.
func (n *narrator) item(name string, node int, def *TypeDef) {
	if text := n.value(node, def); text != "" {
		n.write("<li><b>", name, "</b>: ", escapeXML(text), "</li>")
	}
}

// escapeXML writes a text as XML takes it; characters that XML does not know
// are left out.
func escapeXML(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, text)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// value returns what a person reads of a value, "" for nothing.
func (n *narrator) value(node int, def *TypeDef) string {
	t := n.tree
	switch {
	case t.Kind(node) == Array:
		return n.joined(node, def, "; ")
	case t.Kind(node) != Object:
		if def != nil && def.Name == "base64Binary" {
			return ""
		}
		return strings.Clone(t.Text(node))
	}
	switch def.Name {
	case "CodeableConcept", "HumanName", "Address", "Timing", "Dosage":
		if text := t.FindText(node, "text"); text != "" {
			return strings.Clone(text)
		}
	}
	switch def.Name {
	case "CodeableConcept":
		return n.of(node, def, "coding")
	case "Coding":
		return n.first(node, def, "display", "code")
	case "Reference":
		return n.first(node, def, "display", "reference", "identifier")
	case "Quantity", "Age", "Duration", "Count", "Distance", "SimpleQuantity", "MoneyQuantity":
		unit := n.first(node, def, "unit", "code")
		return strings.TrimSpace(n.of(node, def, "comparator") + n.of(node, def, "value") + " " + unit)
	case "Money":
		return strings.TrimSpace(n.of(node, def, "value") + " " + n.of(node, def, "currency"))
	case "Range":
		return n.of(node, def, "low") + " – " + n.of(node, def, "high")
	case "Period":
		return n.of(node, def, "start") + " – " + n.of(node, def, "end")
	case "HumanName":
		return n.words(node, def, "prefix", "given", "family", "suffix")
	case "Identifier", "ContactPoint":
		return n.of(node, def, "value")
	case "Annotation":
		return n.of(node, def, "text")
	}
	return n.members(node, def)
}

// members returns all that an object of another type says, with names.
func (n *narrator) members(node int, def *TypeDef) string {
	var parts []string
	for c := n.tree.First(node); c != 0; c = n.tree.Next(c) {
		key := n.tree.Key(c)
		e, _, known := def.Element(key)
		if !known || silent(key) {
			continue
		}
		name := label(key)
		if text := n.value(c, e.Def()); text != "" {
			parts = append(parts, name+" "+text)
		}
	}
	return strings.Join(parts, ", ")
}

func (n *narrator) joined(node int, def *TypeDef, between string) string {
	var parts []string
	for c := n.tree.First(node); c != 0; c = n.tree.Next(c) {
		if text := n.value(c, def); text != "" && n.tree.Kind(c) != Null {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, between)
}

// of returns what a member of an object says.
func (n *narrator) of(node int, def *TypeDef, key string) string {
	c := n.tree.Find(node, key)
	e, _, known := def.Element(key)
	if c == 0 || !known {
		return ""
	}
	return n.value(c, e.Def())
}

// first returns what the first of the members says that is there.
func (n *narrator) first(node int, def *TypeDef, keys ...string) string {
	for _, key := range keys {
		if text := n.of(node, def, key); text != "" {
			return text
		}
	}
	return ""
}

// words returns members with blanks between them, and between their own parts.
func (n *narrator) words(node int, def *TypeDef, keys ...string) string {
	var parts []string
	for _, key := range keys {
		if text := strings.ReplaceAll(n.of(node, def, key), "; ", " "); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}
