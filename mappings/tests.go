package mappings

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Test is an example of what a map makes of given rows. Which program it
// belongs to is known from its Map.
type Test struct {
	Name      string
	Pos       issue.Position // of the name
	Map       *Map
	Given     []GivenTable
	Outcome   Outcome
	Resources []*Want // with Made, in the order in which they are made
	Expect    Span    // where the value of expect stands
	Count     int     // -1: as many as Resources
	CountAt   Span
	Issues    []WantIssue
	AsksFor   bool // whether the findings are compared at all
	IssuesAt  Span
}

// Outcome says what a test expects to become of its rows.
type Outcome uint8

// The outcomes. Unwritten: expect stands there without a value, and --update is
// to write it.
const (
	Unasked Outcome = iota
	Made
	Rejected
	Filtered
	Unwritten
)

// String returns the word of the language for o; made for resources.
func (o Outcome) String() string {
	return [...]string{"", "made", "rejected", "filtered", ""}[o%5]
}

// GivenTable is the rows that a test gives of a source.
type GivenTable struct {
	Source *Source
	Rows   []GivenRow
}

// GivenRow is one row. Columns that it does not name are absent from the row.
type GivenRow struct {
	Pos   issue.Position
	Cells []GivenCell
}

// GivenCell is the text of a column, by the name that the mapping has for it,
// or NULL.
type GivenCell struct {
	Column string
	Text   string
	Null   bool
}

// WantKind is the form of an expected value.
type WantKind uint8

// The forms. WantAbsent: the element must not be there. WantExtension: the
// extensions with this URL must be these, in order; each Part is the object of
// one.
const (
	WantText WantKind = iota
	WantAbsent
	WantObject
	WantList
	WantExtension
)

// Want is an expected value. Of an object the members named must be equal,
// others may be there; a list is compared whole, element by element.
type Want struct {
	Kind  WantKind
	Key   string // in an object
	URL   string // of an extension, whose Key is as it is written: extension(us-core-race)
	Text  string
	Parts []*Want
	At    Span
	Pos   issue.Position
}

// WantIssue is an expected finding. What it leaves empty may be anything.
type WantIssue struct{ Rule, Code, Value string }

// CompileTests reads a file of tests for prog: chartlift: 1 and tests, nothing
// else. All findings come at once.
func CompileTests(fsys fs.FS, name string, prog *Program) ([]*Test, []issue.Issue) {
	c := &compiler{file: name, prog: &Program{}, maps: map[string]*Map{}, sources: map[string]*Source{}}
	for _, m := range prog.Maps {
		c.maps[m.Name] = m
	}
	for _, s := range prog.Sources {
		c.sources[s.Name] = s
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		c.add("E0100", issue.Position{File: name}, "these tests cannot be read: "+pathCause(err))
		return nil, c.list
	}
	root := parse(name, text, &c.findings)
	if root == nil || !c.section(root, "test file") {
		return nil, c.list
	}
	if v := root.get("chartlift"); v == nil || v.text != "1" {
		c.add("E0106", root.pos, "a file of tests begins with chartlift: 1, the version of the mapping language")
	}
	c.tests(root.get("tests"))
	if c.failed() {
		return nil, c.list
	}
	return c.prog.Tests, c.list
}

func (c *compiler) tests(n *node) {
	if n == nil {
		return
	}
	if n.kind != sequence {
		c.add("E0104", n.pos, "tests are a list: - { name: …, map: …, given: { … }, expect: { … } }")
		return
	}
	for _, item := range n.items {
		c.test(item)
	}
}

