package transform_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// numbers is a mapping of patients, whose telephone numbers are in one table
// and their one doctor in another.
const numbers = head + `sources:
  pat: { csv: { path: p.csv }, key: [ID] }
  tel: { csv: { path: t.csv } }
  doc: { csv: { path: d.csv } }
maps:
  p:
    from: pat
    resource: Patient
    lookup:
      tel: { in: tel, on: { PID: $ID }, many: true }
      home: { in: tel, on: { PID: $ID, KIND: $K } }
      doc: { in: doc, on: { PID: $ID } }
    elements: { active: true, telecom: { each: $tel, item: { system: phone, value: $tel.NO } }, name: [{ text: "${home.NO}" }], generalPractitioner: [{ display: $doc.NAME }] }
`

// filled fills the tables of a bench as the pipeline does, with so much memory
// for them.
func (b *bench) filled(dir string, memory int, tables map[string][]string) error {
	b.t.Helper()
	b.engine.KeepLookups(transform.SpillOptions{Dir: dir, Memory: memory})
	b.t.Cleanup(func() { b.engine.Close() })
	for _, s := range b.prog.Sources { // in one order: what comes first stays in memory
		schema, records := table(s.Name, tables[s.Name]...)
		binding, err := b.engine.Bind(s, schema)
		if err != nil {
			b.t.Fatal(err)
		}
		f := binding.Filler(func(*mappings.Map) bool { return true }, func(i issue.Issue) { b.issues = append(b.issues, i) })
		if f == nil {
			continue
		}
		for i := range records {
			if err := f.Add(&records[i]); err != nil {
				return err
			}
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// directory is tables of telephone numbers and doctors: keys that begin like
// others, one with more rows than a block of a file takes, texts longer than a
// page of memory, incomplete keys.
func directory() map[string][]string {
	tel, doc, pat := []string{"PID|KIND|NO"}, []string{"PID|NAME"}, []string{"ID|K"}
	for i := range 300 {
		id := fmt.Sprint("n", i*7919%307)
		tel = append(tel, fmt.Sprintf("%s|H|%d", id, i), fmt.Sprintf("many|W|%d %s", i, strings.Repeat("x", i%40)), fmt.Sprintf("∅|H|%d", i))
		doc = append(doc, fmt.Sprintf("%s|Dr %d", id, i))
		pat = append(pat, fmt.Sprintf("n%d|H", i))
	}
	tel = append(tel, "n|H|1", "n1|W|", "n1 |H|2", "long|H|"+strings.Repeat("1 ", 200_000), "long|∅|3")
	pat = append(pat, "many|W", "n|H", "n|W", "n1 |H", "long|H", "none|H", "n9999|H", "|H", "zz|H")
	// Two pairs of texts that make the same key, as only damaged ones do.
	tel, pat = append(tel, "x|y\x01\x00z|4"), append(pat, "x\x01\x00y|z", "x|y\x01\x00z")
	return map[string][]string{"tel": tel, "doc": doc, "pat": pat}
}

func TestLookupsFindTheSameRowsOnTheDisk(t *testing.T) {
	t.Parallel()
	tables := directory()
	var want []string
	var issues []string
	blocks := map[int]int{}
	for _, memory := range []int{1 << 30, 1, 20_000, 3_000_000} {
		b, dir := newBench(t, numbers), t.TempDir()
		if err := b.filled(dir, memory, tables); err != nil {
			t.Fatal(err)
		}
		got := bodies(b.rows("pat", tables["pat"]...))
		var said []string
		for _, i := range b.issues {
			said = append(said, i.Severity.String()+" "+i.Code+" "+i.Rule+" "+i.Origin.String())
		}
		if want == nil {
			want, issues = got, said
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %d bytes: %s", memory, diff)
		}
		if diff := cmp.Diff(issues, said); diff != "" {
			t.Errorf("with %d bytes: %s", memory, diff)
		}
		if blocks[memory] = b.engine.Blocks(); b.engine.Runs() > 0 && memory == 1<<30 {
			t.Error("what fits was put aside")
		}
		wantEmpty(t, dir)
		if err := b.engine.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(want) < 300 || !strings.Contains(want[300], `"value":"299 `) || len(issues) == 0 {
		t.Errorf("%d patients, issues %v", len(want), issues)
	}
	if blocks[1<<30] != 0 || blocks[1] == 0 || blocks[20_000] == 0 || blocks[3_000_000] != 0 {
		t.Errorf("blocks on the disk by memory: %v", blocks)
	}
}

// wantEmpty fails where a folder for temporary files shows any.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("temporary files %v, %v", left, err)
	}
}

// A table that fits by itself, but not beside those that were filled earlier,
// goes to the disk without a run.
func TestATableGoesToTheDiskWhereEarlierOnesTookTheMemory(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbers)
	tables := map[string][]string{"pat": {"ID|K", "a1|H"}, "tel": {"PID|KIND|NO"}, "doc": {"PID|NAME", "a1|Dr Long " + strings.Repeat("x", 100)}}
	for i := range 10 {
		tables["tel"] = append(tables["tel"], fmt.Sprintf("a%d|H|%d", i, i))
	}
	if err := b.filled(t.TempDir(), 850, tables); err != nil {
		t.Fatal(err)
	}
	if b.engine.Blocks() != 1 {
		t.Errorf("%d blocks", b.engine.Blocks())
	}
	wantBodies(t, b.rows("pat", tables["pat"]...), `{"active":true,"name":[{"text":"1"}],"telecom":[{"system":"phone","value":"1"}],"generalPractitioner":[{"display":"`+tables["doc"][1][3:]+`"}]}`)
}

// flip changes a byte in the middle of a file.
func flip(t *testing.T) func(*os.File) *os.File {
	return func(f *os.File) *os.File {
		size, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		at, one := size.Size()/2, make([]byte, 1)
		if _, err := f.ReadAt(one, at); err != nil {
			t.Fatal(err)
		}
		one[0] ^= 4
		if _, err := f.WriteAt(one, at); err != nil {
			t.Fatal(err)
		}
		return f
	}
}

// cut takes the end of a file away.
func cut(t *testing.T) func(*os.File) *os.File {
	return func(f *os.File) *os.File {
		if err := f.Truncate(100); err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func TestSpoiltLookupsAreAnErrorAndNoOtherRow(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T) func(*os.File) *os.File{"flipped": flip, "cut": cut} {
		b, tables := newBench(t, numbers), directory()
		if err := b.filled(t.TempDir(), 1, tables); err != nil {
			t.Fatal(err)
		}
		b.engine.SpoilLookups(spoil(t))
		schema, records := table("pat", tables["pat"]...)
		binding, err := b.engine.Bind(b.source("pat"), schema)
		if err != nil {
			t.Fatal(err)
		}
		w := binding.Worker(b.hooks())
		for i := range records {
			w.Row(&records[i])
		}
		if err := w.Err(); !errors.Is(err, transform.ErrSpoilt) || !strings.Contains(err.Error(), "read lookups: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestRowsThatCannotBePutAsideAreAnError(t *testing.T) {
	t.Parallel()
	err := newBench(t, numbers).filled(t.TempDir()+"/gone", 1, directory())
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "spill lookups: ") {
		t.Errorf("error %v", err)
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("SKIPPED: no /dev/full here")
	}
	b := newBench(t, numbers)
	b.engine.KeepLookups(transform.SpillOptions{Dir: t.TempDir(), Memory: 1})
	schema, records := table("tel", directory()["tel"]...)
	binding, err := b.engine.Bind(b.source("tel"), schema)
	if err != nil {
		t.Fatal(err)
	}
	f := binding.Filler(func(*mappings.Map) bool { return true }, nil)
	if err := f.Add(&records[0]); err != nil {
		t.Fatal(err)
	}
	b.engine.SpoilLookups(func(*os.File) *os.File { return full })
	if err := f.Add(&records[1]); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	if err := b.engine.Close(); err == nil { // two tables had one file
		t.Error("a file was closed twice, and nothing is said")
	}
}

func TestDamagedRunsOfLookupsAreAnErrorWhenTheyAreSorted(t *testing.T) {
	t.Parallel()
	b := newBench(t, numbers)
	b.engine.KeepLookups(transform.SpillOptions{Dir: t.TempDir(), Memory: 1})
	defer b.engine.Close()
	schema, records := table("doc", "PID|NAME", "a|x", "b|y")
	binding, err := b.engine.Bind(b.source("doc"), schema)
	if err != nil {
		t.Fatal(err)
	}
	f := binding.Filler(func(*mappings.Map) bool { return true }, nil)
	for i := range records {
		if err := f.Add(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if b.engine.Runs() != 2 {
		t.Errorf("%d runs", b.engine.Runs())
	}
	b.engine.SpoilLookups(flip(t))
	if err := f.Close(); !errors.Is(err, transform.ErrSpoilt) {
		t.Errorf("error %v", err)
	}
}

func TestKeysWithOneFingerprintAreToldApart(t *testing.T) {
	t.Parallel()
	got := transform.FindAmongEqualPrints([]string{"a", "b", "a", "c"}, "a")
	if diff := cmp.Diff([]string{"a", "a"}, got); diff != "" {
		t.Error(diff)
	}
	if got := transform.FindAmongEqualPrints([]string{"a", "b"}, "x"); got != nil {
		t.Errorf("found %v", got)
	}
}

// wards is a mapping whose groups make one resource each: of their first rows
// alone, or of all.
func wards(elements string) string {
	return head + "sources:\n  beds: { csv: { path: b.csv }, key: [WARD] }\nmaps:\n  w: { from: beds, resource: Location, group: [WARD], elements: " + elements + " }\n"
}

// grouped returns the groups of the wards' rows, and what they became.
func (b *bench) grouped(memory int, spoil func(*transform.Groups), lines ...string) (groups [][]string, made []string, err error) {
	b.t.Helper()
	schema, records := table("beds", lines...)
	binding, err := b.engine.Bind(b.source("beds"), schema)
	if err != nil {
		b.t.Fatal(err)
	}
	g := binding.NewGroups(0, transform.SpillOptions{Dir: b.t.TempDir(), Memory: memory})
	defer g.Close()
	for i := range records {
		if err := g.Add(&records[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	spoil(g)
	w := binding.Worker(b.hooks())
	for group, err := range g.All() {
		if err != nil {
			return groups, made, err
		}
		var rows []string
		for _, rec := range group {
			rows = append(rows, fmt.Sprintf("%s %d", rec.Origin, len(rec.Values)))
		}
		groups, made = append(groups, rows), append(made, bodies([]transform.Row{b.keep(w.Group(0, group))})...)
	}
	return groups, made, nil
}

func TestOnlyTheFirstRowOfAGroupComesBackWholeWhereTheMapReadsNoOther(t *testing.T) {
	t.Parallel()
	lines := []string{"WARD|BED", "A|1", "B|2", "A|3"}
	origin := func(row, values int) string {
		return fmt.Sprintf("%s %d", issue.Origin{Source: "beds.csv", Table: "beds", Row: int64(row), Line: int64(row) + 1}, values)
	}
	none := func(*transform.Groups) {}
	for _, c := range []struct {
		elements string
		beside   int // values of rows beside the first
		made     []string
	}{
		{"{ name: $WARD, alias: [$BED] }", 0, []string{`{"name":"A","alias":["1"]}`, `{"name":"B","alias":["2"]}`}},
		{"{ name: $WARD, alias: [{ each: $rows, item: $rows.BED }] }", 2, []string{`{"name":"A","alias":["1","3"]}`, `{"name":"B","alias":["2"]}`}},
		{"{ name: $rows.BED }", 2, []string{`{"name":"1"}`, `{"name":"2"}`}},
		{`{ name: $WARD, description: { when: rows.BED = '1', from: first } }`, 2, []string{`{"name":"A","description":"first"}`, `{"name":"B"}`}},
	} {
		b := newBench(t, wards(c.elements))
		groups, made, err := b.grouped(0, none, lines...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{{origin(1, 2), origin(3, c.beside)}, {origin(2, 2)}}, groups); diff != "" {
			t.Errorf("%s: %s", c.elements, diff)
		}
		if diff := cmp.Diff(c.made, made); diff != "" {
			t.Errorf("%s: %s", c.elements, diff)
		}
	}
}

func TestAHospitalMaySendMoreMessagesThanAChartHasRows(t *testing.T) {
	t.Parallel()
	lines := make([]string, 100_003)
	for i := range lines {
		lines[i] = "A|1"
	}
	lines[0] = "WARD|BED"
	none := func(*transform.Groups) {}
	groups, _, err := newBench(t, wards("{ name: $WARD }")).grouped(0, none, lines...)
	if err != nil || len(groups) != 1 || len(groups[0]) != len(lines)-1 {
		t.Errorf("%d groups, %v", len(groups), err)
	}
	_, _, err = newBench(t, wards("{ name: $WARD, alias: [{ each: $rows, item: $rows.BED }] }")).grouped(0, none, lines...)
	if !errors.Is(err, transform.ErrGroup) || !strings.Contains(err.Error(), "more than 100000 rows have the same group key as beds.csv") {
		t.Errorf("error %v", err)
	}
}

func TestSpoiltGroupsAreAnError(t *testing.T) {
	t.Parallel()
	lines := []string{"WARD|BED"}
	for i := range 400 {
		lines = append(lines, fmt.Sprintf("w%d|%s", i%7, strings.Repeat("b", i)))
	}
	for name, spoil := range map[string]func(*testing.T) func(*os.File) *os.File{"flipped": flip, "cut": cut} {
		b := newBench(t, wards("{ name: $WARD, alias: [{ each: $rows, item: $rows.BED }] }"))
		if _, _, err := b.grouped(2000, func(g *transform.Groups) { g.Spoil(spoil(t)) }, lines...); !errors.Is(err, transform.ErrSpoilt) || !strings.Contains(err.Error(), "read groups: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
