// Package mappingdiff tells two mappings apart by what they make of the same
// rows, not by their text.
//
// Read [Compare] and [Report] first.
//
//	report, err := mappingdiff.Compare(old, new)
//	for _, c := range report.Changes { fmt.Println(c.Rule, c.Count) }
package mappingdiff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// maxExamples bounds the examples of one change.
const maxExamples = 3

// Made is a resource that one of the mappings made, and the row that it was
// made of (of a group, the first).
type Made struct {
	Map      *mappings.Map
	Origin   issue.Origin
	Resource fhir.Resource
}

// Report says how the resources of two mappings differ.
type Report struct {
	Same    int // resources that are equal, byte by byte
	Changed int
	Added   int // made by the new mapping only
	Removed int // made by the old mapping only
	Changes []Change
}

// Differs reports whether anything does.
func (r Report) Differs() bool { return r.Changed+r.Added+r.Removed > 0 }

// Kind says what a change is.
type Kind uint8

// The kinds of a change: an element of resources that both make, or whole
// resources.
const (
	ElementChanged Kind = iota
	ResourceAdded
	ResourceRemoved
)

// String returns changed, added or removed.
func (k Kind) String() string { return [...]string{"changed", "added", "removed", ""}[k&3] }

// Change is what one rule does differently, counted over all resources.
type Change struct {
	Kind     Kind
	Map      string
	Rule     string // address; the map's name for whole resources and where no rule is known
	At       issue.Position
	Count    int
	Constant bool // both mappings have a constant there: the values are nobody's
	Examples []Example
}

// Example is one place of a change. Old and New are the values, of objects and
// lists as JSON, "" where there is none.
type Example struct {
	Origin    issue.Origin
	Reference string
	Path      string
	Old, New  string
}

// place tells which resources of the two mappings belong together: those of one
// map and one row.
type place struct {
	def    string
	origin issue.Origin
}

// Compare compares what the old and the new mapping made of the same rows. A
// resource whose id changed is a changed one.
func Compare(before, after []Made) (Report, error) {
	c := comparison{found: map[[2]string]*Change{}}
	rest := map[place]Made{}
	for _, m := range after {
		rest[place{m.Map.Name, m.Origin}] = m
	}
	for _, old := range before {
		at := place{old.Map.Name, old.Origin}
		other, ok := rest[at]
		if !ok {
			c.report.Removed++
			c.note(ResourceRemoved, old, nil, Example{})
			continue
		}
		delete(rest, at)
		if err := c.pair(old, other); err != nil {
			return Report{}, err
		}
	}
	for _, m := range after {
		if _, ok := rest[place{m.Map.Name, m.Origin}]; ok {
			c.report.Added++
			c.note(ResourceAdded, m, nil, Example{})
		}
	}
	for _, known := range c.found {
		c.report.Changes = append(c.report.Changes, *known)
	}
	slices.SortFunc(c.report.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Map, b.Map), -cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Rule, b.Rule))
	})
	return c.report, nil
}

// comparison gathers changes.
type comparison struct {
	report Report
	found  map[[2]string]*Change
	paths  []Example // of the pair at hand
}

func (c *comparison) pair(old, other Made) error {
	if string(old.Resource.JSON) == string(other.Resource.JSON) {
		c.report.Same++
		return nil
	}
	var a, b fhir.Tree
	if err := a.Parse(old.Resource.JSON); err != nil {
		return fmt.Errorf("compare %s: %w", old.Resource.Ref(), err)
	}
	if err := b.Parse(other.Resource.JSON); err != nil {
		return fmt.Errorf("compare %s: %w", other.Resource.Ref(), err)
	}
	c.paths = c.paths[:0]
	c.values(&a, 0, &b, 0, "")
	if len(c.paths) == 0 {
		c.report.Same++ // the same but for the order of members
		return nil
	}
	c.report.Changed++
	seen := map[string]bool{}
	for _, e := range c.paths {
		rule := other.Map.RuleAt(e.Path)
		if rule == nil {
			rule = old.Map.RuleAt(e.Path)
		}
		address := other.Map.Name
		if rule != nil {
			address = rule.Address
		}
		if seen[address] {
			continue // one rule may make several elements of a resource
		}
		seen[address] = true
		c.note(ElementChanged, other, rule, e)
		known := c.found[[2]string{ElementChanged.String(), address}]
		known.Constant = constant(rule) && constant(old.Map.RuleAt(e.Path)) && (known.Count == 1 || known.Constant)
	}
	return nil
}

func constant(r *mappings.Rule) bool { return r != nil && r.Kind == mappings.Const }

// note counts a change of the rule, or of the whole map where rule is nil.
func (c *comparison) note(kind Kind, m Made, rule *mappings.Rule, e Example) {
	address, at := m.Map.Name, m.Map.Pos
	if rule != nil {
		address, at = rule.Address, rule.Pos
	}
	key := [2]string{kind.String(), address}
	known := c.found[key]
	if known == nil {
		known = &Change{Kind: kind, Map: m.Map.Name, Rule: address, At: at}
		c.found[key] = known
	}
	known.Count++
	if len(known.Examples) < maxExamples {
		e.Origin, e.Reference = m.Origin, m.Resource.Ref()
		known.Examples = append(known.Examples, e)
	}
}

// values notes where two values differ: members one by one, lists of equal
// length element by element, anything else whole.
func (c *comparison) values(a *fhir.Tree, x int, b *fhir.Tree, y int, path string) {
	switch {
	case a.Kind(x) == fhir.Object && b.Kind(y) == fhir.Object:
		for n := a.First(x); n != 0; n = a.Next(n) {
			key := a.Key(n)
			other := b.Find(y, key)
			if other == 0 {
				c.paths = append(c.paths, Example{Path: join(path, key), Old: shown(a, n)})
				continue
			}
			c.values(a, n, b, other, join(path, key))
		}
		for n := b.First(y); n != 0; n = b.Next(n) {
			if key := b.Key(n); a.Find(x, key) == 0 {
				c.paths = append(c.paths, Example{Path: join(path, key), New: shown(b, n)})
			}
		}
	case a.Kind(x) == fhir.Array && b.Kind(y) == fhir.Array && a.Count(x) == b.Count(y):
		n, m := a.First(x), b.First(y)
		for i := 0; n != 0; i++ {
			c.values(a, n, b, m, path+"["+strconv.Itoa(i)+"]")
			n, m = a.Next(n), b.Next(m)
		}
	case a.Raw(x) != b.Raw(y):
		c.paths = append(c.paths, Example{Path: path, Old: shown(a, x), New: shown(b, y)})
	}
}

// shown returns a value for an example: a text without quotes, anything else as
// JSON.
func shown(t *fhir.Tree, node int) string { return strings.Clone(t.Text(node)) }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
