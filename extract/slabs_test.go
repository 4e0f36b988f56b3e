package extract_test

import (
	"testing"

	"chartlift/extract"
)

func TestMemoryOfASpentBatchComesBackEmpty(t *testing.T) {
	t.Parallel()
	slabs := extract.NewSlabs(2, 3)
	first := slabs.Take()
	if len(first.Records) != 0 || cap(first.Records) < 2 || len(first.Values) != 6 {
		t.Fatalf("%d records of %d, %d values", len(first.Records), cap(first.Records), len(first.Values))
	}
	first.Records = append(first.Records, extract.Record{Values: first.Values[:3]})
	first.Values[0] = extract.Value{Text: "Ana", Kind: extract.Text}
	other := slabs.Take()
	other.Values[5] = extract.Value{Text: "Ben", Kind: extract.Text}
	if first.Values[0].Text != "Ana" || &first.Values[0] == &other.Values[0] {
		t.Error("a batch that is not spent was written again")
	}
	slabs.Spent(first)()
	again := slabs.Take()
	if &again.Values[0] != &first.Values[0] || len(again.Records) != 0 {
		t.Error("what was spent is not used again")
	}
	for i, v := range again.Values {
		if v != (extract.Value{}) {
			t.Errorf("value %d is still %+v", i, v)
		}
	}
}

func TestMoreMemoryThanIsUnderWayIsLetGo(t *testing.T) {
	t.Parallel()
	slabs := extract.NewSlabs(1, 1)
	for range 100 { // none of these may wait for a reader that has ended
		slabs.Spent(extract.Slab{Values: make([]extract.Value, 1)})()
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
