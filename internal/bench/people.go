package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"chartlift/internal/population"
	"chartlift/transform/dedupe"
)

// peopleSet is one table of people whose truth is known, with what was measured on it.
type peopleSet struct {
	name  string
	how   string
	speed bool // large: it is for time and memory
	make  func(a *arena, set *peopleSet) error

	records      int
	truth        map[string]string
	fields       string // content of the fields file
	ours, theirs contender
	all, certain dedupe.Scores
	peer         dedupe.Scores
	withoutPeer  string // why the peer did not run
	data         string
}

// peopleSets returns the sets in the order of the report; large is the number of persons of the last one.
func peopleSets(large int) []*peopleSet {
	made := func(o population.Options) func(*arena, *peopleSet) error {
		return func(_ *arena, set *peopleSet) error { return set.populate(o) }
	}
	return []*peopleSet{
		{name: "Febrl 1", how: "500 people, one duplicate each", make: febrlFiles("dataset1")},
		{name: "Febrl 4", how: "5,000 people, one duplicate each", make: febrlFiles("dataset4a", "dataset4b")},
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
	var sets []*peopleSet
	for _, set := range peopleSets(o.people) {
		if err := set.make(a, set); errors.Is(err, fs.ErrNotExist) {
			a.missing = append(a.missing, set.name+" is left out: its data are not beside the project")
			continue
		} else if err != nil {
			return fmt.Errorf("make %s: %w", set.name, err)
		}
		if err := a.measurePeople(ctx, set, python, o.runs); err != nil {
			return fmt.Errorf("measure %s: %w", set.name, err)
		}
		set.truth = nil
		sets = append(sets, set)
	}
	r := newReport(ctx, o)
	r.note(a.missing...)
	return os.WriteFile(o.peopleOut, []byte(r.peopleMarkdown(sets, version)), 0o644)
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
	a.tool = filepath.Join(a.work, "chartlift")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", a.tool, "chartlift/cmd/chartlift").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build chartlift: %w\n%s", err, text)
	}
	return a, os.CopyFS(a.work, peerFiles)
}

// populate makes the set of a population.
func (set *peopleSet) populate(o population.Options) error {
	var fields strings.Builder
	for i, c := range population.Columns() {
		fmt.Fprintf(&fields, "%s: %s\n", c, population.Kinds()[i])
	}
	set.fields, set.truth = fields.String(), map[string]string{}
	rows := [][]string{append([]string{"id"}, population.Columns()...)}
	for _, r := range population.Make(o) {
		set.truth[r.ID] = r.Person
		rows = append(rows, append([]string{r.ID}, r.Values()...))
	}
	return set.write(rows)
}

func (set *peopleSet) write(rows [][]string) (err error) {
	set.records = len(rows) - 1
	f, err := os.CreateTemp("", "chartlift-people-*.csv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	set.data = f.Name()
	return csv.NewWriter(f).WriteAll(rows)
}

// febrlFiles makes a set of Febrl files: ids replaced by random ones, rows shuffled, dates as ISO where they are dates.
func febrlFiles(names ...string) func(*arena, *peopleSet) error {
	columns := []string{"given", "family", "street_number", "street", "", "city", "zip", "state", "dob", "ssn"}
	kinds := map[string]string{"dob": "dob(YYYYMMDD)"}
	return func(_ *arena, set *peopleSet) error {
		person, random := regexp.MustCompile(`\d+`), rand.New(rand.NewPCG(2026, 11))
		set.truth = map[string]string{}
		header := []string{"id"}
		for _, c := range columns {
			if c != "" {
				header = append(header, c)
				set.fields += c + ": " + orSame(kinds, c) + "\n"
			}
		}
		rows := [][]string{header}
		for _, name := range names {
			read, err := readGzipCSV(filepath.Join("..", "shared", "data", "febrl", name+".csv.gz"))
			if err != nil {
				return err
			}
			for _, r := range read[1:] {
				id := fmt.Sprintf("%016x", random.Uint64())
				set.truth[id] = person.FindString(r[0])
				row := []string{id}
				for i, c := range columns {
					if c != "" {
						row = append(row, strings.TrimSpace(r[i+1]))
					}
				}
				rows = append(rows, row)
			}
		}
		body := rows[1:]
		random.Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
		return set.write(rows)
	}
}

func orSame(m map[string]string, key string) string {
	if v, ok := m[key]; ok {
		return v
	}
	return key
}

func readGzipCSV(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return csv.NewReader(in).ReadAll()
}

// measurePeople runs chartlift and Splink over a set in turns and scores what they found.
func (a *arena) measurePeople(ctx context.Context, set *peopleSet, python string, runs int) error {
	defer os.Remove(set.data)
	fields := filepath.Join(a.work, "fields.yaml")
	if err := os.WriteFile(fields, []byte(set.fields), 0o600); err != nil {
		return err
	}
	if !set.speed {
		runs = 1
	}
	ours, theirs := filepath.Join(a.work, "ours.csv"), filepath.Join(a.work, "theirs.csv")
	for turn := range runs {
		fmt.Fprintf(os.Stderr, "%s: turn %d of %d\n", set.name, turn+1, runs)
		got, err := measure(ctx, []string{a.tool, "dedupe", set.data, "--fields", fields, "--out", ours, "-q"}, nil)
		if err != nil {
			return err
		}
		set.ours.turns = append(set.ours.turns, got)
		if python == "" {
			set.withoutPeer = "not installed"
			continue
		}
		if got, err = measure(ctx, []string{python, filepath.Join(a.work, "peers", "splink_run.py"), set.data, theirs}, nil); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			set.withoutPeer = "did not run to its end"
			python = ""
			continue
		}
		set.theirs.turns = append(set.theirs.turns, got)
	}
	return set.score(ours, theirs)
}

func (set *peopleSet) score(ours, theirs string) error {
	all, err := readClusters(ours, "")
	if err != nil {
		return err
	}
	certain, err := readClusters(ours, "certain")
	if err != nil {
		return err
	}
	set.all, set.certain = dedupe.Score(all, set.truth), dedupe.Score(certain, set.truth)
	if set.withoutPeer != "" {
		return nil
	}
	peers, err := readClusters(theirs, "")
	set.peer = dedupe.Score(peers, set.truth)
	return err
}

// readClusters reads id and cluster from a file of clusters, all of them or those of a grade.
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
		if grade == "" || row[2] == grade {
			out[row[0]] = row[1]
		}
	}
}
