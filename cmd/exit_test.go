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
		transform.ErrGroup:                           "group-too-large",
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
	for _, code := range []string{"damaged-temporary-file", "group-too-large"} {
		if !slices.ContainsFunc(codes(), func(c issue.Code) bool { return c.Code == code }) {
			t.Errorf("%s is not documented", code)
		}
	}
}
