package transform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform"
	"chartlift/transform/clean"
)

func TestAPackedLineGivesItsCellsBack(t *testing.T) {
	t.Parallel()
	null, empty := clean.Value{}, clean.Of("")
	for name, cells := range map[string][]clean.Value{
		"none":                         {},
		"nulls only":                   {null, null},
		"null is not empty":            {null, empty, null, clean.Of("x"), empty},
		"nulls at the end":             {clean.Of("Müller"), null, null},
		"as long as two bytes can say": {null, clean.Of(strings.Repeat("a", 32_766)), clean.Of("b"), null, empty},
		"one byte more":                {null, clean.Of(strings.Repeat("a", 32_766)), clean.Of("bc"), null, empty},
		"as long as the text":          {clean.Of(strings.Repeat("a", 70_000)), null, clean.Of("b\x00c"), clean.Of(strings.Repeat("é", 300))},
	} {
		packed := transform.PackLine(cells)
		got := make([]clean.Value, len(cells))
		for i := range got {
			got[i] = packed(i)
		}
		if diff := cmp.Diff(cells, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, outside := range []int{-1, len(cells), len(cells) + 1000} {
			if v := packed(outside); v != null {
				t.Errorf("%s: cell %d is %+v", name, outside, v)
			}
		}
	}
}
