package cmd_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// A setting that goes down begins a collection, which is what the start and the
// end of a short run are spared. What the packages set up before the program
// itself begins costs one, or two on a busy machine, of a heap of 4 MB. It takes
// a process of its own: this one's heap is that of all tests before.
func TestNoCollectionBeginsWhereAShortRunBeginsOrEnds(t *testing.T) {
	p := newProgram(t, "run", "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy",
		"--project", t.TempDir(), "--fail-on", "never", "--to", "sandbox:")
	p.Env = append(os.Environ(), "GODEBUG=gctrace=1", "GOGC=")
	if err := p.Run(); err != nil {
		t.Fatalf("%v\n%s", err, p.err.String())
	}
	all := regexp.MustCompile(`(?m)^gc \d+ @.* (\d+)->\d+->\d+ MB, `).FindAllStringSubmatch(p.err.String(), -1)
	if n := len(regexp.MustCompile(`(?m)^gc \d+ @`).FindAllString(p.err.String(), -1)); n != len(all) || n > 2 {
		t.Errorf("%d collections, of which %d are understood:\n%s", n, len(all), p.err.String())
	}
	for _, gc := range all {
		if heap, err := strconv.Atoi(gc[1]); err != nil || heap > 5 {
			t.Errorf("a collection began with a heap of %s MB:\n%s", gc[1], p.err.String())
		}
	}
}
