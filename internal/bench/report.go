package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// report is what the benchmark page says.
type report struct {
	options    options
	date       string
	load       string
	cpu        string
	python     string
	rows       []*contender
	notes      []string
	tenMillion *cost
	reading    []*readJob
	profiles   []profiled
	growth     []grown
	sets       []setResult
}

func newReport(ctx context.Context, o options) *report {
	r := &report{options: o, date: time.Now().UTC().Format(time.DateOnly), cpu: cpuModel(), load: loadAverage()}
	if b, err := exec.CommandContext(ctx, "python3", "--version").Output(); err == nil {
		r.python = ", " + strings.TrimSpace(string(b))
	}
	return r
}

// loadAverage returns how many processes wanted a processor in the last minute, "" where that is not known.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}

// cpuModel returns what the processor calls itself.
func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, rest, _ := bytes.Cut(b, []byte("model name"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.TrimSpace(strings.TrimLeft(string(line), "\t :"))
}

func (r *report) note(lines ...string) { r.notes = append(r.notes, lines...) }

func (r *report) add(c *contender) { r.rows = append(r.rows, c) }

func wallOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return t.Wall.Seconds() })
}

func cpuOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return t.CPU.Seconds() })
}

func rssOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return float64(t.RSS) / 1e6 })
}

// markdown writes the page.
func (r *report) markdown() string {
	var b strings.Builder
	o := r.options
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `go run ./internal/bench` (`make bench`); do not edit.\n\n")
	fmt.Fprintf(&b, "%s, %d processors (%s), %s%s. Load average at the start: %s. %d turns each, interleaved; medians.\n\n",
		r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.python, r.load, o.runs)
	fmt.Fprintf(&b, "The job: %d observations, %d encounters and %d patients in CSV files shaped like Synthea's become FHIR R4 NDJSON files. "+
		"Whole processes are measured, start and end included: wall time, user and system CPU time, peak resident memory. Rows are observations. "+
		"Chartlift alone also validates every resource, resolves every reference, keeps the outcome of every row in its run database, "+
		"hashes inputs and outputs, and waits until its files are on the disk.\n\n", o.rows, o.rows/perEncounter, o.rows/perPatient)
	fmt.Fprintf(&b, "Ratios of one run are what counts: absolute figures of a shared machine say little. "+
		"Where the load is above the number of processors, wall times depend on who else ran: compare CPU times then.\n\n")
	r.table(&b)
	r.ratios(&b)
	r.memory(&b)
	r.correctness(&b)
	r.readingTables(&b)
	r.profileTable(&b)
	r.growthTable(&b)
	r.setTable(&b)
	for _, n := range r.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	fmt.Fprintf(&b, "\nLoad average at the end: %s. The command: `go run ./internal/bench -rows %d -runs %d -peers %s -rows10m=%t -profile %d -growth %d -sets %q`\n",
		loadAverage(), o.rows, o.runs, o.peers, o.rows10m, o.profile, o.growth, o.sets)
	return b.String()
}

func (r *report) table(b *strings.Builder) {
	b.WriteString("| | wall s | CPU s | rows/s | rows per CPU s | peak memory MB | how |\n|---|---:|---:|---:|---:|---:|---|\n")
	n := float64(r.options.rows)
	for _, c := range r.rows {
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.0f | %.0f | %.0f | %s |\n",
			c.name, wallOf(c), cpuOf(c), n/wallOf(c), n/cpuOf(c), rssOf(c), c.how)
	}
}

// goals are the ratios that the project holds itself to: others' time in ours, but for the floor, where it is ours in its time.
func goals() map[string]string {
	return map[string]string{
		floorName(1): "≤ 5", "DuckDB json_object": "≥ 2", "DuckDB structs": "≥ 1", "pandas + orjson": "≥ 8", "polars": "≥ 1.5",
	}
}

func (r *report) ratios(b *strings.Builder) {
	b.WriteString("\n## Ratios\n\nHow many times as long as chartlift the others take; for the floor, how many times as long as the floor chartlift takes " +
		"(one goroutine against one processor, two against all).\n\n| | wall | CPU | goal (wall) |\n|---|---:|---:|---|\n")
	all, one := r.rows[0], r.rows[1]
	for _, c := range r.rows[2:] {
		wall, cpu := wallOf(c)/wallOf(all), cpuOf(c)/cpuOf(all)
		switch {
		case c.name == floorName(1):
			wall, cpu = wallOf(one)/wallOf(c), cpuOf(one)/cpuOf(c)
		case !c.converts:
			wall, cpu = 1/wall, 1/cpu
		}
		fmt.Fprintf(b, "| %s | %.1f | %.1f | %s |\n", c.name, wall, cpu, goals()[c.name])
	}
}

func (r *report) memory(b *strings.Builder) {
	b.WriteString("\n## Memory\n\nGoal: at most 256 MB, and nearly the same for ten times the rows. What grows with the rows is the keys: " +
		"chartlift remembers those of patients and encounters, to find duplicates and to resolve references (22 for 100 observations here).\n\n")
	rss := rssOf(r.rows[0])
	fmt.Fprintf(b, "- %d observations: %.0f MB\n", r.options.rows, rss)
	if r.tenMillion != nil {
		big := float64(r.tenMillion.RSS) / 1e6
		fmt.Fprintf(b, "- 10000000 observations: %.0f MB (%.2f times), %.1f s wall, %.1f s CPU\n", big, big/rss, r.tenMillion.Wall.Seconds(), r.tenMillion.CPU.Seconds())
	} else {
		b.WriteString("- 10000000 observations: not measured this time (`-rows10m`)\n")
	}
}

func (r *report) correctness(b *strings.Builder) {
	fmt.Fprintf(b, "\n## What they wrote\n\nThe observations of one encounter in %d are compared with chartlift's by JSON value, ids left aside. "+
		"Null members are not valid FHIR; decimals keep their digits in FHIR (6.20 is not 6.2).\n\n", sampleEvery)
	b.WriteString("| | same number of lines | compared | equal | null members | other digits | both | different |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range r.rows {
		if !c.converts {
			continue
		}
		v := c.verdict
		lines := "yes"
		if !v.lines {
			lines = "no"
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d | %d | %d |\n", c.name, lines, v.sampled, v.equal, v.nulls, v.decimals, v.both,
			v.sampled-v.equal-v.nulls-v.decimals-v.both)
	}
	b.WriteString("\n")
}
