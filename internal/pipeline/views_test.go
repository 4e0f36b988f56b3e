package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
)

// panels is a mapping of lab rows that a view pivots.
func panels(views, maps string) string {
	return "chartlift: 1\nid: t\noutput: { bundle: { max_entries: 3 }, meta: { source: \"urn:x:${source.file}:${source.row}:${source.line}\" } }\n" +
		"sources:\n  obs: { csv: { path: \"obs*.csv\" }, key: [ID], where: \"VOID IS NULL\" }\n  pat: { csv: { path: pat.csv }, key: [PID] }\n" +
		"views:\n" + views + "maps:\n" + maps
}

const (
	pivot = "  bp: SELECT PAT, MAX(CASE CODE WHEN 's' THEN VALUE END) AS SYS, MAX(CASE CODE WHEN 'd' THEN VALUE END) AS DIA FROM obs WHERE CODE <> 'w' AND CODE <> 'z' GROUP BY PAT\n"
	bpMap = "  bp: { from: bp, key: [PAT], resource: Observation, elements: { status: final, code: { text: bp }, component: [{ code: { text: s }, valueQuantity: $SYS | quantity mm }, { code: { text: d }, valueQuantity: $DIA | quantity mm }] } }\n"
	wMap  = "  w: { from: obs, resource: Observation, where: CODE = 'w', elements: { status: final, code: { text: w }, valueQuantity: $VALUE | quantity kg } }\n"
)

func labRows() *memory {
	return file("obs.csv", "ID|PAT|CODE|VALUE|VOID",
		"1|a|s|120|∅", "2|b|s|bad|∅", "3|a|d|80|∅", "4|a|w|70|∅", "5|b|d|90|∅", "6|c|z|1|∅", "7|a|s|999|yes", "8|c|w|heavy|∅", "3|a|d|80|∅", "!9|a|s|1", "4|a|w|71|∅", "10|d|d|60|∅")
}

func TestEveryRowThatAViewReadsHasOneOutcome(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels(pivot, bpMap+wMap), labRows()).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected bad-number", "3-4 loaded", "5-5 rejected bad-number", "6-6 filtered view:bp", "7-7 filtered where",
		"8-8 rejected bad-number", "9-9 merged exact-duplicate into 3", "10-10 rejected too-many-cells", "11-11 rejected duplicate-key", "12-12 loaded")
	r.wantLedger("obs.csv 12 = 4 + 1 + 2 + 5")
	if r.summary.Untraced != 0 || r.summary.Resources != 3 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestATableThatOnlyAViewReadsIsReadOnce(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels(pivot, bpMap), labRows()).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected bad-number", "3-3 loaded", "4-4 filtered view:bp", "5-5 rejected bad-number", "6-6 filtered view:bp", "7-7 filtered where",
		"8-8 filtered view:bp", "9-9 merged exact-duplicate into 3", "10-10 rejected too-many-cells", "11-11 rejected duplicate-key", "12-12 loaded")
	if r.summary.Errors != 3 {
		t.Errorf("a row's trouble is told once: %+v", r.summary)
	}
}

func TestARowInAMapAndAViewIsLoadedOnlyWhereBothTakeIt(t *testing.T) {
	t.Parallel()
	mapping := panels(pivot, bpMap+"  all: { from: obs, resource: Basic, where: \"PAT <> 'd'\", elements: { code: { text: $VALUE | max_len 2 reject } } }\n")
	r := prepare(t, mapping, file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|s|12|∅", "2|a|d|120|∅", "3|b|s|99|∅", "4|c|s|xx|∅", "5|d|s|100|∅", "6|e|z|10|∅")).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected too-long", "3-3 loaded", "4-4 rejected bad-number", "5-6 loaded")
}

func TestTheTargetsRefusalOfAViewsResourceRejectsItsRows(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels(pivot, bpMap+wMap), labRows())
	r.job.Sink = &sink{refuse: func(json string) string {
		if strings.Contains(json, "120") {
			return "conflict"
		}
		return ""
	}}
	r.start(t.Context()).ok()
	rows := r.rows("obs.csv")
	if rows[0] != "1-1 rejected conflict" || rows[2] != "3-3 rejected conflict" || rows[3] != "4-4 loaded" {
		t.Errorf("rows %v", rows)
	}
	r.wantLedger("obs.csv 12 = 2 + 1 + 2 + 7")
	story, err := r.db.RowStory(t.Context(), "", "obs.csv", 1)
	if err != nil || len(story.Refused) != 1 {
		t.Errorf("story %+v, %v", story, err)
	}
}