func (c *compiler) test(n *node) {
	if !c.section(n, "test") {
		return
	}
	t := &Test{Name: c.text(n.get("name")), Pos: n.pos, Count: -1}
	if name := n.get("name"); name != nil {
		t.Pos = name.pos
	}
	if t.Name == "" {
		c.add("E0105", n.pos, "say in a few words what the test shows: name: unknown gender")
	}
	if t.Map = c.testedMap(n); t.Map == nil {
		return
	}
	c.given(t, n.get("given"))
	c.expect(t, n)
	if v := n.get("expect_count"); v != nil {
		t.Count, t.CountAt = c.integer(v, 0), v.span
	}
	if v := n.get("expect_issues"); v != nil {
		t.AsksFor, t.IssuesAt = true, v.span
		c.expectIssues(t, v)
	}
	if n.get("expect") == nil && t.Count < 0 && !t.AsksFor {
		c.add("E0105", n.pos, "say what is expected: expect, expect_count or expect_issues")
	}
	c.prog.Tests = append(c.prog.Tests, t)
}

// testedMap returns the map that the test is of. Where the map has findings of
// its own, it is nil without a further one.
func (c *compiler) testedMap(n *node) *Map {
	name := n.get("map")
	if name == nil {
		c.add("E0105", n.pos, "say which map is tested: map: NAME")
		return nil
	}
	m := c.maps[c.text(name)]
	if m == nil {
		c.suggest("E0601", name.pos, "there is no map "+strconv.Quote(name.text), nearest(name.text, keysOf(c.maps)))
		return nil
	}
	if m.From == nil || m.Resource == "" {
		return nil
	}
	return m
}

func (c *compiler) given(t *Test, n *node) {
	if n == nil {
		c.add("E0105", t.Pos, "give a row: given: { "+t.Map.From.Name+": { COLUMN: value } }")
		return
	}
	c.each(n, func(key, value *node) {
		s := c.sources[key.text]
		if s == nil {
			c.suggest("E0601", key.pos, "there is no source "+strconv.Quote(key.text), nearest(key.text, keysOf(c.sources)))
			return
		}
		table := GivenTable{Source: s}
		for _, row := range c.list2(value) {
			table.Rows = append(table.Rows, c.givenRow(s, row))
		}
		t.Given = append(t.Given, table)
	})
	if !slices.ContainsFunc(t.Given, func(g GivenTable) bool { return t.Map.From.MadeOf(g.Source) }) {
		c.add("E0105", n.pos, "the map "+t.Map.Name+" takes its rows from "+t.Map.From.Name+": give a row of it")
	}
}

// givenRow reads a row. A column that no rule looks at is refused: most often
// it is misspelt, and the test would say nothing.
func (c *compiler) givenRow(s *Source, n *node) GivenRow {
	row := GivenRow{Pos: n.pos}
	c.each(n, func(column, value *node) {
		if s.UseIndex(column.text) < 0 && !c.prog.viewNames(s, column.text) {
			names := make([]string, 0, len(s.Uses))
			for _, u := range s.Uses {
				names = append(names, u.Name)
			}
			c.suggest("E0601", column.pos, "the mapping uses no column "+strconv.Quote(column.text)+" of "+s.Name, nearest(column.text, names))
			return
		}
		cell := GivenCell{Column: column.text, Null: value.kind == null}
		if !cell.Null {
			cell.Text = c.text(value)
		}
		row.Cells = append(row.Cells, cell)
	})
	return row
}

func (c *compiler) expect(t *Test, n *node) {
	v := n.get("expect")
	if v == nil {
		return
	}
	t.Expect = v.span
	switch {
	case v.kind == null:
		t.Outcome = Unwritten
	case v.kind == scalar && (v.text == "rejected" || v.text == "filtered"):
		t.Outcome = Rejected
		if v.text == "filtered" {
			t.Outcome = Filtered
		}
	case v.kind == scalar:
		c.suggest("E0602", v.pos, "expected is a resource, a list of resources, rejected or filtered", nearest(v.text, []string{"rejected", "filtered"}))
	default:
		t.Outcome = Made
		for _, item := range c.list2(v) {
			if item.kind != mapping {
				c.add("E0602", item.pos, "write the resource by its elements: { gender: female }")
				continue
			}
			t.Resources = append(t.Resources, c.wantObject(item, t.Map.Resource))
		}
	}
}

