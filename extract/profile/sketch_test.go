package profile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/profile"
	"chartlift/internal/issue"
)

func utc() *time.Location { return time.UTC }

func TestHyperLogLogIsWithinTwoPercent(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 100, 10_000, 100_000, 1_000_000} {
		var l profile.HyperLogLog
		var got int64
		for i := range n {
			if h := profile.Hash("value-" + strconv.Itoa(i)); i == n-1 {
				got = l.Count(h, h)
			} else {
				l.Add(h)
			}
		}
		if off := math.Abs(float64(got)-float64(n)) / float64(n); off > 0.025 {
			t.Errorf("%d different values are estimated as %d", n, got)
		}
	}
}

func TestASampleCountsRepeatsExactlyUntilItIsFull(t *testing.T) {
	t.Parallel()
	s := profile.NewSample(10_000)
	for i := range 10_000 {
		s.Add(profile.Hash(strconv.Itoa(i)))
	}
	for i := range 100 {
		if !s.Add(profile.Hash(strconv.Itoa(i))) {
			t.Fatalf("%d is not remembered", i)
		}
	}
	if held, shift, repeats := s.Figures(); held != 10_000 || shift != 0 || repeats != 100 {
		t.Errorf("%d held, shift %d, %d repeats", held, shift, repeats)
	}
}

func TestAFullSampleScalesToAll(t *testing.T) {
	t.Parallel()
	s := profile.NewSample(10_000)
	for i := range 300_000 {
		s.Add(profile.Hash(strconv.Itoa(i % 200_000)))
	}
	held, shift, repeats := s.Figures()
	if held > 10_000 || shift < 4 || math.Abs(float64(repeats)-100_000) > 8_000 {
		t.Errorf("%d held, shift %d, %d repeats of 100,000", held, shift, repeats)
	}
}

func TestASampleHoldsTheSmallestHashesWithTheirCounts(t *testing.T) {
	t.Parallel()
	const most = 1 << 10
	for _, c := range []struct {
		name   string
		values []int // each is counted, in this order
	}{
		{"nothing", nil},
		{"each once", upTo(900)},
		{"one twice before there are many", append([]int{3, 3}, upTo(900)...)},
		{"all twice, the second time when there are many", append(upTo(900), upTo(900)...)},
		{"each once, too many", upTo(5000)},
		{"all three times, too many", append(append(upTo(5000), upTo(5000)...), upTo(5000)...)},
		{"one twice when some were dropped", append(upTo(5000), 17, 18, 19, 20, 4999)},
	} {
		s := profile.NewSample(most)
		all := map[uint64]uint32{}
		for _, v := range c.values {
			h := profile.Hash(strconv.Itoa(v))
			s.Add(h)
			all[h]++
		}
		held, shift, repeats := s.Figures()
		want, again := map[uint64]uint32{}, int64(0)
		for h, n := range all {
			if shift == 0 || h>>(64-shift) == 0 {
				want[h], again = n, again+int64(n)-1
			}
		}
		got, room := s.Counts()
		if diff := cmp.Diff(want, got); diff != "" || held != len(want) || repeats != again<<shift {
			t.Errorf("%s: %d held, shift %d, %d repeats %s", c.name, held, shift, repeats, diff)
		}
		if dropped := len(all) > most; dropped != (shift > 0) || held > most || room > 2*most {
			t.Errorf("%s: %d held in room for %d, shift %d", c.name, held, room, shift)
		}
	}
}

