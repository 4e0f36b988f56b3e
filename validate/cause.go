package validate

import (
	"strings"

	"chartlift/fhir"
)

// This file keeps one cause from being said several times: what follows from an
// error that was found already is left out.

// follows reports an invariant that cannot hold because an element that it
// speaks of is broken or missing. Of a data type all elements belong together;
// a resource or backbone element has others, whose rules are worth saying.
func (c *checker) follows(i *invariant, def *fhir.TypeDef) bool {
	if len(c.broken) == 0 || c.trials > 0 {
		return false
	}
	at := c.expression("")
	whole := together(def)
	for _, b := range c.broken {
		below, inside := strings.CutPrefix(b.expression, at)
		switch {
		case !inside || b.id != "":
		case below == "":
			if whole {
				return true
			}
		case below[0] == '.' && (whole || mentions(i.Expression, firstStep(below[1:]))):
			return true
		}
	}
	return false
}

// together reports a type whose elements belong together: a data type, not a
// resource or a part of one.
func together(def *fhir.TypeDef) bool {
	return def != nil && def.Kind != fhir.ResourceKind && def.Kind != fhir.Backbone
}

// broke reports whether an error was found inside the element at hand.
func (c *checker) broke() bool {
	if len(c.broken) == 0 {
		return false
	}
	at := c.expression("") + "."
	for _, b := range c.broken {
		if b.id == "" && strings.HasPrefix(b.expression, at) {
			return true
		}
	}
	return false
}

// firstStep returns the name that a path begins with.
func firstStep(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

// mentions reports whether an expression has the name as a word of its own,
// outside of quotes or not.
func mentions(expression, name string) bool {
	for rest := expression; name != ""; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		before, after := at == 0 || !inName(rest[at-1]), at+len(name) == len(rest) || !inName(rest[at+len(name)])
		if before && after {
			return true
		}
		rest = rest[at+1:]
	}
	return false
}

func inName(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// said reports whether an error was found in the element with the key below the
// current one.
func (c *checker) said(key string) bool {
	if len(c.broken) == 0 {
		return false
	}
	expression := c.expression(key)
	for _, b := range c.broken {
		if b.expression == expression {
			return true
		}
	}
	return false
}

// misnamed reports a required element that is there under a name that R4 does
// not know: keys holds those of the object.
func (c *checker) misnamed(node int, def *fhir.TypeDef, e *fhir.Element) bool {
	if len(c.broken) == 0 {
		return false
	}
	for n := c.tree.First(node); n != 0; n = c.tree.Next(n) {
		key := c.tree.Key(n)
		if _, _, known := def.Element(strings.TrimPrefix(key, "_")); known || key == "resourceType" {
			continue
		}
		if e.Choice != "" && strings.HasPrefix(key, e.Choice) {
			return true
		}
		if near := nearest(def, key); near != "" && near == e.Name {
			return true
		}
	}
	return false
}

// foreign returns the first of the elements that its type does not know, of an
// object most of whose elements are unknown: it is another type's, and one
// finding says so. It returns 0 for others. What every resource has counts for
// neither side.
func (c *checker) foreign(node int, def *fhir.TypeDef) (first int) {
	known, unknown := 0, 0
	for n := c.tree.First(node); n != 0; n = c.tree.Next(n) {
		key := strings.TrimPrefix(c.tree.Key(n), "_")
		switch {
		case def.Kind == fhir.ResourceKind && (key == "resourceType" || ofEvery(key)):
		case key != "" && place(def, key, 0) >= 0:
			if known++; unknown == 0 && known > 2 {
				return 0 // sound objects end here
			}
		default:
			if unknown++; unknown == 1 {
				first = n
			}
		}
	}
	if unknown <= known || unknown < 2 && def.Kind == fhir.ResourceKind {
		return 0
	}
	return first
}

// bare reports a resource of nothing but its type and what every resource has.
func (c *checker) bare(node int, def *fhir.TypeDef) bool {
	for n := c.tree.First(node); n != 0; n = c.tree.Next(n) {
		if key := c.tree.Key(n); key != "resourceType" && !ofEvery(key) {
			return false
		}
	}
	return def.Kind == fhir.ResourceKind
}

// ofEvery names the elements that all resources have.
func ofEvery(key string) bool {
	switch key {
	case "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension":
		return true
	}
	return false
}
