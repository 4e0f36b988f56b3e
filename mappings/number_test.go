package mappings_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"chartlift/mappings"
)

func TestNumbersAreComparedByAllTheirDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		order int
	}{
		{"1", "1.0", 0},
		{"10", "9", 1},
		{"-3", "2", -1},
		{"1e2", "100", 0},
		{"9007199254740993", "9007199254740992", 1}, // the first whole numbers that are one float
		{"-9007199254740993", "-9007199254740992", -1},
		{"12345678901234567890", "12345678901234567891", -1},
		{"12345678901234567890", "012345678901234567890.000", 0},
		{"+12345678901234567890", "1.2345678901234567890e19", 0},
		{"1234567890.1234567890123", "1234567890.12345678901230", 0},
		{"1234567890.1234567890123", "1234567890.1234567890124", -1},
		{"123456789012345678901", "12345678901234567890", 1},
		{"0.00000000000000000000", "-0", 0},
		{"0.00000000000000000000", "0.000000000000000000001", -1},
		{"1e-99999999999999999999", "0.0000000000000000000000", 1}, // both are 0 as floats
		{"-1e-99999999999999999999", "1e-99999999999999999998", -1},
	} {
		for _, turned := range []bool{false, true} {
			a, b, want := c.a, c.b, c.order
			if turned {
				a, b, want = b, a, -want
			}
			if got, ok := mappings.CompareNumbers(a, b); !ok || got != want {
				t.Errorf("%s and %s: %d, %v; want %d", a, b, got, ok, want)
			}
		}
	}
}

func TestWhatIsNoNumberIsNotCompared(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "NaN", "Inf", "0x10", "1_000", "1,5", " 1", "1e999", "--1", "1e", "9007199254740993 mg"} {
		if _, ok := mappings.CompareNumbers(text, "1"); ok {
			t.Errorf("%q is compared with 1", text)
		}
		if _, ok := mappings.CompareNumbers("9007199254740993", text); ok {
			t.Errorf("9007199254740993 is compared with %q", text)
		}
	}
}

func TestNumbersOfAnyLengthAreOrderedAsFractionsAre(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 3))
	number := func() string {
		text := []string{"", "-", "+"}[r.IntN(3)] + strings.Repeat("0", r.IntN(3)) + "9007199254740" + string('0'+byte(r.IntN(3))) + "9" + string('0'+byte(r.IntN(10)))
		if r.IntN(2) == 0 {
			text += "." + strings.Repeat("0", r.IntN(3)) + string('0'+byte(r.IntN(2)))
		}
		if r.IntN(3) == 0 {
			text += []string{"e1", "E-1", "e+02"}[r.IntN(3)]
		}
		return text
	}
	equal := 0
	for range 20000 {
		a, b := number(), number()
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		got, ok := mappings.CompareNumbers(a, b)
		if !okX || !okY || !ok || got != x.Cmp(y) {
			t.Fatalf("%s and %s: %d, %v; want %d", a, b, got, ok, x.Cmp(y))
		}
		if got == 0 {
			equal++
		}
	}
	if equal == 0 {
		t.Error("no two were equal: the test compares too little")
	}
}

func BenchmarkCompareNumbers(b *testing.B) {
	for name, c := range map[string][2]string{"short": {"140", "200"}, "short and equal": {"140", "140.0"}, "long": {"12345678901234567890", "12345678901234567891"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mappings.CompareNumbers(c[0], c[1])
			}
		})
	}
}
