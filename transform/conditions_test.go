package transform_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"chartlift/mappings"
	"chartlift/transform"
)

// conditionBench is a mapping whose source takes rows by one condition and
// whose map by another.
func conditionBench(t *testing.T, source, condition string) (b *bench, warned bool) {
	t.Helper()
	text := head + "sources: { pat: { csv: { path: p.csv }, key: [ID], where: " + quote(source) + " } }\nmaps:\n  p: { from: pat, resource: Patient, where: " + quote(condition) + ", elements: { active: true } }\n"
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("%s: %+v", text, findings)
	}
	for _, f := range findings {
		warned = warned || f.Code == "W0301"
	}
	return &bench{t: t, prog: prog, engine: transform.New(prog, nil), tables: map[string]int64{}}, warned
}

// cells are the values that the columns A, B and N go through in all ways; ∅ is
// NULL.
var cells = []string{"∅", "a", "b", "B", "1", "1.0", "2", "10", "-3", "0", "x%", "2020-01-02"}

// grid are rows of all values of A beside few of B and N.
func grid() []string {
	lines := []string{"ID|A|B|N"}
	for _, a := range cells {
		for _, b := range []string{"∅", "a", "1", "2020"} {
			for _, n := range []string{"∅", "1", "2", "10", "x"} {
				lines = append(lines, fmt.Sprintf("%d|%s|%s|%s", len(lines), a, b, n))
			}
		}
	}
	return lines
}

// randomTest writes one comparison.
func randomTest(r *rand.Rand) string {
	column := []string{"A", "B", "N"}[r.IntN(3)]
	texts := []string{"'a'", "'b'", "'1'", "'2020'", "'2020-01-02'", "''"}
	numbers := []string{"1", "2", "1.0", "10", "-3", "0"}
	sign := []string{"=", "<>", "<", "<=", ">", ">="}[r.IntN(6)]
	switch r.IntN(11) {
	case 0:
		return column + " IS NULL"
	case 1:
		return column + " IS NOT NULL"
	case 2:
		return fmt.Sprintf("%s IN (%s, %s)", column, texts[r.IntN(len(texts))], numbers[r.IntN(len(numbers))])
	case 3:
		return fmt.Sprintf("%s NOT IN (%s, %s)", column, texts[r.IntN(len(texts))], texts[r.IntN(len(texts))])
	case 4:
		return fmt.Sprintf("%s LIKE '%s'", column, []string{"a%", "%1%", "_", "x\\%", "%"}[r.IntN(5)])
	case 5:
		return fmt.Sprintf("%s BETWEEN %s AND %s", column, numbers[r.IntN(len(numbers))], numbers[r.IntN(len(numbers))])
	case 6:
		return fmt.Sprintf("%s %s %s", column, sign, []string{"A", "B", "N"}[r.IntN(3)])
	case 7:
		return fmt.Sprintf("%s(%s) %s %s", []string{"UPPER", "LOWER", "TRIM"}[r.IntN(3)], column, sign, texts[r.IntN(len(texts))])
	case 8:
		return fmt.Sprintf("LENGTH(%s) %s %s", column, sign, numbers[r.IntN(len(numbers))])
	case 9:
		return fmt.Sprintf("COALESCE(%s, N, 'a') %s %s", column, sign, texts[r.IntN(len(texts))])
	}
	if r.IntN(2) == 0 {
		return fmt.Sprintf("%s %s %s", column, sign, texts[r.IntN(len(texts))])
	}
	return fmt.Sprintf("%s %s %s", numbers[r.IntN(len(numbers))], sign, column)
}

func randomCondition(r *rand.Rand, depth int) string {
	switch {
	case depth == 0 || r.IntN(3) == 0:
		return randomTest(r)
	case r.IntN(4) == 0:
		return "NOT (" + randomCondition(r, depth-1) + ")"
	case r.IntN(2) == 0:
		return "(" + randomCondition(r, depth-1) + " OR " + randomCondition(r, depth-1) + ")"
	}
	return "(" + randomCondition(r, depth-1) + " AND " + randomCondition(r, depth-1) + ")"
}

// taken returns which rows of the grid a condition takes.
func taken(t *testing.T, source, condition string) (rows []bool) {
	t.Helper()
	b, _ := conditionBench(t, source, condition)
	schema, records := table("pat", grid()...)
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	worker := binding.Worker(b.hooks())
	for i := range records {
		rows = append(rows, len(worker.Row(&records[i]).Built) == 1)
	}
	return rows
}

// What the check calls impossible never happens in the engine: a false proof
// would let a branch be left out of a chart, or two values stand for one.
func TestNoRowMeetsWhatTheCheckCallsImpossible(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	proofs := 0
	for range 400 {
		a, b := randomCondition(r, 1), randomCondition(r, 2)
		if _, warned := conditionBench(t, a, b); !warned {
			continue
		}
		proofs++
		for i, made := range taken(t, a, b) {
			if made {
				t.Errorf("%s and %s are called impossible, and row %s meets both", a, b, grid()[i+1])
				break
			}
		}
	}
	if proofs < 20 {
		t.Errorf("only %d conditions were proved to be impossible: this shows little", proofs)
	}
}

