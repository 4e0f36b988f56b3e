package clean_test

import (
	"strings"
	"testing"

	"chartlift/transform/clean"
)

func TestCuttingCountsCharactersAndNotBytes(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "left 2", in: "Éáb", want: "Éá"},
		{pipe: "left 0", in: "abc", want: null},
		{pipe: "left 3", in: "日本語文", want: "日本語"},
		{pipe: "right 2", in: "aÉá", want: "Éá"},
		{pipe: "right 0", in: "abc", want: null},
		{pipe: "right 9", in: "abc", want: "abc"},
		{pipe: "substr 2 2", in: "Éáßx", want: "áß"},
		{pipe: "substr 1 99", in: "abc", want: "abc"},
		{pipe: "substr 4 1", in: "abc", want: null},
		{pipe: "max_len 3", in: "Éáß", want: "Éáß"},
		{pipe: "max_len 2 cut", in: "Éáß", want: "Éá", code: "text-cut"},
		{pipe: "pad_left 4 *", in: "Éá", want: "**Éá"},
		{pipe: "pad_left 3 é", in: "x", want: "ééx"},
	})
	refuses(t, "left -1", "left: the number of characters can not be negative")
	refuses(t, "substr 0 2", "substr: characters are counted from 1")
	refuses(t, "max_len 0", "max_len: the number of characters can not be negative")
	refuses(t, "max_len 3 fold", `max_len: "fold" is not one of ["reject" "cut"]`)
	refuses(t, "pad_left 3 ab", `pad_left: fill with one character, not "ab"`)
	refuses(t, "pad_left 99999 0", "pad_left: fill up to 1000 characters at most")
}

func TestPartsAreTakenFromEitherEnd(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "split ^", in: "Doe^Jane", want: "Doe"},
		{pipe: "split ^", in: "Doe", want: "Doe"},
		{pipe: "split ^", in: "^Jane", want: null},
		{pipe: "split ^ 2", in: "Doe", want: null},
		{pipe: "split ^ -1", in: "Doe", want: "Doe"},
		{pipe: "split ^ -2", in: "Doe^Jane^Q", want: "Jane"},
		{pipe: "split ^ -3", in: "Doe^Jane^Q", want: "Doe"},
		{pipe: "split ^ -4", in: "Doe^Jane^Q", want: null},
		{pipe: "split ', ' -1", in: "a, b, ", want: null},
		{pipe: "split :: 2", in: "a::b::c", want: "b"},
	})
	refuses(t, "split ^ 0", "split: give a separator, and count parts from 1 (or from -1 at the end)")
	refuses(t, "split ''", "split: give a separator, and count parts from 1 (or from -1 at the end)")
}

func TestExpressionsExtractAndReplace(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "extract '[a-z]+(\\d+)'", in: "ab12", want: "12"},
		{pipe: "extract '[a-z]+(\\d+)' 0", in: "ab12", want: "ab12"},
		{pipe: "extract '(a)|(b)' 2", in: "a", want: null},
		{pipe: "regex_replace '\\s+' _", in: "a  b c", want: "a_b_c"},
		{pipe: "regex_replace 'x' ''", in: "x", want: null},
		{pipe: "regex_replace '^' '>'", in: "a", want: ">a"},
		{pipe: "replace - ''", in: "1-2-3", want: "123"},
		{pipe: "strip '()'", in: "(1)(2)", want: "12"},
		{pipe: "strip é", in: "café", want: "caf"},
	})
	refuses(t, "extract '(' ", "extract: read expression: error parsing regexp: missing closing ): `(`")
	refuses(t, "extract '(a)' 2", "extract: the expression has 1 groups, not 2")
	refuses(t, "regex_replace '[' x", "regex_replace: read expression: error parsing regexp: missing closing ]: `[`")
	refuses(t, "replace '' x", "replace: the text to look for is empty")
}

