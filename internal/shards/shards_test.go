package shards_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
			if err := w.Rows(2, []byte(fmt.Sprint("rows ", i)), bytes.Repeat([]byte(part.Table), i)); err != nil {
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
		var mem []byte // of the batch before, which was looked at
		told, err := r.Rows(part, func() []byte { return mem }, func(b shards.Batch) error {
			got = append(got, string(b.Rows)+"/"+string(b.Resources))
			mem = b.Mem
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

// Every byte counts: whichever is changed, or missing at the end, the result is
// refused, or its rows are.
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
		_, err = r.Rows(0, nil, func(shards.Batch) error { return nil })
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
	content := map[string]string{"patient": "some sets", "~patient": strings.Repeat("are long ", 20_000), "visit": ""}
	name := func(k shards.Keys) string {
		if k.Expected {
			return "~" + k.Map
		}
		return k.Map
	}
	p := &shards.Plan{Keys: []shards.Keys{{Map: "patient", N: 3}, {Map: "patient", Expected: true, N: 5}, {Map: "visit"}}}
	for i, k := range p.Keys {
		p.Keys[i].Bytes = int64(len(content[name(k)]))
	}
	var err error
	p.KeysSum, err = shards.WriteKeys(dir, p.Keys, func(k shards.Keys, to io.Writer) error {
		_, err := io.WriteString(to, content[name(k)])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	load := func(k shards.Keys, text []byte) error {
		got[name(k)] = string(text)
		return nil
	}
	if err := p.ReadKeys(dir, load); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content, got); diff != "" {
		t.Error(diff)
	}
	sound, err := os.ReadFile(shards.KeysPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string][]byte{"shorter": sound[:len(sound)-1], "longer": append(slices.Clone(sound), 'x'), "other": append([]byte("S"), sound[1:]...)} {
		if err := os.WriteFile(shards.KeysPath(dir), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.ReadKeys(dir, load); err == nil || !strings.Contains(err.Error(), "plan again") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestKeysThatCannotBeLoadedAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := errors.New("no room")
	p := &shards.Plan{Keys: []shards.Keys{{Map: "patient", Bytes: 1}}}
	if _, err := shards.WriteKeys(dir, p.Keys, func(shards.Keys, io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	var err error
	if p.KeysSum, err = shards.WriteKeys(dir, p.Keys, func(_ shards.Keys, to io.Writer) error { _, err := to.Write([]byte("k")); return err }); err != nil {
		t.Fatal(err)
	}
	if err := p.ReadKeys(dir, func(shards.Keys, []byte) error { return broken }); !errors.Is(err, broken) || !strings.Contains(err.Error(), "keys.bin") {
		t.Error(err)
	}
	for _, bytes := range [][]int64{{-1, 2}, {math.MaxInt64, math.MaxInt64, 3}} { // together 1, if nobody looks
		damaged := &shards.Plan{KeysSum: p.KeysSum}
		for _, n := range bytes {
			damaged.Keys = append(damaged.Keys, shards.Keys{Map: "patient", Bytes: n})
		}
		if err := damaged.ReadKeys(dir, func(shards.Keys, []byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "plan again") {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
	if err := p.ReadKeys(t.TempDir(), nil); !errors.Is(err, os.ErrNotExist) {
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
	teller.Issue(1, issue.Issue{Severity: issue.Error, Code: "ragged-row", Rule: "z", Value: "M\xfcller", Origin: issue.Origin{Row: 3}})
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
	if len(told.Issues) != 2 || told.Issues[1].N != 1500 || told.Issues[0].N != 1 || told.Issues[1].Like.Value != "" || told.Issues[1].Like.Code != "bad-date" {
		t.Fatalf("%d kinds", len(told.Issues))
	}
	dates, rows := keptOf(t, told.Issues[1]), map[int64]bool{}
	for i, kept := range dates {
		rows[kept.Origin.Row] = true
		if i > 0 && dates[i-1].Origin.Row >= kept.Origin.Row || kept.Value != "secret" {
			t.Fatalf("%d: %+v", i, kept)
		}
	}
	if len(rows) != 1000 || !rows[1500] || rows[500] || told.Issues[1].Like.Origin.Row != 501 {
		t.Errorf("%d rows are kept", len(rows))
	}
	if got := keptOf(t, told.Issues[0])[0].Value; got != "M\xfcller" {
		t.Errorf("the value of a row that is no text became %q", got)
	}
	told.Issues = nil
	want := shards.Told{
		Rules: []shards.Use{{Name: "p.birthDate", Detail: "m:3", N: 5}}, Crosswalks: []shards.Use{{Name: "sex", Detail: "equivalent", N: 4}},
		Unmapped: []shards.Unmapped{{Crosswalk: "sex", System: "urn:x", Code: "Q", Display: "other", N: 3}},
		Support:  []shards.Support{{Profile: "us-core-patient", Element: "Patient.name", There: 4, Of: 5}},
		Fields:   []shards.FieldUsed{{Field: f, FieldCounts: reports.FieldCounts{Rows: 5, Filled: 1, Made: 1, Lost: 2}}},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func keptOf(t *testing.T, g shards.Issues) []issue.Issue {
	t.Helper()
	kept, err := g.Kept()
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// Issues come back from a result as they were told, with values that are no
// text.
func TestKindsOfIssuesAreCountedApartHoweverManyComeByTurns(t *testing.T) {
	t.Parallel()
	const kinds, turns = 60, 4
	teller := shards.NewTeller()
	for turn := range turns {
		for i := range kinds {
			k := issue.Issue{Severity: issue.Warning, Code: "a", Rule: "r", Column: "C", Expression: "E", Message: "row " + strconv.Itoa(turn), Origin: issue.Origin{Row: int64(turn + 1)}} // alike: numbers do not count
			name := string(rune('a' + i/6))
			for n, field := range []*string{&k.Code, &k.Rule, &k.Column, &k.Expression, &k.Message} {
				if i%6 == n {
					*field = name + " " + *field
				}
			}
			if i%6 == 5 {
				k.Severity, k.Rule = issue.Error, name // of another severity than the next
				teller.Issue(1, k)
				k.Severity = issue.Warning
			}
			teller.Issue(1, k)
		}
	}
	told := teller.Told()
	if len(told.Issues) != kinds+kinds/6 {
		t.Fatalf("%d kinds", len(told.Issues))
	}
	for _, of := range told.Issues {
		if of.N != turns {
			t.Errorf("%d of %+v", of.N, of.Like)
		}
	}
}

func TestIssuesAreReadAsTheyWereTold(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	teller := shards.NewTeller()
	want := []issue.Issue{
		{Severity: issue.Error, Code: "bad-date", Rule: "p.birthDate", Column: "DOB", Value: "31\xff/02", Origin: issue.Origin{Source: "obs.csv", Row: 2, Line: 3}, Message: "set null"},
		{Severity: issue.Error, Code: "bad-date", Rule: "p.birthDate", Column: "DOB", Value: "é", Origin: issue.Origin{Source: "obs.csv", Row: 7}, Message: "set null", Suggestion: "1970-01-01"},
	}
	for i := range want {
		teller.Issue(0, want[len(want)-1-i])
	}
	w, err := p.Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{w.Begin(p.Shards[0].Parts[0]), w.Rows(3, []byte("r"), nil), w.End(teller.Told()), w.Commit()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.Open(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	told, err := r.Rows(0, nil, func(shards.Batch) error { return nil })
	if err != nil || len(told.Issues) != 1 || told.Issues[0].N != 2 {
		t.Fatalf("%v, %+v", err, told)
	}
	if diff := cmp.Diff(want, keptOf(t, told.Issues[0])); diff != "" {
		t.Error(diff)
	}
}

func TestAFileIsUntouchedUntilItsSizeOrItsTimeChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("A\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f := shards.File{Path: path, Bytes: 4, Modified: stat.ModTime().UnixNano()}
	if !f.Untouched() {
		t.Error("it was not touched")
	}
	if err := os.WriteFile(path, []byte("A\n1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, stat.ModTime(), stat.ModTime()); err != nil || f.Untouched() {
		t.Error("it is longer", err)
	}
	if err := os.WriteFile(path, []byte("A\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, stat.ModTime().Add(1), stat.ModTime().Add(1)); err != nil || f.Untouched() {
		t.Error("it is newer", err)
	}
	if err := os.Remove(path); err != nil || f.Untouched() {
		t.Error("it is gone", err)
	}
}

func TestAPartKnowsItsBytes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("A\n1\n2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stretch := shards.Part{Path: path, Range: &extract.Part{From: 2, To: 6}}
	all := shards.Part{Path: path}
	var err error
	if stretch.Range.Sum, stretch.Bytes, err = shards.Sum(path, 2, 6); err != nil || stretch.Bytes != 4 {
		t.Fatal(stretch.Bytes, err)
	}
	if all.Sum, all.Bytes, err = shards.Sum(path, 0, -1); err != nil || all.Bytes != 8 || all.Sum == stretch.Range.Sum {
		t.Fatal(all.Bytes, err)
	}
	for _, p := range []shards.Part{stretch, all} {
		if err := p.Verify(path); err != nil {
			t.Error(err)
		}
	}
	for _, other := range []string{"A\n1\n9\n3\n", "A\n1\n"} {
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []shards.Part{stretch, all} {
			if err := p.Verify(path); !errors.Is(err, shards.ErrChanged) {
				t.Errorf("%q: %v", other, err)
			}
		}
	}
}

func TestRowsThatAreAlikeAreStoredSmall(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	w, err := p.Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	one := []byte(`{"resourceType":"Observation","id":"0","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body height"}]}}`)
	if err := errors.Join(w.Begin(p.Shards[0].Parts[0]), w.Rows(500, []byte("rows"), bytes.Repeat(one, 500)), w.End(shards.Told{}), w.Commit()); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(filepath.Join(dir, "shard-00001.result"))
	if err != nil || stat.Size() > int64(500*len(one)/10) {
		t.Errorf("%d bytes of resources take %d, %v", 500*len(one), stat.Size(), err)
	}
}

// A frame's checksum is no proof of what is in it: neither is memory taken for
// a length that is a lie, nor are rows taken that were not packed.
func TestABatchThatIsNotAsItWasPackedIsRefused(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	makeShard(t, dir, p, 1)
	path := filepath.Join(dir, "shard-00001.result")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(sound, []byte("rows 0")) // a batch so short stands in its frame as it is
	for at > 0 && sound[at] != 'r' || binary.LittleEndian.Uint32(sound[at+1:]) > 20 {
		at--
	}
	size := int(binary.LittleEndian.Uint32(sound[at+1:]))
	for what, content := range map[string][]byte{
		"longer than any batch": binary.AppendUvarint(nil, 1<<31), "no length": {0xff, 0xff}, "nothing": {},
		"no rows": {0}, "a copy of what is not there": {4, 0x0d, 9}, "rows longer than the batch": {5, 4 << 2, 'x', 2, 0, 0, 0},
	} {
		content = append(content, make([]byte, size-len(content))...)
		broken := bytes.Clone(sound)
		copy(broken[at+9:], content)
		binary.LittleEndian.PutUint32(broken[at+5:], crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)))
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := p.Open(dir, 1)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := r.Rows(0, nil, func(shards.Batch) error { return nil }); !errors.Is(err, shards.ErrBroken) {
			t.Errorf("%s: %v", what, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBatchesOfAnyLengthAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	dir, p := twoParts(t)
	w, err := p.Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(p.Shards[0].Parts[0]); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, n := range []int{0, 1, 3, 8 << 10, 8<<10 - 1, 1 << 20, 7, 17 << 20, 50_000} { // longer ones behind shorter ones, and the other way round
		resources := bytes.Repeat([]byte{byte('a' + i), 'x', byte(i)}, n/3+1)[:n]
		want = append(want, string(resources))
		if err := w.Rows(1, []byte("row"), append(w.Room(), resources...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.End(shards.Told{}), w.Commit()); err != nil {
		t.Fatal(err)
	}
	r, err := p.Open(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	if _, err := r.Rows(0, nil, func(b shards.Batch) error {
		got = append(got, string(b.Resources))
		if string(b.Rows) != "row" {
			t.Errorf("the rows became %q", b.Rows)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
