package validate

import (
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/fhir/profile"
	"chartlift/internal/issue"
)

// extension checks an extension against its definition, and looks its url up
// where the options ask for it.
func (c *checker) extension(e *fhir.Element, node int) {
	at := c.tree.Find(node, "url")
	if at == 0 || c.tree.Kind(at) != fhir.String || c.tree.Text(at) == "" {
		return
	}
	url := c.tree.Text(at)
	if !strings.Contains(url, ":") {
		if !c.inExtension() && !c.said("url") { // the parts of a complex extension have a plain name as their url
			c.fail(finding{rule: extensionURL, node: at, message: "the url of an extension is an absolute URI"})
		}
		return
	}
	if p := c.defined(url); p != nil {
		if !c.inItsPlace(e, p) {
			return
		}
		if c.context(p, at) && c.when(p, node, at) { // elsewhere it means nothing, whatever is in it
			c.conform(p, spot{node: node, index: -1, def: extensionDef()})
			c.parts(p, node)
		}
		return
	}
	if _, known := fhir.LookupExtension(url); known || c.options.UnknownExtensions == AllowUnknown {
		return
	}
	severity := issue.Warning
	if c.options.UnknownExtensions == RefuseUnknown {
		severity = issue.Error
	}
	c.found(finding{
		rule: extensionUnknown, severity: severity, node: at,
		message: "neither R4 nor a guide that is loaded defines this extension; correct its url",
	})
}

func extensionDef() *fhir.TypeDef {
	def, _ := fhir.LookupType("Extension")
	return def
}

// defined returns the definition of an extension, nil where no guide has one.
func (c *checker) defined(url string) *profile.Profile {
	p, known := c.guide.Lookup(url)
	if !known {
		if !c.guide.Defines(url) {
			return nil
		}
		p, _ = c.guide.Profile(strings.Clone(url)) // guides are checked when they are loaded
	}
	if p == nil || p.Type != "Extension" { // the URL of a profile of something else is no extension's, whether or not it was needed before
		return nil
	}
	return p
}

// inItsPlace reports an extension that changes the meaning of what it stands in
// and does not say so, or the other way round
// (https://hl7.org/fhir/R4/extensibility.html#modifierExtension).
func (c *checker) inItsPlace(e *fhir.Element, p *profile.Profile) bool {
	switch own := e.Name == "modifierExtension"; {
	case own && !p.Modifier:
		c.fail(finding{rule: extensionModifier, message: p.Title + " changes no meaning: put it into extension"})
		return false
	case !own && p.Modifier:
		c.fail(finding{rule: extensionModifier, message: p.Title + " changes the meaning of what it stands in: put it into modifierExtension"})
		return false
	}
	return true
}

// parts reports parts that the definition of a complex extension does not have.
// R4 leaves its slicing open for extensions with a URL of their own, not for
// further parts (https://hl7.org/fhir/R4/extensibility.html#Extension).
func (c *checker) parts(p *profile.Profile, node int) {
	list := c.tree.Find(node, "extension")
	if list == 0 || c.tree.Kind(list) != fhir.Array {
		return
	}
	for i, n := 0, c.tree.First(list); n != 0; i, n = i+1, c.tree.Next(n) {
		at := c.tree.Find(n, "url")
		if at == 0 || c.tree.Kind(at) != fhir.String || strings.Contains(c.tree.Text(at), ":") || p.HasPart(c.tree.Text(at)) {
			continue
		}
		c.frames = append(c.frames, frame{element: element(extensionDef(), "extension"), index: i})
		c.breach(finding{rule: extensionPart, node: at, message: p.Title + " has no part of this name"}, p.URL)
		c.frames = c.frames[:len(c.frames)-1]
	}
}

// context reports whether the extension may stand where it does, and says so
// where not.
func (c *checker) context(p *profile.Profile, at int) bool {
	if len(p.Contexts) == 0 {
		return true
	}
	for _, x := range p.Contexts {
		switch x.Type {
		case "element":
			if c.stands(x.Expression) {
				return true
			}
		case "extension":
			if c.partOf(x.Expression) {
				return true
			}
		default:
			if c.selected(x.Expression) {
				return true
			}
		}
	}
	c.outside(func() {
		c.breach(finding{rule: extensionContext, node: at, key: "extension", message: p.Title + " may stand in " + places(p.Contexts) + " only; move it or leave it out"}, p.URL)
	})
	return false
}

