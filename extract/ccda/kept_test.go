package ccda_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/ccda"
	"chartlift/internal/issue"
)

// told is all that comes of reading one table.
type told struct {
	Records []extract.Record
	Said    []issue.Issue
	Error   string
}

// readTable reads a table; between is called after its first batch.
func readTable(t *testing.T, src extract.Source, name string, between func()) (got told) {
	t.Helper()
	var seq int64
	for batch, err := range src.Read(t.Context(), name, func(i issue.Issue) { got.Said = append(got.Said, i) }) {
		if err != nil {
			got.Error = err.Error()
			return got
		}
		if batch.Seq != seq {
			t.Errorf("%s: batch %d has the number %d", name, seq, batch.Seq)
		}
		if got.Records = append(got.Records, batch.Records...); seq == 0 {
			between()
		}
		seq++
	}
	return got
}

// readEach reads all tables of a source, those as well that it has no rows of.
func readEach(t *testing.T, src extract.Source) map[string]told {
	t.Helper()
	all := map[string]told{}
	schemas, err := src.Tables(t.Context())
	if err != nil {
		all[""] = told{Error: err.Error()}
	}
	for _, s := range schemas {
		all[s.Table] = readTable(t, src, s.Table, func() {})
	}
	for _, name := range []string{"body", "plan_negated", "nothing"} {
		all[name] = readTable(t, src, name, func() {})
	}
	return all
}

// openDocument opens a file that holds this document.
func openDocument(t *testing.T, content []byte, k *extract.Kept) (src extract.Source, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.xml")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := extract.Open(t.Context(), []extract.Format{ccda.Format()}, path, extract.Options{Kept: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src, path
}

// alike compares what was read; to say how it differs takes long.
func alike(t *testing.T, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}

func keptIn(t *testing.T, dir string) *extract.Kept {
	k := extract.NewKept(dir)
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// replace writes a file so that nobody can tell by its length and time.
func replace(t *testing.T, path string) {
	t.Helper()
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("?"), int(was.Size())), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, was.ModTime(), was.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// observations makes a document with so many results, each with a text of that
// length.
func observations(rows, length int) []byte {
	var b strings.Builder
	b.WriteString(`<component><section><code code="30954-2"/>`)
	for i := range rows {
		fmt.Fprintf(&b, "<entry><observation><code code=\"%d\"/><value xsi:type=\"ST\">%s</value></observation></entry>\n", i, strings.Repeat("v", length))
	}
	return wrap(b.String() + `</section></component>`)
}

func TestRowsThatWereKeptAreThoseThatAreParsed(t *testing.T) {
	t.Parallel()
	whole := sample(t)
	at := bytes.Index(whole, []byte(`<code code="2345-7"/>`))
	for name, content := range map[string][]byte{
		"a document":      whole,
		"many rows":       observations(1000, 10),
		"long rows":       observations(100, 50<<10),
		"no XML":          []byte(`<ClinicalDocument><id root="1"/><component><nonXMLBody><text mediaType="text/plain">a  b</text></nonXMLBody></component></ClinicalDocument>`),
		"no rows":         []byte(`<ClinicalDocument/>`),
		"cut short":       whole[:at],
		"cut in the head": whole[:bytes.Index(whole, []byte("<custodian"))],
		"two of them":     append(bytes.Clone(whole), whole...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, _ := openDocument(t, content, nil)
			kept, _ := openDocument(t, content, keptIn(t, t.TempDir()))
			alike(t, readEach(t, parsed), readEach(t, kept))
		})
	}
}

func TestADocumentIsParsedOnceForAllItsTables(t *testing.T) {
	t.Parallel()
	parsed, _ := openDocument(t, sample(t), nil)
	want := readEach(t, parsed)
	src, path := openDocument(t, sample(t), keptIn(t, t.TempDir()))
	if _, err := src.Tables(t.Context()); err != nil {
		t.Fatal(err)
	}
	replace(t, path)
	alike(t, want, readEach(t, src))
}