// The laws of SQL's logic hold of any condition, whatever is in it: a row is
// taken by P, by NOT P, or has a NULL that decides.
func TestConditionsKeepTheLawsOfSQL(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 15 {
		p, q := randomCondition(r, 1), randomCondition(r, 1)
		same := func(a, b string) {
			left, right := taken(t, "ID IS NOT NULL", a), taken(t, "ID IS NOT NULL", b)
			for i := range left {
				if left[i] != right[i] {
					t.Errorf("%s and %s differ at %s", a, b, grid()[i+1])
					return
				}
			}
		}
		same("NOT (NOT ("+p+"))", p)
		same("NOT ("+p+" AND "+q+")", "NOT ("+p+") OR NOT ("+q+")")
		same(p+" OR "+q, q+" OR "+p)
		same("("+p+" AND "+q+") OR "+p, p)
		yes, no := taken(t, "ID IS NOT NULL", p), taken(t, "ID IS NOT NULL", "NOT ("+p+")")
		for i := range yes {
			if yes[i] && no[i] {
				t.Errorf("%s is true and false of %s", p, grid()[i+1])
			}
		}
	}
}

func TestTextsThatOnlyLookLikeNumbersAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		condition string
		rows      string // the cells of N that meet it, by commas
	}{
		{"N = 5", "5,5.0,05,+5"},
		{"N > 5", "6,1e3"},
		{"N <= 5", "5,5.0,05,+5,-3,.5"},
		{"N = '5'", "5"},
		{"N IN ('5', '6')", "5,6"},
	} {
		lines := []string{"ID|N"}
		all := []string{"5", "5.0", "05", "+5", "6", "-3", ".5", "1e3", "abc", "5 mg", "<5", "1,000", "∅", "", "٥", "NaN", "Inf", "-infinity", "0x5", "5_0"}
		for i, n := range all {
			lines = append(lines, fmt.Sprintf("%d|%s", i, n))
		}
		b, _ := conditionBench(t, "ID IS NOT NULL", c.condition)
		var got []string
		for i, row := range b.rows("pat", lines...) {
			if len(row.Built) == 1 {
				got = append(got, all[i])
			}
		}
		if strings.Join(got, ",") != c.rows {
			t.Errorf("%s takes %q, want %s", c.condition, got, c.rows)
		}
	}
}

// Of a choice only one branch may be written: where the check lets two
// conditions pass, no row makes both, or the row is refused with a word.
func TestNoRowWritesTwoBranchesOfAChoice(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	compiled, refused := 0, 0
	for range 100 {
		text := head + "sources: { pat: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p:\n    from: pat\n    resource: Patient\n    elements:\n" +
			"      deceasedBoolean: { when: " + quote(randomCondition(r, 1)) + ", from: $YES | bool }\n      deceasedDateTime: { when: " + quote(randomCondition(r, 1)) + ", from: $DAY | datetime }\n"
		prog, _ := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
		if prog == nil {
			continue
		}
		compiled++
		b := &bench{t: t, prog: prog, engine: transform.New(prog, nil), tables: map[string]int64{}}
		lines := grid()
		lines[0] += "|YES|DAY"
		for i := range lines[1:] {
			lines[i+1] += "|Y|2020-01-02"
		}
		schema, records := table("pat", lines...)
		binding, err := b.engine.Bind(b.source("pat"), schema)
		if err != nil {
			t.Fatal(err)
		}
		worker := binding.Worker(b.hooks())
		for i := range records {
			said := len(b.issues)
			row := worker.Row(&records[i])
			for _, i := range b.issues[said:] {
				if i.Code == "two-choices" {
					refused++
				}
			}
			for _, built := range row.Built {
				if strings.Contains(string(built.Resource.JSON), "deceasedBoolean") && strings.Contains(string(built.Resource.JSON), "deceasedDateTime") {
					t.Fatalf("%s\nwrites both of %s: %s", text, lines[i+1], built.Resource.JSON)
				}
			}
			if len(row.Built) == 0 && len(b.issues) == said {
				t.Fatalf("%s\nrefuses %s without a word", text, lines[i+1])
			}
		}
	}
	if compiled < 50 || refused < 50 {
		t.Errorf("%d pairs compile, and %d rows are refused: this shows little", compiled, refused)
	}
}

func TestKeysOfManyDigitsAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		"N = 9007199254740993":                                   "2",
		"N > 9007199254740992":                                   "2 4",
		"N <> 9007199254740992":                                  "2 4",
		"N = 12345678901234567890":                               "4",
		"N BETWEEN 9007199254740993 AND 9007199254740993.0":      "2",
		"N <= 9007199254740992":                                  "1 3",
		"N >= 12345678901234567889 AND N < 12345678901234567891": "4",
	} {
		b, _ := conditionBench(t, "ID IS NOT NULL", condition)
		var got []string
		for i, row := range b.rows("pat", "ID|N", "1|9007199254740992", "2|9007199254740993", "3|9007199254740992.0", "4|12345678901234567890", "5|x") {
			if len(row.Built) == 1 {
				got = append(got, strconv.Itoa(i+1))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s takes the rows %v, want %s", condition, got, want)
		}
	}
}
