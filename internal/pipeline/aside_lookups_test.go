package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform"
)

const visits = `chartlift: 1
id: visits
sources:
  pat: { csv: { path: pat.csv }, key: [ID] }
  vis: { csv: { path: vis.csv }, key: [VID] }
  doc: { csv: { path: doc.csv } }
maps:
  p: { from: pat, resource: Patient, id: $ID, lookup: { seen: { in: vis, on: { PAT: $ID }, many: true } }, elements: { telecom: { each: $seen, item: { system: other, value: $seen.VID } } } }
  v:
    from: vis
    resource: Encounter
    lookup: { doc: { in: doc, on: { NAME: $DOC | upper } }, who: { in: pat, on: { ID: $PAT } } }
    elements: { status: finished, class: { code: AMB }, subject: ref? p($PAT), reasonCode: [{ text: "${who.TEXT}" }], serviceType: { text: $doc.WARD } }
`

func visitFiles(n int) []*memory {
	pat, vis, doc := []string{"ID|TEXT"}, []string{"VID|PAT|DOC"}, []string{"NAME|WARD"}
	for i := range n {
		pat = append(pat, fmt.Sprintf("p%d|%s", i, strings.Repeat("text ", i%50)))
		doc = append(doc, fmt.Sprintf("D%d|ward %d", i%(n-3), i)) // the last three stand for two wards
		for j := range 3 {
			vis = append(vis, fmt.Sprintf("v%d|p%d|d%d", 3*i+j, (7*i+j)%(n+2), (i*j)%n))
		}
	}
	return []*memory{file("pat.csv", pat...), file("vis.csv", vis...), file("doc.csv", doc...)}
}

func TestARunIsTheSameWithItsLookupsOnTheDisk(t *testing.T) {
	t.Parallel()
	var outputs, ledgers []string
	for _, memory := range []int{0, 1, 30_000} {
		r := prepare(t, visits, visitFiles(400)...)
		to := &copying{}
		r.job.Sink, r.job.Senders = struct{ *copying }{to}, 1
		r.job.Engine.KeepLookups(transform.SpillOptions{Dir: r.job.TempDir, Memory: memory})
		r.start(t.Context()).ok()
		outputs = append(outputs, strings.Join(to.got, "\n"))
		ledgers = append(ledgers, r.ledger()+strings.Join(r.rows("vis.csv"), "\n")+strings.Join(r.rows("doc.csv"), "\n"))
		if err := r.job.Engine.Close(); err != nil {
			t.Error(err)
		}
		wantNoFiles(t, r.job.TempDir)
	}
	if n := strings.Count(outputs[0], "ward "); n < 700 || !strings.Contains(outputs[0], `"telecom":[{`) {
		t.Fatalf("%d wards were found", n)
	}
	for i := range outputs {
		if outputs[i] != outputs[0] {
			t.Errorf("run %d made something else", i)
		}
		if d := cmp.Diff(ledgers[0], ledgers[i]); d != "" {
			t.Errorf("run %d has another ledger:\n%s", i, d)
		}
	}
}

// wantNoFiles fails where something was left in the folder for temporary files.
func wantNoFiles(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestARunEndsWhereLookupsCannotBePutAside(t *testing.T) {
	t.Parallel()
	r := prepare(t, visits, visitFiles(50)...)
	r.job.Engine.KeepLookups(transform.SpillOptions{Dir: filepath.Join(r.job.TempDir, "gone"), Memory: 1})
	if r.start(t.Context()); r.err == nil || !strings.Contains(r.err.Error(), "lookup table pat: spill lookups: ") {
		t.Errorf("error %v", r.err)
	}
	if err := r.job.Engine.Close(); err != nil {
		t.Error(err)
	}
	wantNoFiles(t, r.job.TempDir)
}

// spoiling empties the temporary files of lookups when a stage begins.
type spoiling struct {
	quiet
	t     *testing.T
	stage string
	dir   string
	n     int
}

func (s *spoiling) Start(stage string) {
	if stage != s.stage {
		return
	}
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		s.t.Error(err)
	}
	for _, fd := range open {
		if name, err := os.Readlink(fd); err != nil || !strings.HasPrefix(name, filepath.Join(s.dir, "lookups-")) {
			continue
		}
		if err := os.Truncate(fd, 10); err != nil {
			s.t.Error(err)
		}
		s.n++
	}
}

func TestARunEndsWhereLookupsWereSpoilt(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("SKIPPED: open files cannot be found here")
	}
	r := prepare(t, visits, visitFiles(50)...)
	spoiler := &spoiling{t: t, stage: "vis", dir: r.job.TempDir}
	r.job.Progress = spoiler
	r.job.Engine.KeepLookups(transform.SpillOptions{Dir: r.job.TempDir, Memory: 1})
	if r.start(t.Context()); !errors.Is(r.err, transform.ErrSpoilt) || spoiler.n == 0 {
		t.Errorf("%d files were spoilt, error %v", spoiler.n, r.err)
	}
	if err := r.job.Engine.Close(); err != nil {
		t.Error(err)
	}
}

// A group with more rows than all batches that may be under way goes through,
// with others before and behind it.
func TestAGroupOfManyRowsGoesThrough(t *testing.T) {
	t.Parallel()
	lines := []string{"ID|H"}
	for i := range 30_000 {
		name := "general"
		if i%10_000 == 0 {
			name = fmt.Sprintf("%d clinic", 9-i/10_000*4) // "9 clinic", "5 clinic" and "1 clinic" come first
		}
		lines = append(lines, fmt.Sprintf("%d|%s", i, name))
	}
	lines = append(lines, "x|home", "y|home")
	r := prepare(t, "chartlift: 1\nid: sites\nsources: { msg: { csv: { path: msg.csv }, key: [ID] } }\n"+
		"maps: { site: { from: msg, resource: Organization, group: [H], elements: { name: $H, alias: [$ID] } } }\n", file("msg.csv", lines...))
	to := &copying{}
	r.job.Sink, r.job.Senders, r.job.Workers = struct{ *copying }{to}, 1, 1
	r.start(t.Context()).ok()
	var got []string
	for _, json := range to.got {
		_, body, _ := strings.Cut(json, `"name":`)
		got = append(got, body)
	}
	want := []string{`"1 clinic","alias":["20000"]}`, `"5 clinic","alias":["10000"]}`, `"9 clinic","alias":["0"]}`, `"general","alias":["1"]}`, `"home","alias":["x"]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.summary.Read != 30_002 || r.summary.Loaded != 30_002 {
		t.Errorf("summary %+v", r.summary)
	}
}
