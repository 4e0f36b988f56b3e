package validate

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"chartlift/fhir"
	"chartlift/fhir/profile"
	"chartlift/fhir/ucum"
	"chartlift/internal/issue"
)

// maxTrials bounds how deep profiles inside profiles are tried out.
const maxTrials = 8

// allowed checks the type of a value, and what the profile says of values of
// that type. It is false where nothing else needs checking, because the type is
// wrong.
func (c *checker) allowed(n *profile.Node, v spot) bool {
	if n.Types == nil {
		return true
	}
	if !typed(n.Types, v) {
		f := finding{rule: profileType, message: c.by() + " allows " + codes(n.Types) + " here, not " + v.def.Name}
		if n.ID == "Extension.value[x]" { // of the extension itself, where the reference validator reports it
			f.key = n.Name
			c.outside(func() { c.breach(f, n.ID) })
			return false
		}
		c.breach(f, n.ID)
		return false
	}
	if v.node == 0 {
		return true
	}
	if v.def.Name == "Reference" {
		c.targets(n, v)
	}
	c.nestedProfiles(n, v)
	return true
}

// typed reports whether the value has one of the types.
func typed(types []profile.Type, v spot) bool {
	for i := range types {
		if t := types[i].Code; t == v.def.Name || t == v.element.Type || v.def.Kind == fhir.Backbone || specializes(v.def, t) {
			return true
		}
	}
	return false
}

func codes(types []profile.Type) string {
	all := make([]string, len(types))
	for i, t := range types {
		all[i] = t.Code
	}
	return strings.Join(all, ", ")
}

// nestedProfiles checks the value against the profiles of its type: one of them
// must be met. Those of extensions are checked for every extension, wherever it
// stands.
func (c *checker) nestedProfiles(n *profile.Node, v spot) {
	var only *profile.Profile
	count, foreign := 0, "" // foreign is R4's own type that the value is not
	for i := range n.Types {
		t := &n.Types[i]
		if !about(t.Code, v.def) || t.Code == "Extension" {
			continue
		}
		if len(t.Profiles) == 0 {
			return // any value of the type will do
		}
		for _, url := range t.Profiles {
			if name, own := ownType(url); own {
				if name == v.def.Name || about(name, v.def) {
					return
				}
				foreign = name
				continue
			}
			p := c.profile(url)
			if p == nil || c.trials >= maxTrials || count > 0 && c.trial(p, v) {
				return
			}
			only = p
			count++
		}
	}
	if count == 0 && foreign != "" {
		c.breach(finding{rule: profileType, node: v.node, message: c.by() + " allows " + foreign + " here, not " + v.def.Name}, n.ID)
	}
	if count == 1 {
		c.conform(only, v)
		return
	}
	if count > 1 && !c.anyOf(n, v) {
		c.breach(finding{rule: profileType, message: "the value meets none of the profiles that " + c.by() + " allows here"}, n.ID)
	}
}

// about reports whether a type of a profile is about the value: its own, or
// that of all resources or of all groups of elements.
func about(code string, def *fhir.TypeDef) bool {
	return code == def.Name || code == "BackboneElement" && def.Kind == fhir.Backbone || (code == "Resource" || code == "DomainResource") && specializes(def, code)
}

// ownType returns the type whose definition by R4 the URL is.
func ownType(url string) (name string, own bool) {
	name, own = strings.CutPrefix(url, structureBase)
	if !own {
		return "", false
	}
	name, _, _ = strings.Cut(name, "|")
	_, own = resourceType(name)
	return name, own || name == "Resource" || name == "DomainResource"
}

// anyOf reports whether the value conforms to one of the profiles of its type.
func (c *checker) anyOf(n *profile.Node, v spot) bool {
	for i := range n.Types {
		for _, url := range n.Types[i].Profiles {
			if p := c.profile(url); p == nil || about(n.Types[i].Code, v.def) && c.trial(p, v) {
				return true
			}
		}
	}
	return false
}

// targets checks what a reference points to: its type, and for a contained
// resource the profile.
func (c *checker) targets(n *profile.Node, v spot) {
	var allowed []string
	for i := range n.Types {
		if n.Types[i].Code == "Reference" {
			allowed = n.Types[i].TargetTypes
		}
	}
	if allowed == nil {
		return
	}
	at := c.tree.Find(v.node, "reference")
	if at == 0 || c.tree.Kind(at) != fhir.String {
		return
	}
	typ := c.targetType(c.tree.Text(at))
	if typ == "" || slices.Contains(allowed, typ) {
		c.aimedProfile(n, v, at)
		return
	}
	f := finding{
		rule: referenceTarget, node: at, key: "",
		message: c.by() + " allows no reference to " + strings.Clone(typ) + " here, only to " + strings.Join(allowed, ", "),
	}
	if text := c.tree.Text(at); c.options.Letter || text != "" && text[0] == '#' || c.atHand(text, literal(text)) {
		c.breach(f, n.ID)
		return
	}
	if f.severity = issue.Warning; c.trials == 0 && v.element.Allows(typ) { // else R4's own rule has said so
		c.found(f)
	}
}

