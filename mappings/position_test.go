package mappings_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

// frame puts one member of a Patient into a whole mapping. The mark « stands
// before the place of the finding.
func frame(member string) (text string, line, column int) {
	marked := "chartlift: 1\nid: t\nparams: { base: x }\nsources: { pat: { csv: { path: p.csv }, key: [ID] } }\n" +
		"maps:\n  p:\n    from: pat\n    resource: Patient\n    elements:\n      " + member + "\n"
	before, after, _ := strings.Cut(marked, "«")
	lastLine := before[strings.LastIndexByte(before, '\n')+1:]
	return before + after, strings.Count(before, "\n") + 1, utf8.RuneCountInString(lastLine) + 1
}

func TestFindingsPointAtTheWord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ member, code string }{
		"a key":                                 {`«brithDate: $DOB`, "E0112"},
		"a key in quotes":                       {`"«brithDate": $DOB`, "E0112"},
		"a cleaner in a plain pipe":             {`birthDate: $DOB | «dat`, "E0302"},
		"a cleaner behind letters of two bytes": {`birthDate: $"Geburtsdatum (größe, 生年月日)" | «dat`, "E0302"},
		"a cleaner in double quotes":            {`birthDate: "$DOB | «dat"`, "E0302"},
		"a cleaner in single quotes":            {`birthDate: '$DOB | «dat'`, "E0302"},
		"a cleaner in a flow mapping":           {`name: [{ family: $LÄST | upper | «uper, use: usual }]`, "E0302"},
		"a key behind non-ASCII text":           {`name: [{ text: "Größe 😀", «famly: $X }]`, "E0112"},
		"a crosswalk behind its stage":          {`gender: $SEX | upper | «code nothere`, "E0401"},
		"an alias":                              {`gender: «$one.SEX`, "E0204"},
		"an alias among the arguments":          {`name: [{ text: $A | concat «$one.SEX }]`, "E0204"},
		"a map of a reference":                  {`managingOrganization: ref «org($X)`, "E0501"},
		"a syntax error in a pipe":              {`birthDate: $DOB date«x`, "E0301"},
		"a param inside a text":                 {`name: [{ text: "é ${param.base} «${param.bass}" }]`, "E0108"},
		"a param behind a dollar sign":          {`name: [{ text: "$$5 «${param.bass}" }]`, "E0108"},
		"a condition's error":                   {`gender: { when: "NAME = 'é' AND «)", from: male }`, "E0301"},
		"a condition's alias":                   {`gender: { when: "UPPER(NAME) = 'É' AND «one.X = 1", from: male }`, "E0204"},
		"a constant":                            {`birthDate: «1980-13-45`, "E0306"},
		"a pipe's type":                         {`birthDate: «$ZIP | zip`, "E0305"},
		"a folded text as a whole":              {"birthDate: «>\n        $DOB |\n        dat", "E0302"},
		"a plain text of two lines as a whole":  {"birthDate: «$DOB |\n        dat", "E0302"},
		"a literal condition as a whole":        {"gender:\n        from: male\n        when: «|\n          A = 1\n          AND )", "E0301"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, line, column := frame(c.member)
			if c.member == `birthDate: $DOB date«x` {
				column -= len("date")
			}
			_, findings := compile(text)
			if len(findings) != 1 {
				t.Fatalf("want one finding, got\n%s", show(findings))
			}
			f := findings[0]
			if f.Code != c.code || f.At.Line != line || f.At.Column != column || f.At.Length < 1 {
				t.Errorf("got %s, want %s at %d:%d", show(findings), c.code, line, column)
			}
		})
	}
}

func TestAFindingUnderlinesTheWholeWord(t *testing.T) {
	t.Parallel()
	text, _, _ := frame(`birthDate: $"Größe" | größenordnung`)
	_, findings := compile(text)
	if len(findings) != 1 || findings[0].At.Length != utf8.RuneCountInString("größenordnung") {
		t.Errorf("length in %s", show(findings))
	}
}

func TestFindingsOfOneFileStandInItsOrder(t *testing.T) {
	t.Parallel()
	_, findings := compile("chartlift: 1\nid: t\nmaps:\n  p: { from: x, resource: Patient, elements: {} }\nsources: { pat: { cvs: { path: p.csv } } }\ndefaults: { trim: maybe }\n")
	if len(findings) < 3 {
		t.Fatalf("too few findings:\n%s", show(findings))
	}
	for i := 1; i < len(findings); i++ {
		a, b := findings[i-1].At, findings[i].At
		if b.Line < a.Line || b.Line == a.Line && b.Column < a.Column {
			t.Errorf("out of order:\n%s", show(findings))
		}
	}
}

func TestAMissingMappingFileIsAFinding(t *testing.T) {
	t.Parallel()
	prog, findings := mappings.Compile(fstest.MapFS{}, "gone.yaml", options())
	if prog != nil || len(findings) != 1 || findings[0].Code != "E0100" || findings[0].At.File != "gone.yaml" || findings[0].Severity != issue.Error {
		t.Errorf("got %v %s", prog, show(findings))
	}
	if strings.Contains(findings[0].Message, "gone.yaml") {
		t.Errorf("the message repeats the file: %s", findings[0].Message)
	}
}

func TestTextThatIsNoMappingIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, code string }{
		"not UTF-8":           {"chartlift: 1\nid: \xff\n", "E0101"},
		"too large":           {"#" + strings.Repeat("x", 4<<20), "E0101"},
		"deep lists":          {strings.Repeat("- ", 100_000), "E0102"},
		"deep flow":           {"a: " + strings.Repeat("[", 1_000_000), "E0102"},
		"deep flow mappings":  {strings.Repeat("{a: ", 100_000), "E0102"},
		"deep but not absurd": {strings.Repeat("[", 100) + strings.Repeat("]", 100), "E0102"},
		"a directive":         {"%YAML 1.2\n---\nchartlift: 1\n", "E0102"},
		"a merge key":         {"chartlift: 1\n<<: { id: a }\n", "E0102"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog, findings := compile(c.text)
			if prog != nil || !strings.Contains(show(findings), c.code) {
				t.Errorf("want %s, got\n%s", c.code, show(findings))
			}
		})
	}
}

func TestAByteOrderMarkAndWindowsLineEndsChangeNothing(t *testing.T) {
	t.Parallel()
	text, _, _ := frame("birthDate: $DOB | date")
	want := mustCompile(t, text).Maps[0].Root.Rules[0].Pipe.Text
	prog := mustCompile(t, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"))
	if got := prog.Maps[0].Root.Rules[0].Pipe.Text; got != want {
		t.Errorf("pipe %q, want %q", got, want)
	}
	if prog.ID != "t" {
		t.Errorf("id %q", prog.ID)
	}
}
