package main

import (
	"fmt"
	"strings"
)

// unit is what a goal is counted in.
type unit string

const (
	times   unit = "times"
	percent unit = "%"
	mega    unit = "MB"
	plain   unit = ""
)

// goal is one bar that the project holds itself to. Its ratios are always of
// one run on one machine.
type goal struct {
	id, what, part string
	least          bool // the bound is the least that is asked for; else the most
	bound          float64
	unit           unit
}

// must is the goal's bound in words.
func (g goal) must() string {
	sign := "≤"
	if g.least {
		sign = "≥"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %g %s", sign, g.bound, g.unit))
}

// meets reports whether a figure is within the bound.
func (g goal) meets(value float64) bool {
	if g.least {
		return value >= g.bound
	}
	return value <= g.bound
}

// goals lists every bar, in the order of the page. Numbers that several bars
// share have a letter.
func goals() []goal {
	most := func(id, what, part string, bound float64, u unit) goal { return goal{id, what, part, false, bound, u} }
	least := func(id, what, part string, bound float64) goal { return goal{id, what, part, true, bound, times} }
	return []goal{
		least("1", "DuckDB `json_object`, 2 threads ÷ `chartlift run` with lineage", "convert", 2),
		least("2", "DuckDB structs, 2 threads ÷ the same", "convert", 1),
		least("3", "polars ÷ the same", "convert", 1.5),
		least("4", "Whistle 2 ÷ the same", "engines", 50),
		least("5", "HAPI StructureMap ÷ the same", "engines", 50),
		least("6", "JSONata ÷ the same", "engines", 30),
		least("7", "PySpark `local[2]` ÷ the same", "engines", 8),
		least("8a", "Python csv + json ÷ the same", "engines", 6),
		least("8b", "pandas ÷ the same", "convert", 8),
		least("8c", "Miller ÷ the same", "engines", 10),
		most("9", "`chartlift run` with lineage ÷ the floor, one processor each", "convert", 5, times),
		most("10", "the compiled mapping ÷ hand-coded Go of the same mapping, CPU", "coded", 1.5, times),
		most("11", "what lineage in SQLite adds to the CPU time of a run", "lineage", 25, percent),
		most("12", "allocations for each row of a run", "allocations", 1, plain),
		most("13a", "peak memory of a run", "memory", 256, mega),
		most("13b", "peak memory of 10 million observations ÷ of 1 million", "memory", 1.2, times),
		most("large", "peak memory of 100 million observations, `--memory 1GB`", "large", 1074, mega),
		least("14", "one worker ÷ two, to nowhere", "workers", 1.6),
		least("15", "`mysql < dump` ÷ reading the dump", "reading", 8),
		least("16", "Python's csv module ÷ reading the dump", "reading", 1.5),
		least("17a", "openpyxl `read_only` ÷ reading the workbook", "reading", 2),
		least("17b", "calamine ÷ reading the workbook", "reading", 0.25),
		least("CSV", "`encoding/csv` with ReuseRecord ÷ reading the CSV file", "reading", 2),
		most("18a", "gzip output ÷ plain output, CPU", "compress", 1.6, times),
		most("18b", "zstd output ÷ plain output, CPU", "compress", 1.6, times),
		most("19", "16 shards in processes of their own ÷ one process", "shards", 1.3, times),
		most("20", "16 shards on a cluster of Flink, by Beam ÷ one process", "cluster", 5, times),
		most("profile", "`chartlift profile` ÷ reading the same files", "profile", 4, times),
		most("profile memory", "its peak memory with ten times the rows ÷ with one", "profile", 1.2, times),
		most("growth", "the largest power of the rows with which the time grows that a stage takes itself (n log n: 1.06 to 1.09)", "growth", 1.1, plain),
	}
}

// figure is what was measured for a goal.
type figure struct {
	goal  string
	value float64 // what the goal is judged by: wall time, where the goal does not say CPU
	cpu   float64 // the same ratio of CPU time; 0: there is none, or value is it
	left  string  // why there is no value, "" where there is one
}

// cells are the figure's columns in the table of goals: what was measured, and
// whether that is enough. Where wall time and CPU time disagree, both are told:
// on a busy machine neither alone is the truth.
func (f figure) cells(g goal) (measured, met string) {
	if f.left != "" {
		return f.left, "not measured"
	}
	measured = strings.TrimSpace(fmt.Sprintf("%s %s", short(f.value), g.unit))
	met = yes(g.meets(f.value))
	if f.cpu > 0 {
		measured += fmt.Sprintf(" (CPU: %s)", short(f.cpu))
		if g.meets(f.cpu) != g.meets(f.value) {
			met += fmt.Sprintf(" (CPU: %s)", yes(g.meets(f.cpu)))
		}
	}
	return measured, met
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}

// short writes a number with as many digits as say something.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v < 0.1 && v > 0:
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
