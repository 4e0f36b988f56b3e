package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"chartlift/cmd"
	"chartlift/internal/console"
)

// guideCommand makes this program one that writes down where chartlift spends
// its time, for the compiler: guide WORK OUT. The Go command finds the file
// beside the program's main package and gives what it names more room
// (https://go.dev/doc/pgo).
const guideCommand = "guide"

// What is worked at while it looks: enough that starting is a small part, and
// so little that everything takes half a minute.
const (
	guideRows   = 500_000 // observations that are converted and profiled
	guideFew    = 50_000  // that are validated, delivered, cut into shards, read from other formats
	guidePeople = 20_000
	guideStarts = 20 // runs of the demo, most of which is starting
)

// guideMain does what chartlift does most, in this process, and writes the
// profile of its processor time.
func guideMain(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("guide takes WORK OUT")
	}
	work, out := args[0], args[1]
	jobs, err := guideJobs(work)
	if err != nil {
		return err
	}
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return err
	}
	defer pprof.StopCPUProfile() // does nothing a second time
	for _, job := range jobs {
		fmt.Fprintf(os.Stderr, "guide: %s\n", strings.Join(job, " "))
		var said bytes.Buffer
		code := cmd.Main(ctx, job, console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: &said})
		if code != 0 && job[0] != "validate" { // which judges the data
			return fmt.Errorf("%s: exit code %d: %s", job[0], code, said.String())
		}
	}
	pprof.StopCPUProfile()
	public, err := withoutPaths(profile.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(out, public, 0o644) // it holds names of functions alone
}

// guideJobs makes the data and returns the commands, in their order.
func guideJobs(work string) ([][]string, error) {
	at := func(name string) string { return filepath.Join(work, name) }
	many, err := makeData(work, guideRows)
	if err != nil {
		return nil, err
	}
	few, err := makeData(work, guideFew)
	if err != nil {
		return nil, err
	}
	dump, err := makeDump(few, guideFew)
	if err != nil {
		return nil, err
	}
	book, err := makeBook(few, guideFew)
	if err != nil {
		return nil, err
	}
	mapping := at("bench.yaml")
	if err := errors.Join(
		os.WriteFile(mapping, []byte(benchMapping), 0o600),
		peopleMain([]string{"large", strconv.Itoa(guidePeople), work, ""}),
	); err != nil {
		return nil, err
	}
	run := func(name, data string, more ...string) []string {
		return append([]string{"run", "-m", mapping, "-s", data, "--to", at(name), "--project", at(name + ".project"), "-q"}, more...)
	}
	parts, project := at("parts"), at("parts.project")
	jobs := [][]string{
		run("once", many), run("again", many, "--compress", "zstd"), run("few", few),
		{"profile", "--json", "-q", many},
		{"profile", "--json", "-q", dump, book},
		{"validate", "-q", at("few")},
		{"load", at("few"), "--to", "sandbox:", "--project", at("loaded"), "-q"},
		{"dedupe", at("people.csv"), "--fields", at("fields.yaml"), "--out", at("matched.csv"), "-q"},
		{"shards", "plan", parts, "--shards", "2", "-m", mapping, "-s", few, "--to", at("merged"), "--project", project, "-q"},
		{"shards", "run", parts, "--shard", "1", "--project", project, "-q"},
		{"shards", "run", parts, "--shard", "2", "--project", project, "-q"},
		{"shards", "merge", parts, "--project", project, "-q"},
	}
	for n := range guideStarts {
		jobs = append(jobs, []string{
			"run", "-m", filepath.Join("testdata", "demo", "lakeside.yaml"), "-s", filepath.Join("testdata", "demo", "legacy"),
			"--to", at("demo" + strconv.Itoa(n)), "--project", at("demo.project"), "--fail-on", "never", "-q",
		})
	}
	return jobs, nil
}

// stringTable is the number of the field of a profile that holds its strings
// (https://github.com/google/pprof/blob/main/proto/profile.proto).
const stringTable = 6

// withoutPaths returns a packed profile without the paths of the machine: only
// that of the program is one where it was built with -trimpath.
func withoutPaths(packed []byte) ([]byte, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	in, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	var out []byte
	for len(in) > 0 {
		number, kind, n := protowire.ConsumeField(in)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		field := in[:n]
		if number == stringTable && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(field)
			if text, _ := protowire.ConsumeString(field[tag:]); filepath.IsAbs(text) {
				field = protowire.AppendString(protowire.AppendTag(nil, number, kind), "")
			}
		}
		out, in = append(out, field...), in[n:]
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(out)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}
