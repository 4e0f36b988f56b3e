package mappings_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// at is a span in one line.
func at(line, from, to int) mappings.Span {
	return mappings.Span{Line: line, Column: from, EndLine: line, EndColumn: to}
}

func TestEditsChangeNothingButTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		edits []mappings.Edit
		want  string
	}{
		"nothing":              {"a: 1\n", nil, "a: 1\n"},
		"a value":              {"a: 1\nb: 2\n", []mappings.Edit{{At: at(2, 4, 5), Text: "two"}}, "a: 1\nb: two\n"},
		"in any order":         {"a: 1\nb: 2\n", []mappings.Edit{{At: at(1, 4, 5), Text: "x"}, {At: at(2, 4, 5), Text: "yy"}, {At: at(1, 1, 2), Text: "c"}}, "c: x\nb: yy\n"},
		"runes, not bytes":     {"ä: é # 日本\n", []mappings.Edit{{At: at(1, 4, 5), Text: "ß"}, {At: at(1, 8, 10), Text: "x"}}, "ä: ß # x\n"},
		"a byte order mark":    {"\ufeffa: 1\n", []mappings.Edit{{At: at(1, 4, 5), Text: "2"}}, "\ufeffa: 2\n"},
		"Windows line ends":    {"a: 1\r\nb: 2\r\n", []mappings.Edit{{At: at(2, 4, 5), Text: "3"}}, "a: 1\r\nb: 3\r\n"},
		"over several lines":   {"a: [1,\n  2]\nb: 3\n", []mappings.Edit{{At: mappings.Span{Line: 1, Column: 4, EndLine: 2, EndColumn: 5}, Text: "[]"}}, "a: []\nb: 3\n"},
		"nothing to something": {"a: \n", []mappings.Edit{{At: at(1, 4, 4), Text: "x"}}, "a: x\n"},
		"something to nothing": {"a: 1", []mappings.Edit{{At: at(1, 4, 5)}}, "a: "},
		"the end of the text":  {"a: 1", []mappings.Edit{{At: at(1, 5, 5), Text: " # b"}}, "a: 1 # b"},
		"side by side":         {"ab", []mappings.Edit{{At: at(1, 1, 2), Text: "x"}, {At: at(1, 2, 3), Text: "y"}}, "xy"},
	} {
		got, err := mappings.Rewrite([]byte(c.text), c.edits)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	for name, edits := range map[string][]mappings.Edit{
		"no place":        {{}},
		"behind the text": {{At: at(9, 1, 2)}},
		"behind the line": {{At: at(1, 90, 91)}},
		"backwards":       {{At: at(1, 4, 2)}},
		"over each other": {{At: at(1, 1, 4)}, {At: at(1, 3, 5)}},
		"line 0":          {{At: at(0, 1, 2)}},
		"column 0":        {{At: at(1, 0, 2)}},
	} {
		if got, err := mappings.Rewrite([]byte("a: 1\nb: 2\n"), edits); !errors.Is(err, mappings.ErrNoPlace) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Edits of words that nobody touched before are the same whatever their order,
// and all else stays.
func TestRandomEditsLeaveTheRestOfAFileAlone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	for range 200 {
		var text, want strings.Builder
		var edits []mappings.Edit
		for line := range 1 + r.IntN(6) {
			column := 1
			for range r.IntN(6) {
				word := []string{"a", "äö", "日本語", "😀", "x y", "# c", "'q'"}[r.IntN(7)]
				now := word
				if n := len([]rune(word)); r.IntN(2) == 0 {
					now = []string{"", "neu", "é"}[r.IntN(3)]
					edits = append(edits, mappings.Edit{At: at(line+1, column, column+n), Text: now})
				}
				text.WriteString(word + " ")
				want.WriteString(now + " ")
				column += len([]rune(word)) + 1
			}
			text.WriteString("\n")
			want.WriteString("\n")
		}
		r.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
		got, err := mappings.Rewrite([]byte(text.String()), edits)
		if diff := cmp.Diff(want.String(), string(got)); diff != "" || err != nil {
			t.Fatalf("%v %s", err, diff)
		}
	}
}

func TestASuggestionIsASlipAwayAndNoGuess(t *testing.T) {
	t.Parallel()
	names := []string{"birthDate", "gender", "name", "identifier", "telecom", "é", "LastName"}
	for word, want := range map[string]string{
		"birthdate": "birthDate", "birhtDate": "birthDate", "brithDate": "birthDate", "gendre": "gender", "Name": "name", "nmae": "name", "identifer": "identifier", "telcom": "telecom", "lastname": "LastName", "last_name": "LastName",
		"": "", "x": "", "address": "", "occupation": "", "日本": "", strings.Repeat("x", 3000): "",
	} {
		if got := mappings.Nearest(word, names); got != want {
			t.Errorf("%.20q is taken for %q, want %q", word, got, want)
		}
	}
	if got := mappings.Nearest("anything", nil); got != "" {
		t.Errorf("of nothing %q is chosen", got)
	}
}

// A mapping comes from a consultant's disk, or from somebody's mail. Whatever
// it is, reading it ends soon and with a place.
func TestHostileMappingsEndSoonWithAFinding(t *testing.T) {
	t.Parallel()
	laughs := "a0: &a0 [x]\n"
	for i := 1; i < 30; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	for name, text := range map[string]string{
		"a billion laughs": header + laughs,
		"a merge key":      header + "x: &x { a: 1 }\nmaps: { p: { <<: *x } }\n",
		"a tag":            header + "maps: !!python/object:os.system [ls]\n",
		"deep flow":        header + "maps: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"deep maps":        header + "maps: " + strings.Repeat("{a: ", 5_000) + strings.Repeat("}", 5_000),
		"deep blocks": header + "maps:\n" + func() string {
			var b strings.Builder
			for i := range 400 {
				b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
			}
			return b.String()
		}(),
		"NUL bytes":     header + "maps: { p: \x00 }\n",
		"wrong bytes":   header + "title: \xff\xfe\n",
		"two documents": header + "---\n" + header,
		"a key twice":   header + "id: u\n",
		"tabs":          header + "maps:\n\tp: {}\n",
		"only a list":   "- a\n- b\n",
		"an open quote": header + "title: \"x\n",
		"a long pipe":   patient("{ name: [{ text: $A" + strings.Repeat(" | trim", 20_000) + " }] }"),
		"many maps":     header + "maps: {" + strings.Repeat("a: {}, ", 2_000) + "}\n",
		"a huge scalar": header + "titel: " + strings.Repeat("x", 1<<20) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			prog, findings := compile(text)
			if prog != nil || len(findings) == 0 {
				t.Errorf("it compiles: %v", findings)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it takes %v", took)
			}
			for _, f := range findings {
				if f.Message == "" || f.Code == "" || len(f.Message) > 2000 {
					t.Errorf("%s: %.300s", f.Code, f.Message)
				}
			}
		})
	}
}
