package validate

import (
	"strings"
	"unicode"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// This file is where R4's letter and HL7's reference validator part:
// Options.Letter chooses between them. Each function says which of the two
// refuses the value; docs/agreement.md counts how often it matters.

// byLetter reports what R4 forbids and the reference validator lets pass: an
// error by the letter, else a warning, so that nothing is hidden and the
// verdict is the one that servers and reviewers will give.
func (c *checker) byLetter(f finding) {
	f.severity = issue.Warning
	if c.options.Letter {
		f.severity = issue.Error
	}
	c.found(f)
}

// byReference reports what the reference validator refuses and R4 allows:
// nothing by the letter.
func (c *checker) byReference(f finding) {
	if !c.options.Letter {
		c.fail(f)
	}
}

// malformed reports a primitive value that is not what err says its type is.
func (c *checker) malformed(e *fhir.Element, node int, err error) {
	f := finding{rule: primitiveFormat, node: node, message: "not a valid " + e.Type + ", which " + err.Error()}
	if c.passes(e, c.tree.Text(node)) {
		c.byLetter(f)
		return
	}
	c.fail(f)
}

// passes reports whether the reference validator only warns of a value that its
// type does not allow: white space instead of a value, control characters in
// text, -0, padding and foreign characters of base64 outside of attachments.
func (c *checker) passes(e *fhir.Element, text string) bool {
	if text == "" || e.Name == "id" || e.Binding != nil && e.Binding.Strength == "required" {
		return false
	}
	if strings.TrimSpace(text) == "" {
		return e.Type != "xhtml" && !c.inAttachment()
	}
	switch e.Type {
	case "integer":
		return text == "-0"
	case "base64Binary":
		return !c.inAttachment() && inFours(text)
	case "string", "markdown", "code", "uri", "url", "canonical":
		plain, dirty := withoutControls(e.Type, text)
		return dirty && fhir.CheckPrimitive(e.Type, plain) == nil
	}
	return false
}

// withoutControls replaces the control characters that the reference validator
// only warns of. It reads JSON's \b and \f not at all, and a vertical tab is
// white space to it, which codes and addresses do not have.
func withoutControls(typ, text string) (plain string, dirty bool) {
	kept := "\t\n\r\b\f\v"
	if typ == "string" || typ == "markdown" {
		kept = "\t\n\r\b\f"
	}
	plain = strings.Map(func(r rune) rune {
		if r < ' ' && !strings.ContainsRune(kept, r) {
			return 'x'
		}
		return r
	}, text)
	return plain, plain != text
}

// inFours reports whether the letters and digits of base64 come to groups of
// four, which is all that the reference validator counts.
func inFours(text string) bool {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+/=", r) {
			n++
		}
	}
	return n%4 == 0
}

func (c *checker) inAttachment() bool {
	owner := c.owner()
	return owner != nil && owner.Name == "Attachment"
}

// narrowed reports values within R4's patterns that the reference validator
// does not take; "" where it takes them.
func narrowed(typ, text string) string {
	switch typ {
	case "time":
		if strings.Contains(text, ".") {
			return "HL7's validator takes no fractions of a second in a time; leave them out"
		}
	case "code":
		if strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) {
			return "a code has no white space but single spaces; a space that does not break is another character"
		}
	case "uri", "url", "canonical", "oid":
		if strings.HasPrefix(text, "oid:") || strings.HasPrefix(text, "uuid:") {
			return "object identifiers and UUIDs begin with urn:, as in urn:oid:… and urn:uuid:…"
		}
		if oid, ok := strings.CutPrefix(text, "urn:oid:"); ok && strings.LastIndexByte(oid, '.') < 4 && !strings.HasPrefix(oid, "1.3") {
			return "HL7's validator takes no object identifier as short as this one; such as 1.2.3 are made up, as a rule"
		}
	}
	return ""
}
