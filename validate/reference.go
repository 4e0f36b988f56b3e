package validate

import (
	"strings"

	"chartlift/fhir"
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
	if at == 0 || c.tree.Kind(at) != fhir.String || c.tree.Text(at) == "" {
		return
	}
	text := c.tree.Text(at)
	if text[0] == '#' {
		c.containedTarget(e, at, text[1:])
		return
	}
	t := literal(text)
	if !t.valid {
		c.fail(finding{rule: referenceFormat, node: at, message: "a reference is Type/id, an absolute URL, urn:uuid:…, urn:oid:… or #id"})
		return
	}
	if t.typ != "" && !e.Allows(t.typ) {
		c.wrongTarget(e, at, t.typ)
	}
	if !c.resolves(text, t) {
		c.fail(finding{rule: referenceUnsolved, node: at, message: "the referenced resource is not there; load it too or declare the reference external"})
	}
}

func (c *checker) wrongTarget(e *fhir.Element, at int, typ string) {
	c.fail(finding{
		rule: referenceTarget, node: at,
		message: "a reference to " + typ + " is not allowed here, only to " + strings.Join(e.Targets, ", "),
	})
}

// resolves reports whether the target is there, as far as anybody can say.
func (c *checker) resolves(text string, t target) bool {
	urn := strings.HasPrefix(text, "urn:")
	if !t.relative && !urn || t.relative && t.id == "" {
		return true // foreign URLs and searches are for the server to resolve
	}
	if c.resolve == nil && (c.options.Resolve == nil || urn) {
		return true
	}
	for _, prefix := range c.options.External {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	if urn {
		return c.resolve("", text)
	}
	if c.resolve != nil && c.resolve(t.typ, t.id) {
		return true
	}
	return c.options.Resolve != nil && c.options.Resolve(t.typ, t.id)
}

// literal takes a reference apart (https://hl7.org/fhir/R4/references.html#literal).
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
