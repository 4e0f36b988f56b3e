package clean_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/clean"
)

// What a cleaner appends is what it gives, value, problem and all, and nothing
// is appended where it gives none.
func TestACleanerThatAppendsGivesTheSameAsOneThatReturns(t *testing.T) {
	t.Parallel()
	for _, args := range [][]clean.Arg{
		{{Text: "UNIT", Index: 0}, {Text: "ucum", Index: -1}},
		{{Text: "UNIT", Index: 0}},
		{{Text: "mg", Index: -1}, {Text: "ucum", Index: -1}},
		{{Text: "a \"b\"", Index: -1}},
	} {
		c := lookup(t, "quantity")
		run, err := c.Compile(args, clean.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		write, err := c.Append(args, clean.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{"", "0", "1.50", "-3", "+7", "<5", ">= 2", "≤1", "=<9", "1e3", "007", "1,234", "1,234.5", "many", "<", "5 mg", "−4"} {
			for _, unit := range []string{"", "mg", "mmHg", "blobs", "quote \" and \\"} {
				want, wantProblem := run(clean.Of(in), []clean.Value{clean.Of(unit)})
				got, ok, problem := write([]byte("before"), clean.Of(in), []clean.Value{clean.Of(unit)})
				if string(got) != "before"+want.Text || ok != want.Set {
					t.Errorf("%q %q: appended %q, %v, want %q, %v", in, unit, got, ok, want.Text, want.Set)
				}
				if diff := cmp.Diff(wantProblem, problem); diff != "" {
					t.Errorf("%q %q:\n%s", in, unit, diff)
				}
			}
		}
	}
}

func TestAnAppenderRefusesArgumentsAsCompileDoes(t *testing.T) {
	t.Parallel()
	c := lookup(t, "quantity")
	for _, args := range [][]clean.Arg{{{Text: "blobs", Index: -1}, {Text: "ucum", Index: -1}}, {{Text: "mg", Index: -1}, {Text: "UCUM", Index: -1}}} {
		_, want := c.Compile(args, clean.Settings{})
		_, got := c.Append(args, clean.Settings{})
		if want == nil || got == nil {
			t.Errorf("%v: Compile says %v, Append %v", args, want, got)
		}
	}
}

// Units are looked up among the last ones first: these have one length and the
// same first and last sign, so that they take each other's place.
func TestUnitsThatLookAlikeAreToldApart(t *testing.T) {
	t.Parallel()
	write, err := lookup(t, "quantity").Append([]clean.Arg{{Text: "UNIT", Index: 0}}, clean.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 { // workers share a cleaner
		all.Go(func() {
			for i := range 5_000 {
				unit := fmt.Sprintf("u%03du", i*7%997)
				got, _, _ := write(nil, clean.Of("1"), []clean.Value{clean.Of(unit)})
				if want := `{"value":1,"unit":"` + unit + `"}`; string(got) != want {
					t.Errorf("%s, want %s", got, want)
					return
				}
			}
		})
	}
	all.Wait()
}

// An instant as most exports write it is taken over at a glance. Nothing else
// may be, and a format that stands before decides.
func TestAnInstantOfUTCIsReadAsItsFormatSays(t *testing.T) {
	t.Parallel()
	const iso = "datetime YYYY-MM-DDThh:mm:ssZ"
	for _, pipe := range []string{"datetime", iso, "datetime M/D/YYYY", "datetime YYYY-DD-MM"} {
		checkRows(t, []row{
			{pipe: pipe, in: "2006-05-02T14:46:57Z", want: "2006-05-02T14:46:57Z"},
			{pipe: pipe, in: "2004-02-29T00:00:00Z", want: "2004-02-29T00:00:00Z"},
			{pipe: pipe, in: "2016-12-31T23:59:60Z", want: "2016-12-31T23:59:60Z"},
			{pipe: pipe, in: "2006-02-29T14:46:57Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-13-01T14:46:57Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-05-02T24:00:00Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-05-02T14:60:00Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "0000-00-00T00:00:00Z", want: null},
			{pipe: pipe, in: "2006-05-02t14:46:57Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-05-02T14:46:57z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-O5-02T14:46:57Z", want: null, code: "bad-date"},
			{pipe: pipe, in: "2006-05-02T14:46:5/Z", want: null, code: "bad-date"},
		})
	}
	checkRows(t, []row{
		{pipe: "datetime YYYY-DD-MMThh:mm:ssZ", in: "2006-05-02T14:46:57Z", want: "2006-02-05T14:46:57Z"},
		{pipe: "datetime YYYY-DD-MMThh:mm:ssZ", in: "2006-13-02T14:46:57Z", want: "2006-02-13T14:46:57Z"},
		{pipe: "datetime YYYY-DD-MMThh:mm:ssA", in: "2006-05-02T02:46:57P", want: "2006-02-05T14:46:57-05:00"},
	})
}