// fits compares a value with fixed and pattern values, bounds and bindings.
func (c *checker) fits(n *profile.Node, v spot) {
	switch {
	case n.Fixed != nil && v.node == 0 && !c.options.Letter && c.trials == 0: // the reference validator takes an extension in its place
	case n.Fixed != nil && (v.node == 0 || !n.Fixed.Equal(&c.tree, v.node)):
		c.breach(finding{rule: profileFixed, node: v.node, message: c.by() + " fixes this to " + n.Fixed.String(), suggestion: simple(n.Fixed)}, n.ID)
	case n.Pattern != nil && (v.node == 0 || !n.Pattern.Matches(&c.tree, v.node)):
		c.breach(finding{rule: profilePattern, node: v.node, message: c.by() + " asks for " + n.Pattern.String() + " here", suggestion: simple(n.Pattern)}, n.ID)
	}
	if v.node == 0 {
		return
	}
	if text := c.tree.Text(v.node); n.MaxLength > 0 && len(text) > n.MaxLength && utf8.RuneCountInString(text) > n.MaxLength {
		c.breach(finding{rule: profileRange, node: v.node, message: c.by() + " allows at most " + strconv.Itoa(n.MaxLength) + " characters here"}, n.ID)
	}
	c.between(n, v)
	if b := n.Bound(v.element); b != nil {
		c.bound(b, v)
	}
}

func simple(v *profile.Value) string {
	if v.Kind >= fhir.String {
		return v.Text
	}
	return ""
}

// between compares a value with minValue and maxValue. Only numbers and dates
// can be put in order.
func (c *checker) between(n *profile.Node, v spot) {
	if n.Low != nil && c.order(v.node, n.Low) < 0 {
		c.breach(finding{rule: profileRange, node: v.node, message: c.by() + " allows no value below " + n.Low.String()}, n.ID)
	}
	if n.High != nil && c.order(v.node, n.High) > 0 {
		c.breach(finding{rule: profileRange, node: v.node, message: c.by() + " allows no value above " + n.High.String()}, n.ID)
	}
}

func (c *checker) order(node int, limit *profile.Value) int {
	text := c.tree.Text(node)
	if c.tree.Kind(node) != limit.Kind {
		return 0
	}
	switch limit.Kind {
	case fhir.Number:
		return orderNumbers(text, limit.Text)
	case fhir.Object:
		return c.orderQuantities(node, limit)
	}
	return orderTimes(text, limit.Text)
}

// orderQuantities compares numbers of one unit, and of two units of UCUM that
// one factor relates; others cannot be put in order.
func (c *checker) orderQuantities(node int, limit *profile.Value) int {
	value, bound := c.tree.Find(node, "value"), limit.Member("value")
	if value == 0 || bound == nil || c.tree.Kind(value) != fhir.Number {
		return 0
	}
	member := func(key string) string {
		if m := limit.Member(key); m != nil {
			return m.Text
		}
		return ""
	}
	unit, other := c.tree.FindText(node, "code"), member("code")
	system := c.tree.FindText(node, "system")
	if system != member("system") || unit == "" && other == "" && c.tree.FindText(node, "unit") != member("unit") {
		return 0
	}
	if unit == other {
		return orderNumbers(c.tree.Text(value), bound.Text)
	}
	ratio, ok := ucum.Ratio(unit, other)
	x, isNumber := exactNumber(c.tree.Text(value))
	if !ok || !isNumber || system != "http://unitsofmeasure.org" {
		return 0
	}
	y, isNumber := exactNumber(bound.Text)
	if !isNumber {
		return 0
	}
	return x.Mul(x, ratio).Cmp(y)
}

// orderNumbers compares to the last digit, which a float64 does not hold.
// Numbers longer than any measure cannot be put in order.
func orderNumbers(text, limit string) int {
	x, ok1 := exactNumber(text)
	y, ok2 := exactNumber(limit)
	if !ok1 || !ok2 {
		return 0
	}
	return x.Cmp(y)
}

// exactNumber reads a number of up to 64 characters: a few letters of an
// exponent could ask for all memory.
func exactNumber(text string) (*big.Rat, bool) {
	const longest = 64
	if at := strings.IndexAny(text, "eE"); len(text) > longest || at >= 0 && len(text)-at > 4 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// orderTimes compares moments on the world's time line, and what is less exact
// by the day as far as both tell it; times of day by their text.
func orderTimes(text, limit string) int {
	if len(text) > 2 && text[2] == ':' {
		return strings.Compare(text, limit)
	}
	x, err1 := time.Parse(time.RFC3339, text)
	y, err2 := time.Parse(time.RFC3339, limit)
	if err1 == nil && err2 == nil {
		return x.Compare(y)
	}
	known := min(len(text), len(limit), len(time.DateOnly))
	return strings.Compare(text[:known], limit[:known])
}

// bound checks a coded value by the binding of the profile, as that of R4
// itself is checked.
func (c *checker) bound(e *fhir.Element, v spot) {
	switch e.Type {
	case "Coding", "Quantity":
		c.coding(e, v.node)
	case "CodeableConcept":
		if e.Binding.Codes == nil && e.Binding.Strength == "required" && !c.coded(v.node) {
			c.breach(finding{rule: bindingRequired, message: "a code of the value set " + e.Binding.ValueSet + " is required here, and there is none"}, e.Name)
		}
		c.concept(e, v.node)
	default:
		if c.tree.Kind(v.node) == fhir.String {
			c.code(e, v.node, c.tree.Text(v.node))
		}
	}
}

// coded reports whether a CodeableConcept has a code at all, or an extension
// that says why not.
func (c *checker) coded(node int) bool {
	codings := c.tree.Find(node, "coding")
	if codings == 0 {
		return c.tree.Find(node, "extension") != 0
	}
	for n := c.tree.First(codings); n != 0; n = c.tree.Next(n) {
		if c.tree.Find(n, "code") != 0 {
			return true
		}
	}
	return false
}
