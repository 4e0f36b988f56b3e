package validate

import (
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// extension looks an extension's url up where the options ask for it.
func (c *checker) extension(node int) {
	if c.options.UnknownExtensions == AllowUnknown {
		return
	}
	at := c.tree.Find(node, "url")
	// The parts of a complex extension have a plain name as their url.
	if at == 0 || !strings.Contains(c.tree.Text(at), ":") {
		return
	}
	if _, known := fhir.LookupExtension(c.tree.Text(at)); known {
		return
	}
	severity := issue.Warning
	if c.options.UnknownExtensions == RefuseUnknown {
		severity = issue.Error
	}
	c.found(finding{
		rule: extensionUnknown, severity: severity, node: at,
		message: "neither R4 nor US Core defines this extension; correct its url",
	})
}
