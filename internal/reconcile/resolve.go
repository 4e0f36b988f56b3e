package reconcile

import (
	"context"
	"fmt"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/reports"
)

// Conditional references (Patient?identifier=…) are on the server what they led
// to when they were sent. A run wrote its journal before they were resolved, a
// load after it: both count as what was delivered, and the resolved form is
// what is compared.

// resolved returns an entry as the server should hold it.
func (c *Checker) resolved(ctx context.Context, e load.Entry) (load.Entry, error) {
	if c.o.Resolve == nil || !fhir.HasConditional(e.Resource.JSON) {
		return e, nil
	}
	text, err := c.o.Resolve(ctx, e.Resource.JSON)
	if err != nil {
		return e, fmt.Errorf("look for what references of one %s mean: %w", e.Resource.Type, err)
	}
	e.Resource.JSON = text
	return e, nil
}

// sent reports whether a journal's sum is that of an entry, as it was made or
// as it is resolved.
func sent(sum reports.Sum, made, resolved load.Entry) bool {
	return reports.SameContent(sum, made.Resource.JSON) || reports.SameContent(sum, resolved.Resource.JSON)
}
