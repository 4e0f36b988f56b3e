package main

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// standIn is a shell program in the place of chartlift and of this program: it
// writes one resource of each kind, and says what they say.
const standIn = `#!/bin/sh
folder() { # the word behind $1
  flag=$1; shift
  while [ $# -gt 1 ]; do [ "$1" = "$flag" ] && echo "$2" && return; shift; done
}
write() {
  mkdir -p "$1"
  for f in Patient Encounter Observation; do
    echo '{"id":"1","encounter":{"reference":"Encounter/x"},"value":6.20}' >"$1/$f.ndjson$2"
  done
}
case "$1 $2" in
'run '*)
  case "$*" in
  *--compress*) write "$(folder --to "$@")" ".$(folder --compress "$@")" ;;
  *) write "$(folder --to "$@")" ;;
  esac ;;
'shards plan') mkdir -p "$3"; folder --to "$@" >"$3/to"; echo >"$3/runs" ;;
'shards run') echo >>"$3/runs" ;;
'shards merge') [ $(wc -l <"$3/runs") -eq 17 ] && write "$(cat "$3/to")" ;;
'profile '*) echo '{"tables":[{"rows":5},{"rows":2}]}' ;;
'floor '*) write "$4" ;;
'inside '*)
  rows=$(($(wc -l <"$3/observations.csv") - 1))
  write "$4"
  [ "$2" = "$SPOIL" ] && echo x >>"$4/Observation.ndjson"
  echo "{\"rows\":$rows,\"mallocs\":$((1000 + 3 * rows))}" ;;
'read '*) echo 5 ;;
esac
exit 0
`

// cluster is in the place of the test of the cluster.
const cluster = `[ -f "$SOURCE/observations.csv" ] && [ -x "$CHARTLIFT" ] && [ "$KILL $SHARDS $ROWS" = 'no 16 100' ] || exit 1
echo one process: 4.0 s, processor 8.0 s
echo same bytes, same ledger: 100 resources
echo 'cold job: plan 0.6 s, shards on Flink 12.7 s, merge 2.7 s, all 16.1 s; processor: ours 5.0 s, the cluster and what it started 20.0 s'
echo 'warm job: plan 0.5 s, shards on Flink 6.0 s, merge 2.5 s, all 9.0 s; processor: ours 5.0 s, the cluster and what it started 7.0 s'
`

// standing returns an arena of a few rows whose programs are the stand-in.
func standing(t *testing.T) *arena {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "stand-in")
	if err := os.WriteFile(program, []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	a := &arena{rows: 100, cache: filepath.Join(dir, "cache"), work: filepath.Join(dir, "work"), self: program, tool: program, clusterTest: filepath.Join(dir, "cluster")}
	if err := os.WriteFile(a.clusterTest, []byte(cluster), 0o700); err != nil {
		t.Fatal(err)
	}
	own, err := a.at("part", 100)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// options that measure quickly.
func quick() options {
	return options{rows: 100, runs: 1, peers: "floor,whistle,flink", profile: 100, growth: growthStart, large: 500}
}

func TestEveryPartMeasuresItsGoals(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"convert":     {"| chartlift, 1 processor |", "| floor, 2 goroutines |", "The job: 100 observations, 20 encounters and 2 patients", "one encounter in 1 are compared", "| chartlift | yes | 1 | 1 | 0 |"},
		"engines":     {"the slowest would take minutes"},
		"whole":       {"one patient of 20 is registered twice", "| chartlift, 1 processor |", "| chartlift | yes | 1 | 1 | 0 |"},
		"coded":       {"| compiled mapping |", "| hand-coded Go |", "| reading |", "(goal: ≤ 1.5 times)"},
		"lineage":     {"| with lineage |", "| without |", "| lineage alone |"},
		"allocations": {"allocates 1030 times for 10 rows and 1300 times for 100: 3.0000 times for each row more (goal: ≤ 1)"},
		"memory":      {"- 100 observations: ", "- 10000000 observations: not measured this time"},
		"large":       {"over 500 observations, 100 encounters and 10 patients, once, on a disk: 610 rows", " MB of memory, "},
		"workers":     {"| one worker |", "Two workers are "},
		"compress":    {"| gzip |", "- zstd: ", " MB instead of 0"},
		"shards":      {"| 16 shards |", "plan ", "; 16 runs ", "; merge "},
		"cluster":     {"| one process | 4.0 | 8.0 | | | |", "| first job | 16.1 | 25.0 | 0.6 | 12.7 | 2.7 |", "| second job | 9.0 | 12.0 | 0.5 | 6.0 | 2.5 |", "takes 2.2 times the wall time of one process and 1.5 times its CPU time (goal: ≤ 5 times)"},
		"profile":     {"| 10 | 7 | ", "| 100 | 7 | "},
		"growth":      {"| profile | 10000 |", "| reports | 10000 |", "| deliver | 10000 |", "10000000 rows: not measured"},
		"sets":        {"The sets are not here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			some, err := chosen(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := some[0].measure(t.Context(), standing(t), quick())
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range want {
				if !strings.Contains(s.body, text) {
					t.Errorf("%q is not in the section:\n%s", text, s.body)
				}
			}
			for _, f := range s.figures {
				if !slices.Contains(goalsOf(name), f.goal) || f.left == "" && (math.IsNaN(f.value) || math.IsInf(f.value, 0)) {
					t.Errorf("a figure of another part, or of nothing: %+v", f)
				}
			}
		})
	}
}

