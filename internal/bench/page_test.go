package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPartThatIsMeasuredAgainReplacesItsOwnSectionOnly(t *testing.T) {
	t.Parallel()
	first := readPage("")
	first.put("convert", "2026-01-02", section{"## Conversion\n\nold\n", []figure{{goal: "1", value: 1.5, cpu: 2.5}, {goal: "3", left: "left out: why"}}})
	first.put("growth", "2026-01-02", section{"## Growth\n\n| a | b | c | d | e | f | g |\n", []figure{{goal: "growth", value: 1.02}}})
	second := readPage(first.markdown())
	if diff := cmp.Diff(first, second, cmp.AllowUnexported(page{}, goalLine{})); diff != "" {
		t.Fatalf("the page is not read as it was written:\n%s", diff)
	}
	second.put("convert", "2026-03-04", section{"## Conversion\n\nnew\n", []figure{{goal: "1", value: 3, cpu: 2.25}}})
	text := second.markdown()
	for _, want := range []string{
		"| 1 | DuckDB `json_object`, 2 threads ÷ `chartlift run` with lineage | ≥ 2 times | 3.00 times (CPU: 2.25) | yes | convert | 2026-03-04 |\n",
		"| 3 | polars ÷ the same | ≥ 1.5 times |  | not measured | convert |  |\n",
		"| 1.02 | yes | growth | 2026-01-02 |\n", "\nnew\n", "## Growth\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\nold\n") || strings.Count(text, "<!-- part convert -->") != 1 {
		t.Errorf("the old section is still there:\n%s", text)
	}
	if strings.Index(text, "## Conversion") > strings.Index(text, "## Growth") || strings.Index(text, "## Goals") > strings.Index(text, "## Conversion") {
		t.Errorf("the sections are not in their order:\n%s", text)
	}
}

func TestAPageThatIsCutShortOrHasOtherPartsLosesNoMoreThanThose(t *testing.T) {
	t.Parallel()
	p := readPage("")
	p.put("memory", "2026-01-02", section{body: "kept\n"})
	p.put("growth", "2026-01-02", section{body: "cut\n"})
	text := strings.Replace(p.markdown(), "<!-- end of growth -->", "", 1) + "<!-- part gone -->\nold\n<!-- end of gone -->\n"
	got := readPage(text)
	if diff := cmp.Diff(map[string]string{"memory": "kept\n"}, got.sections); diff != "" {
		t.Error(diff)
	}
}

func TestAGoalSaysWhetherItIsMet(t *testing.T) {
	t.Parallel()
	least, most := goal{least: true, bound: 2, unit: times}, goal{bound: 256, unit: mega}
	for _, row := range []struct {
		goal          goal
		figure        figure
		measured, met string
	}{
		{least, figure{value: 2}, "2.00 times", "yes"},
		{least, figure{value: 1.99, cpu: 1.5}, "1.99 times (CPU: 1.50)", "**no**"},
		{least, figure{value: 1.99, cpu: 2.5}, "1.99 times (CPU: 2.50)", "**no** (CPU: yes)"},
		{least, figure{value: 140.4, cpu: 1.5}, "140 times (CPU: 1.50)", "yes (CPU: **no**)"},
		{least, figure{left: "left out: why"}, "left out: why", "not measured"},
		{most, figure{value: 256}, "256 MB", "yes"},
		{most, figure{value: 256.4}, "256 MB", "**no**"},
		{goal{bound: 1}, figure{value: 0.0042}, "0.0042", "yes"},
		{goal{bound: 1}, figure{value: 0}, "0.00", "yes"},
		{goal{bound: 1}, figure{value: 12.34}, "12.3", "**no**"},
	} {
		measured, met := row.figure.cells(row.goal)
		if measured != row.measured || met != row.met {
			t.Errorf("%+v of %+v: %q, %q", row.figure, row.goal, measured, met)
		}
	}
	if least.must() != "≥ 2 times" || most.must() != "≤ 256 MB" || (goal{bound: 1}).must() != "≤ 1" || mustOf("10") != "≤ 1.5 times" || mustOf("no such") != "" {
		t.Errorf("%q %q %q %q", least.must(), most.must(), goal{bound: 1}.must(), mustOf("10"))
	}
}

func TestEveryGoalIsOfAPartAndOnlyOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range goals() {
		if some, err := chosen(g.part); err != nil || len(some) != 1 {
			t.Errorf("the goal %s is of the part %q: %v", g.id, g.part, err)
		}
		if seen[g.id] || strings.Contains(g.id+g.what, "|") {
			t.Errorf("the goal %s stands twice, or breaks the table", g.id)
		}
		seen[g.id] = true
	}
	for _, p := range peerList() { // what a way is judged by is a goal of the part that it runs in
		part := "convert"
		if len(p.sizes) > 0 {
			part = "engines"
		}
		for _, w := range p.ways {
			if w.goal == "" {
				continue
			}
			if !strings.Contains(strings.Join(goalsOf(part), " "), w.goal) {
				t.Errorf("%s is judged by %s, which is no goal of %s", w.name, w.goal, part)
			}
		}
	}
}

func goalsOf(part string) (ids []string) {
	for _, g := range goals() {
		if g.part == part {
			ids = append(ids, g.id)
		}
	}
	return ids
}

func TestPartsAreChosenByName(t *testing.T) {
	t.Parallel()
	for _, all := range []string{"", "all", partNames()} {
		if some, err := chosen(all); err != nil || len(some) != len(parts()) {
			t.Errorf("%q: %d parts, %v", all, len(some), err)
		}
	}
	if some, err := chosen("memory,convert"); err != nil || len(some) != 2 || some[0].name != "memory" {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := chosen("convert,nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("%v", err)
	}
}
