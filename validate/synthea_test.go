package validate_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"chartlift/internal/issue"
	"chartlift/validate"
)

const bundlesPath = "../../shared/data/synthea-ma/fhir_bundles.tar.gz"

// eachSynthea hands every item of the first bundles to each, until that returns
// false.
func eachSynthea(t *testing.T, each func(*validate.Item) bool) {
	t.Helper()
	file, err := os.Open(bundlesPath)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is absent", bundlesPath)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for files := tar.NewReader(unzipped); ctx.Err() == nil; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		err = validate.Read(ctx, head.Name, files, func(it *validate.Item) {
			if ctx.Err() == nil && !each(it) {
				cancel()
			}
		})
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
	}
}

// sample returns up to perType resources of every type of the first bundles, as
// items.
func sample(t *testing.T, perType, total int) []*validate.Item {
	t.Helper()
	var all []*validate.Item
	count := map[string]int{}
	seen := 0
	eachSynthea(t, func(it *validate.Item) bool {
		seen++
		if typ := it.Resource.Type; !it.Bundle && count[typ] < perType {
			count[typ]++
			all = append(all, it)
		}
		return len(all) < total && seen < 20_000
	})
	return all
}

func TestSyntheaResourcesPass(t *testing.T) {
	t.Parallel()
	all := sample(t, 12, 150)
	if len(all) < 100 {
		t.Fatalf("only %d resources", len(all))
	}
	v := validate.New(validate.Options{})
	for _, it := range all {
		v.CheckItem(it, func(i issue.Issue) {
			if i.Severity > issue.Information {
				t.Errorf("%s %s: %s %q", i.Code, i.Expression, i.Message, i.Value)
			}
		})
	}
}
