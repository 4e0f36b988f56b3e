package clean_test

import (
	"testing"

	"chartlift/transform/clean"
)

// null stands for a null result in rows.
const null = "<null>"

// row is one value through one stage of a pipe.
type row struct {
	pipe, in, want string
	code           string   // issue that is raised, "" none
	columns        []string // values of the column arguments, "" null
}

// compile compiles a stage under the settings of the examples.
func compile(t testing.TB, pipe string) clean.Func {
	t.Helper()
	return compileWith(t, pipe, clean.ExampleSettings())
}

func compileWith(t testing.TB, pipe string, s clean.Settings) clean.Func {
	t.Helper()
	c := lookup(t, splitWords(pipe)[0])
	f, err := c.Compile(arguments(t, c, pipe), s)
	if err != nil {
		t.Fatalf("%s: %v", pipe, err)
	}
	return f
}

func lookup(t testing.TB, name string) clean.Cleaner {
	t.Helper()
	c, ok := clean.Lookup(clean.All(), name)
	if !ok {
		t.Fatalf("there is no cleaner %q", name)
	}
	return c
}

// result gives the text of a value, or null.
func result(v clean.Value) string {
	if !v.Set {
		return null
	}
	return v.Text
}

func checkRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		out, problem := compile(t, r.pipe)(clean.Of(r.in), columns(r.columns))
		if got := result(out); got != r.want || codeOf(problem) != r.code {
			t.Errorf("%s of %q gives %q with issue %q, want %q with issue %q", r.pipe, r.in, got, codeOf(problem), r.want, r.code)
		}
	}
}

// refuses checks that a stage does not compile and says why.
func refuses(t *testing.T, pipe, message string) {
	t.Helper()
	c := lookup(t, splitWords(pipe)[0])
	_, err := c.Compile(arguments(t, c, pipe), clean.ExampleSettings())
	if err == nil {
		t.Errorf("%s compiles", pipe)
		return
	}
	if err.Error() != message {
		t.Errorf("%s is refused with\n  %s\nwant\n  %s", pipe, err, message)
	}
}