// upTo returns the numbers from 0 to n-1.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// More values than are counted one by one, and all of them once more in another
// order: none is taken for two.
func TestAValueIsTheSameBeforeAndBehindTheBoundOfTheDictionary(t *testing.T) {
	t.Parallel()
	const n = profile.MostCounted + 4000
	f := &fake{}
	for i := range 2 * n {
		at := i
		if i >= n {
			at = 2*n - 1 - i
		}
		if i%500 == 0 {
			f.batches = append(f.batches, nil)
		}
		last := len(f.batches) - 1
		f.batches[last] = append(f.batches[last], []extract.Value{text("value " + strconv.Itoa(at))})
	}
	got, err := profile.One(t.Context(), f, f.schema("v"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Columns[0]; c.Values != 2*n || c.Distinct != n || !c.DistinctExact || c.Unique {
		t.Errorf("%d values, %d different (exactly: %v, unique: %v), want %d and %d", c.Values, c.Distinct, c.DistinctExact, c.Unique, 2*n, n)
	}
}

func TestFrequentValuesAreFoundAmongManySingleOnes(t *testing.T) {
	t.Parallel()
	f := profile.NewFrequent()
	for i := range 200_000 {
		f.Add("only once " + strconv.Itoa(i))
		if i%20 == 0 {
			f.Add("often")
		}
	}
	if most, least := f.Bounds("often"); most < 10_000 || least > 10_000 || most-least > 200 {
		t.Errorf("10,000 times lies between %d and %d", least, most)
	}
}

// numbered is a table of n rows: a unique id, an id of which every tenth row is
// a copy, and a code.
func numbered(n int) *fake {
	f := &fake{}
	for start := 0; start < n; start += 500 {
		var rows [][]extract.Value
		for i := start; i < min(n, start+500); i++ {
			code := "C" + strconv.Itoa(i%7)
			if i%3 == 0 && i > n/2 {
				code = "late"
			}
			rows = append(rows, []extract.Value{text("id-" + strconv.Itoa(i)), text(fmt.Sprintf("v-%d", i-i%10/9)), text(code)})
		}
		f.batches = append(f.batches, rows)
	}
	return f
}

func text(s string) extract.Value { return extract.Value{Text: s, Kind: extract.Text} }

func TestColumnsBeyondTheDictionaryAreEstimatedAndSaySo(t *testing.T) {
	t.Parallel()
	const n = 10 * profile.MostCounted
	src := numbered(n)
	got, err := profile.One(t.Context(), src, src.schema("id", "visit", "code"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, visit, code := got.Columns[0], got.Columns[1], got.Columns[2]
	if id.Distinct != n || !id.DistinctExact || !id.Unique {
		t.Errorf("ids: %d, exact %v, unique %v", id.Distinct, id.DistinctExact, id.Unique)
	}
	if want := float64(n) * 0.9; visit.DistinctExact || visit.Unique || math.Abs(float64(visit.Distinct)-want) > want*0.03 {
		t.Errorf("visits: %d of %v, exact %v, unique %v", visit.Distinct, want, visit.DistinctExact, visit.Unique)
	}
	if code.Distinct != 8 || !code.DistinctExact || code.Top[0].Value != "late" {
		t.Errorf("codes: %d, most frequent %v", code.Distinct, code.Top)
	}
	if len(got.Keys) != 1 || got.Keys[0].Columns[0] != "id" || !got.Keys[0].Proved {
		t.Errorf("keys %v", got.Keys)
	}
}

func TestMemoryDoesNotGrowWithTheRows(t *testing.T) {
	if testing.Short() {
		t.Skip("reads two million values")
	}
	const n = 2_000_000
	src := &stream{rows: n}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := profile.One(t.Context(), src, src.schema("id"), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	c := got.Columns[0]
	if c.Values != n || c.DistinctExact || math.Abs(float64(c.Distinct)-n) > 0.03*n || !c.Unique || got.Keys[0].Proved {
		t.Errorf("%d of %d different, unique %v, keys %v", c.Distinct, n, c.Unique, got.Keys)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the profile holds %d MB", grown>>20)
	}
	runtime.KeepAlive(got)
}

// stream is a table of one column of unique ids, made as it is read.
type stream struct {
	fake
	rows int
}

func (s *stream) Read(_ context.Context, _ string, _ issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		for start := 0; start < s.rows; start += 512 {
			b := &extract.Batch{}
			for i := start; i < min(s.rows, start+512); i++ {
				b.Records = append(b.Records, extract.Record{Values: []extract.Value{text("id-" + strconv.Itoa(i))}})
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// lending is a table whose batches are overwritten as soon as they are handed
// back.
type lending struct {
	*fake
	lent, back atomic.Int64
}

func (l *lending) Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		for b, err := range l.fake.Read(ctx, table, report) {
			b = &extract.Batch{Seq: b.Seq, Records: slices.Clone(b.Records)}
			for i := range b.Records {
				b.Records[i].Values = slices.Clone(b.Records[i].Values)
			}
			l.lent.Add(1)
			b.Spent = func() {
				l.back.Add(1)
				for i := range b.Records {
					for j := range b.Records[i].Values {
						b.Records[i].Values[j] = text("of another row")
					}
					b.Records[i] = extract.Record{}
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

func TestABatchIsHandedBackOnceWhenAllColumnsHaveSeenIt(t *testing.T) {
	t.Parallel()
	var reports []string
	borrowed := &lending{fake: numbered(40_000)}
	for _, src := range []extract.Source{numbered(40_000), borrowed} {
		got, err := profile.One(t.Context(), src, borrowed.schema("id", "visit", "code"), profile.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		all, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, string(all))
	}
	if diff := cmp.Diff(reports[0], reports[1]); diff != "" {
		t.Error(diff)
	}
	if lent, back := borrowed.lent.Load(), borrowed.back.Load(); lent != 80 || back != lent {
		t.Errorf("%d of %d batches came back", back, lent)
	}
}

func BenchmarkProfile(b *testing.B) {
	src := numbered(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := profile.One(b.Context(), src, src.schema("id", "visit", "code"), profile.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
