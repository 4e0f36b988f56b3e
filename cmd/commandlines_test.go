package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commandLine is a call of chartlift in a document.
type commandLine struct {
	at    string // file:line
	words []string
}

// commandLines finds the calls of chartlift in the examples of a document:
// fenced, indented, or behind a prompt.
func commandLines(t *testing.T, path string) []commandLine {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []commandLine
	fenced := false
	for n, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			continue
		}
		line, _, _ = strings.Cut(line, "  #")
		for _, part := range regexp.MustCompile(`&&|\|\||[|;]`).Split(line, -1) {
			_, call, ok := strings.Cut(" "+part, " chartlift ")
			if before, _, _ := strings.Cut(" "+part, " chartlift "); ok && !strings.Contains(before, "go build") && !strings.Contains(before, "`") {
				all = append(all, commandLine{fmt.Sprintf("%s:%d", filepath.Base(path), n+1), strings.Fields(call)})
			}
		}
	}
	return all
}

func TestEveryOptionInTheExamplesOfTheDocumentsIsThere(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	helps := map[string]string{}
	help := func(words ...string) string {
		name := strings.Join(words, " ")
		if _, ok := helps[name]; !ok {
			helps[name] = run(t, 0, append(slices.Clone(words), "--help")...)
		}
		return helps[name]
	}
	seen := 0
	for _, path := range append(documents, "../README.md") {
		if filepath.Base(path) == "decisions.md" { // says what was, too
			continue
		}
		for _, c := range commandLines(t, path) {
			if len(c.words) == 0 || strings.HasPrefix(c.words[0], "-") || !regexp.MustCompile(`^[a-z]+$`).MatchString(c.words[0]) {
				continue
			}
			command := c.words[:1]
			if !strings.Contains(help(), "\n  "+command[0]+" ") {
				t.Errorf("%s: there is no command %s", c.at, command[0])
				continue
			}
			if len(c.words) > 1 && strings.Contains(help(command...), "\nAvailable Commands:") && regexp.MustCompile(`^[a-z]+$`).MatchString(c.words[1]) {
				command = c.words[:2]
			}
			for _, word := range c.words {
				option, _, _ := strings.Cut(strings.Trim(word, `"',)]`), "=")
				if !strings.HasPrefix(option, "--") || option == "--" {
					continue
				}
				seen++
				if !regexp.MustCompile(`(^|[\s,])` + regexp.QuoteMeta(option) + `\s`).MatchString(help(command...)) {
					t.Errorf("%s: chartlift %s has no option %s", c.at, strings.Join(command, " "), option)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d options were found in the documents", seen)
	}
}
