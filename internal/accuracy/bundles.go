package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// suite is a set of documents with the FHIR bundle that is expected of each.
// It says how resources are paired, what is not compared, and which
// differences are no mistakes. [compareBundles] does the rest, for any suite.
type suite struct {
	name    string // of the flag -suite, of the mapping's section in docs/accuracy.md
	mapping string
	truth   string // where the data is, below ../shared/data
	// documents reads inputs and expected bundles.
	documents func(truth string) ([]document, error)
	// prepare writes both sides in one form before they are compared; what it
	// does stands among the rules.
	prepare func(b *bundle)
	// keys gives the natural keys of a resource, the strongest first; resources
	// are paired by the first that both have; a key of several lines is shared
	// where one of them is. The last one may be "" for types of which a
	// document has one.
	keys func(r *entry) []string
	// skips tells elements that are not compared, such as ids that are made up
	// on both sides.
	skips func(typ, path string) bool
	rules []bundleRule
	bar   float64 // percent of expected values that must agree
}

// document is one input with the bundle that is expected of it.
type document struct {
	name     string
	input    []byte
	expected []byte
}

// bundleRule is a systematic difference with its reason. holds has to accept
// this difference and no other.
type bundleRule struct {
	typ    string   // "" any type
	paths  []string // of elements: "code.coding.display"; ends of them behind "*": "*.display"; "(resources)" for whole ones
	reason string
	holds  func(d leafDiff) bool
}

// leafDiff is one value that is not equal on both sides. want is "" where only
// we have it, got where only the other one has.
type leafDiff struct {
	path      string
	want, got string
	typ       string
	expected  *entry   // nil for a resource that only we have
	ours      *entry   // nil for a resource that only the other one has
	all       *bundle  // all of ours
	alone     *element // the expected element around the value that has no counterpart, such as a whole name; nil where there is one
	input     []byte   // the document
}

// outcome is what became of values, all of one field.
type outcome struct {
	expected  int // values that the bundle has
	equal     int
	byRule    int // explained by a rule
	different int
	missing   int
	extra     int // values that only we have
	explained int // of these, by a rule
	examples  []string
}

// percent is the share of expected values that are there, equal or explained.
func (o outcome) percent() float64 {
	if o.expected == 0 {
		return 100
	}
	return 100 * float64(o.equal+o.byRule) / float64(o.expected)
}

func (o *outcome) add(p outcome) {
	o.expected, o.equal, o.byRule = o.expected+p.expected, o.equal+p.equal, o.byRule+p.byRule
	o.different, o.missing = o.different+p.different, o.missing+p.missing
	o.extra, o.explained = o.extra+p.extra, o.explained+p.explained
}

// field of a resource type; path is wholeResources for the resources
// themselves.
type fieldName struct{ typ, path string }

const wholeResources = "(resources)"

// agreement is the comparison of all documents of a suite.
type agreement struct {
	suite     *suite
	documents int
	ours      *bundle // of the document at hand
	fields    map[fieldName]*outcome
	used      []int // how often each rule was met

	alone  *element // see leafDiff
	input  []byte
	unmade int // values of resources that a rule says we do not make
}

func newAgreement(s *suite) *agreement {
	return &agreement{suite: s, fields: map[fieldName]*outcome{}, used: make([]int, len(s.rules))}
}

// compareBundles adds the comparison of one document's bundles.
func (a *agreement) compareBundles(want, got *bundle) {
	a.documents++
	if a.suite.prepare != nil {
		a.suite.prepare(want)
		a.suite.prepare(got)
	}
	a.ours = got
	m := pairBundles(a.suite, want, got)
	m.relabel(want, got)
	for _, p := range m.pairs {
		a.outcome(p.want.typ, wholeResources).expected++
		a.outcome(p.want.typ, wholeResources).equal++
		a.compareElements(p, "", p.want.root, p.got.root)
	}
	for _, w := range m.missing {
		a.count(leafDiff{path: wholeResources, want: w.id, typ: w.typ, expected: w})
	}
	for _, g := range m.extra {
		a.count(leafDiff{path: wholeResources, got: g.id, typ: g.typ, ours: g})
	}
}

func (a *agreement) outcome(typ, path string) *outcome {
	o := a.fields[fieldName{typ, path}]
	if o == nil {
		o = &outcome{}
		a.fields[fieldName{typ, path}] = o
	}
	return o
}

// compareElements compares two elements of one name, nil where a side lacks it.
func (a *agreement) compareElements(p entryPair, path string, want, got *element) {
	if a.suite.skips(p.want.typ, path) {
		return
	}
	if got == nil && want != nil && a.alone == nil {
		a.alone = want
		defer func() { a.alone = nil }()
	}
	if isLeaf(want) && isLeaf(got) {
		d := leafDiff{path: path, want: want.value(), got: got.value(), typ: p.want.typ, expected: p.want, ours: p.got}
		if want != nil && got != nil && same(want.text, got.text) {
			a.outcome(d.typ, path).expected++
			a.outcome(d.typ, path).equal++
			return
		}
		a.count(d)
		return
	}
	for _, name := range memberNames(want, got) {
		below := strings.TrimPrefix(path+"."+name, ".")
		for _, two := range align(want.members(name), got.members(name)) {
			a.compareElements(p, below, two[0], two[1])
		}
	}
}

