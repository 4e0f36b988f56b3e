package profile_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/profile"
)

// rowsInRuns returns rows whose columns say the same for a while, mostly, and
// then something else: ids, dates, codes, texts longer than is kept of them,
// values with and without white space, and none. Three of the columns have more
// values than are counted one by one.
func rowsInRuns(n int) [][]extract.Value {
	random := rand.New(rand.NewPCG(3, 5))
	long := strings.Repeat("Long-", 300)
	makers := []func() extract.Value{
		func() extract.Value { return text(fmt.Sprintf("%08x-0000-4000-8000-0123456789ab", random.Uint32())) },
		func() extract.Value { return text(fmt.Sprintf("v%d", min(random.IntN(60_000), random.IntN(60_000)))) },
		func() extract.Value {
			return text(fmt.Sprintf("%s%d", long[:1000+random.IntN(200)], random.IntN(40_000)))
		},
		func() extract.Value {
			return text(fmt.Sprintf("20%02d-%02d-%02d", random.IntN(30), 1+random.IntN(12), 1+random.IntN(31)))
		},
		func() extract.Value { return text([]string{"A", "A ", " A", "B", "  ", "N/A", "é"}[random.IntN(7)]) },
		func() extract.Value {
			return []extract.Value{{}, {Kind: extract.Null}, {Kind: extract.Text}, text("1"), text("2")}[random.IntN(5)]
		},
	}
	rows := make([][]extract.Value, n)
	for i := range rows {
		rows[i] = make([]extract.Value, len(makers))
		for c, fresh := range makers {
			if i > 0 && random.IntN(3+c) > 1 {
				rows[i][c] = rows[i-1][c]
			} else {
				rows[i][c] = fresh()
			}
		}
	}
	return rows
}

// batchesOf are the rows in batches of so many.
func batchesOf(rows [][]extract.Value, size int) *fake {
	return &fake{batches: slices.Collect(slices.Chunk(rows, size))}
}

// Where rows are read one by one, no value comes again in its batch: what is
// true of a run must be what is true of its rows.
func TestAProfileDoesNotDependOnHowRowsStandInBatches(t *testing.T) {
	t.Parallel()
	const n = 90_000
	rows := rowsInRuns(n)
	var people [][]extract.Value // most values of a column, none of them twice
	for i := range 60_000 {
		if i%20 > 0 {
			people = append(people, []extract.Value{text(fmt.Sprintf("v%d", i))})
		}
	}
	var first string
	for _, size := range []int{1, 7, 512} {
		child, parent := batchesOf(rows, size), batchesOf(people, size)
		got, err := profile.Tables(t.Context(), []profile.Job{
			{Source: child, Schema: child.schema("uuid", "person_id", "last_name", "day", "padded", "gaps")},
			{Source: parent, Schema: &extract.Schema{Source: "person.csv", Table: "person", Columns: []string{"person_id"}}},
		}, profile.Options{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
			if c := got[0].Columns; c[0].DistinctExact || c[0].Values != n || c[4].Padded == 0 || c[2].MaxLength < 1100 || len(c[2].Top) == 0 || !c[2].Masked || len(got[0].Joins) == 0 || got[0].Joins[0].Orphans == 0 {
				t.Errorf("the table does not have what is tested: %s", b)
			}
		} else if diff := cmp.Diff(first, string(b)); diff != "" {
			t.Errorf("in batches of %d rows: %s", size, diff)
		}
	}
}

func TestCountingAValueManyTimesAtOnceIsCountingItAsOften(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 9))
	atOnce, single := profile.NewFrequent(), profile.NewFrequent()
	some, one := profile.NewSample(500), profile.NewSample(500)
	for i := range 40_000 {
		text, n := fmt.Sprint(int(math.Exp(random.Float64()*9))+random.IntN(2)*random.IntN(900)), 1+random.Int64N(6)*random.Int64N(2)
		h := profile.Hash(text)
		again, before := some.AddTimes(h, n), false
		atOnce.AddTimes(text, n)
		for range n {
			single.Add(text)
			before = one.Add(h)
		}
		if again != before {
			t.Fatalf("%s %d times: there before: %v, one by one: %v", text, n, again, before)
		}
		if i%400 > 0 {
			continue
		}
		if diff := cmp.Diff(single.Watched(), atOnce.Watched()); diff != "" {
			t.Fatal(diff)
		}
	}
	watched := map[string]bool{}
	for _, line := range atOnce.Watched() {
		text, _, _ := strings.Cut(line, " ")
		if watched[text] {
			t.Errorf("%s is watched twice", text)
		}
		watched[text] = true
	}
	want, _ := one.Counts()
	if got, _ := some.Counts(); !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestAValueThatASampleDropsIsNotThereAgain(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2, 4))
	for range 300 {
		some, one := profile.NewSample(4), profile.NewSample(4)
		for range 40 {
			h := random.Uint64() | 1
			one.Add(h)
			if got, want := some.AddTimes(h, 2), one.Add(h); got != want {
				t.Fatalf("%x is there again: %v", h, got)
			}
		}
	}
}

func TestACountOfASampleStaysAtTheLargestNumber(t *testing.T) {
	t.Parallel()
	s := profile.NewSample(10)
	for _, n := range []int64{math.MaxInt64, 1, 7} {
		s.AddTimes(1, n)
		if got, _ := s.Counts(); got[1] != math.MaxUint32 {
			t.Errorf("%d", got[1])
		}
	}
}

func TestRowsOfATableWithoutColumnsAreCounted(t *testing.T) {
	t.Parallel()
	src := &fake{batches: [][][]extract.Value{{{}, {}}, {{}}}}
	got, err := profile.One(t.Context(), src, src.schema(), profile.Options{})
	if err != nil || got.Rows != 3 || got.DuplicateRows != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}
