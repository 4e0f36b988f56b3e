package profile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract/profile"
)

// orders has a key of two columns, and lines that refer to it but for some.
func orders(orphans int) []table {
	parent, child, other := table{"orders.csv", []string{"order_id,line,code"}}, table{"results.csv", []string{"result_id,order_id,line,value"}}, table{"beds.csv", []string{"ward,line"}}
	for i := range 300 {
		parent.lines = append(parent.lines, fmt.Sprintf("%d,%d,C%d", 1000+i/3, i%3+1, i%5))
		other.lines = append(other.lines, fmt.Sprintf("%d,%d", i%7, i%3+1))
	}
	for i := range 200 {
		line := i%3 + 1
		if i < orphans {
			line = 4
		}
		child.lines = append(child.lines, fmt.Sprintf("%d,%d,%d,%d.5", i+1, 1000+i/2, line, i))
	}
	return []table{other, child, parent}
}

func TestAKeyOfTwoColumnsIsReferredToByBoth(t *testing.T) {
	t.Parallel()
	got := tables(t, profile.Options{}, orders(5)...)
	want := []profile.PairJoin{{
		Columns: []string{"order_id", "line"}, ToSource: "orders.csv", ToTable: "orders", ToColumns: []string{"order_id", "line"},
		Contained: 0.974, Used: 0.617, Orphans: 5,
	}}
	// Two rows of an order may have the same line: the shares are of different
	// pairs.
	if diff := cmp.Diff(want, got[1].PairJoins, cmp.Comparer(func(a, b float64) bool { return a-b < 0.05 && b-a < 0.05 })); diff != "" {
		t.Error(diff)
	}
	if len(got[0].PairJoins)+len(got[2].PairJoins) > 0 {
		t.Errorf("joins that are none: %v %v", got[0].PairJoins, got[2].PairJoins)
	}
	report := &profile.Report{Tables: got}
	var page bytes.Buffer
	if err := report.Page(&page); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{report.Text(), strings.ReplaceAll(page.String(), "&#43;", "+")} {
		if !strings.Contains(text, "order_id + line → orders.order_id + line") {
			t.Errorf("the join is not shown:\n%.400s", text)
		}
	}
}

func TestPairsThatDoNotOccurTogetherAreNoJoin(t *testing.T) {
	t.Parallel()
	list := orders(0)
	for i := range list[1].lines[1:] { // each order and each line is there, but not on the same row
		list[1].lines[i+1] = fmt.Sprintf("%d,%d,%d,1.5", i+1, 1000+i%100, 1)
	}
	for i := range list[2].lines[1:] {
		list[2].lines[i+1] = fmt.Sprintf("%d,%d,C", 1000+i/3, i%3+2)
	}
	list[2].lines = append(list[2].lines, "2000,1,C", "2000,9,C")
	for _, got := range tables(t, profile.Options{}, list...) {
		if len(got.PairJoins) > 0 {
			t.Errorf("%s: %+v", got.Table, got.PairJoins)
		}
	}
}