func TestNullsAreFilledAndMade(t *testing.T) {
	t.Parallel()
	f := compile(t, "first_of $A $B")
	for _, c := range []struct {
		in, a, b string
		want     string
	}{{"x", "y", "z", "x"}, {"", "y", "z", "y"}, {"", "", "z", "z"}, {"", "", "", null}} {
		out, problem := f(clean.Value{Text: c.in, Set: c.in != ""}, columns([]string{c.a, c.b}))
		if result(out) != c.want || problem != nil {
			t.Errorf("first_of %q %q %q gives %v, %v", c.in, c.a, c.b, out, problem)
		}
	}
	out, _ := compile(t, "default $OTHER")(clean.Value{}, columns([]string{"fallback"}))
	if out.Text != "fallback" {
		t.Errorf("default of a column gives %v", out)
	}
	out, _ = compile(t, "default $OTHER")(clean.Value{}, nil)
	if out.Set {
		t.Errorf("a column that is not handed over is null, not %v", out)
	}
	checkRows(t, []row{
		{pipe: "null_if $X", in: "same", columns: []string{"same"}, want: null},
		{pipe: "null_if $X", in: "same", columns: []string{""}, want: "same"},
		{pipe: "null_if A B C", in: "C", want: null},
		{pipe: "concat $A $B", in: "x", columns: []string{"", "z"}, want: "xz"},
		{pipe: "join - $A tail", in: "x", columns: []string{""}, want: "x-tail"},
	})
}

func TestEmptyTextIsNullForEveryCleaner(t *testing.T) {
	t.Parallel()
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			f, err := c.Compile(arguments(t, c, e.Pipe), clean.ExampleSettings())
			if err != nil {
				t.Fatal(err)
			}
			out, problem := f(clean.Value{Set: true}, columns(e.Columns))
			if !c.Nulls && (out.Set || problem != nil) {
				t.Errorf("%s of an empty text gives %v, %v", e.Pipe, out, problem)
			}
			if out.Set && out.Text == "" {
				t.Errorf("%s gives an empty text that is not null", e.Pipe)
			}
		}
	}
}

func TestTitleWritesNamesAsTheirOwnersDo(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ANA": "Ana", "ana maria": "Ana Maria", "O'NEIL": "O'Neil", "o’brien": "O’Brien", "D'ANGELO": "D'Angelo", "ANDRE'S": "Andre's",
		"MCDONALD": "McDonald", "MCGEE": "McGee", "MCA": "Mca", "MACHADO": "Machado", "McDonald": "McDonald", "SMITH-JONES": "Smith-Jones",
		"van der berg": "van der Berg", "VAN HORN": "Van Horn", "LUDWIG VAN BEETHOVEN": "Ludwig van Beethoven", "DE LA CRUZ": "de la Cruz",
		"MARIA DE LA CRUZ": "Maria de la Cruz", "JOHN SMITH III": "John Smith III", "JOHN SMITH iii": "John Smith Iii", "J. R. DOE": "J. R. Doe",
		"ÉMILE ZOLA": "Émile Zola", "ñandú": "Ñandú", "st. mary's hospital": "St. Mary's Hospital", "ǆ": "ǅ", "  two  spaces ": "  Two  Spaces ",
		"VAN": "Van", "DeVries": "DeVries", "123 ELM ST": "123 Elm St", "3RD AVE": "3rd Ave", "-": "-", "李小龙": "李小龙",
	} {
		out, problem := compile(t, "title")(clean.Of(in), nil)
		if out.Text != want || problem != nil {
			t.Errorf("title of %q gives %q, want %q", in, out.Text, want)
		}
	}
}

func TestASCIIFoldsWhatHasAPlainForm(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "ascii", in: "Łódź Straße", want: "Lodz Strasse"},
		{pipe: "ascii", in: "Ærø", want: "Aero"},
		{pipe: "ascii", in: "“quoted” – it’s", want: `"quoted" - it's`},
		{pipe: "ascii", in: "½ cup", want: "1/2 cup"},
		{pipe: "ascii", in: "a\u00a0b", want: "a b"},
		{pipe: "ascii", in: "李", want: null, code: "lossy-text"},
		{pipe: "ascii", in: "Ωmega", want: "mega", code: "lossy-text"},
	})
}

func TestMojibakeIsUndoneAlsoWhenItHappenedTwice(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"NÃºÃ±ez": "Núñez", "â€œHiâ€\u009d": "“Hi”", "FranÃƒÂ§ois": "François", "Ã\u0081lvaro": "Álvaro", "MÃ¼ller &": "Müller &",
		"Núñez": "Núñez", "plain": "plain", "Ã": "Ã", "São Paulo": "São Paulo", "李": "李", "50 €": "50 €",
	} {
		out, _ := compile(t, "fix_mojibake")(clean.Of(in), nil)
		if out.Text != want {
			t.Errorf("fix_mojibake of %q gives %q, want %q", in, out.Text, want)
		}
	}
}

