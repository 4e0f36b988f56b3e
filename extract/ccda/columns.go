package ccda

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract"
)

// column is where a value stands: the first node that at finds from the row's
// element, in it the first that below finds, and of that the leaf. The columns
// of one code share at, so that they are all of one element.
type column struct {
	name  string
	at    string
	below string
	leaf  leaf
}

// leaf says what of a node is the value; one that begins with @ is an
// attribute.
type leaf string

const (
	leafText      leaf = "text"      // all text in one line
	leafParts     leaf = "parts"     // of a name or an address
	leafReference leaf = "reference" // text, or what the narrative says where it refers to
	leafScalar    leaf = "scalar"    // @value, or the text of a value of type ST or ED
	leafID        leaf = "id"        // root^extension
	leafTemplates leaf = "templates" // roots of all templateIds
	leafElement   leaf = "element"   // name of the element
	leafKey       leaf = "key"       // what names a person or an organization
)

// codeColumns are the columns of a coded element, the first of its translations
// among them (alt).
func codeColumns(name, at string) []column {
	return []column{
		{name, at, "", "@code"},
		{name + "_system", at, "", "@codeSystem"},
		{name + "_display", at, "", "@displayName"},
		{name + "_text", at, "originalText", leafReference},
		{name + "_null", at, "", "@nullFlavor"},
		{name + "_alt", at, "translation", "@code"},
		{name + "_alt_system", at, "translation", "@codeSystem"},
		{name + "_alt_display", at, "translation", "@displayName"},
	}
}

// timeColumns are the columns of a point in time or an interval, as written.
func timeColumns(name, at string) []column {
	return []column{
		{name, at, "", "@value"},
		{name + "_null", at, "", "@nullFlavor"},
		{name + "_low", at, "low", "@value"},
		{name + "_low_null", at, "low", "@nullFlavor"},
		{name + "_high", at, "high", "@value"},
		{name + "_high_null", at, "high", "@nullFlavor"},
	}
}

// valueColumns are the columns of a value of any type: a quantity, an interval,
// a code, a text.
func valueColumns(name, at string) []column {
	return slices.Concat([]column{
		{name, at, "", leafScalar},
		{name + "_type", at, "", "@xsi:type"},
		{name + "_unit", at, "", "@unit"},
		{name + "_low", at, "low", "@value"},
		{name + "_low_unit", at, "low", "@unit"},
		{name + "_high", at, "high", "@value"},
		{name + "_high_unit", at, "high", "@unit"},
		{name + "_numerator", at, "numerator", "@value"},
		{name + "_denominator", at, "denominator", "@value"},
	}, codeColumns(name+"_code", at))
}

// amountColumns are the columns of a quantity or an interval of quantities.
func amountColumns(name, at string) []column {
	return []column{
		{name, at, "", "@value"},
		{name + "_unit", at, "", "@unit"},
		{name + "_null", at, "", "@nullFlavor"},
		{name + "_low", at, "low", "@value"},
		{name + "_high", at, "high", "@value"},
	}
}

// idColumns are the columns of an identifier.
func idColumns(name, at string) []column {
	return []column{
		{name, at, "", leafID},
		{name + "_root", at, "", "@root"},
		{name + "_extension", at, "", "@extension"},
	}
}

func nameColumns(name, at string) []column {
	return []column{
		{name, at, "", leafParts},
		{name + "_use", at, "", "@use"},
		{name + "_family", at, "family", leafText},
		{name + "_given", at, "given", leafText},
		{name + "_given2", at, "given[2]", leafText},
		{name + "_prefix", at, "prefix", leafText},
		{name + "_suffix", at, "suffix", leafText},
	}
}

func addressColumns(name, at string) []column {
	return []column{
		{name, at, "", leafParts},
		{name + "_use", at, "", "@use"},
		{name + "_street", at, "streetAddressLine", leafText},
		{name + "_street2", at, "streetAddressLine[2]", leafText},
		{name + "_city", at, "city", leafText},
		{name + "_county", at, "county", leafText},
		{name + "_state", at, "state", leafText},
		{name + "_postal_code", at, "postalCode", leafText},
		{name + "_country", at, "country", leafText},
	}
}

func telecomColumns(name, at string) []column {
	return []column{{name, at, "", "@value"}, {name + "_use", at, "", "@use"}}
}

func organizationColumns(name, at string) []column {
	return slices.Concat(
		[]column{{name, at, "name", leafParts}, {name + "_key", at, "", leafKey}, {name + "_npi", at, npi, "@extension"}},
		idColumns(name+"_id", at+"/id"), telecomColumns(name+"_telecom", at+"/telecom"), addressColumns(name+"_address", at+"/addr"))
}

