package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// report is what every page says of where, when and how it was measured.
type report struct {
	options options
	date    string
	load    string
	cpu     string
	python  string
	notes   []string
}

func newReport(ctx context.Context, o options) *report {
	r := &report{options: o, date: time.Now().UTC().Format(time.DateOnly), cpu: cpuModel(), load: loadAverage()}
	if b, err := exec.CommandContext(ctx, "python3", "--version").Output(); err == nil {
		r.python = ", " + strings.TrimSpace(string(b))
	}
	return r
}

// loadAverage returns how many processes wanted a processor in the last minute,
// "" where that is not known.
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