// count puts a difference where it belongs. A resource that is missing lacks
// all its values.
func (a *agreement) count(d leafDiff) {
	d.all, d.alone, d.input = a.ours, a.alone, a.input
	o := a.outcome(d.typ, d.path)
	rule := a.ruleOf(d)
	if rule >= 0 {
		a.used[rule]++
	}
	switch {
	case d.want == "":
		if o.extra++; rule >= 0 {
			o.explained++
		}
	case rule >= 0:
		o.expected++
		o.byRule++
		if d.path == wholeResources {
			a.unmade += leaves(a.suite, d.expected)
		}
		return
	case d.got == "":
		o.expected++
		o.missing++
	default:
		o.expected++
		o.different++
	}
	if rule < 0 && len(o.examples) < 6 {
		o.examples = append(o.examples, d.want+" became "+d.got)
	}
	if d.path == wholeResources && d.got == "" && rule < 0 {
		a.compareElements(entryPair{d.expected, nil}, "", d.expected.root, nil)
	}
}

// leaves counts the values of a resource.
func leaves(s *suite, e *entry) int {
	counted := newAgreement(&suite{keys: s.keys, skips: s.skips})
	counted.compareElements(entryPair{e, nil}, "", e.root, nil)
	return counted.total().expected
}

func (a *agreement) ruleOf(d leafDiff) int {
	return slices.IndexFunc(a.suite.rules, func(r bundleRule) bool {
		return (r.typ == "" || r.typ == d.typ) && slices.ContainsFunc(r.paths, func(p string) bool { return pathFits(p, d.path) }) && r.holds(d)
	})
}

// pathFits tells whether a path is the pattern, or ends in what stands behind
// its star.
func pathFits(pattern, path string) bool {
	end, any := strings.CutPrefix(pattern, "*")
	return path == pattern || any && (strings.HasSuffix(path, end) || path == strings.TrimPrefix(end, "."))
}

// align pairs the members of two lists: those that are most like each other
// first, in their order where that decides nothing. Members without counterpart
// stand with nil.
func align(want, got []*element) [][2]*element {
	if len(want) == 1 && len(got) == 1 {
		return [][2]*element{{want[0], got[0]}}
	}
	type candidate struct{ w, g, likeness int }
	var all []candidate
	for w := range want {
		for g := range got {
			all = append(all, candidate{w, g, likeness(want[w], got[g])})
		}
	}
	slices.SortStableFunc(all, func(x, y candidate) int { return cmp.Compare(y.likeness, x.likeness) })
	ofWant, ofGot := make([]bool, len(want)), make([]bool, len(got))
	var out [][2]*element
	for _, c := range all {
		if !ofWant[c.w] && !ofGot[c.g] {
			ofWant[c.w], ofGot[c.g] = true, true
			out = append(out, [2]*element{want[c.w], got[c.g]})
		}
	}
	for w := range want {
		if !ofWant[w] {
			out = append(out, [2]*element{want[w], nil})
		}
	}
	for g := range got {
		if !ofGot[g] {
			out = append(out, [2]*element{nil, got[g]})
		}
	}
	return out
}

// likeness counts the values that two elements have in common.
func likeness(want, got *element) int {
	if want == nil || got == nil {
		return 0
	}
	if isLeaf(want) && isLeaf(got) {
		if same(want.text, got.text) {
			return 1
		}
		return 0
	}
	n := 0
	for _, name := range memberNames(want, got) {
		for _, two := range align(want.members(name), got.members(name)) {
			n += likeness(two[0], two[1])
		}
	}
	return n
}

// byType sums the fields of every resource type, the whole resources apart.
func (a *agreement) byType() (types []string, resources, values map[string]*outcome) {
	resources, values = map[string]*outcome{}, map[string]*outcome{}
	for f, o := range a.fields {
		if resources[f.typ] == nil {
			types = append(types, f.typ)
			resources[f.typ], values[f.typ] = &outcome{}, &outcome{}
		}
		if f.path == wholeResources {
			resources[f.typ].add(*o)
		} else {
			values[f.typ].add(*o)
		}
	}
	slices.Sort(types)
	return types, resources, values
}

// total sums all values.
func (a *agreement) total() outcome {
	var sum outcome
	for f, o := range a.fields {
		if f.path != wholeResources {
			sum.add(*o)
		}
	}
	return sum
}

// String says how far both sides agree in one line.
func (a *agreement) String() string {
	sum := a.total()
	return fmt.Sprintf("%s: %d documents, %d values, %d equal, %d by rule, %d different, %d missing: %.2f %%",
		a.suite.name, a.documents, sum.expected, sum.equal, sum.byRule, sum.different, sum.missing, sum.percent())
}
