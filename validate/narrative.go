package validate

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"chartlift/fhir"
)

const xhtmlSpace = "http://www.w3.org/1999/xhtml"

// narrative checks the XHTML of a Narrative (txt-1, txt-2;
// https://hl7.org/fhir/R4/narrative.html#xhtml): one div of plain formatting,
// without scripts, forms, frames, foreign styles or events, and with something
// to read in it.
func (c *checker) narrative(node int) {
	r := readNarrative(c.tree.Text(node))
	for _, l := range r.local {
		switch {
		case c.used(l.id) || r.wrong != "" || c.hasElement(l.id): // contained resources are shown or linked to by their id, and so referenced (dom-3)
		case l.image:
			r.wrong = "an image of the narrative is to be found under an id that nothing here has"
		default:
			r.wrong = "a link of the narrative leads to an anchor that is not there"
		}
	}
	unsafe := func(message string) finding {
		return finding{rule: narrativeUnsafe, invariant: "txt-1", message: message}
	}
	switch {
	case r.wrong != "":
		c.fail(unsafe(r.wrong))
	case !r.content:
		c.fail(finding{rule: narrativeEmpty, invariant: "txt-2", message: "there is nothing to read in the narrative; leave it out"})
	case r.sloppy != "":
		c.byLetter(unsafe(r.sloppy))
	case r.misplaced != "":
		c.byReference(unsafe("in the narrative, " + r.misplaced))
	}
}

// reading is what a narrative was found to be.
type reading struct {
	wrong     string  // what is wrong with it, "" for nothing
	sloppy    string  // what XML forbids and the reference validator, which reads XHTML in a way of its own, takes
	misplaced string  // an element where HTML does not have it
	content   bool    // it has text or a picture
	local     []local // what leads to #ids that none of its elements has
}

// readNarrative reads a fragment up to the first mistake.
func readNarrative(fragment string) (r reading) {
	if strings.Contains(fragment, "href=") || strings.Contains(fragment, "src=") {
		defer func() { r.local = localLinks(fragment) }()
	}
	if trimmed := strings.TrimLeft(fragment, " \t\r\n"); !strings.HasPrefix(trimmed, "<") {
		r.wrong = "a narrative is one div element"
		return r
	}
	d := xml.NewDecoder(strings.NewReader(fragment))
	for n := new(nesting); ; {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return r
		case err != nil:
			r.broken(err)
			return r
		}
		if r.take(t, n); r.wrong != "" {
			return r
		}
	}
}

// broken takes down what is not XML. An end that is missing and a value without
// quotes do no harm to readers of HTML.
func (r *reading) broken(err error) {
	const message = "the narrative is not well-formed XML; of entities it may have the five of XML and numbers only"
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) && (syntax.Msg == "unexpected EOF" || strings.HasPrefix(syntax.Msg, "unquoted")) {
		r.sloppy, r.content = message, true
		return
	}
	r.wrong = message
}

// take looks at the next token.
func (r *reading) take(t xml.Token, n *nesting) {
	misplaced := ""
	switch t := t.(type) {
	case xml.StartElement:
		r.wrong = wrongTag(t, len(n.open) == 0)
		misplaced = n.enter(t.Name.Local)
		r.content = r.content || t.Name.Local == "img"
	case xml.EndElement:
		n.leave()
	case xml.CharData:
		misplaced = n.text(string(t))
		r.content = r.content || !blank(string(t))
	case xml.ProcInst, xml.Directive:
		r.sloppy = "a narrative has no XML declarations and no processing instructions"
	}
	if r.misplaced == "" {
		r.misplaced = misplaced
	}
}

// wrongTag says what is wrong with an element, "" for nothing.
func wrongTag(t xml.StartElement, root bool) string {
	own, ok := tagAttributes(t.Name.Local)
	switch {
	case t.Name.Space != xhtmlSpace:
		return "a narrative is in the namespace " + xhtmlSpace
	case root && t.Name.Local != "div":
		return "a narrative is one div element"
	case !ok:
		return "the element " + shortened(t.Name.Local) + " is not allowed in a narrative"
	}
	for _, a := range t.Attr {
		const everywhere = " accesskey class dir id lang style tabindex title xmlns "
		name := " " + a.Name.Local + " "
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "lang" || a.Name.Local == "space":
		case a.Name.Space != "" || !strings.Contains(everywhere, name) && !strings.Contains(own, name):
			return "the attribute " + shortened(a.Name.Local) + " of " + t.Name.Local + " is not allowed in a narrative"
		case active(a.Value):
			return "an attribute of " + t.Name.Local + " would run a script"
		}
	}
	return ""
}

// shortened keeps a name that was made up from filling the message.
func shortened(name string) string {
	const longest = 32
	if len(name) > longest {
		return strings.ToValidUTF8(name[:longest], "") + "…"
	}
	return name
}

// tagAttributes returns the attributes that an element of HTML 4 has of its
// own; ok is false where FHIR does not allow it.
func tagAttributes(name string) (attributes string, ok bool) {
	switch name {
	case "abbr", "acronym", "address", "b", "bdo", "big", "br", "caption", "cite", "code", "dd", "dfn", "div", "dl", "dt", "em",
		"h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "p", "pre", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "ul", "var":
		return " align clear compact noshade size width ", true
	case "a":
		return " charset coords href hreflang name rel rev shape type ", true
	case "area", "map":
		return " alt coords href name nohref shape ", true
	case "blockquote", "q":
		return " cite datetime ", true
	case "col", "colgroup", "tbody", "tfoot", "thead", "tr":
		return " align char charoff span valign width ", true
	case "img":
		return " align alt border height hspace ismap longdesc name src usemap vspace width ", true
	case "li", "ol":
		return " compact start type value ", true
	case "table":
		return " align border cellpadding cellspacing frame rules summary width ", true
	case "td", "th":
		return " abbr align axis char charoff colspan headers height nowrap rowspan scope valign width ", true
	}
	return "", false
}

// active reports whether the value of an attribute would run something.
func active(value string) bool {
	scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(value)), ":")
	return scheme == "javascript" || scheme == "vbscript"
}

// local is a link, or an image, of a narrative that leads to an id in the
// resource.
type local struct {
	id    string
	image bool
}

// localLinks returns what in a fragment leads to ids that none of its elements
// has, as id or as name.
func localLinks(fragment string) []local {
	anchors, links := map[string]bool{}, []local{}
	for d := xml.NewDecoder(strings.NewReader(fragment)); ; {
		t, err := d.Token()
		if err != nil {
			break
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			image := a.Name.Local == "src" && start.Name.Local == "img"
			switch id, here := strings.CutPrefix(a.Value, "#"); {
			case a.Name.Local == "id" || a.Name.Local == "name":
				anchors[a.Value] = true
			case (image || a.Name.Local == "href") && here && id != "":
				links = append(links, local{id, image})
			}
		}
	}
	return slices.DeleteFunc(links, func(l local) bool { return anchors[l.id] })
}

// hasElement reports whether an element of the resource at hand, such as an
// Attachment, has the id.
func (c *checker) hasElement(id string) bool {
	if c.scope.elements == nil {
		c.scope.elements = map[string]bool{}
		root, _ := c.machine.Resource.Node()
		end := c.tree.Node(root).End
		for n := root; n < c.tree.Len() && c.tree.Node(n).Start < end; n++ { // the nodes stand in the order of the text
			if c.tree.Kind(n) == fhir.String && c.tree.Key(n) == "id" {
				c.scope.elements[c.tree.Text(n)] = true
			}
		}
	}
	return c.scope.elements[id]
}
