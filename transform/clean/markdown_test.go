package clean_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/clean"
)

var update = flag.Bool("update", false, "write docs/cleaners.md")

const docPath = "../../docs/cleaners.md"

func TestTheDocumentationShowsTheCleanersAsTheyAre(t *testing.T) {
	t.Parallel()
	if *update {
		if err := os.WriteFile(docPath, []byte(clean.Markdown()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(docPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), clean.Markdown()); diff != "" {
		t.Errorf("docs/cleaners.md is out of date; run go test ./transform/clean -update (-file +cleaners):\n%s", diff)
	}
}

func TestTheDocumentationHasATableForEachCleaner(t *testing.T) {
	t.Parallel()
	doc := clean.Markdown()
	for _, c := range clean.All() {
		if !strings.Contains(doc, "\n### `"+c.Name) || !strings.Contains(doc, c.Doc) {
			t.Errorf("%s has no heading or no sentence in the documentation", c.Name)
		}
	}
	for line := range strings.SplitSeq(doc, "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 4 {
			t.Errorf("this line is not three cells of a table: %s", line)
		}
	}
}
