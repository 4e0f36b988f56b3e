package fhir_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"chartlift/fhir"

	"github.com/google/go-cmp/cmp"
)

// value turns a node into what encoding/json would make of it.
func value(t *fhir.Tree, i int) any {
	switch t.Kind(i) {
	case fhir.Object:
		all := map[string]any{}
		for c := t.First(i); c != 0; c = t.Next(c) {
			all[strings.Clone(t.Key(c))] = value(t, c)
		}
		return all
	case fhir.Array:
		all := []any{}
		for c := t.First(i); c != 0; c = t.Next(c) {
			all = append(all, value(t, c))
		}
		return all
	case fhir.String:
		return strings.Clone(t.Text(i))
	case fhir.Number:
		return json.Number(strings.Clone(t.Text(i)))
	case fhir.Bool:
		return t.Text(i) == "true"
	}
	return nil
}

func standard(text []byte) (any, error) {
	var want any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	err := d.Decode(&want)
	return want, err
}

var trees = []string{
	`{"resourceType":"Patient","active":true,"name":[{"given":["Ana","\u00e9\ud83d\ude00\n"],"family":null}],"n":-1.50e+3}`,
	`[]`, `{}`, `  "x"  `, `0`, `-0.0`, `[[[1,2],[]],{"a":{"b":[{}]}}]`, `"\ud800"`, `"\ud800\u0041"`, `{"\u0061":1,"b\"":2}`,
	`"` + strings.Repeat("long text without any escape ", 40) + `"`,
	`"1234567\t"`, `"\\\\\\\\\/"`,
}

func TestTreeReadsWhatTheStandardLibraryReads(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree // one for all, since it is made to be reused
	for _, text := range trees {
		if err := tree.Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want, err := standard([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, value(&tree, 0)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestTreeRefusesWhatIsNotStrictJSON(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	for _, text := range []string{
		``, ` `, `{`, `[`, `"`, `"\`, `"\u12`, `"\u12G4"`, `"\x"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{a:1}`, `01`, `1.`, `.5`,
		`+1`, `1e`, `-`, `nul`, `truE`, `[1]]`, `{} {}`, "\"a\nb\"", "\"a\x00b\"", "\"\xff\"", `'a'`, `[NaN]`, `{"a":1 "b":2}`, `{"a":1}x`, "\ufeff{}",
	} {
		err := tree.Parse([]byte(text))
		var syntax *fhir.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q is read, error %v", text, err)
		}
		if tree.Len() != 0 {
			t.Errorf("%q leaves %d nodes", text, tree.Len())
		}
	}
}

func TestTreeReportsDuplicateKeysInNarrowAndWideObjects(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 100 {
		b.WriteString(`"k` + strconv.Itoa(i) + `":1,`)
	}
	var tree fhir.Tree
	for text, duplicate := range map[string]bool{
		`{"a":1,"b":2,"a":3}`:             true,
		`{"a":1,"\u0061":3}`:              true,
		`{"a":{"a":1},"b":{"a":1}}`:       false,
		`{` + b.String() + `"x":1}`:       false,
		`{` + b.String() + `"k50":1}`:     true,
		`{` + b.String() + `"\u006b7":1}`: true,
		`{"":1,"":2}`:                     true,
	} {
		if err := tree.Parse([]byte(text)); errors.Is(err, fhir.ErrDuplicateKey) != duplicate {
			t.Errorf("%.40s: %v, want duplicate %v", text, err, duplicate)
		}
	}
}

func TestTreeBoundsDepth(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if err := tree.Parse([]byte(strings.Repeat("[", fhir.MaxDepth) + strings.Repeat("]", fhir.MaxDepth))); err != nil {
		t.Error(err)
	}
	if err := tree.Parse([]byte(strings.Repeat("[", 1_000_000))); err == nil {
		t.Error("a million levels are read")
	}
}

func TestSyntaxErrorNamesLineAndByteAndNoText(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	err := tree.Parse([]byte("{\n \"name\": \"Maria\",\n \"x\": Lopez\n}"))
	if want := "line 3, byte 26: a value is expected here"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNodesKnowTheirLineAndRawText(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if err := tree.Parse([]byte("{\n\"a\": [1,\n\"q\\\"\" ]}")); err != nil {
		t.Fatal(err)
	}
	list := tree.Find(0, "a")
	second := tree.Next(tree.First(list))
	if tree.Line(second) != 3 || tree.Raw(second) != `"q\""` || tree.Text(second) != `q"` || tree.Count(list) != 2 {
		t.Errorf("line %d raw %s text %s count %d", tree.Line(second), tree.Raw(second), tree.Text(second), tree.Count(list))
	}
	if tree.Raw(list) != "[1,\n\"q\\\"\" ]" || tree.Node(list).Kind.String() != "array" {
		t.Errorf("raw list %q", tree.Raw(list))
	}
}

func TestReusedTreeDoesNotAllocate(t *testing.T) {
	var tree fhir.Tree
	text := []byte(trees[0])
	if n := testing.AllocsPerRun(100, func() {
		if err := tree.Parse(text); err != nil {
			t.Fatal(err)
		}
		tree.Text(tree.Next(tree.First(tree.Find(tree.First(tree.Find(0, "name")), "given"))))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzTreeParse(f *testing.F) {
	for _, text := range trees {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var tree fhir.Tree
		err := tree.Parse(text)
		if err != nil {
			var syntax *fhir.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Offset > len(text) {
				t.Fatalf("error is %#v", err)
			}
			return
		}
		want, err := standard(text)
		if err != nil {
			t.Fatalf("the standard library refuses: %v", err)
		}
		if got := value(&tree, 0); !reflect.DeepEqual(want, got) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, text := range []string{"", "Ana", "a\"b\\c\n\r\t\x01", "\xff\xfe", "日本語 text of more than eight bytes", "\u2028<>&"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := fhir.AppendString(nil, text)
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if want := strings.ToValidUTF8(text, "\uFFFD"); back != want {
			t.Fatalf("%q becomes %q", want, back)
		}
		var tree fhir.Tree
		if err := tree.Parse(got); err != nil || tree.Text(0) != back {
			t.Fatalf("%q: %v, %q", got, err, tree.Text(0))
		}
	})
}

func BenchmarkTreeParse(b *testing.B) {
	text := []byte(trees[0] + strings.Repeat(" ", 8))
	var tree fhir.Tree
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := tree.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
