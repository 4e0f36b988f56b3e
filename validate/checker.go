package validate

import (
	"bytes"
	"cmp"
	"errors"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/fhir/profile"
	"chartlift/internal/issue"
)

// checker is the state of one check, reused through Validator.idle.
type checker struct {
	*Validator
	task
	tree      fhir.Tree
	machine   *fhirpath.Machine
	frames    []frame
	contained []containedResource
	scope     scope
	errors    int
	broken    []breakage // the errors, where they are reported

	plan    []*profile.Profile // that the resource at hand must follow
	current *profile.Profile   // that is being checked
	spots   []spot             // values of the elements that are being checked
	second  bool               // a named profile was checked before current, which R4 demands: both say much the same
	trials  int                // how many profiles are being tried out, inside each other
	aimed   int                // how many references are being followed, one after the other
	met     map[meeting]bool   // whether resources that references lead to fulfil profiles, as far as it was asked
	inTree  bool               // the nodes of entries are those of tree: a bundle is being checked, not one of its entries alone

	ids []string // of the elements of the resource at hand
}

// frame is one step of the path to the element at hand.
type frame struct {
	element *fhir.Element // nil for the root
	typ     *fhir.TypeDef // of the value; nil where it is not known
	name    string        // of a resource: its type
	index   int           // -1 outside arrays
}

// finding is what a rule has to say. Message and suggestion never hold a value
// of the source.
type finding struct {
	rule       string
	invariant  string // its key, where the rule is about one
	home       string // of an invariant: the URL of what states it
	theirs     string // the reference validator's message id, where it has several for the rule
	severity   issue.Severity
	message    string
	suggestion string
	node       int    // whose text is the value; 0 for none
	key        string // an element below the path that is not there, or that R4 does not know; the path in the issue ends above it
}

// root checks a whole JSON text.
func (c *checker) root(json []byte) {
	if err := c.tree.Parse(json); err != nil {
		c.syntax(json, err)
		return
	}
	c.scope = scope{inContained: -1}
	c.frames = append(c.frames, frame{index: -1})
	c.resource(0)
}

// syntax reports text that could not be parsed.
func (c *checker) syntax(json []byte, err error) {
	rule := structureJSON
	if errors.Is(err, fhir.ErrDuplicateKey) {
		rule = structureDuplicate
	}
	message := err.Error()
	var at *fhir.SyntaxError
	if other := notJSON(json, c.origin.Source); other != "" {
		message = other
	} else if errors.As(err, &at) && c.origin.Line > 0 {
		c.origin.Line = c.line + int64(at.Line)
		message = "byte " + strconv.Itoa(at.Offset) + ": " + at.Err.Error()
	}
	if rule == structureDuplicate && at != nil {
		c.frames = append(c.frames[:0], frame{name: spelled(at.Path), index: -1})
	}
	c.fail(finding{rule: rule, message: message})
}

// notJSON says what a text is that was never meant as JSON, "" where it may
// have been: the place of a missing brace helps nobody whose file is another.
func notJSON(text []byte, name string) string {
	text = bytes.TrimSpace(text)
	lower := strings.ToLower(name)
	what := ""
	switch {
	case len(text) == 0:
		return "the file is empty"
	case text[0] == '<':
		what = "XML"
	case text[0] != '{' && text[0] != '[' && (strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".csv.gz")):
		what = "CSV"
	default:
		return ""
	}
	return "this is " + what + ", not JSON; only FHIR R4 JSON, NDJSON and bundles are validated"
}

// spelled writes a path of JSON keys as FHIRPath: value.ofType(Quantity) for
// valueQuantity.
func spelled(path string) string {
	steps := strings.Split(path, ".")
	def, _ := fhir.LookupType(steps[0])
	for i := 1; i < len(steps) && def != nil; i++ {
		key, index, _ := strings.Cut(steps[i], "[")
		e, _, ok := def.Element(key)
		if !ok {
			break
		}
		if e.Choice != "" {
			steps[i] = e.Choice + ".ofType(" + e.Type + ")"
			if index != "" {
				steps[i] += "[" + index
			}
		}
		def = e.Def()
	}
	return strings.Join(steps, ".")
}

// fail reports an error.
func (c *checker) fail(f finding) {
	f.severity = issue.Error
	c.found(f)
}

// found reports a finding of any severity at the current path.
func (c *checker) found(f finding) {
	if f.severity >= issue.Error {
		c.errors++
	}
	if c.report == nil {
		return
	}
	expression := c.expression(f.key)
	if len(c.broken) < maxBroken && f.severity >= issue.Error && (f.rule != invariantFailed || f.invariant == "ext-1") {
		c.broken = append(c.broken, breakage{expression: expression})
	}
	c.report(issue.Issue{
		Severity: f.severity, Code: f.rule, Type: c.types[f.rule], Rule: cmp.Or(f.invariant, f.rule), Origin: c.origin,
		Expression: c.expression(""), Value: c.value(f.node), Message: f.message, Suggestion: f.suggestion, Counterpart: c.counterpart(&f),
	})
}

// maxBroken bounds the errors whose consequences are left out: each further
// error is held against them. Who has more hears more.
const maxBroken = 1 << 12

// issueTypes returns the types of all rules' issues by their ids.
func issueTypes() map[string]string {
	types := map[string]string{}
	for _, r := range Rules() {
		types[r.ID] = r.Type
	}
	return types
}

// maxValue bounds the value that an issue carries.
const maxValue = 1 << 10

// value copies the text of a string, number or boolean out of the tree.
func (c *checker) value(node int) string {
	if node == 0 || c.tree.Kind(node) < fhir.String {
		return ""
	}
	text := c.tree.Text(node)
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "")
	}
	return strings.Clone(text)
}

// expression returns the FHIRPath of the current element; key is a further
// step, if not "".
func (c *checker) expression(key string) string {
	var b strings.Builder
	for _, f := range c.frames {
		switch {
		case f.element == nil:
			b.WriteString(f.name)
		case f.element.Choice != "":
			b.WriteString("." + f.element.Choice + ".ofType(" + f.element.Type + ")")
		default:
			b.WriteString("." + f.element.Name)
		}
		if f.index >= 0 {
			b.WriteString("[" + strconv.Itoa(f.index) + "]")
		}
	}
	if key != "" {
		b.WriteString("." + key)
	}
	return strings.TrimPrefix(b.String(), ".")
}

// at sets the index of the current element in its array.
func (c *checker) at(index int) { c.frames[len(c.frames)-1].index = index }
