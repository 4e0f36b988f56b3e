package extract_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
)

func TestMemoryOfASpentBatchComesBackWithTheTableInIt(t *testing.T) {
	t.Parallel()
	schema := &extract.Schema{Source: "people.csv", Table: "people", Columns: []string{"id", "name", "town"}}
	slabs := extract.NewSlabs(schema, 2)
	first := slabs.Take()
	want := extract.Record{Schema: schema, Values: make([]extract.Value, 3), Origin: issue.Origin{Source: "people.csv", Table: "people"}}
	if diff := cmp.Diff([]extract.Record{want, want}, first); diff != "" {
		t.Fatalf("new memory (-want +got):\n%s", diff)
	}
	first[0].Values[0], first[0].Origin.Row = extract.Value{Text: "Ana", Kind: extract.Text}, 7
	other := slabs.Take()
	other[1].Values[2] = extract.Value{Text: "Ben", Kind: extract.Text}
	if first[0].Values[0].Text != "Ana" || first[1].Values[2].Text != "" {
		t.Error("a batch that is not spent was written again")
	}
	slabs.Spent(first[:1])() // a batch that is not full
	again := slabs.Take()
	if len(again) != 2 || &again[0] != &first[0] {
		t.Fatalf("what was spent is not used again: %d records", len(again))
	}
	for i, rec := range again {
		if rec.Schema != schema || len(rec.Values) != 3 || cap(rec.Values) != 3 || rec.Origin.Source != "people.csv" || rec.Origin.Table != "people" {
			t.Errorf("record %d is no longer of the table: %+v", i, rec)
		}
	}
}

func TestMoreMemoryThanIsUnderWayIsLetGo(t *testing.T) {
	t.Parallel()
	slabs := extract.NewSlabs(&extract.Schema{Columns: []string{"id"}}, 1)
	for range 100 { // none of these may wait for a reader that has ended
		slabs.Spent(make([]extract.Record, 1))()
	}
}

func TestACharacterThatIsCutIsLeftOut(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"": "", "a": "a", "é": "é", "a\xc3": "a", "\xe2\x82": "", "x€": "x€", "x\xf0\x9f\x98": "x",
		"a\xa9": "a\xa9", "\xa9\xa9\xa9\xa9\xa9": "\xa9\xa9\xa9\xa9\xa9", "a\xff": "a\xff", // broken is not the same as cut
	} {
		if got := extract.WholeRunes(s); got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	}
}
