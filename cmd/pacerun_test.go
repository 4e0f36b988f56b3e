package cmd_test

import (
	"os"
	"regexp"
	"testing"
)

// A setting that goes down begins a collection, which is what the start and the
// end of a short run are spared. What the packages set up before the program
// itself begins costs the only one. It takes a process of its own: this one's
// heap is that of all tests before.
func TestNoCollectionBeginsWhereAShortRunBeginsOrEnds(t *testing.T) {
	p := newProgram(t, "run", "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy",
		"--project", t.TempDir(), "--fail-on", "never", "--to", "sandbox:")
	p.Env = append(os.Environ(), "GODEBUG=gctrace=1", "GOGC=")
	if err := p.Run(); err != nil {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	if n := len(regexp.MustCompile(`(?m)^gc \d+ @`).FindAllString(p.err.String(), -1)); n > 1 {
		t.Errorf("%d collections:\n%s", n, p.err.String())
	}
}
