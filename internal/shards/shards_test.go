package shards_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/shards"
	"chartlift/reports"
)

// twoParts is a plan of two shards; the second has two parts.
func twoParts(t *testing.T) (string, *shards.Plan) {
	t.Helper()
	dir := t.TempDir()
	p := &shards.Plan{
		Tool: "1", Mapping: "m", MappingSHA256: "abc", Args: []byte(`{"mapping":"m.yaml"}`),
		Tables: []shards.Table{{Name: "obs", Way: shards.InShards, Why: "nothing refers to it"}},
		Shards: []shards.Shard{
			{Parts: []shards.Part{{Table: "obs", Path: "/x/obs.csv", Columns: []string{"A"}, Bytes: 7, Range: &extract.Part{To: 7, Row: 1, Line: 1, Rows: 3}}}},
			{Parts: []shards.Part{{Table: "obs", Path: "/x/obs.csv", Columns: []string{"A"}, Bytes: 2, Range: &extract.Part{From: 7, To: 9, Row: 4, Line: 5, Rows: 1, Last: true}}, {Table: "note", Path: "/x/n.csv"}}},
		},
	}
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir, p
}

func makeShard(t *testing.T, dir string, p *shards.Plan, n int) {
	t.Helper()
	w, err := p.Create(dir, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range p.Shards[n-1].Parts {
		if err := w.Begin(part); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := w.Rows(2, []byte(fmt.Sprint("rows ", i)), []byte(strings.Repeat(part.Table, i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(shards.Told{Rules: []shards.Use{{Name: part.Table, Detail: "m:1", N: 6}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestAResultIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	makeShard(t, dir, p, 2)
	again, err := shards.Read(dir)
	if err != nil || again.ID() != p.ID() || again.Ways()["obs"] != shards.InShards {
		t.Fatalf("%v: %s, %s", err, again.ID(), p.ID())
	}
	r, err := again.Open(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for part, table := range []string{"obs", "note"} {
		var got []string
		told, err := r.Rows(part, func(rows, resources []byte) error {
			got = append(got, string(rows)+"/"+string(resources))
			return nil
		})
		if err != nil || told.Rules[0].Name != table || r.Count(part) != 6 {
			t.Errorf("%v, %+v, %d rows", err, told, r.Count(part))
		}
		if diff := cmp.Diff([]string{"rows 0/", "rows 1/" + table, "rows 2/" + table + table}, got); diff != "" {
			t.Error(diff)
		}
	}
	if stat, err := os.Stat(filepath.Join(dir, "shard-00002.result")); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
}

func TestAResultThatIsNotCommittedIsNotThere(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	w, err := p.Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if missing, foreign, err := p.Missing(dir); err != nil || !cmp.Equal(missing, []int{0, 1, 2}) || len(foreign) > 0 {
		t.Errorf("%v %v %v", missing, foreign, err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	left, err := p.Create(dir, 1) // as of a process that was killed
	if err != nil {
		t.Fatal(err)
	}
	_ = left
	makeShard(t, dir, p, 1)
	if n, err := shards.Sweep(dir); n != 1 || err != nil {
		t.Errorf("%d swept, %v", n, err)
	}
	if missing, _, err := p.Missing(dir); err != nil || !cmp.Equal(missing, []int{0, 2}) {
		t.Errorf("%v %v", missing, err)
	}
}

// Every byte counts: whichever is changed, or missing at the end, the result is refused, or its rows are.
func TestNoDamageOfAResultGoesUnseen(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	makeShard(t, dir, p, 1)
	path := filepath.Join(dir, "shard-00001.result")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(content []byte) error {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := p.Open(dir, 1)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = r.Rows(0, func([]byte, []byte) error { return nil })
		return err
	}
	if err := read(sound); err != nil {
		t.Fatal(err)
	}
	for at := range sound {
		broken := append([]byte(nil), sound...)
		broken[at] ^= 0x41
		if err := read(broken); !errors.Is(err, shards.ErrBroken) && !errors.Is(err, shards.ErrForeign) {
			t.Fatalf("byte %d of %d: %v", at, len(sound), err)
		}
		if err := read(sound[:at]); !errors.Is(err, shards.ErrBroken) {
			t.Fatalf("cut at %d: %v", at, err)
		}
	}
}

func TestAResultOfAnotherPlanIsForeign(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	makeShard(t, dir, p, 1)
	p.MappingSHA256 = "def"
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(dir, 1); !errors.Is(err, shards.ErrForeign) {
		t.Error(err)
	}
	if _, err := p.Open(dir, 2); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shards.Clear(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := shards.Read(dir); !errors.Is(err, shards.ErrNoPlan) {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("%v, %v", left, err)
	}
}

func TestAPlanOfAnotherVersionOrOfNoneIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`{"version":99}`: "version 99", `{"version":`: "unexpected end", `[]`: "cannot unmarshal"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "plan.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shards.Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestKeysAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := shards.CreateKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i := range 5000 { // several stretches of each map, one after the other
		for _, k := range []shards.Key{{Map: "patient", ID: fmt.Sprintf("a-rather-long-id-of-patient-%d", i)}, {Map: "patient", ID: fmt.Sprint("e", i), Expected: true}, {Map: "visit", ID: fmt.Sprint(i)}} {
			want[fmt.Sprintf("%s %v %s", k.Map, k.Expected, k.ID)]++
			if err := w.Add(k); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := &shards.Plan{}
	if p.KeysSHA256, p.Kept, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]shards.Kept{{Map: "patient", N: 5000}, {Map: "patient", Expected: true, N: 5000}, {Map: "visit", N: 5000}}, p.Kept); diff != "" {
		t.Error(diff)
	}
	got := map[string]int{}
	sections := func(name string, expected bool) func(string) {
		return func(id string) { got[fmt.Sprintf("%s %v %s", name, expected, id)]++ }
	}
	if err := p.Keys(dir, sections); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v: %d keys, not %d", err, len(got), len(want))
	}
	if err := os.WriteFile(shards.KeysPath(dir), []byte("=patient\nother\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Keys(dir, func(string, bool) func(string) { return nil }); err == nil || !strings.Contains(err.Error(), "plan again") {
		t.Error(err)
	}
}

func TestTwinsArePackedAndUnpacked(t *testing.T) {
	t.Parallel()
	twins := []shards.Twin{{Row: 4, Verdict: 1, Other: 1}, {Row: 5, Verdict: 3, Other: 900_000_000_000}, {Row: 100_000, Verdict: 2, Other: 7}}
	got, ok := shards.UnpackTwins(shards.PackTwins(twins))
	if !ok || len(got) != 3 {
		t.Fatalf("%v %v", got, ok)
	}
	for _, w := range twins {
		if got[w.Row] != w {
			t.Errorf("%+v, not %+v", got[w.Row], w)
		}
	}
	packed := shards.PackTwins(twins)
	if _, ok := shards.UnpackTwins(packed[:len(packed)-1]); ok {
		t.Error("half a twin was taken")
	}
}

func FuzzUnpackTwins(f *testing.F) {
	f.Add(shards.PackTwins([]shards.Twin{{Row: 4, Verdict: 1, Other: 1}}))
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, packed []byte) {
		if twins, ok := shards.UnpackTwins(packed); ok && len(twins) > len(packed) {
			t.Errorf("%d twins in %d bytes", len(twins), len(packed))
		}
	})
}

func TestATellerKeepsAsManyIssuesAsTheRunDatabaseAndCountsAll(t *testing.T) {
	t.Parallel()
	teller := shards.NewTeller()
	for i := range 1500 {
		teller.Issue(1, issue.Issue{Severity: issue.Warning, Code: "bad-date", Rule: "p.birthDate", Origin: issue.Origin{Source: "p.csv", Row: int64(1500 - i)}, Value: "secret"})
	}
	teller.Issue(1, issue.Issue{Severity: issue.Error, Code: "ragged-row", Value: "M\xfcller", Origin: issue.Origin{Row: 3}})
	teller.RuleUse("p.birthDate", "m:3", 2)
	teller.RuleUse("p.birthDate", "m:3", 3)
	teller.CrosswalkUse("sex", "equivalent", 4)
	teller.UnmappedCode("sex", "urn:x", "Q", "unclear", 1)
	teller.UnmappedCode("sex", "urn:x", "Q", "other", 2)
	f := reports.Field{Table: "p", Column: "DOB", Rule: "p.birthDate", Element: "birthDate"}
	teller.FieldUse(f, reports.FieldCounts{Rows: 2, Filled: 1, Made: 1})
	teller.FieldUse(f, reports.FieldCounts{Rows: 3, Lost: 2})
	teller.MustSupport("us-core-patient", "Patient.name", 3, 4)
	teller.MustSupport("us-core-patient", "Patient.name", 1, 1)
	told := teller.Told()
	if len(told.Issues) != 1002 || told.Issues[0].Issue.Origin.Row != 3 {
		t.Fatalf("%d issues, first %+v", len(told.Issues), told.Issues[0])
	}
	more := told.Issues[1001]
	if more.N != 500 || more.Issue.Value != "" || more.Issue.Code != "bad-date" {
		t.Errorf("%+v", more)
	}
	if got := told.Issues[0].Told().Value; got != "M\xfcller" {
		t.Errorf("the value of a row that is no text became %q", got)
	}
	told.Issues = nil
	want := shards.Told{
		Rules: []shards.Use{{Name: "p.birthDate", Detail: "m:3", N: 5}}, Crosswalks: []shards.Use{{Name: "sex", Detail: "equivalent", N: 4}},
		Unmapped: []shards.Unmapped{{Crosswalk: "sex", System: "urn:x", Code: "Q", Display: "unclear", N: 3}},
		Support:  []shards.Support{{Profile: "us-core-patient", Element: "Patient.name", There: 4, Of: 5}},
		Fields:   []shards.FieldUsed{{Field: f, FieldCounts: reports.FieldCounts{Rows: 5, Filled: 1, Made: 1, Lost: 2}}},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestAPartKnowsItsBytes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("A\n1\n2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := shards.Part{Path: path, Range: &extract.Part{From: 2, To: 6}}
	var err error
	if p.SHA256, p.Bytes, err = shards.Sum(path, 2, 6); err != nil || p.Bytes != 4 {
		t.Fatal(p.Bytes, err)
	}
	if err := p.Verify(path); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"A\n1\n9\n3\n", "A\n1\n"} {
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(path); !errors.Is(err, shards.ErrChanged) {
			t.Errorf("%q: %v", other, err)
		}
	}
}
