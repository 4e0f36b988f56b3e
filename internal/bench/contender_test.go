package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writer is a contender that writes an observation in its shell.
func writer(name, line string) *contender {
	return &contender{name: name, converts: true, args: func(_, out string) []string {
		return []string{"sh", "-c", `for f in Patient Encounter Observation; do echo '` + line + `' > "$0/$f.ndjson"; done`, out}
	}}
}

func TestContendersTakeTurnsAndAreComparedWithTheFirst(t *testing.T) {
	t.Parallel()
	a := &arena{work: t.TempDir(), rows: 5}
	looked := 0
	all := []*contender{
		writer("ours", `{"id":"1","encounter":{"reference":"Encounter/x"},"value":6.20}`),
		writer("theirs", `{"id":"2","encounter":{"reference":"Encounter/x"},"value":6.2}`),
		{name: "other", args: func(string, string) []string { return []string{"true"} }, check: func(string) error { looked++; return nil }},
	}
	if err := a.rounds(t.Context(), 2, all); err != nil {
		t.Fatal(err)
	}
	if all[0].verdict.equal != 1 || all[1].verdict.decimals != 1 || len(all[2].turns) != 2 || looked != 1 {
		t.Errorf("%+v %+v, %d turns, looked at %d times", all[0].verdict, all[1].verdict, len(all[2].turns), looked)
	}
	all[2].check = func(string) error { return errors.New("it is wrong") }
	if err := a.rounds(t.Context(), 1, all[2:]); err == nil || !strings.Contains(err.Error(), "compare other: it is wrong") {
		t.Errorf("%v", err)
	}
}

func TestOutputInPartsIsReadAsOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	line := `{"encounter":{"reference":"Encounter/x"}}` + "\n"
	for name, text := range map[string]string{"part-0": line + line, "part-1": line, "_SUCCESS": "x\n", ".part-0.crc": "y\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := countLines(dir)
	rows, errRows := readSample(dir, 1)
	if n != 3 || len(rows) != 3 || err != nil || errRows != nil {
		t.Errorf("%d lines, %d rows, %v, %v", n, len(rows), err, errRows)
	}
	if _, err := countLines(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there has lines")
	}
}

func TestTheSampleIsOfSomeHundredEncountersWhateverTheRows(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int]int{100: 1, 10_000: 20, 1_000_000: 2000} {
		if got := sampleEvery(rows); got != want {
			t.Errorf("of %d rows one encounter in %d, want %d", rows, got, want)
		}
	}
}

func TestTheCostOfAProcessHasNothingOfThisOne(t *testing.T) {
	t.Parallel()
	held := make([]byte, 200<<20)
	for i := range held {
		held[i] = 1
	}
	got, text, err := measureText(t.Context(), []string{"sh", "-c", "echo $WORD; head -c 30000000 /dev/zero | sha256sum >/dev/null"}, []string{"WORD=said"})
	if err != nil || text != "said\n" {
		t.Fatalf("%q, %v", text, err)
	}
	if got.CPU <= 0 || got.Wall <= 0 || got.RSS < 100<<10 || got.RSS > 30<<20 || held[len(held)-1] != 1 {
		t.Errorf("%+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := measure(ctx, []string{"sleep", "100"}, nil); err == nil {
		t.Error("nobody stopped it")
	}
}

func TestShardsGetTheFlagsOfTheRun(t *testing.T) {
	t.Parallel()
	a := &arena{tool: "/t/chart lift", mapping: "/m/x.yaml"}
	steps := shardSteps(a, "/d", "/o'ut")
	for i, want := range []string{
		`'/t/chart lift' shards plan '/o'\''ut.project/parts' --shards 16 -m '/m/x.yaml' -s '/d' --to '/o'\''ut' --project '/o'\''ut.project' -q >/dev/null`,
		`seq 16 | xargs -P 2 -I{} '/t/chart lift' shards run '/o'\''ut.project/parts' --shard {} --project '/o'\''ut.project' -q >/dev/null`,
		`'/t/chart lift' shards merge '/o'\''ut.project/parts' --project '/o'\''ut.project' -q >/dev/null`,
	} {
		if steps[i] != want {
			t.Errorf("%s\nwant %s", steps[i], want)
		}
	}
	dir := t.TempDir()
	for name, n := range map[string]int{"a": 3, "b": 4} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := sizeOf(dir); n != 7 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestPeersWithFewerRowsComeInAscendingOrder(t *testing.T) {
	t.Parallel()
	got := sizesOf([]peer{{sizes: []int{20, 300}}, {}, {sizes: []int{20}}, {sizes: []int{300}}})
	if len(got) != 2 || got[0] != 20 || got[1] != 300 {
		t.Errorf("%v", got)
	}
	p := peer{sizes: []int{20, 300}}
	for rows, want := range map[int][2]bool{0: {}, 20: {true, false}, 300: {true, true}} {
		if gets, judged := p.gets(rows); gets != want[0] || judged != want[1] {
			t.Errorf("%d rows: gets them %v, judged by them %v", rows, gets, judged)
		}
	}
	if gets, judged := (peer{}).gets(0); !gets || !judged {
		t.Error("who has no sizes gets all rows")
	}
	if v := hapiVersion([]byte("/a/hapi-fhir-base-8.8.1.jar:/b/x.jar")); v != "HAPI FHIR 8.8.1, " {
		t.Errorf("%q", v)
	}
	if v := hapiVersion([]byte("/a/x.jar")); v != "" {
		t.Errorf("%q", v)
	}
	if _, err := firstLine(t.Context(), "true"); err == nil {
		t.Error("a program without a version has one")
	}
}
