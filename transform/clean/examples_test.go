package clean_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/clean"
)

func TestEveryExampleOfEveryCleanerHolds(t *testing.T) {
	t.Parallel()
	for _, c := range clean.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if len(c.Examples) < 2 {
				t.Errorf("there are %d examples, and two at least are wanted", len(c.Examples))
			}
			for _, e := range c.Examples {
				runExample(t, c, e)
			}
		})
	}
}

func runExample(t *testing.T, c clean.Cleaner, e clean.Example) {
	t.Helper()
	f, err := c.Compile(arguments(t, c, e.Pipe), clean.ExampleSettings())
	if err != nil {
		t.Errorf("%s: %v", e.Pipe, err)
		return
	}
	out, problem := f(clean.Value{Text: e.In, Set: !e.Null}, columns(e.Columns))
	want := clean.Value{Text: e.Out, Set: !e.OutNull}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("%s of %q (-want +got):\n%s", e.Pipe, e.In, diff)
	}
	if got := codeOf(problem); got != e.Issue {
		t.Errorf("%s of %q raises %q, want %q", e.Pipe, e.In, got, e.Issue)
	}
}

// columns makes the values of the column arguments; "" is null.
func columns(texts []string) []clean.Value {
	values := make([]clean.Value, len(texts))
	for i, s := range texts {
		values[i] = clean.Value{Text: s, Set: s != ""}
	}
	return values
}

func codeOf(p *clean.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}

// arguments reads a pipe stage the way the mapping language writes it.
func arguments(t testing.TB, c clean.Cleaner, pipe string) []clean.Arg {
	t.Helper()
	words := splitWords(pipe)
	if words[0] != c.Name {
		t.Fatalf("example %q does not begin with the cleaner %s", pipe, c.Name)
	}
	var args []clean.Arg
	column := 0
	for _, w := range words[1:] {
		a := clean.Arg{Text: strings.Trim(w, "'"), Index: -1}
		quoted := strings.HasPrefix(w, "'")
		if key, value, ok := strings.Cut(w, "="); ok && !quoted {
			a.Text, a.Pair = key, strings.Trim(value, "'")
		}
		if name, ok := strings.CutPrefix(w, "$"); ok {
			a.Text, a.Index = name, column
			column++
		}
		args = append(args, a)
	}
	return args
}

// splitWords splits at spaces outside of single quotes.
func splitWords(s string) []string {
	var words []string
	quoted, start := false, -1
	for i, r := range s + " " {
		if r == '\'' {
			quoted = !quoted
		}
		if r == ' ' && !quoted {
			if start >= 0 {
				words = append(words, s[start:i])
			}
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
	}
	return words
}

func TestEveryCleanerShowsAnExampleOfEachIssueItCanRaise(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{"no-timezone": true} // the examples have a zone
	for _, c := range clean.All() {
		declared := map[string]bool{}
		for _, code := range c.Issues {
			declared[code] = true
		}
		raises := false
		for _, e := range c.Examples {
			if e.Issue == "" {
				continue
			}
			raises = true
			shown[e.Issue] = true
			if !declared[e.Issue] {
				t.Errorf("%s raises %s in an example and does not list it", c.Name, e.Issue)
			}
		}
		if len(c.Issues) > 0 && !raises {
			t.Errorf("%s can raise %v and shows none of them", c.Name, c.Issues)
		}
	}
	for _, code := range clean.Codes() {
		if !shown[code.Code] {
			t.Errorf("no example shows the code %s", code.Code)
		}
	}
}

func TestEveryIssueOfACleanerIsACodeOfTheList(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	last := ""
	for _, code := range clean.Codes() {
		known[code.Code] = true
		if code.Code <= last || code.Title == "" || code.Fix == "" {
			t.Errorf("code %q is out of order after %q, or without title or fix", code.Code, last)
		}
		last = code.Code
	}
	for _, c := range clean.All() {
		for _, code := range c.Issues {
			if !known[code] {
				t.Errorf("%s: code %q is not in Codes()", c.Name, code)
			}
		}
	}
}

func TestTheListIsSortedDocumentedAndTyped(t *testing.T) {
	t.Parallel()
	last := ""
	names := map[string]bool{}
	for _, c := range clean.All() {
		key := c.Group + " " + c.Name
		if key <= last {
			t.Errorf("%q stands after %q", key, last)
		}
		last = key
		if names[c.Name] {
			t.Errorf("two cleaners are called %s", c.Name)
		}
		names[c.Name] = true
		if !strings.HasSuffix(c.Doc, ".") || len(c.In) == 0 || c.Out == "" || c.Compile == nil {
			t.Errorf("%s lacks a sentence, a type or its function", c.Name)
		}
	}
}

func TestNoMessageHoldsTheValue(t *testing.T) {
	t.Parallel()
	const secret = "Zx9-Secret:é"
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			f, err := c.Compile(arguments(t, c, e.Pipe), clean.ExampleSettings())
			if err != nil {
				t.Fatal(err)
			}
			_, problem := f(clean.Of(secret), columns(e.Columns))
			if problem != nil && (strings.Contains(problem.Message, "Zx9") || strings.Contains(problem.Message, "Secret")) {
				t.Errorf("%s tells the value in its message: %s", e.Pipe, problem.Message)
			}
		}
	}
}

func FuzzNoCleanerPanicsOrBreaksUTF8(f *testing.F) {
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			f.Add(e.In)
		}
	}
	type stage struct {
		pipe string
		run  clean.Func
		cols []clean.Value
	}
	var stages []stage
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			run, err := c.Compile(arguments(f, c, e.Pipe), clean.ExampleSettings())
			if err != nil {
				f.Fatal(err)
			}
			stages = append(stages, stage{e.Pipe, run, columns(e.Columns)})
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		valid := utf8.ValidString(text)
		for _, s := range stages {
			out, problem := s.run(clean.Of(text), s.cols)
			if valid && !utf8.ValidString(out.Text) {
				t.Errorf("%s breaks UTF-8: %q gives %q", s.pipe, text, out.Text)
			}
			if out.Set != (out.Text != "") {
				t.Errorf("%s of %q gives an empty text that is not null, or the other way round", s.pipe, text)
			}
			if problem != nil && (problem.Code == "" || problem.Message == "") {
				t.Errorf("%s of %q raises an empty problem", s.pipe, text)
			}
		}
	})
}
