package profile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"chartlift/fhir"
)

// ReadsValues reports whether it depends on the text of a string, the size of a
// number or on which day it is if a resource follows one of the profiles: two
// resources that differ in such values alone may then have different verdicts.
// Extensions of the guides that were added are asked as well, since they may
// stand in any resource.
func (g *Guide) ReadsValues(profiles []string) bool {
	for _, url := range profiles {
		if p, err := g.Profile(url); err == nil && p.Root.readsValues() {
			return true
		}
	}
	for _, url := range append(slices.Collect(maps.Keys(g.definitions)), g.listed...) {
		if p, err := g.Profile(url); err == nil && p.Type == "Extension" && (p.Root.readsValues() || slices.ContainsFunc(p.When, comparesText)) {
			return true
		}
	}
	return false
}

func (n *Node) readsValues() bool {
	if n.MaxLength > 0 || n.Low != nil || n.High != nil || readsText(n.Fixed, n.Name) || readsText(n.Pattern, n.Name) {
		return true
	}
	for _, t := range n.Types {
		if t.Profiles != nil && t.Code != "Extension" {
			return true // whatever that profile says
		}
	}
	for _, i := range n.Invariants {
		if comparesText(i.Expression) {
			return true
		}
	}
	for _, c := range n.Children {
		if c.readsValues() {
			return true
		}
	}
	for _, s := range n.Slices {
		if s.readsValues() {
			return true
		}
	}
	return false
}

// readsText reports whether a fixed or pattern value has a part that is no
// code, system or address.
func readsText(v *Value, name string) bool {
	if v == nil {
		return false
	}
	if v.Kind == fhir.Object || v.Kind == fhir.Array {
		for i := range v.Members {
			key := v.Members[i].Key
			if key == "" {
				key = name
			}
			if readsText(&v.Members[i], key) {
				return true
			}
		}
		return false
	}
	switch name {
	case "system", "code", "url", "use", "status", "mode", "intent", "type", "profile":
		return false
	}
	return v.Kind == fhir.Number || v.Kind == fhir.String && !strings.HasSuffix(name, "[x]")
}

// codeCompared is a comparison of a code or address, which is no value of its
// own.
var codeCompared = regexp.MustCompile(`\b(status|intent|system|code|url|use|type)\s*!?=\s*'[^']*'`)

// counted is a comparison of a length, or of a number of values, with a number.
// What has a length is looked at apart.
var counted = regexp.MustCompile(`\b(length|count)\(\)\s*(!?=|[<>]=?)\s*[0-9]+`)

// comparesText reports whether an expression looks into texts, numbers or
// dates. That a date is long enough is seen without its digits.
func comparesText(expression string) bool {
	if strings.Contains(expression, "length()") && !strings.Contains(strings.ToLower(expression), "datetime") {
		return true
	}
	expression = codeCompared.ReplaceAllString(expression, "")
	expression = counted.ReplaceAllString(expression, "")
	for _, f := range []string{
		"matches", "startsWith(", "endsWith(", "substring(", "indexOf(", "replace", "toInteger(", "toDecimal(", "toQuantity(", "toChars(", "split(", "join(", "trim(", "code(", "escape(", "lower(", "upper(",
		"contains(", "= '", "='", "~", " in ", "now()", "today()", "timeOfDay()", "<", ">", "= @", "=@", "aggregate(", "round(", "floor(", "ceiling(", "truncate(", " mod ", " div ",
	} {
		if strings.Contains(expression, f) {
			return true
		}
	}
	return comparesNumber.MatchString(expression)
}

// comparesNumber finds an equality with a number.
var comparesNumber = regexp.MustCompile(`=\s*-?[0-9]`)
