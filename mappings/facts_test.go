package mappings_test

import (
	"testing"

	"chartlift/mappings"
)

func TestConditionsThatExcludeEachOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		never bool
	}{
		{"TYPE = 'a'", "TYPE = 'b'", true},
		{"TYPE = 'a'", "TYPE = 'a'", false},
		{"TYPE = 'a'", "TYPE <> 'a'", true},
		{"TYPE = 'a'", "TYPE <> 'b'", false},
		{"TYPE = 'a'", "NOT TYPE = 'a'", true},
		{"'a' = TYPE", "TYPE IN ('b', 'c')", true},
		{"TYPE IN ('a', 'b')", "TYPE IN ('b', 'c')", false},
		{"TYPE IN ('a', 'b')", "TYPE NOT IN ('b', 'a', 'x')", true},
		{"TYPE IN ('a', 'b')", "TYPE NOT IN ('b')", false},
		{"V IS NULL", "V IS NOT NULL", true},
		{"V IS NULL", "V = 'x'", true},
		{"V IS NULL", "NOT V = 'x'", true}, // NOT of unknown is unknown
		{"V IS NULL", "UPPER(V) LIKE 'A%'", true},
		{"UPPER(V) IS NULL", "LENGTH(V) > 2", true},
		{"V IS NULL", "W IS NOT NULL", false},
		{"V LIKE 'a%'", "V NOT LIKE 'a%'", true},
		{"V LIKE 'a%'", "V NOT LIKE 'b%'", false},
		{"V LIKE 'a%'", "V LIKE 'b%'", false}, // patterns are not looked into
		{"N > 5", "N < 3", true},
		{"N > 5", "N <= 5", true},
		{"N >= 5", "N <= 5", false},
		{"N = 5", "N = 5.0", false},
		{"N = 5", "N = 6", true},
		{"N = 9007199254740993", "N = 9007199254740992", true}, // one float
		{"N > 9007199254740992", "N < 9007199254740993", false},
		{"N > 9007199254740993", "N < 9007199254740993.0", true},
		{"N = 12345678901234567890", "N = 12345678901234567890.00", false},
		{"N > 5", "N > 3", false},
		{"N < 10", "N < 9", false},
		{"N <> 5", "N > 4", false},
		{"N = 5", "N > 6", true},
		{"10 < N", "N < 9", true},
		{"N < 9", "'abc' = N", true}, // a text is neither above nor below a number
		{"N BETWEEN 1 AND 3", "N BETWEEN 4 AND 9", true},
		{"N BETWEEN 1 AND 4", "N BETWEEN 4 AND 9", false},
		{"D < '2020'", "D > '2021'", true},
		{"D < '2021'", "D > '2020'", false},
		{"D < '2021'", "N > 2022", false},
		{"A < B", "A >= B", true},
		{"A < B", "B < A", true},
		{"A <= B", "B <= A", false},
		{"A < B", "A > C", false},
		{"TYPE = 'a' AND V IS NULL", "V IS NOT NULL OR TYPE = 'b'", true},
		{"TYPE = 'a' OR TYPE = 'b'", "NOT (TYPE = 'a' OR TYPE = 'b')", true},
		{"TYPE = 'a' OR V IS NULL", "TYPE = 'b'", false},
		{"V = NULL", "TYPE = 'b'", true},
		{"1 = 2", "TYPE = 'b'", true},
		{"1 = 1", "TYPE = 'b'", false},
		{"'x' IN ('y')", "TYPE = 'b'", true},
		{"COALESCE(A, B) = 'x'", "COALESCE(A, B) = 'y'", true},
		{"COALESCE(A, B) = 'x'", "A IS NULL", false},
		{"UPPER(V) = 'A'", "V = 'b'", false}, // not proved, though it is so
		{"FLAG", "NOT FLAG", true},
		{"FLAG", "FLAG = '0'", true},
		{"FLAG", "FLAG = 'Y'", false},
	} {
		got, err := mappings.Never(c.a, c.b)
		if err != nil {
			t.Fatalf("%s, %s: %v", c.a, c.b, err)
		}
		back, _ := mappings.Never(c.b, c.a)
		if got != c.never || back != c.never {
			t.Errorf("%s and %s: never together: %v and %v, want %v", c.a, c.b, got, back, c.never)
		}
	}
}
