package transform_test

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/transform"
)

// verdicts shows rows to Duplicates as the pipeline does.
func verdicts(t *testing.T, source string, lines ...string) []string {
	t.Helper()
	b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, "+source+" } }\nmaps: { p: { from: pat, key: [ID], resource: Patient, elements: { active: true } } }\n")
	schema, records := table("pat", lines...)
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	d := binding.NewDuplicates()
	if d == nil {
		return nil
	}
	if d.KeepLast() {
		for i := range records {
			d.See(binding, &records[i], int64(i+1))
		}
	}
	names := []string{"unique", "same row as ", "same key as ", "conflict with "}
	var out []string
	for i := range records {
		other, v := d.Check(binding, &records[i], int64(i+1))
		name := names[v]
		if v != transform.Unique {
			name += itoa(int(other))
		}
		out = append(out, name)
	}
	return out
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	rows := []string{"ID|NAME|OLD", "1|Ann|∅", "2|Bo|∅", "1|Ann|∅", "1|Ana|∅", "∅|x|∅", "∅|x|∅", " 2 |Bo|∅", "1|Ann|y"}
	for source, want := range map[string][]string{
		"key: [ID]":                                  {"unique", "unique", "same row as 1", "conflict with 1", "unique", "unique", "conflict with 2", "conflict with 1"},
		"key: [ID], dedupe: { keep: first }":         {"unique", "unique", "same key as 1", "same key as 1", "unique", "unique", "same key as 2", "same key as 1"},
		"key: [ID], dedupe: { keep: last }":          {"same key as 8", "same key as 7", "same key as 8", "same key as 8", "unique", "unique", "unique", "unique"},
		"dedupe: { on: [NAME], keep: first }":        {"unique", "unique", "same key as 1", "unique", "unique", "same key as 5", "same key as 2", "same key as 1"},
		"key: [ID, NAME]":                            {"unique", "unique", "same row as 1", "unique", "unique", "unique", "conflict with 2", "conflict with 1"},
		"key: [ID], where: OLD IS NULL":              {"unique", "unique", "same row as 1", "conflict with 1", "unique", "unique", "conflict with 2", "unique"},
		"key: [ID], where: NAME <> 'Ann'":            {"unique", "unique", "unique", "unique", "unique", "unique", "conflict with 2", "unique"},
		"key: [_line]":                               nil,
		"key: [ID], where: OLD IS NULL, trim: false": {"unique", "unique", "same row as 1", "conflict with 1", "unique", "unique", "unique", "unique"},
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, verdicts(t, source, rows...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDuplicatesAmongManyKeysAgreeWithAMap(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ active: true }"))
	schema, records := table("pat", "ID|V", "x|y")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	d := binding.NewDuplicates()
	first := map[string]int64{}
	random := rand.New(rand.NewPCG(1, 2))
	rec := &records[0]
	for row := int64(1); row <= 200_000; row++ {
		key := itoa(random.IntN(150_000))
		rec.Values[0].Text, rec.Values[1].Text = key, itoa(int(row))
		other, v := d.Check(binding, rec, row)
		want, seen := first[key]
		if !seen {
			first[key] = row
		}
		if seen != (v == transform.Conflict) || other != want {
			t.Fatalf("row %d with the key %s: verdict %d of row %d, want row %d", row, key, v, other, want)
		}
	}
}

func TestAKeySetHasWhatWasAdded(t *testing.T) {
	t.Parallel()
	s := transform.NewKeySet()
	if s.Has("x") {
		t.Error("an empty set has x")
	}
	want := map[string]bool{}
	random := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		id := itoa(random.IntN(120_000))
		if s.Add(id) == want[id] {
			t.Fatalf("adding %s", id)
		}
		want[id] = true
	}
	s.Seal()
	for i := range 120_000 {
		if s.Has(itoa(i)) != want[itoa(i)] {
			t.Fatalf("having %d", i)
		}
	}
}

func TestAKeySetIsFilledAndAskedAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := transform.NewKeySet()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				id := itoa(w) + "-" + itoa(i)
				s.Add(id)
				if !s.Has(id) || s.Has(strings.Repeat(id, 2)) {
					t.Errorf("set does not know %s", id)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Not parallel: it measures the heap. The figure is that of docs/decisions.md.
func TestAKeyIsKeptInAtMost11Bytes(t *testing.T) {
	const n = 300_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := transform.NewKeySet()
	for i := range n {
		s.Add(itoa(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	told, taken := float64(s.Bytes())/n, float64(after.HeapAlloc-before.HeapAlloc)/n
	t.Logf("%.1f bytes, %.1f in the heap", told, taken)
	if told > 11 || taken > 11.5 || s.Len() != n {
		t.Errorf("a key takes %.1f bytes, %.1f in the heap", told, taken)
	}
}

// duplicatesOf is what is remembered of n rows, whose keys key tells.
func duplicatesOf(t *testing.T, n int, key func(i int) string) (d *transform.Duplicates, twins int) {
	t.Helper()
	b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, key: [ID] } }\nmaps: { p: { from: pat, key: [ID], resource: Patient, elements: { active: true } } }\n")
	schema, records := table("pat", "ID|NAME", "1|Ann")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	d = binding.NewDuplicates()
	for i := range n {
		if records[0].Values[0].Text = key(i); records[0].Values[0].Text == "" {
			records[0].Values[0] = extract.Value{}
		}
		if _, v := d.Check(binding, &records[0], int64(i+1)); v != transform.Unique {
			twins++
		}
		records[0].Values[0].Kind = extract.Text
	}
	return d, twins
}

func TestRowsAreRememberedByTheirKeysAlone(t *testing.T) {
	t.Parallel()
	const n = 300_000
	for what, c := range map[string]struct {
		key         func(i int) string
		twins, most int // bytes
	}{
		"all distinct": {itoa, 0, 23 * n}, // 21.6, ± .15: the seeds of the tables are random
		"all equal":    {func(int) string { return "x" }, n - 1, 1000},
		"each twice":   {func(i int) string { return itoa(i / 2) }, n / 2, 14 * n},
		"all empty":    {func(int) string { return "" }, 0, 0},
	} {
		d, twins := duplicatesOf(t, n, c.key)
		t.Logf("%s: %.1f bytes a row", what, float64(d.Bytes())/n)
		if twins != c.twins || d.Bytes() > c.most {
			t.Errorf("%s: %d twins, not %d; %d bytes", what, twins, c.twins, d.Bytes())
		}
	}
}
