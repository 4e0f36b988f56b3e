package load_test

import (
	"fmt"
	"slices"
	"testing"

	"chartlift/load"
)

func TestWhatOthersReferToComesBeforeThem(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		refers [][]int
		order  string
		unit   string
	}{
		{"nothing", nil, "[]", "[]"},
		{"no references: the given order", [][]int{nil, nil, nil}, "[0 1 2]", "[0 1 2]"},
		{"backwards", [][]int{{1}, {2}, nil}, "[2 1 0]", "[0 1 2]"},
		{"itself", [][]int{{0}, nil}, "[0 1]", "[0 1]"},
		{"a circle stays together, behind what it needs", [][]int{{1}, {0, 2}, nil, {0}}, "[2 0 1 3]", "[0 0 2 3]"},
		{"two circles", [][]int{{1}, {0, 2}, {3}, {2}}, "[2 3 0 1]", "[0 0 2 2]"},
	} {
		order, unit := load.Order(len(row.refers), func(i int) []int { return row.refers[i] })
		if fmt.Sprint(order) != row.order || fmt.Sprint(unit) != row.unit {
			t.Errorf("%s: order %v, units %v; want %s, %s", row.name, order, unit, row.order, row.unit)
		}
	}
}

func TestALongChainIsOrdered(t *testing.T) {
	t.Parallel()
	const n = 200_000
	order, _ := load.Order(n, func(i int) []int {
		if i+1 < n {
			return []int{i + 1}
		}
		return nil
	})
	slices.Reverse(order)
	if len(order) != n || !slices.IsSorted(order) {
		t.Error("the chain is not in order")
	}
}
