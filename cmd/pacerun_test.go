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
	said := ""
	for range 3 { // on a busy machine what the packages set up may cost a second one
		p := newProgram(t, "run", "--mapping", "../testdata/demo/lakeside.yaml", "--source", "../testdata/demo/legacy",
			"--project", t.TempDir(), "--fail-on", "never", "--to", "sandbox:")
		p.Env = append(os.Environ(), "GODEBUG=gctrace=1", "GOGC=")
		if err := p.Run(); err != nil {
			t.Fatalf("%v\n%s", err, p.err.String())
		}
		said = p.err.String()
		if len(regexp.MustCompile(`(?m)^gc \d+ @`).FindAllString(said, -1)) <= 1 {
			return
		}
	}
	t.Errorf("more than one collection:\n%s", said)
}
