package cmd

import (
	"context"
	"fmt"

	"chartlift/reports"
)

// unfinished says of a run that did not come to its end what goes on with it,
// "" of any other. That what it delivered is there says nothing of the rest:
// whoever compares such a run must hear of it.
func (f *following) unfinished(ctx context.Context) (string, error) {
	if f.whole {
		return "", nil
	}
	later, err := f.db.ContinuedBy(ctx, f.run)
	if err != nil {
		return "", err
	}
	told := "run " + f.run + " did not come to its end, and only what it had delivered is compared"
	if later > 0 {
		return fmt.Sprintf("%s; run %d went on with it: chartlift verify %d", told, later, later), nil
	}
	status, err := f.db.Status(ctx, f.run)
	if err != nil {
		return "", fmt.Errorf("read how the run ended: %w", err)
	}
	if status == reports.Findings { // a policy stopped it: resume refuses, for it would stop there again
		return fmt.Sprintf("%s; mend what stopped it, then chartlift %s again", told, f.info.Command), nil
	}
	return fmt.Sprintf("%s; chartlift resume %s goes on with it", told, f.run), nil
}
