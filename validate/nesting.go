package validate

import "strings"

// nesting follows which elements of a narrative stand in which. R4 asks for
// XHTML of HTML 4 and leaves its rules of nesting to that; the reference
// validator holds narratives to some of them, and so does this.
type nesting struct{ open []string }

// enter says what is wrong with an element where it stands, "" for nothing, and
// steps into it.
func (n *nesting) enter(name string) (wrong string) {
	defer func() { n.open = append(n.open, name) }()
	if len(n.open) == 0 {
		return ""
	}
	parent := n.open[len(n.open)-1]
	homes, tied := homesOf(name)
	within, limited := contentOf(parent)
	switch {
	case tied && !among(homes, parent):
		return name + " stands in " + parent + ", not in one of: " + homes
	case limited && !among(within, name):
		return parent + " does not hold " + name
	}
	for _, above := range n.open {
		if above == name && phrase(name) || flowing(above) && among("div pre table ul ol", name) || above == "p" && among("blockquote p", name) {
			return above + " does not hold " + name
		}
	}
	return ""
}

// text says what is wrong with text where it stands, "" for nothing.
func (n *nesting) text(s string) string {
	if len(n.open) == 0 || blank(s) {
		return ""
	}
	parent := n.open[len(n.open)-1]
	if _, limited := contentOf(parent); limited {
		return parent + " holds elements only, no text"
	}
	return ""
}

func (n *nesting) leave() {
	if len(n.open) > 0 {
		n.open = n.open[:len(n.open)-1]
	}
}

// among reports whether the name is one of those in a list with spaces between.
func among(names, name string) bool {
	for names != "" {
		first, rest, _ := strings.Cut(names, " ")
		if first == name {
			return true
		}
		names = rest
	}
	return false
}

// blank reports text of XML's white space, of which a space that does not break
// is none.
func blank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// homesOf returns the elements that one of them must hold.
func homesOf(name string) (parents string, tied bool) {
	switch name {
	case "tr":
		return "table thead tfoot tbody", true
	case "tbody", "thead", "tfoot", "caption", "colgroup":
		return "table", true
	case "col":
		return "colgroup table", true
	case "th", "td":
		return "tr thead tfoot", true
	case "li":
		return "ul ol", true
	case "dd", "dt":
		return "dl", true
	}
	return "", false
}

// contentOf returns the elements that may stand in one that holds nothing else.
func contentOf(name string) (children string, limited bool) {
	switch name {
	case "table":
		return "tbody tr caption thead tfoot col colgroup", true
	case "tr":
		return "td th", true
	case "tbody", "thead", "tfoot":
		return "tr", true
	case "ul", "ol":
		return "li", true
	case "dl":
		return "dd dt", true
	case "map":
		return "area", true
	case "br", "img", "hr", "area":
		return "", true
	}
	return "", false
}

// phrase names elements of running text, which do not stand in their own kind.
func phrase(name string) bool {
	return among("a b em i strong small big sub sup code tt dfn q var abbr acronym cite bdo kbd samp", name)
}

// flowing names elements that hold running text only.
func flowing(name string) bool {
	return phrase(name) || among("p h1 h2 h3 h4 h5 h6 pre address span caption dd dt", name)
}