// when reports whether what the definition of an extension asks of its
// surroundings is true, and says so where not. The expressions are about what
// the extension stands in; %extension is the extension itself
// (https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant).
func (c *checker) when(p *profile.Profile, node, at int) bool {
	if len(p.When) == 0 {
		return true
	}
	holder, ok := c.holder(1)
	if !ok {
		return true // a primitive without a value has no place from which anything could be asked
	}
	c.machine.Extension = fhirpath.At(node, extensionDef())
	defer func() { c.machine.Extension = fhirpath.Value{} }()
	for i, x := range c.conditions(p) {
		program, err := x.compiled()
		truth := fhirpath.Empty
		if err == nil {
			truth, err = c.machine.Test(program, fhirpath.At(holder, c.owner()))
		}
		switch {
		case err != nil:
			c.terms.notChecked("context of " + p.Title)
			c.found(finding{rule: invariantUnchecked, severity: issue.Information, node: at, message: "whether " + p.Title + " may stand here could not be checked: " + p.When[i]})
		case truth != fhirpath.True:
			c.outside(func() {
				c.breach(finding{rule: extensionInvariant, node: at, key: "extension", message: p.Title + " may stand only where this is true: " + p.When[i]}, p.URL)
			})
			return false
		}
	}
	return true
}

// conditions returns the expressions of a definition's context, which are
// compiled when first needed.
func (c *checker) conditions(p *profile.Profile) []*invariant {
	if known, ok := c.own.Load(p); ok {
		return known.([]*invariant)
	}
	all := make([]*invariant, len(p.When))
	for i, expression := range p.When {
		all[i] = &invariant{Invariant: fhir.Invariant{Expression: expression}}
	}
	known, _ := c.own.LoadOrStore(p, all)
	return known.([]*invariant)
}

func places(all []profile.Context) string {
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = x.Expression
	}
	return strings.Join(names, ", ")
}

// stands reports whether the extension's parent is the element: a type
// (Patient, HumanName, Element) or a path from one.
func (c *checker) stands(expression string) bool {
	for i := len(c.frames) - 2; i >= 0; i-- {
		if c.frames[i].is(expression) {
			return true
		}
		dot := strings.LastIndexByte(expression, '.')
		e := c.frames[i].element
		if dot < 0 || e == nil {
			return false
		}
		name := strings.TrimSuffix(expression[dot+1:], "[x]")
		if name != e.Name && name != e.Choice {
			return false
		}
		expression = expression[:dot]
	}
	return false
}

// is reports whether the element at a frame has the type.
func (f *frame) is(typ string) bool {
	if f.name != "" { // a resource
		switch typ {
		case "Element", "Resource", "DomainResource", "CanonicalResource", "MetadataResource":
			return true
		}
		return f.name == typ
	}
	def := f.element.Def()
	return def.Name == typ || typ == "Element" || typ == "BackboneElement" && def.Kind == fhir.Backbone || typ != "BackboneElement" && specializes(def, typ)
}

// partOf reports whether the extension stands in the one that the expression
// names, or in its value: its URL, and behind # the name of a part
// (https://hl7.org/fhir/R4/defining-extensions.html#context).
func (c *checker) partOf(expression string) bool {
	up := 1
	if !c.inExtension() {
		if up = 2; len(c.frames) < 3 || c.frames[len(c.frames)-3].element == nil || c.frames[len(c.frames)-3].element.Type != "Extension" {
			return false // nor in the value of one
		}
	}
	node, ok := c.holder(up)
	if !ok {
		return true
	}
	url := c.tree.FindText(node, "url")
	return url == expression || url != "" && strings.HasSuffix(expression, "#"+url)
}

// selected reports whether what the extension stands in is among what the
// expression finds in the resource. An expression that cannot be run says
// nothing against the place.
func (c *checker) selected(expression string) bool {
	node, ok := c.holder(1)
	program, err := fhirpath.Compile(expression)
	if !ok || err != nil {
		return true
	}
	found, err := c.machine.Eval(program, c.machine.Resource)
	if err != nil {
		return true
	}
	for _, v := range found {
		if at, isNode := v.Node(); isNode && at == node {
			return true
		}
	}
	return false
}

// holder returns the node of what the extension stands in, so many levels up.
// ok is false for a primitive without a value, which has none.
func (c *checker) holder(up int) (node int, ok bool) {
	for _, f := range c.frames[:max(len(c.frames)-up, 0)] {
		if f.element == nil { // the root
			continue
		}
		if node = c.tree.Find(node, f.element.Name); node == 0 {
			return 0, false
		}
		if f.index < 0 {
			continue
		}
		node = c.tree.First(node)
		for range f.index {
			node = c.tree.Next(node)
		}
		if node == 0 {
			return 0, false
		}
	}
	return node, true
}

// inExtension reports whether the extension is a part of another one.
func (c *checker) inExtension() bool {
	if len(c.frames) < 2 {
		return false
	}
	e := c.frames[len(c.frames)-2].element
	return e != nil && e.Type == "Extension"
}