// npi is the id of the National Provider Identifier.
const npi = "id[@root=2.16.840.1.113883.4.6]"

// actorColumns are the few columns of who did something, at the role's element.
func actorColumns(name, at string) []column {
	return []column{
		{name, at + "/assignedPerson|relatedPerson/name", "", leafParts},
		{name + "_key", at, "", leafKey},
		{name + "_id", at + "/id", "", leafID},
		{name + "_npi", at + "/" + npi, "", "@extension"},
		{name + "_organization", at + "/representedOrganization/name", "", leafParts},
		{name + "_organization_key", at + "/representedOrganization", "", leafKey},
	}
}

// read returns the value of one column for the element n in s.
func (c *compiled) read(n *node, s *section) extract.Value {
	if n = c.at.first(n); n != nil {
		n = c.below.first(n)
	}
	if n == nil {
		return extract.Value{Kind: extract.Null}
	}
	if name, ok := strings.CutPrefix(string(c.leaf), "@"); ok {
		return attrOf(n, name)
	}
	switch c.leaf {
	case leafText:
		return textOf(n)
	case leafParts:
		return partsOf(n)
	case leafReference:
		return referenceOf(n, s)
	case leafScalar:
		return scalarOf(n, s)
	case leafID:
		return idOf(n)
	case leafTemplates:
		return templatesOf(n)
	case leafKey:
		return keyOf(n)
	}
	return extract.Value{Text: n.name, Kind: extract.Text}
}

func attrOf(n *node, name string) extract.Value {
	if text, ok := n.attr(name); ok {
		return extract.Value{Text: text, Kind: extract.Text}
	}
	return extract.Value{Kind: extract.Null}
}

// referenceOf is the text of n, or of the place in the narrative where it
// refers to. A reference that leads nowhere is NULL.
func referenceOf(n *node, s *section) extract.Value {
	if text := textOf(n); text.Text != "" {
		return text
	}
	for c := range n.elements {
		reference, ok := c.attr("value")
		if c.name != "reference" || !ok {
			continue
		}
		if target := s.resolve(reference); target != nil {
			return extract.Value{Text: content(target), Kind: extract.Text}
		}
		return extract.Value{Kind: extract.Null}
	}
	return textOf(n)
}

// scalarOf is what a value is apart from codes and intervals. Elements in it
// are not its text.
func scalarOf(n *node, s *section) extract.Value {
	if value := attrOf(n, "value"); !value.Missing() {
		return value
	}
	kind, _ := n.attr("xsi:type")
	if kind == "ST" || kind == "ED" || kind == "" && content(n) != "" {
		return referenceOf(n, s)
	}
	return extract.Value{Kind: extract.Null}
}

// idOf is root^extension, or the root alone; NULL where the id has neither.
func idOf(n *node) extract.Value {
	root, extension := attrOf(n, "root"), attrOf(n, "extension")
	switch {
	case extension.Missing():
		return root
	case root.Missing():
		return extension
	}
	return extract.Value{Text: root.Text + "^" + extension.Text, Kind: extract.Text}
}

func templatesOf(n *node) extract.Value {
	var roots []string
	for c := range n.elements {
		if root, ok := c.attr("root"); ok && c.name == "templateId" && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if roots == nil {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: strings.Join(roots, " "), Kind: extract.Text}
}

// compiled is a column with its paths read.
type compiled struct {
	at, below path
	leaf      leaf
}

func compile(c column) (compiled, error) {
	at, err := parsePath(c.at)
	if err != nil {
		return compiled{}, fmt.Errorf("column %q: %w", c.name, err)
	}
	below, err := parsePath(c.below)
	if err != nil {
		return compiled{}, fmt.Errorf("column %q: %w", c.name, err)
	}
	return compiled{at, below, c.leaf}, nil
}

// pathColumn makes a column of a path that the user asks for: its attribute, or
// the text where the path does not end in one. ok is false where name is no
// path.
func pathColumn(name string) (column, bool) {
	if !strings.ContainsAny(name, "/@") {
		return column{}, false
	}
	if strings.HasPrefix(name, "@") {
		return column{name: name, leaf: leaf(name)}, true
	}
	if i := strings.LastIndex(name, "/@"); i >= 0 {
		return column{name: name, at: name[:i], leaf: leaf(name[i+1:])}, true
	}
	return column{name: name, at: name, leaf: leafReference}, true
}
