package validate

import (
	"strconv"
	"strings"

	"chartlift/fhir/profile"
	"chartlift/internal/issue"
)

// by names the profile that is being checked.
func (c *checker) by() string { return c.current.Title }

// missing reports an element that the profile requires.
func (c *checker) missing(n *profile.Node, have int) {
	message := c.by() + " requires " + n.ID
	if have > 0 {
		message += " at least " + strconv.Itoa(n.Min) + " times, not " + strconv.Itoa(have)
	}
	if have == 0 && needed(n) > 1 {
		message += " with the slices"
		for _, s := range n.Slices {
			if s.Min > 0 {
				message += " " + s.Slice
			}
		}
	}
	c.breach(finding{rule: cardinalityMin, key: name(n), message: message + "; map it or give it a default"}, n.ID)
}

// tooMany reports an element that is there too often.
func (c *checker) tooMany(n *profile.Node) {
	message := c.by() + " allows " + n.ID + " " + times(n.Max) + "; leave the others out"
	if n.Max == 0 {
		message = c.by() + " does not allow " + n.ID + "; leave it out"
	}
	c.breach(finding{rule: cardinalityMax, key: name(n), message: message}, n.ID)
}

// times says how often something may be there at the most.
func times(n int) string {
	if n == 1 {
		return "only once"
	}
	return "at most " + strconv.Itoa(n) + " times"
}

// breakage is an error that was found in the resource.
type breakage struct {
	expression string
	rule       string
	id         string // of the element of a profile; "" for R4's own rules
}

// breach reports that a profile is not followed. What follows from an error
// that R4's own rules found in the same element, or that another profile
// reported already, is not said again.
func (c *checker) breach(f finding, id string) {
	if c.trials > 0 {
		c.errors++ // somebody asks whether the profile is met
		return
	}
	if f.severity = issue.Error; c.options.WarnProfiles {
		f.severity = issue.Warning
	}
	if c.report == nil {
		c.found(f)
		return
	}
	expression := c.expression(f.key)
	for _, b := range c.broken {
		if b.id == "" && (related(b.expression, expression) || branchOf(b.expression, expression)) || b.rule == f.rule && b.expression == expression && (b.id == id || c.second && unsliced(b.id) == unsliced(id)) {
			return
		}
	}
	mark := len(c.broken)
	c.found(f)
	c.broken = append(c.broken[:mark], breakage{expression: expression, rule: f.rule, id: id})
}

// branchOf reports an element that looks like a branch of a choice:
// effectiveTime of effective.
func branchOf(element, choice string) bool {
	rest, ok := strings.CutPrefix(element, choice)
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

// unsliced leaves the slices out of an element's id.
func unsliced(id string) string {
	for {
		before, after, found := strings.Cut(id, ":")
		if !found {
			return id
		}
		_, rest, _ := strings.Cut(after, ".")
		id = before + "." + rest
	}
}

// related reports whether one element is the other or lies inside it. The
// resource itself is related to nothing.
func related(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && strings.ContainsRune(a, '.') && (len(a) == len(b) || b[len(a)] == '.' || b[len(a)] == '[')
}