func TestRowsOfAViewOfSeveralFilesAreFollowedToEach(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels(pivot, bpMap),
		file("obs1.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|s|120|∅", "2|b|s|x|∅"),
		file("obs2.csv", "ID|PAT|CODE|VALUE|VOID", "3|b|d|80|∅", "4|a|d|80|∅", "5|c|d|80|∅"))
	dir := r.into(t)
	r.start(t.Context()).ok()
	r.wantRows("obs1.csv", "1-1 loaded", "2-2 rejected bad-number")
	r.wantRows("obs2.csv", "1-1 rejected bad-number", "2-3 loaded")
	if err := r.job.Sink.Close(); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"urn:x:obs1.csv:1:2", "urn:x:obs2.csv:3:4"} {
		if text := contents(t, dir); !strings.Contains(text, source) {
			t.Errorf("%s is not in\n%s", source, text)
		}
	}
}

func TestTheFirstTableOfAJoinIsTheOneWhoseRowsCount(t *testing.T) {
	t.Parallel()
	files := func() []*memory {
		return []*memory{
			file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|w|70|∅", "2|b|w|x|∅", "3|z|w|60|∅"),
			file("pat.csv", "PID|NAME", "a|Ana", "b|Bo", "c|Cy"),
		}
	}
	joined := "  w: { from: joined, key: [ID], resource: Observation, elements: { status: final, code: { text: w }, subject: { display: $NAME }, valueQuantity: $VALUE | quantity kg } }\n"
	sql := "SELECT o.ID, o.VALUE, p.NAME FROM obs o JOIN pat p ON p.PID = o.PAT"
	r := prepare(t, panels("  joined: "+sql+"\n", joined), files()...).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected bad-number", "3-3 filtered view:joined")
	r.wantRows("pat.csv", "1-3 filtered view:joined")
	r = prepare(t, panels("  joined: { sql: \""+sql+"\", rows: [obs, pat] }\n", joined), files()...).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected bad-number", "3-3 filtered view:joined")
	r.wantRows("pat.csv", "1-1 loaded", "2-2 rejected bad-number", "3-3 filtered view:joined")
}