func TestFiguresThatAreCountedAreExact(t *testing.T) {
	t.Parallel()
	s, err := allocations(t.Context(), standing(t), quick())
	if diff := cmp.Diff([]figure{{goal: "12", value: 3}}, s.figures, cmp.AllowUnexported(figure{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	s, err = engines(t.Context(), standing(t), quick())
	if diff := cmp.Diff([]figure{{goal: "4", left: "left out: its source is in no package registry"}}, s.figures, cmp.AllowUnexported(figure{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	s, err = memoryGrowth(t.Context(), standing(t), quick())
	if err != nil || len(s.figures) != 2 || s.figures[0].value <= 0 || s.figures[1].left == "" {
		t.Errorf("%v %+v", err, s.figures)
	}
}

func TestNoFigureCountsWhereTheOutputIsNotTheSame(t *testing.T) {
	t.Setenv("SPOIL", "handwritten")
	if _, err := handCoded(t.Context(), standing(t), quick()); err == nil || !strings.Contains(err.Error(), "compare hand-coded Go: Observation.ndjson") {
		t.Errorf("hand-coded Go wrote something else, and the error is %v", err)
	}
	if _, err := lineageCost(t.Context(), standing(t), quick()); err != nil { // these look at costs alone
		t.Error(err)
	}
}

func TestASectionSaysWhereWhenAndHowItWasMeasured(t *testing.T) {
	t.Parallel()
	a, p := standing(t), readPage("")
	fine := part{"memory", "Memory", func(_ context.Context, a *arena, _ options) (section, error) {
		a.leaveOut("somebody", "of this or that", errors.New("it broke"))
		return section{"what it takes\n", []figure{{goal: "13a", value: 50}}}, nil
	}}
	if err := a.section(t.Context(), fine, options{rows: 100, runs: 3, rows10m: true}, p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Memory\n\n20", " processors (", "`go run ./internal/bench -parts memory -rows 100 -runs 3 -rows10m=true`.\n\nwhat it takes\n\n- somebody is left out: of this or that\n"} {
		if !strings.Contains(p.sections["memory"], want) {
			t.Errorf("%q is not in the section:\n%s", want, p.sections["memory"])
		}
	}
	if line := p.goals["13a"]; line.measured != "50.0 MB" || line.met != "yes" || line.date == "" {
		t.Errorf("%+v", line)
	}
	before := p.markdown()
	broken := part{"memory", "Memory", func(context.Context, *arena, options) (section, error) { return section{}, errors.New("no") }}
	if err := a.section(t.Context(), broken, options{rows: 100}, p); err == nil || p.markdown() != before {
		t.Errorf("a part that failed changed the page: %v", err)
	}
}

func TestAPartNamesTheFlagsThatItWasMeasuredWith(t *testing.T) {
	t.Parallel()
	o := options{profile: 17, rows10m: true}
	for part, want := range map[string]string{"convert": "", "memory": " -rows10m=true", "growth": " -rows10m=true", "profile": " -profile 17"} {
		if got := o.more(part); got != want {
			t.Errorf("%s: %q, want %q", part, got, want)
		}
	}
}
