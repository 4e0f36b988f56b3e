package formula_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/formula"
)

// dangerous are cells that one program or another computes.
var dangerous = []string{
	"=1+1", "+A1", "-A1", "@SUM(A1)", "=cmd|' /C calc'!A0", `=HYPERLINK("http://example.org","x")`, "-", "+", "++", "-2+3+cmd|' /C calc'!A0", "+1-555-0100",
	" =1+1", "   @x", "\t=1", "\tharmless?", "\r=1", "\n=1", "\r\n+x", "\u00a0=1", "\u3000=1", "\ufeff=1", "\u200b=1", "\u202e=1", "\x00=1", " -5",
	"＝1+1", "＋A1", "－A1", "＠SUM(A1)", " ＝1", "﹦1", "﹫x",
}

func TestWhatASpreadsheetMayComputeIsGuardedByAnApostrophe(t *testing.T) {
	t.Parallel()
	for _, cell := range dangerous {
		if !formula.Starts(cell) {
			t.Errorf("%q is not known as a formula", cell)
		}
		if got := formula.Guard(cell); got != "'"+cell {
			t.Errorf("%q is written as %q", cell, got)
		}
	}
}

func TestValuesThatAreNoFormulaStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{
		"", "Penicillin", "a=b", "1-2", "1e", "0", "-1", "-1.5", "+37.2", "-.5", "-1e-3", "+5.", "007", "2026-11-22", "'s-Hertogenbosch", "'", "''", "O'Neil",
		"<b>", "#REF", "(-1)", "\u2212", "\"=1\"", " ", "\u3000",
	} {
		if got := formula.Guard(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
		if got := formula.Unguard(cell); got != cell {
			t.Errorf("reading made %q of %q", got, cell)
		}
	}
}

func TestEveryValueComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, cell := range dangerous {
		for quotes := range 4 { // a source may hold what looks like our own apostrophe
			value := strings.Repeat("'", quotes) + cell
			if got := formula.Unguard(formula.Guard(value)); got != value {
				t.Errorf("%q came back as %q", value, got)
			}
			if safe := formula.Guard(value); formula.Starts(safe) {
				t.Errorf("%q is still a formula", safe)
			}
		}
	}
}

func TestTwoValuesAreNeverWrittenAlike(t *testing.T) {
	t.Parallel()
	written := map[string]string{}
	for _, cell := range dangerous {
		for quotes := range 4 {
			value := strings.Repeat("'", quotes) + cell
			if other, taken := written[formula.Guard(value)]; taken {
				t.Errorf("%q and %q are both written as %q", value, other, formula.Guard(value))
			}
			written[formula.Guard(value)] = value
		}
	}
}

func TestARowIsGuardedInANewOne(t *testing.T) {
	t.Parallel()
	row := []string{"-1", "=x", "plain"}
	if diff := cmp.Diff([]string{"-1", "'=x", "plain"}, formula.GuardAll(row)); diff != "" {
		t.Error(diff)
	}
	if row[1] != "=x" {
		t.Error("the row that was given has changed")
	}
}

func ExampleGuard() {
	fmt.Println(formula.Guard("=1+1"), formula.Guard("-1.5"), formula.Unguard("'=1+1"))
	// Output: '=1+1 -1.5 =1+1
}

func FuzzUnguard(f *testing.F) {
	for _, cell := range dangerous {
		f.Add(cell)
		f.Add("'" + cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		if got := formula.Unguard(formula.Guard(cell)); got != cell {
			t.Errorf("%q came back as %q", cell, got)
		}
		if formula.Starts(formula.Guard(cell)) {
			t.Errorf("%q is written as a formula", cell)
		}
	})
}