func TestRTFGivesItsText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{\rtf1 a\par b}`: "a\nb",
		`{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0\fs20 Hi}`:       "Hi",
		`{\rtf1{\*\generator Word;}{\colortbl;\red0;}text}`:         "text",
		`{\rtf1 \u233?t\u233\'e9}`:                                  "été",
		`{\rtf1\uc0 \u-10179 \u-8704 x}`:                            "😀x",
		`{\rtf1 1\tab 2\~3\_4}`:                                     "1\t2 3-4",
		`{\rtf1 \{braces\} \\ back}`:                                `{braces} \ back`,
		`{\rtf1 {\b bold} {\i it{\pict 00ff}al}}`:                   "bold ital",
		`{\rtf1 \lquote a\rquote  \ldblquote b\rdblquote}`:          `'a' "b"`,
		`{\rtf1 \'93x\'94}`:                                         "“x”",
		`{\rtf1 broken`:                                             "broken",
		`{\rtf1 a}}}} b`:                                            "a b",
		`{\rtf1 \`:                                                  null,
		`{\rtf1 \'`:                                                 null,
		`{\rtf1 \'zz ok}`:                                           "ok",
		"{\\rtf1 line\r\nbreaks are\nnothing}":                      "linebreaks arenothing",
		`{\rtf1 ` + strings.Repeat("{", 500) + "deep":               "deep",
		"not rtf {\\b}":                                             "not rtf {\\b}",
		`{\rtf1\ansi\ansicpg1250 Dvo\'f8\'e1k}`:                     "Dvořák",
		`{\rtf1\ansi\ansicpg1251 \'cd\'e5\'f2 \u1078?\'e0\'f0\'e0}`: "Нет жара",
		`{\rtf1\mac caf\'8e}`:                                       "café",
		`{\rtf1\pc caf\'82}`:                                        "café",
		`{\rtf1\ansi\ansicpg932 plain \'41{\*\x \'8e} \u233\'8e}`:   "plain A é", // nothing of the page is shown
		`{\rtf1{\headerr Name: X}{\footerl 2 of 3}text}`:            "text",
	} {
		out, problem := compile(t, "rtf_text")(clean.Of(in), nil)
		if result(out) != want || problem != nil {
			t.Errorf("rtf_text of %s gives %q (%q), want %q", in, result(out), codeOf(problem), want)
		}
	}
	checkRows(t, []row{{pipe: "rtf_text", in: `{\rtf1\ansi\ansicpg936 a\'c4\'e3}`, want: "a\ufffd\ufffd", code: "lossy-text"}})
}

// idempotent are the stages that leave alone what they have tidied before.
func idempotent() []string {
	return []string{
		"trim", "squeeze", "upper", "lower", "title", "ascii", "nfc", "fix_mojibake", "printable", "left 3", "right 3", "max_len 3 cut", "pad_left 5 0",
		"prefix a", "suffix a", "strip -", "replace a b", "decimal", "integer", "round 2", "zip", "us_state", "country", "email", "ssn", "npi", "nhs", "luhn",
		"mrn pad=5", "icd_dot", "icd_dot 9", "loinc_pad", "ndc11", "gender", "language", "date", "datetime", "date_part ym", "to_tz UTC", "check loinc", "phone US",
	}
}

func FuzzTidyingTwiceChangesNothing(f *testing.F) {
	for _, c := range clean.All() {
		for _, e := range c.Examples {
			f.Add(e.In)
		}
	}
	var stages []clean.Func
	for _, pipe := range idempotent() {
		stages = append(stages, compile(f, pipe))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 500 || strings.ToValidUTF8(s, "") != s {
			return
		}
		for i, run := range stages {
			once, _ := run(clean.Of(s), nil)
			if !once.Set {
				continue
			}
			twice, _ := run(once, nil)
			if once != twice {
				t.Errorf("%s of %q gives %q and then %q", idempotent()[i], s, once.Text, twice.Text)
			}
		}
	})
}
