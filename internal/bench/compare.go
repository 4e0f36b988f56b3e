package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/big"
	"os"
	"path/filepath"
)

// resourceNames are what the tables become, in the order of tableNames.
var resourceNames = [...]string{"Patient", "Encounter", "Observation"}

// sampleEvery says of how many encounters one is compared row by row: some
// hundred of them are.
func sampleEvery(rows int) int { return max(1, rows/perEncounter/100) }

// verdict says how a contender's output compares with ours. The figures after
// lines are of sampled observations; ids are left aside, since every contender
// makes its own.
type verdict struct {
	lines    bool // as many lines in every file
	sampled  int
	equal    int // the same JSON value, numbers digit by digit
	nulls    int // equal but for null members, which FHIR forbids
	decimals int // equal but for the digits of numbers, which FHIR keeps
	both     int // equal but for both
}

// compare holds what c wrote against what chartlift wrote in its first turn.
func (a *arena) compare(c *contender) (verdict, error) {
	v := verdict{lines: true}
	out := a.output()
	if _, err := os.Stat(filepath.Join(out, resourceNames[0]+".ndjson")); err != nil {
		out = a.kept() // ours itself, which was moved there
	}
	for _, name := range resourceNames {
		ours, err := countLines(filepath.Join(a.kept(), name+".ndjson"))
		if err != nil {
			return v, err
		}
		theirs, err := countLines(filepath.Join(out, name+".ndjson"))
		if err != nil {
			return v, err
		}
		v.lines = v.lines && ours == theirs
	}
	last := resourceNames[len(resourceNames)-1] + ".ndjson"
	ours, err := readSample(filepath.Join(a.kept(), last), sampleEvery(a.rows))
	if err != nil {
		return v, err
	}
	theirs, err := readSample(filepath.Join(out, last), sampleEvery(a.rows))
	if err != nil {
		return v, err
	}
	v.judge(ours, theirs)
	return v, nil
}

// judge looks for each of their rows among ours.
func (v *verdict) judge(ours, theirs []map[string]any) {
	exact, rounded := map[string]int{}, map[string]int{}
	for _, row := range ours {
		exact[text(row)]++
		rounded[text(loosen(row, false, true))]++
	}
	v.sampled = len(ours)
	for _, row := range theirs {
		switch {
		case take(exact, row):
			v.equal++
		case take(exact, loosen(row, true, false)):
			v.nulls++
		case take(rounded, loosen(row, false, true)):
			v.decimals++
		case take(rounded, loosen(row, true, true)):
			v.both++
		}
	}
}

func take(from map[string]int, row any) bool {
	key := text(row)
	if from[key] == 0 {
		return false
	}
	from[key]--
	return true
}

// text writes a JSON value with sorted keys.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// loosen returns v without null members, or with numbers by value instead of by
// digits.
func loosen(v any, dropNulls, byValue bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, member := range v {
			if member != nil || !dropNulls {
				out[key] = loosen(member, dropNulls, byValue)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = loosen(v[i], dropNulls, byValue)
		}
		return out
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && byValue {
			return r.RatString()
		}
	}
	return v
}

// openOutput opens what a contender wrote: a file, or a folder of parts as
// Spark writes, one behind the other.
func openOutput(path string) (io.ReadCloser, error) {
	stat, err := os.Stat(path)
	if err != nil || !stat.IsDir() {
		return os.Open(path)
	}
	names, err := filepath.Glob(filepath.Join(path, "part-*"))
	if err != nil {
		return nil, err
	}
	all := &outputParts{}
	var readers []io.Reader
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all.files, readers = append(all.files, f), append(readers, f)
	}
	all.Reader = io.MultiReader(readers...)
	return all, nil
}

// outputParts are files that are read as one.
type outputParts struct {
	io.Reader
	files []*os.File
}

func (p *outputParts) Close() error {
	var all error
	for _, f := range p.files {
		all = errors.Join(all, f.Close())
	}
	return all
}

func countLines(path string) (int, error) {
	f, err := openOutput(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, buf := 0, make([]byte, 1<<18)
	for {
		got, err := f.Read(buf)
		n += bytes.Count(buf[:got], []byte{'\n'})
		if err != nil {
			return n, nil
		}
	}
}

// readSample returns the observations of every so-many-th encounter without
// their ids: contenders may write in any order.
func readSample(path string, every int) ([]map[string]any, error) {
	f, err := openOutput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []map[string]any
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if !inSample(lines.Bytes(), every) {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber()
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		delete(row, "id")
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

func inSample(line []byte, every int) bool {
	_, rest, ok := bytes.Cut(line, []byte("Encounter/"))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	h := fnv.New32a()
	h.Write(id)
	return ok && h.Sum32()%uint32(every) == 0
}
