package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/load/ndjson"
	"chartlift/reports"
	"chartlift/transform"
)

func TestWhatEndsARunHasAStableCode(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		transform.ErrSpoilt:                          "damaged-temporary-file",
		errors.New("save: database or disk is full"): "disk-full",
		pipeline.ErrStopped:                          "stopped-by-policy",
		reports.ErrDamaged:                           "damaged-run-database",
		ndjson.ErrForeign:                            "foreign-file",
		extract.ErrDamaged:                           "unreadable",
		shards.ErrBroken:                             "shards-foreign",
		context.Canceled:                             "interrupted",
		usage("wrong"):                               "wrong-use",
	} {
		if got := stableCode(fmt.Errorf("table visits: %w", err)); got != want {
			t.Errorf("%v has the code %q, not %q", err, got, want)
		}
	}
	if !slices.ContainsFunc(codes(), func(c issue.Code) bool { return c.Code == "damaged-temporary-file" }) {
		t.Error("the code is not documented")
	}
}
