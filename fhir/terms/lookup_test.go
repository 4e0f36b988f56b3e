package terms_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"chartlift/fhir/terms"
)

const (
	actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	marital = "http://hl7.org/fhir/ValueSet/marital-status"
)

// The table is half a megabyte: a command that asks for no code must not read
// it, and one that asks for a code only that code's line.
func TestTakingTheTableInHandCostsNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { terms.R4() }); n > 1 {
		t.Errorf("R4 allocates %v times", n)
	}
	first := testing.AllocsPerRun(10, func() { terms.R4().Check(actCode, "AMB") })
	if first > 20 {
		t.Errorf("the first code allocates %v times, so more than its system is unpacked", first)
	}
}

func TestACodeThatWasAskedForOnceIsLookedUpWithoutGarbage(t *testing.T) {
	set := terms.R4()
	ask := func() {
		set.Check(actCode, "AMB")
		set.Check("http://loinc.org", "8480-6")
		set.InSet(marital, "", "M")
	}
	ask()
	if n := testing.AllocsPerRun(100, ask); n > 0 {
		t.Errorf("three codes allocate %v times", n)
	}
}

// Each line is found by halving, so that one out of order would hide others.
func TestEverySystemAndValueSetOfTheTableIsFound(t *testing.T) {
	t.Parallel()
	table := tableText(t)
	set := terms.R4()
	before := ""
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		name := cells[0] + "\t" + cells[1]
		if name <= before {
			t.Errorf("%q stands behind %q", name, before)
		}
		before = name
		switch cells[0] {
		case "S":
			for _, code := range []string{cells[2], cells[len(cells)-1], cells[2+(len(cells)-2)/2]} {
				checkAll(t, set, cells[1], terms.Present, code)
			}
			checkAll(t, set, cells[1], terms.Absent, "", "no such code")
		case "V":
			if !set.Has(cells[1]) {
				t.Errorf("the value set %s is not found", cells[1])
			}
			if cells[3] != "*" {
				checkIn(t, set, cells[1], strings.TrimPrefix(cells[2], "|"), cells[3], terms.Present)
			}
		default:
			t.Errorf("a line of the kind %q", cells[0])
		}
	}
}

func TestAddressesBesideThoseOfTheTableAreUnknown(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	for _, address := range []string{
		"", "\t", "\n", "S", "V", "~", "\xff", actCode + "\t", actCode + "x", actCode[:len(actCode)-1], actCode + "\tAMB", strings.ToUpper(actCode),
		"http://terminology.hl7.org/CodeSystem/", " " + actCode, "\n" + actCode, "S\t" + actCode, marital,
	} {
		checkAll(t, set, address, terms.Unknown, "AMB", "")
		if codes, ok := set.Codes(address); ok || codes != nil {
			t.Errorf("%q has codes: %v", address, codes)
		}
	}
	for _, address := range []string{"", "\t", marital + "x", marital[1:], "V\t" + marital, actCode} {
		checkIn(t, set, address, "", "M", terms.Unknown)
		if set.Has(address) || set.Each(address, func(string, string) { t.Errorf("%q has codes", address) }) {
			t.Errorf("%q is a value set", address)
		}
	}
}

func checkIn(t *testing.T, set *terms.Set, valueSet, system, code string, want terms.Verdict) {
	t.Helper()
	if got := set.InSet(valueSet, system, code); got != want {
		t.Errorf("%s %s|%s: %d, want %d", valueSet, system, code, got, want)
	}
}

// Data that makes up systems fills no memory and hides none of those that are
// there.
func TestThousandsOfUnknownSystemsDoNotHideTheKnown(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	for i := range 3000 {
		checkAll(t, set, fmt.Sprintf("http://example.org/%d", i), terms.Unknown, "x")
	}
	checkAll(t, set, actCode, terms.Present, "AMB")
	checkAll(t, set, "http://example.org/2999", terms.Unknown, "x")
	set.Add("http://example.org/2999", "x")
	set.Add("http://example.org/1", "x")
	checkAll(t, set, "http://example.org/2999", terms.Present, "x")
	checkAll(t, set, "http://example.org/1", terms.Present, "x")
	checkAll(t, set, "http://example.org/1", terms.Absent, "y")
}

func TestCodesThatAreAddedStandBesideThoseOfTheTable(t *testing.T) {
	t.Parallel()
	set, other := terms.R4(), terms.R4()
	before, _ := set.Codes(actCode)
	set.Add(actCode, "HOUSE", "AMB")
	after, ok := set.Codes(actCode)
	if !ok || len(after) != len(before)+1 {
		t.Errorf("%d codes became %d", len(before), len(after))
	}
	after[0] = "changed by the caller"
	if again, _ := set.Codes(actCode); again[0] != before[0] {
		t.Error("the list is not the caller's own")
	}
	checkAll(t, other, actCode, terms.Absent, "HOUSE")
	checkAll(t, terms.R4(), actCode, terms.Absent, "HOUSE")
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				checkAll(t, set, actCode, terms.Present, "AMB", "IMP")
				checkAll(t, set, "http://loinc.org", terms.Unknown, "8480-6")
				checkIn(t, set, marital, "", "M", terms.Present)
			}
		})
	}
	all.Wait()
}

func BenchmarkFirstCode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		terms.R4().Check(actCode, "AMB")
	}
}

func BenchmarkCode(b *testing.B) {
	b.ReportAllocs()
	set := terms.R4()
	for b.Loop() {
		set.Check(actCode, "AMB")
		set.Check("http://loinc.org", "8480-6")
	}
}

func tableText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("terms_gen.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