func TestADocumentThatWasWrittenToIsParsedAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(path string) error{
		"another length": func(path string) error { return os.WriteFile(path, observations(3, 11), 0o600) },
		"another time": func(path string) error {
			if err := os.WriteFile(path, bytes.ReplaceAll(observations(3, 10), []byte("vv"), []byte("ww")), 0o600); err != nil {
				return err
			}
			return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
		},
	} {
		src, path := openDocument(t, observations(3, 10), keptIn(t, t.TempDir()))
		before := readEach(t, src)
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		changed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parsed, _ := openDocument(t, changed, nil)
		after := readTable(t, src, "results", func() {})
		alike(t, readTable(t, parsed, "results", func() {}), after)
		if reflect.DeepEqual(before["results"], after) {
			t.Errorf("%s: the rows are those of before", name)
		}
	}
}

func TestWhatIsKeptNoLongerIsParsed(t *testing.T) {
	t.Parallel()
	content := observations(1000, 10)
	parsed, _ := openDocument(t, content, nil)
	want := readTable(t, parsed, "results", func() {})
	for name, c := range map[string]struct {
		dir  string
		when func(*extract.Kept) (before, between func())
	}{
		"no room for it": {filepath.Join(t.TempDir(), "nowhere"), func(*extract.Kept) (before, between func()) { return func() {}, func() {} }},
		"given up":       {t.TempDir(), func(k *extract.Kept) (before, between func()) { return func() { _ = k.Close() }, func() {} }},
		"given up while it is read": {t.TempDir(), func(k *extract.Kept) (before, between func()) {
			return func() {}, func() { _ = k.Close() }
		}},
	} {
		k := keptIn(t, c.dir)
		before, between := c.when(k)
		src, _ := openDocument(t, content, k)
		if _, err := src.Tables(t.Context()); err != nil {
			t.Fatal(err)
		}
		before()
		t.Run(name, func(t *testing.T) { alike(t, want, readTable(t, src, "results", between)) })
	}
}

func TestBatchesOfWhatIsKeptAreNoLargerThanOthers(t *testing.T) {
	t.Parallel()
	const row = 50 << 10
	src, path := openDocument(t, observations(100, row), keptIn(t, t.TempDir()))
	if _, err := src.Tables(t.Context()); err != nil {
		t.Fatal(err)
	}
	replace(t, path) // or they might be parsed
	for batch, err := range src.Read(t.Context(), "results", nil) {
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, rec := range batch.Records {
			for _, v := range rec.Values {
				size += len(v.Text)
			}
		}
		if size > 4<<20+2*row {
			t.Errorf("batch %d has %d bytes", batch.Seq, size)
		}
	}
}

func TestReadingWhatIsKeptEndsWhenItIsToldTo(t *testing.T) {
	t.Parallel()
	src, _ := openDocument(t, observations(1000, 10), keptIn(t, t.TempDir()))
	if _, err := src.Tables(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := 0
	for range src.Read(t.Context(), "results", nil) {
		batches++
		break
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var last error
	for _, err := range src.Read(ctx, "results", nil) {
		batches, last = batches+1, err
		stop()
	}
	if batches != 3 || last == nil {
		t.Errorf("%d times something came, at last %v", batches, last)
	}
}

// It runs while no other test does, as it measures the memory of all.
func TestOfManyDocumentsNoRowsAreInMemory(t *testing.T) {
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const documents, rows, length = 16, 128, 4 << 10 // half a MiB of text in each
	k := keptIn(t, t.TempDir())
	all := make([]extract.Source, documents)
	for i := range all {
		all[i], _ = openDocument(t, observations(rows, length), k)
	}
	before := held()
	for _, src := range all {
		if _, err := src.Tables(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after := held(); after > before+documents*128<<10 {
		t.Errorf("%d bytes for each document", (after-before)/documents)
	}
	runtime.KeepAlive(all)
}
