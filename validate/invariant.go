package validate

import (
	"cmp"
	"strings"
	"sync"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/internal/issue"
)

// invariant is one of R4's invariants, compiled when the first resource needs
// it.
type invariant struct {
	fhir.Invariant
	once    sync.Once
	program *fhirpath.Program
	err     error
}

func (i *invariant) compiled() (*fhirpath.Program, error) {
	i.once.Do(func() { i.program, i.err = fhirpath.Compile(corrected(i.Expression)) })
	return i.program, i.err
}

// invariants are those of types, and those of single elements, whose values
// have their type's ones as well.
type invariants struct {
	byType    map[*fhir.TypeDef][]*invariant
	byElement map[*fhir.Element][]*invariant
	resource  []*invariant // of every resource that can hold narrative and contained resources
}

// elsewhere are the invariants that other rules check with a better message,
// and dom-6, a best practice (every resource should have a narrative) that
// hardly any converted record follows.
func elsewhere(key string) bool {
	switch key {
	case "dom-3", "ref-1", "txt-1", "txt-2", "sqt-1", "dom-6":
		return true
	}
	return false
}

// corrected returns the expression as R5 states it where R4's own one is not
// true of an element that is absent: name.matches(…), fullUrl.contains(…) and
// probability is decimal give nothing for nothing. que-12 counts as its text
// does.
func corrected(expression string) string {
	if rest, ok := strings.CutPrefix(expression, "enableWhen.count() > 2 "); ok { // its text says: more than one
		return "enableWhen.count() > 1 " + rest
	}
	if strings.HasPrefix(expression, "probability is ") {
		return "probability.exists() implies (" + expression + ")"
	}
	for _, element := range []string{"name", "fullUrl"} {
		if strings.HasPrefix(expression, element+".matches(") || strings.HasPrefix(expression, element+".contains(") {
			return element + ".exists() implies " + expression
		}
	}
	return expression
}

func newInvariants() *invariants {
	all := &invariants{byType: map[*fhir.TypeDef][]*invariant{}, byElement: map[*fhir.Element][]*invariant{}}
	for _, stated := range fhir.AllInvariants() {
		if elsewhere(stated.Key) {
			continue
		}
		i := &invariant{Invariant: stated}
		if stated.Path == "DomainResource" {
			all.resource = append(all.resource, i)
		} else if def, ok := fhir.LookupType(stated.Path); ok {
			all.byType[def] = append(all.byType[def], i)
		} else {
			all.addElement(i)
		}
	}
	return all
}

// addElement files an invariant under its element; of a choice, under each
// branch.
func (all *invariants) addElement(i *invariant) {
	dot := strings.LastIndexByte(i.Path, '.')
	if dot < 0 {
		return // of an abstract type
	}
	def, ok := fhir.LookupType(i.Path[:dot])
	if !ok {
		return
	}
	for at := range def.Elements {
		if e := &def.Elements[at]; cmp.Or(e.Choice, e.Name) == i.Path[dot+1:] {
			all.byElement[e] = append(all.byElement[e], i)
		}
	}
}

// isDomain reports whether the resource type has text, contained resources and
// extensions.
func isDomain(def *fhir.TypeDef) bool {
	return def.Kind == fhir.ResourceKind && def.Name != "Bundle" && def.Name != "Binary" && def.Name != "Parameters"
}

// invariantsOf checks the invariants of the type of the value at node.
func (c *checker) invariantsOf(node int, def *fhir.TypeDef) {
	if isDomain(def) {
		c.hold(c.invariants.resource, fhirpath.At(node, def))
	}
	c.hold(c.invariants.byType[def], fhirpath.At(node, def))
}

// hold reports every invariant that is not true of the value. One whose outcome
// is empty does not hold
// (https://hl7.org/fhir/R4/conformance-rules.html#constraints); one that cannot
// be run is said to be unchecked.
func (c *checker) hold(all []*invariant, v fhirpath.Value) {
	for _, i := range all {
		program, err := i.compiled()
		truth := fhirpath.Empty
		if err == nil {
			truth, err = c.machine.Test(program, v)
		}
		switch {
		case err != nil:
			c.terms.notChecked("rule " + i.Key)
			c.found(finding{rule: invariantUnchecked, invariant: i.Key, severity: issue.Information, message: i.Key + " could not be checked: " + i.Human})
		case truth == fhirpath.True:
		case c.follows(i, v.Type()):
		case i.Error && c.current != nil:
			c.breach(finding{rule: invariantFailed, invariant: i.Key, home: c.home(i), message: i.Key + ": " + i.Human}, i.Key)
		case i.Error:
			c.fail(finding{rule: invariantFailed, invariant: i.Key, home: c.home(i), message: i.Key + ": " + i.Human})
			if together(v.Type()) {
				return // one is enough: what it asks for decides about the others as well
			}
		default:
			c.found(finding{rule: invariantFailed, invariant: i.Key, home: c.home(i), severity: issue.Warning, message: i.Key + ": " + i.Human})
		}
	}
}

// within makes the resource at node the one that invariants call %resource, and
// returns how to go back. A contained resource keeps its container as
// %rootResource.
func (c *checker) within(node int, def *fhir.TypeDef, contained bool) (back func()) {
	resource, root := c.machine.Resource, c.machine.Root
	c.machine.Resource = fhirpath.At(node, def)
	if !contained {
		c.machine.Root = c.machine.Resource
	}
	return func() { c.machine.Resource, c.machine.Root = resource, root }
}

// home returns the canonical URL of the type or profile that states an
// invariant.
func (c *checker) home(i *invariant) string {
	if c.current != nil {
		return c.current.URL
	}
	typ, _, _ := strings.Cut(i.Path, ".")
	return structureBase + typ
}
