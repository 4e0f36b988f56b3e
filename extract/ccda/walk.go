package ccda

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// section is one section that is open, its entries apart.
type section struct {
	node      *node // with its code, title, templates …
	text      *node // the narrative; nil without
	ids       map[string]*node
	around    *section
	key       string
	table     string // of its entries
	code      string
	entries   int
	announced bool
}

// resolve returns what the narrative says at a reference such as #allergy1.
func (s *section) resolve(reference string) *node {
	id := strings.TrimPrefix(reference, "#")
	for ; s != nil; s = s.around {
		if n := s.ids[id]; n != nil {
			return n
		}
	}
	return nil
}

// part is a piece of the document: just one of the header, a body that is not
// XML, an entry of a section, or a section without its entries.
type part struct {
	header  *node
	body    *node
	entry   *node
	section *section
}

// walker cuts a document into parts.
type walker struct {
	tokens   *tokens
	where    []string // the elements that are open and not read whole
	header   *node
	given    bool   // the header is behind
	document string // key of the document
	fallback string // the same where it has no id
	open     *section
	sections int
	ready    []part
	end      error
}

func newWalker(r io.Reader, name string) *walker {
	return &walker{tokens: newTokens(r), document: name, fallback: name}
}

// next returns the next part. What was read before an error comes first; io.EOF
// ends a sound document.
func (w *walker) next() (part, error) {
	for len(w.ready) == 0 {
		if w.end != nil {
			return part{}, w.end
		}
		if err := w.step(); err != nil {
			w.end = err
			w.finish()
		}
	}
	p := w.ready[0]
	w.ready = w.ready[1:]
	return p, nil
}

func (w *walker) step() error {
	token, err := w.tokens.next()
	if errors.Is(err, io.EOF) && w.header == nil {
		return &brokenError{text: "the document has no element"}
	}
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case xml.StartElement:
		return w.start(token)
	case xml.EndElement:
		w.leave()
	}
	return nil
}

// finish hands out what was begun.
func (w *walker) finish() {
	w.giveHeader()
	var all []*section
	for s := w.open; s != nil; s = s.around {
		all = append(all, s)
	}
	for i := len(all) - 1; i >= 0; i-- {
		w.announce(all[i])
	}
}

// start enters an element, or reads it whole.
func (w *walker) start(e xml.StartElement) error {
	name, around := elementName(e.Name), ""
	if len(w.where) > 0 {
		around = w.where[len(w.where)-1]
	}
	switch around + "/" + name {
	case "/ClinicalDocument":
		if w.header != nil {
			return &brokenError{line: w.tokens.line, text: "a second document begins; give each its own file"}
		}
		w.header = newNode(e, w.tokens.line)
	case "ClinicalDocument/component":
		w.giveHeader()
	case "component/structuredBody", "structuredBody/component":
	case "section/component":
		w.announce(w.open)
	case "component/section":
		w.enter(e)
	default:
		if around == "" {
			return &brokenError{line: w.tokens.line, text: "the outermost element is " + strconv.Quote(name) + "; ClinicalDocument is wanted"}
		}
		return w.whole(e, around, name)
	}
	w.where = append(w.where, name)
	return nil
}

// enter opens a section.
func (w *walker) enter(e xml.StartElement) {
	if w.open == nil {
		w.tokens.nodes = 0
	}
	w.sections++
	w.open = &section{
		node: newNode(e, w.tokens.line), ids: map[string]*node{}, around: w.open,
		key: w.document + "/s" + strconv.Itoa(w.sections),
	}
}

// whole reads an element that is a part, or belongs to the header or to a
// section.
func (w *walker) whole(e xml.StartElement, around, name string) error {
	held := w.tokens.nodes
	n, err := w.tokens.element(e)
	if err != nil {
		return err
	}
	switch {
	case around == "section" && name == "entry":
		w.tokens.nodes = held
		w.announce(w.open)
		w.open.entries++
		w.ready = append(w.ready, part{entry: n, section: w.open})
	case around == "section" && name == "text":
		anchors(n, w.open.ids)
		w.narrate(n)
	case around == "section":
		adopt(w.open.node, n)
	case around == "ClinicalDocument":
		adopt(w.header, n)
		if name == "id" && w.document == w.fallback {
			if id := idOf(n); id.Text != "" {
				w.document = id.Text
			}
		}
	case around == "component" && name == "nonXMLBody":
		w.tokens.nodes = held
		w.ready = append(w.ready, part{body: n})
	default:
		w.tokens.nodes = held
	}
	return nil
}

// narrate gives the open section its narrative. One that comes late, behind
// entries, makes a section of its own.
func (w *walker) narrate(n *node) {
	if !w.open.announced {
		w.open.text = n
		return
	}
	late := *w.open
	late.node, late.text, late.around, late.key = n, n, w.open, w.open.key+"/text"
	w.ready = append(w.ready, part{section: &late})
}

func adopt(parent, child *node) {
	child.parent = parent
	parent.nodes = append(parent.nodes, child)
}

// leave closes the innermost element that is open.
func (w *walker) leave() {
	last := len(w.where) - 1
	if w.where[last] == "section" {
		w.announce(w.open)
		w.open = w.open.around
	}
	w.where = w.where[:last]
}

// giveHeader hands out the header, once.
func (w *walker) giveHeader() {
	if w.header == nil || w.given {
		return
	}
	w.given = true
	w.ready = append(w.ready, part{header: w.header})
}

// announce hands out a section as soon as its first entry or subsection comes:
// the schema puts all else before.
func (w *walker) announce(s *section) {
	if s == nil || s.announced {
		return
	}
	s.announced = true
	s.table, s.code = sectionTable(s.node)
	w.ready = append(w.ready, part{section: s})
}
