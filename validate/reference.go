package validate

import (
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// target is a literal reference taken apart. typ and id are "" where the
// reference does not say them (urn:uuid:…, foreign URLs, searches).
type target struct {
	typ, id  string
	relative bool
	valid    bool
}

// reference checks the literal reference of a Reference: its form, the type
// that it points to, and whether the target is there.
func (c *checker) reference(e *fhir.Element, node int) {
	at := c.tree.Find(node, "reference")
	c.referenceType(e, node, at)
	if at == 0 || c.tree.Kind(at) != fhir.String || c.tree.Text(at) == "" {
		return
	}
	text := c.tree.Text(at)
	if text[0] == '#' {
		c.containedTarget(e, at, text[1:])
		return
	}
	t := literal(text)
	if search := t.relative && t.id == ""; !t.valid || search && c.entries.closed() {
		c.found(finding{
			rule: referenceFormat, severity: c.formatSeverity(text), node: at,
			message: "a reference is Type/id, an absolute URL, urn:uuid:…, urn:oid:… or #id",
		})
		return
	}
	c.leads(e, at, text, t)
}

// leads checks what a literal reference that is well-formed leads to.
func (c *checker) leads(e *fhir.Element, at int, text string, t target) {
	found := c.entries.find(c.from(), text, t)
	if t.typ == "" {
		t.typ = found.typ
	}
	if t.typ != "" && !e.Allows(t.typ) {
		c.wrongTarget(e, at, t.typ, found.count > 0)
	}
	twin := c.entries.byUUID(c.from(), t)
	switch {
	case found.count > 1:
		c.ambiguous(at)
	case found.count == 1:
	case twin.count > 0 && !c.options.Letter && !c.held(e):
		if twin.typ != "" && twin.typ != t.typ {
			c.fail(finding{rule: referenceTarget, theirs: "Reference_REF_ResourceType", node: at, message: "the entry with this UUID is " + twin.typ + "; correct the type, or write its fullUrl"})
		}
	case !c.resolves(e, text, t):
		c.unsolved(e, at, t)
	}
}

// ambiguous reports a reference that several entries answer to, which
// applications may refuse. The order of a history tells which is meant, and in
// a transaction the server decides
// (https://hl7.org/fhir/R4/bundle.html#bundle-unique).
func (c *checker) ambiguous(at int) {
	f := finding{rule: referenceSeveral, node: at, message: "several entries of this bundle are what this references; give each a fullUrl of its own, or name the version"}
	if c.entries.kind == "history" || c.entries.transaction() {
		c.byReference(f)
		return
	}
	c.fail(f)
}

// formatSeverity says how bad a reference of another form is. In a run it would
// lead nowhere; elsewhere any text without white space may be a relative URL
// that some server understands. In a bundle it leads nowhere either.
func (c *checker) formatSeverity(text string) issue.Severity {
	if c.options.Resolve != nil || c.entries.typed() && !likeAddress(text) || strings.ContainsAny(text, " \t\r\n") {
		return issue.Error
	}
	return issue.Warning
}

// likeAddress reports name/id, whatever the name: the reference validator does
// not ask whether it is a type.
func likeAddress(text string) bool {
	name, id, ok := strings.Cut(text, "/")
	return ok && fhir.CheckPrimitive("id", name) == nil && fhir.CheckPrimitive("id", id) == nil
}

// unsolved reports a target that is not there. In a run all targets are known.
// A bundle may refer to what its server holds
// (https://hl7.org/fhir/R4/bundle.html#references); only a urn: has no other
// place to be looked for.
func (c *checker) unsolved(e *fhir.Element, at int, t target) {
	f := finding{rule: referenceUnsolved, severity: issue.Error, node: at, message: "the referenced resource is not there; load it too or declare the reference external"}
	held := c.held(e)
	switch _, alike := c.entries.named(t); {
	case alike:
		f.message = "an entry of this bundle has this type and id, but its fullUrl has another base than the one that this stands under, or it is another version; write the fullUrl of the entry that is meant"
	case held:
		f.message = "the document does not hold the referenced resource, which its Composition names; add it"
	case c.entries != nil:
		f.message = "the referenced resource is not in this bundle; make sure that the server has it"
	}
	if c.entries != nil && !held && c.options.Resolve == nil {
		f.severity = issue.Warning
	}
	c.found(f)
}

// held reports whether the reference at hand is one of those of a Composition
// whose targets the document must hold
// (https://hl7.org/fhir/R4/documents.html#content).
func (c *checker) held(e *fhir.Element) bool {
	owner := c.owner()
	if c.entries == nil || c.entries.kind != "document" || owner == nil || !strings.HasPrefix(owner.Name, "Composition") {
		return false
	}
	switch owner.Name + "." + e.Name {
	case "Composition.subject", "Composition.encounter", "Composition.author", "Composition.custodian", "Composition.attester.party", "Composition.event.detail",
		"Composition.section.author", "Composition.section.focus", "Composition.section.entry":
		return true
	}
	return false
}

// referenceType checks Reference.type: it names a type of resource, one of
// those that the element may point to and the one that the literal reference at
// node at names
// (https://hl7.org/fhir/R4/references-definitions.html#Reference.type).
func (c *checker) referenceType(e *fhir.Element, node, at int) {
	typ := c.tree.FindText(node, "type")
	if typ == "" {
		return
	}
	if _, known := resourceType(typ); !known && typ != "Resource" && typ != "DomainResource" {
		c.fail(finding{rule: referenceTarget, node: c.tree.Find(node, "type"), message: "type names no resource type of R4", suggestion: similarType(typ)})
		return
	}
	if at == 0 || c.tree.Kind(at) != fhir.String {
		return
	}
	named := literal(c.tree.Text(at))
	if id, local := strings.CutPrefix(c.tree.Text(at), "#"); local && c.find(id) >= 0 {
		named = target{typ: c.contained[c.find(id)].typ, valid: true}
	}
	if !e.Allows(typ) || named.valid && named.typ != "" && named.typ != typ {
		c.fail(finding{rule: referenceTarget, node: c.tree.Find(node, "type"), message: "type is not that of the target; correct it or leave it out"})
	}
}

// wrongTarget reports a reference to a type that the element does not allow.
// Whoever does not hold the target knows no more than what its address looks
// like; the reference validator says nothing then.
func (c *checker) wrongTarget(e *fhir.Element, at int, typ string, held bool) {
	f := finding{rule: referenceTarget, node: at, message: "a reference to " + typ + " is not allowed here, only to " + strings.Join(e.Targets, ", ")}
	if held {
		c.fail(f)
		return
	}
	c.byLetter(f)
}

// atHand reports whether the target of a literal reference was seen in the same
// bundle.
func (c *checker) atHand(text string, t target) bool {
	return c.entries.find(c.from(), text, t).count > 0
}

// resolves reports whether a target that no entry is may be there, as far as
// anybody can say.
func (c *checker) resolves(e *fhir.Element, text string, t target) bool {
	urn := strings.HasPrefix(text, "urn:")
	switch {
	case t.relative && t.id == "", !t.relative && !urn && !c.held(e):
		return true // searches and foreign URLs are for the server to resolve
	case c.entries == nil && (c.options.Resolve == nil || urn):
		return true
	}
	for _, prefix := range c.options.External {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	if t.relative && c.entries.leaves(c.from(), t) {
		return true
	}
	return t.relative && c.options.Resolve != nil && c.options.Resolve(t.typ, t.id)
}

// literal takes a reference apart
// (https://hl7.org/fhir/R4/references.html#literal).
func literal(text string) target {
	switch {
	case strings.HasPrefix(text, "urn:uuid:"):
		return target{valid: fhir.CheckPrimitive("uuid", text) == nil}
	case strings.HasPrefix(text, "urn:oid:"):
		return target{valid: fhir.CheckPrimitive("oid", text) == nil}
	case strings.Contains(text, ":") && fhir.CheckPrimitive("uri", text) == nil && absolute(text):
		t := restful(lastTwo(text))
		t.relative, t.valid = false, true // any URL may be a server's
		return t
	}
	if search := strings.IndexByte(text, '?'); search > 0 {
		// A conditional reference, to be resolved by a transaction.
		_, known := resourceType(text[:search])
		return target{typ: text[:search], relative: true, valid: known}
	}
	return restful(text)
}

func absolute(text string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	return ok && rest != "" && !strings.ContainsAny(scheme, "/?#")
}

// lastTwo returns Type/id of a RESTful URL.
func lastTwo(url string) string {
	url, _, _ = strings.Cut(url, "/_history/")
	slash := strings.LastIndexByte(url, '/')
	if slash < 0 {
		return ""
	}
	return url[strings.LastIndexByte(url[:slash], '/')+1:]
}

// restful reads Type/id or Type/id/_history/version.
func restful(text string) target {
	typ, id, ok := strings.Cut(text, "/")
	if !ok {
		return target{}
	}
	id, version, versioned := strings.Cut(id, "/_history/")
	if versioned && fhir.CheckPrimitive("id", version) != nil || fhir.CheckPrimitive("id", id) != nil {
		return target{}
	}
	if _, known := resourceType(typ); !known {
		return target{}
	}
	return target{typ: typ, id: id, relative: true, valid: true}
}

// resourceType returns the definition of a type of resource.
func resourceType(name string) (*fhir.TypeDef, bool) {
	def, ok := fhir.LookupType(name)
	return def, ok && def.Kind == fhir.ResourceKind
}