// wantObject reads an expected object of this type.
func (c *compiler) wantObject(n *node, typ string) *Want {
	w := &Want{Kind: WantObject, At: n.span, Pos: n.pos}
	def, ok := fhir.LookupType(typ)
	for i, key := range n.keys {
		if !ok {
			break
		}
		if def.Kind == fhir.ResourceKind && key.text == "resourceType" {
			continue
		}
		if p := c.wantMember(def, key, n.values[i]); p != nil {
			p.Key = key.text
			w.Parts = append(w.Parts, p)
		}
	}
	return w
}

// wantMember reads what is expected of a member of an object; nil after a
// finding.
func (c *compiler) wantMember(def *fhir.TypeDef, key, n *node) *Want {
	if name, ok := extensionKey(key.text); ok {
		return c.wantExtension(name, key, n)
	}
	if strings.HasPrefix(key.text, "_") {
		e := c.siblingOf(def, key)
		if e == nil {
			return nil
		}
		return c.want(n, &fhir.Element{Name: key.text, Type: "Element", Max: 1})
	}
	e, _, known := def.Element(key.text)
	if !known {
		c.unknownElement(def, key)
		return nil
	}
	return c.want(n, e)
}

// want reads the expected value of an element.
func (c *compiler) want(n *node, e *fhir.Element) *Want {
	if n.kind == null {
		return &Want{Kind: WantAbsent, At: n.span, Pos: n.pos}
	}
	if e.Max == 1 {
		if n.kind == sequence {
			c.add("E0113", n.pos, e.Name+" occurs once at the most: write one value, not a list")
		}
		return c.wantOne(n, e)
	}
	w := &Want{Kind: WantList, At: n.span, Pos: n.pos}
	if n.kind != sequence {
		c.add("E0114", n.pos, e.Name+" may occur several times: write a list, [ … ]")
		return w
	}
	for _, item := range n.items {
		w.Parts = append(w.Parts, c.wantOne(item, e))
	}
	return w
}

func (c *compiler) wantOne(n *node, e *fhir.Element) *Want {
	primitiveType := primitive(e.Type)
	switch {
	case n.kind == mapping && primitiveType:
		c.add("E0117", n.pos, "a "+e.Type+" has no members; write a value")
	case n.kind == scalar && !primitiveType:
		c.add("E0117", n.pos, "a "+e.Type+" is written with its members: { … }")
	case n.kind == mapping:
		return c.wantObject(n, e.Type)
	}
	return &Want{Kind: WantText, Text: n.text, At: n.span, Pos: n.pos}
}

func (c *compiler) expectIssues(t *Test, n *node) {
	known := addresses(c.maps)
	for _, item := range c.list2(n) {
		if !c.section(item, "expected issue") {
			continue
		}
		rule := item.get("rule")
		w := WantIssue{Rule: c.text(rule), Code: c.text(item.get("code")), Value: c.text(item.get("value"))}
		name, _, dotted := strings.Cut(w.Rule, ".")
		if dotted && c.maps[name] != nil && !slices.Contains(known, w.Rule) {
			c.suggest("E0601", rule.pos, "there is no rule "+strconv.Quote(w.Rule), nearest(w.Rule, known))
		}
		t.Issues = append(t.Issues, w)
	}
}

// addresses returns the addresses of all rules, sorted.
func addresses(maps map[string]*Map) []string {
	var out []string
	for _, name := range keysOf(maps) {
		m := maps[name]
		for _, l := range m.Lookups {
			out = append(out, m.Name+".lookup."+l.Alias)
		}
		m.Root.Walk(func(r *Rule) { out = append(out, r.Address) })
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Walk calls do for r and every rule below it, parents first. A nil rule has
// none.
func (r *Rule) Walk(do func(*Rule)) {
	if r == nil {
		return
	}
	do(r)
	for _, inner := range r.Rules {
		inner.Walk(do)
	}
	if r.Each != nil {
		r.Each.Item.Walk(do)
	}
	for _, k := range r.Cases {
		k.Then.Walk(do)
	}
}
