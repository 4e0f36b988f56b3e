package ccda

import (
	"slices"
	"strconv"

	"chartlift/extract"
)

// row is one row to be: an element with the values of its key columns.
type row struct {
	table   string
	node    *node
	section *section
	keys    []extract.Value
}

// expander makes rows of the parts of a document.
type expander struct {
	headers []compiledHeader
	parties []party
	named   []int           // rows of each of parties so far
	known   map[string]bool // keys of persons that had a name
	later   []later         // persons that were mentioned by their id alone
	patient string          // key of the patient; the document's where there is none
	visit   func(row)
}

func newExpander(c *catalog, visit func(row)) *expander {
	return &expander{headers: c.headers, parties: c.parties, named: make([]int, len(c.parties)), known: map[string]bool{}, visit: visit}
}

// give visits a row with the patient among its keys, behind the document.
func (x *expander) give(r row) {
	r.keys = slices.Insert(r.keys, 1, text(x.patient))
	x.visit(r)
}

// compiledHeader is a headerTable with its path read.
type compiledHeader struct {
	name     string
	path     path
	children []compiledHeader
}

func compileHeaders(tables []headerTable) ([]compiledHeader, error) {
	var all []compiledHeader
	for _, t := range tables {
		p, err := parsePath(t.path)
		if err != nil {
			return nil, err
		}
		children, err := compileHeaders(t.children)
		if err != nil {
			return nil, err
		}
		all = append(all, compiledHeader{t.name, p, children})
	}
	return all, nil
}

func text(s string) extract.Value {
	if s == "" {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: s, Kind: extract.Text}
}

// expand visits the rows of one part of the document with that key.
func (x *expander) expand(p part, document string) {
	switch {
	case p.header != nil:
		x.patient = patientKey(p.header, document)
		x.expandHeader(p.header, document)
		x.expandParties(p.header, document)
	case p.body != nil:
		x.give(row{table: "body", node: p.body, keys: []extract.Value{text(document), text(document + "/body"), text(document)}})
	case p.entry != nil:
		x.expandEntry(p, document)
		x.expandParties(p.entry, document)
	case p.section != nil:
		parent := document
		if p.section.around != nil {
			parent = p.section.around.key
		}
		x.give(row{
			table: "sections", node: p.section.node, section: p.section,
			keys: []extract.Value{text(document), text(p.section.key), text(p.section.key), text(parent)},
		})
	}
}

func (x *expander) expandHeader(header *node, document string) {
	for _, t := range x.headers {
		if t.name == "document" {
			x.give(row{table: t.name, node: header, keys: []extract.Value{text(document), text(document), text("")}})
			continue
		}
		x.expandTable(t, header, []string{document, document})
	}
}

// expandTable visits the rows of a table and of its children. keys are those of
// the document and of what from is.
func (x *expander) expandTable(t compiledHeader, from *node, keys []string) {
	number := 0
	t.path.each(from, func(n *node) bool {
		number++
		key := keys[1] + "/" + t.name + strconv.Itoa(number)
		x.give(row{table: t.name, node: n, keys: []extract.Value{text(keys[0]), text(key), text(keys[1])}})
		for _, child := range t.children {
			x.expandTable(child, n, []string{keys[0], key})
		}
		return true
	})
}

// entry is one entry while its rows are made.
type entry struct {
	part
	document string
	key      string
	keys     map[*node]string // of the statements that have one
	rows     map[*node]bool
	counts   map[string]int
}

func (x *expander) expandEntry(p part, document string) {
	number := strconv.Itoa(p.section.entries)
	e := &entry{
		part: p, document: document, key: p.section.key + "/e" + number,
		keys: map[*node]string{}, rows: map[*node]bool{}, counts: map[string]int{},
	}
	for _, n := range rowsOf(p.section.table, p.entry) {
		e.rows[n] = true
	}
	x.expandStatements(e, p.entry, p.entry)
}

// expandStatements visits the statements below n, which is in the statement
// holder.
func (x *expander) expandStatements(e *entry, n, holder *node) {
	for c := range n.elements {
		switch {
		case statement(c.name):
			x.expandStatement(e, c, holder)
			x.expandStatements(e, c, c)
		case c.name == "entryRelationship" || c.name == "component":
			x.expandStatements(e, c, holder)
		}
	}
}

// expandStatement visits one statement: as row of the section's table, as
// organizer, or else as what explains another one.
func (x *expander) expandStatement(e *entry, n, holder *node) {
	direct := n.parent == e.entry
	e.keys[n] = e.number(n, direct)
	if e.rows[n] {
		x.visitStatement(e, e.section.table, n, holder)
	}
	switch {
	case n.name == "organizer":
		x.visitStatement(e, "organizers", n, holder)
	case !direct && !e.rows[n]:
		x.visitStatement(e, "related_entries", n, holder)
	}
}

// number makes the key of a statement: that of the entry for its own one.
func (e *entry) number(n *node, direct bool) string {
	kind := "/n"
	switch {
	case direct:
		kind = "/d"
	case e.rows[n]:
		kind = "/r"
	case n.name == "organizer":
		kind = "/o"
	}
	e.counts[kind]++
	if kind == "/d" && e.counts[kind] == 1 {
		return e.key
	}
	return e.key + kind + strconv.Itoa(e.counts[kind])
}

func (x *expander) visitStatement(e *entry, table string, n, holder *node) {
	parent := e.section.key
	if holder != e.entry {
		parent = e.keys[holder]
	}
	if negated(n) {
		table += negatedSuffix
	}
	x.give(row{
		table: table, node: n, section: e.section,
		keys: []extract.Value{
			text(e.document), text(e.section.key), text(e.section.code), text(strconv.Itoa(e.section.entries)),
			text(e.keys[n]), text(parent), text(e.section.table),
		},
	})
}