func TestARefusedRowOfAViewThatCannotBeFollowedIsVisible(t *testing.T) {
	t.Parallel()
	views := "  people: { sql: \"SELECT PAT, VALUE FROM obs UNION SELECT PID, NAME FROM pat\", key: [PAT] }\n"
	maps := "  p: { from: people, resource: Basic, elements: { code: { text: $VALUE | max_len 2 reject } } }\n"
	r := prepare(t, panels(views, maps), file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|w|70|∅", "2|b|w|xxx|∅"), file("pat.csv", "PID|NAME", "a|Ana", "c|Cy"))
	dir := r.into(t)
	r.start(t.Context()).ok()
	r.wantRows("obs.csv", "1-2 filtered view:people")
	r.wantRows("pat.csv", "1-2 filtered view:people")
	if r.summary.Untraced != 2 || r.summary.Resources != 2 {
		t.Errorf("summary %+v", r.summary)
	}
	if err := r.job.Sink.Close(); err != nil {
		t.Fatal(err)
	}
	if text := contents(t, dir); !strings.Contains(text, `"source":"urn:x:obs.csv::"`) {
		t.Errorf("resources\n%s", text)
	}
	s, err := r.db.Summary(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range s.Findings.First {
		found = append(found, fmt.Sprintf("%s %s %s %d", f.Code, f.Rule, f.Column, f.Count))
	}
	if diff := cmp.Diff([]string{"too-long p.code.text VALUE 2", "view-row-rejected people PAT 2"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTwoRowsOfAViewWithOneKeyAreAConflict(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels("  v: SELECT PAT, VALUE FROM obs\n", "  o: { from: v, key: [PAT], resource: Basic, elements: { code: { text: $VALUE } } }\n"),
		file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|w|2|∅", "2|a|w|1|∅", "3|b|w|1|∅")).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 rejected duplicate-key", "2-3 loaded") // in the order of the view
}

func TestRowsOfAViewCanBeGrouped(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels("  v: SELECT PAT, CODE, max(VALUE) AS VALUE FROM obs GROUP BY PAT, CODE\n",
		"  list: { from: v, group: [PAT], resource: List, where: \"CODE <> 'x'\", elements: { status: current, mode: snapshot, title: $VALUE | max_len 2 reject, entry: { each: $rows, item: { item: { display: $rows.CODE } } } } }\n"),
		file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|s|1|∅", "2|a|s|2|∅", "3|a|t|3|∅", "4|b|s|long|∅", "5|b|t|1|∅", "6|b|x|1|∅")).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-3 loaded", "4-5 rejected too-long", "6-6 filtered view:v")
	if got := r.job.Sink.(*sink).taken; len(got) != 1 {
		t.Errorf("taken %v", got)
	}
}

func TestLookupsAndReferencesGoIntoViews(t *testing.T) {
	t.Parallel()
	views := "  last: SELECT PAT, max(CAST(VALUE AS INTEGER)) AS TOP FROM obs GROUP BY PAT\n  person: SELECT p.PID, p.NAME FROM pat p\n"
	maps := "  o: { from: obs, resource: Observation, elements: { status: final, code: { text: w }, valueQuantity: $VALUE | quantity kg, subject: ref p($PAT) } }\n" +
		"  p: { from: person, key: [PID], resource: Patient, lookup: { top: { in: last, on: { PAT: $PID } } }, elements: { name: [{ text: $NAME, family: $top.TOP }] } }\n"
	r := prepare(t, panels(views, maps), file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|w|9|∅", "2|a|w|10|∅", "3|nobody|w|60|∅"), file("pat.csv", "PID|NAME", "a|Ana", "c|Cy"))
	dir := r.into(t)
	r.start(t.Context()).ok()
	r.wantRows("obs.csv", "1-2 loaded", "3-3 rejected reference-missing")
	r.wantRows("pat.csv", "1-2 loaded")
	if err := r.job.Sink.Close(); err != nil {
		t.Fatal(err)
	}
	if text := contents(t, dir); !strings.Contains(text, `"text":"Ana","family":"10"`) {
		t.Errorf("resources\n%s", text)
	}
}

func TestAViewThatOnlyServesALookupFiltersTheRowsThatItReads(t *testing.T) {
	t.Parallel()
	r := prepare(t, panels("  last: SELECT PAT, max(VALUE) AS TOP FROM obs GROUP BY PAT\n",
		"  p: { from: pat, resource: Patient, lookup: { top: { in: last, on: { PAT: $PID } } }, elements: { name: [{ text: $top.TOP }] } }\n"),
		labRows(), file("pat.csv", "PID|NAME", "a|Ana")).start(t.Context()).ok()
	r.wantLedger("obs.csv 12 = 0 + 1 + 9 + 2", "pat.csv 1 = 1 + 0 + 0 + 0")
}

// TestAMapThatRefersToAViewOfItsOwnTable has no order in which both come last:
// the view's keys are announced.
func TestAMapThatRefersToAViewOfItsOwnTable(t *testing.T) {
	t.Parallel()
	mapping := panels("  person: SELECT PAT, min(VALUE) AS LOW FROM obs GROUP BY PAT\n",
		"  o: { from: obs, resource: Observation, elements: { status: final, code: { text: w }, valueQuantity: $VALUE | quantity kg, subject: ref p($PAT) } }\n"+
			"  p: { from: person, key: [PAT], resource: Patient, elements: { name: [{ text: $LOW }] } }\n")
	r := prepare(t, mapping, file("obs.csv", "ID|PAT|CODE|VALUE|VOID", "1|a|w|9|∅", "2|b|w|x|∅", "3|∅|w|3|∅")).start(t.Context()).ok()
	r.wantRows("obs.csv", "1-1 loaded", "2-2 rejected bad-number", "3-3 rejected reference-empty")
	if diff := cmp.Diff(3, len(r.job.Sink.(*sink).taken)); diff != "" {
		t.Error(diff, r.job.Sink.(*sink).taken)
	}
}

// chain is a mapping of views over views, with maps on all floors.
const chain = `chartlift: 1
id: chain
output: { bundle: { max_entries: 7 }, meta: { source: "urn:x:${source.file}:${source.row}" } }
sources:
  obs: { csv: { path: obs*.csv }, key: [ID], dedupe: { keep: last } }
  pat: { csv: { path: pat.csv }, key: [ID] }
views:
  daily: SELECT PAT, DAY, count(*) AS N, max(CAST(VALUE AS REAL)) AS TOP FROM obs WHERE CODE NOT IN ('w', 'x') GROUP BY PAT, DAY
  people: SELECT p.ID, p.NAME, sum(d.N) AS N FROM pat p LEFT JOIN daily d ON d.PAT = p.ID GROUP BY p.ID, p.NAME
  all: SELECT ID, NAME AS TEXT FROM pat UNION ALL SELECT ID, VALUE FROM obs WHERE CODE = 'y'
maps:
  o: { from: obs, resource: Observation, where: CODE = 'x', elements: { status: final, code: { text: $VALUE | max_len 3 reject }, subject: ref? p($PAT) } }
  d: { from: daily, key: [PAT, DAY], resource: Observation, elements: { status: final, code: { text: $DAY }, valueQuantity: $TOP | quantity kg, subject: ref p($PAT) } }
  l: { from: daily, group: [PAT], resource: List, elements: { status: current, mode: snapshot, entry: { each: $rows, item: { item: { display: $rows.DAY } } } } }
  p: { from: people, key: [ID], resource: Patient, elements: { name: [{ text: $NAME, family: $N | max_len 2 reject }] } }
  a: { from: all, key: [ID], resource: Basic, elements: { code: { text: $TEXT | max_len 4 reject } } }
`

func chainFiles(n int) []*memory {
	pat, one, two := []string{"ID|NAME"}, []string{"ID|PAT|DAY|CODE|VALUE"}, []string{"ID|PAT|DAY|CODE|VALUE"}
	for i := range n {
		pat = append(pat, fmt.Sprintf("p%d|N%d", i, i*7))
		one = append(one, fmt.Sprintf("o%d|p%d|d%d|%c|%d", i, i%(n/4)+i%2*n, i%3, "xyz"[i%3], i*i))
		two = append(two, fmt.Sprintf("o%d|p%d|d%d|%c|%d.5", i+n/2, i%7, i%5, "xyyw"[i%4], i))
	}
	return []*memory{file("pat.csv", pat...), file("obs1.csv", one...), file("obs2.csv", two...)}
}

func TestViewsGiveTheSameBytesWithAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	var outputs, ledgers []string
	for _, workers := range []int{1, 2, 7} {
		r := prepare(t, chain, chainFiles(200)...)
		r.job.Workers = workers
		dir := r.into(t)
		r.start(t.Context()).ok()
		if err := r.job.Sink.Close(); err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, contents(t, dir))
		ledgers = append(ledgers, r.ledger()+strings.Join(append(r.rows("obs1.csv"), append(r.rows("obs2.csv"), r.rows("pat.csv")...)...), "\n"))
	}
	for i := range outputs {
		if diff := cmp.Diff(outputs[0], outputs[i]); diff != "" {
			t.Errorf("other bytes (-first +this):\n%s", diff)
		}
		if diff := cmp.Diff(ledgers[0], ledgers[i]); diff != "" {
			t.Errorf("other ledger (-first +this):\n%s", diff)
		}
	}
	if !strings.Contains(outputs[0], "List.ndjson") || !strings.Contains(ledgers[0], "rejected too-long") || !strings.Contains(ledgers[0], "filtered view:daily,all") {
		t.Errorf("the files do not try everything:\n%s", ledgers[0])
	}
}

// TestTheLedgerBalancesWhereverARunWithViewsEnds ends the run at every bundle,
// by a target that is gone and by Ctrl-C.
func TestTheLedgerBalancesWhereverARunWithViewsEnds(t *testing.T) {
	t.Parallel()
	for at := int64(1); at < 25; at += 3 {
		r := prepare(t, chain, chainFiles(40)...)
		r.job.Sink = &sink{failAt: at}
		r.start(t.Context())
		if !errors.Is(r.err, errGone) {
			t.Fatalf("bundle %d: %v", at, r.err)
		}
		r.ledger()
		ctx, cancel := context.WithCancel(t.Context())
		r = prepare(t, chain, chainFiles(40)...)
		r.job.Sink = &sink{onSend: func(b *load.Bundle) {
			if b.Seq == at {
				cancel()
			}
		}}
		r.start(ctx)
		cancel()
		r.ledger()
		for _, row := range r.rows("obs1.csv") {
			if strings.Contains(row, "view:") {
				t.Errorf("ended at bundle %d, and %s: what views make of the row was not known yet", at, row)
			}
		}
	}
}

func TestALimitCountsRowsThatViewsReject(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(panels(pivot, bpMap), "id: t\n", "id: t\ndefaults: { policy: { limit: { rejected: 20%, after: 3 } } }\n", 1)
	r := prepare(t, mapping, labRows()).start(t.Context())
	if !errors.Is(r.err, pipeline.ErrStopped) || !strings.Contains(r.summary.Stopped, "4 of 12 rows of obs") {
		t.Errorf("%v, %q", r.err, r.summary.Stopped)
	}
	r.ledger()
	if out := r.rows("obs.csv"); len(out) == 0 || !strings.Contains(strings.Join(out, " "), reports.Rejected.String()) {
		t.Errorf("rows %v", out)
	}
}
