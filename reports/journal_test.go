package reports_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

// delivering starts a run that delivers to target.
func delivering(t *testing.T, db *reports.DB, d reports.Delivery) *reports.Recorder {
	t.Helper()
	rec, _ := begin(t, db, reports.Options{})
	if err := rec.Deliver(d); err != nil {
		t.Fatal(err)
	}
	return rec
}

func delivered(id, content string, fate reports.Fate) reports.Delivered {
	return reports.Delivered{Type: "Patient", ID: id, Sum: reports.SumOf([]byte(content)), Fate: fate, Version: "1"}
}

func journal(t *testing.T, db *reports.DB, run string) (all []reports.Bundle) {
	t.Helper()
	err := db.Bundles(context.Background(), run, func(b reports.Bundle) error { all = append(all, b); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheJournalKeepsEveryResourceAndTheLastWordOnEachBundle(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "https://fhir.example.org/r4", Scope: "clinic@here"})
	one := []reports.Delivered{delivered("p1", "a", reports.Sent), delivered("p2", "b", reports.Sent)}
	rec.Journal(1, false, one)
	rec.Journal(2, false, []reports.Delivered{delivered("p3", "c", reports.Sent)})
	if err := rec.Await(); err != nil {
		t.Fatal(err)
	}
	if n := one64(t, path, "SELECT count(*) FROM v_resource WHERE state = 'sent' AND fate = 'sent'"); n != 3 {
		t.Errorf("%d resources are under way, want 3", n)
	}
	one[0].Fate, one[1].Fate, one[1].Version, one[1].ServerID = reports.Created, reports.Dead, "W/\"\n é\\", "77"
	rec.Journal(1, true, one)
	finish(t, rec, reports.Succeeded)
	all := journal(t, db, rec.ID())
	if len(all) != 2 || all[0].Seq != 2 || all[0].Acked || !all[1].Acked {
		t.Fatalf("the bundles are %+v", all)
	}
	if diff := cmp.Diff(one, all[1].Resources); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := one64(t, path, "SELECT count(*) FROM v_resource WHERE fate = 'dead' AND server_id = '77' AND resource_id = 'p2'"); n != 1 {
		t.Errorf("the view shows %d such resources, want 1", n)
	}
}

func one64(t *testing.T, path, query string) int64 { return one[int64](t, path, query) }

func TestWhatATargetHoldsIsTheLastWordOnEachResource(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	here := reports.Delivery{Target: "sandbox:", Scope: "clinic@here"}
	deliver := func(d reports.Delivery, all ...reports.Delivered) {
		rec := delivering(t, db, d)
		rec.Journal(1, true, all)
		finish(t, rec, reports.Succeeded)
	}
	if h, err := db.Held(context.Background(), "sandbox:", here.Scope); h != nil || err != nil {
		t.Errorf("nothing was delivered, but %v, %v", h, err)
	}
	deliver(here, delivered("same", "a", reports.Created), delivered("changed", "a", reports.Created), delivered("gone", "a", reports.Created),
		delivered("undone", "a", reports.Created), delivered("doubt", "a", reports.Created), delivered("refused", "a", reports.Created), delivered("retired", "a", reports.Created))
	deliver(here, delivered("changed", "b", reports.Updated), delivered("undone", "", reports.Deleted), delivered("doubt", "b", reports.Sent),
		delivered("refused", "b", reports.Dead), delivered("retired", "b", reports.Retired), delivered("never", "b", reports.Dead))
	deliver(reports.Delivery{Target: "sandbox:", Scope: "other@here"}, delivered("theirs", "a", reports.Created))
	deliver(reports.Delivery{Target: "http://other", Scope: here.Scope}, delivered("elsewhere", "a", reports.Created))
	h, err := db.Held(context.Background(), "sandbox:", here.Scope)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, id := range []string{"same", "changed", "undone", "doubt", "refused", "retired", "never", "elsewhere"} {
		got[id] = h.Same("Patient", id, []byte("a"))
	}
	want := map[string]bool{
		"same": true, "changed": false, "undone": false, "doubt": false, "retired": false, "never": false, "elsewhere": false,
		"refused": true, // the server holds what it held before
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !h.Seen("Patient", "same") || h.Seen("Observation", "same") || h.Seen("Patient", "never") {
		t.Error("what was asked for is not what was seen")
	}
	known := map[string]bool{}
	for _, id := range []string{"same", "undone", "refused", "retired", "never"} {
		known[id] = h.Knows("Patient", id)
	}
	known["doubt, of which no row is known"] = h.Knows("Patient", "doubt")
	for _, id := range []string{"doubt", "never"} {
		if _, ok := h.Look("Patient", id); ok {
			t.Errorf("the target is said to hold %s", id)
		}
		known[id+", which a row makes"] = h.Knows("Patient", id)
	}
	want = map[string]bool{
		"same": true, "undone": false, "refused": true, "retired": true, "never": false,
		"doubt, of which no row is known": false, "doubt, which a row makes": true, "never, which a row makes": false,
	}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("known (-want +got)\n%s", diff)
	}
	if h.Same("Observation", "same", []byte("a")) {
		t.Error("a resource of another type is taken for it")
	}
	if diff := cmp.Diff(map[string]int64{"Patient": 6}, h.Counts()); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	var vanished []string
	if err := h.Vanished(context.Background(), func(v reports.Vanished) error { vanished = append(vanished, v.Type+"/"+v.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Patient/gone"}, vanished); diff != "" {
		t.Errorf("vanished (-want +got)\n%s", diff)
	}
	h.SendAll()
	if h.Same("Patient", "same", []byte("a")) {
		t.Error("a target that is not believed holds something")
	}
	// What a reference may lead to: a chart is there also where nobody knows
	// with which of two contents.
	ids := map[string]bool{}
	if err := h.IDs(t.Context(), "Patient", func(id string) { ids[id] = true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"same": true, "changed": true, "gone": true, "doubt": true, "refused": true}, ids); diff != "" {
		t.Errorf("ids (-want +got)\n%s", diff)
	}
	if err := h.IDs(t.Context(), "Observation", func(id string) { t.Errorf("there is no Observation %s", id) }); err != nil {
		t.Fatal(err)
	}
	last, err := h.Recall(t.Context(), map[string]bool{"Patient/doubt": true, "Patient/refused": true, "Patient/never": true, "Patient/undone": true, "Patient/elsewhere": true})
	if err != nil {
		t.Fatal(err)
	}
	fates := map[string]reports.Fate{}
	for ref, d := range last {
		fates[ref] = d.Fate
	}
	if diff := cmp.Diff(map[string]reports.Fate{"Patient/doubt": reports.Sent, "Patient/refused": reports.Created, "Patient/undone": reports.Deleted}, fates); diff != "" {
		t.Errorf("recalled (-want +got)\n%s", diff)
	}
}

// Of what was sent without an answer only that is there which was there before.
func TestWhatWasOnlySentIsNothingToReferTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fates []reports.Fate
		there bool
	}{
		"never answered":                     {[]reports.Fate{reports.Sent}, false},
		"never answered, twice":              {[]reports.Fate{reports.Sent, reports.Sent}, false},
		"created, then sent":                 {[]reports.Fate{reports.Created, reports.Sent}, true},
		"created, then sent twice":           {[]reports.Fate{reports.Created, reports.Sent, reports.Sent}, true},
		"created, refused and sent":          {[]reports.Fate{reports.Created, reports.Dead, reports.Sent}, true},
		"created, undone and sent":           {[]reports.Fate{reports.Created, reports.Deleted, reports.Sent}, false},
		"created, vanished and sent":         {[]reports.Fate{reports.Created, reports.Retired, reports.Sent}, false},
		"sent, and answered the second time": {[]reports.Fate{reports.Sent, reports.Created}, true},
	} {
		db, _ := open(t)
		for _, fate := range c.fates {
			rec := delivering(t, db, reports.Delivery{Target: "sandbox:", Scope: "clinic@here"})
			rec.Journal(1, true, []reports.Delivered{delivered("before", "a", reports.Created), delivered("p", "a", fate), delivered("z", "a", reports.Created)})
			finish(t, rec, reports.Succeeded)
		}
		h, err := db.Held(t.Context(), "sandbox:", "clinic@here")
		if err != nil {
			t.Fatal(err)
		}
		there := false
		if err := h.IDs(t.Context(), "Patient", func(id string) { there = there || id == "p" }); err != nil || there != c.there {
			t.Errorf("%s: there %v, %v", name, there, err)
		}
	}
}

func TestFilesAreHeldOnlyWhenTheRunCameToItsEnd(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	for i, complete := range []bool{false, true} {
		rec := delivering(t, db, reports.Delivery{Target: "/out", Files: true, Scope: "clinic@here"})
		rec.Journal(1, true, []reports.Delivered{delivered(fmt.Sprint("p", i), "a", reports.Created)})
		if complete {
			if err := rec.Complete(); err != nil {
				t.Fatal(err)
			}
		}
		finish(t, rec, reports.Succeeded)
		d, done, err := db.DeliveryOf(context.Background(), rec.ID())
		if err != nil || done != complete || !d.Files || d.Target != "/out" {
			t.Errorf("%+v, %v, %v", d, done, err)
		}
	}
	h, err := db.Held(context.Background(), "/out", "clinic@here")
	if err != nil {
		t.Fatal(err)
	}
	if h.Same("Patient", "p0", []byte("a")) || !h.Same("Patient", "p1", []byte("a")) {
		t.Error("the folder holds what the first run wrote, or not what the second did")
	}
}

func TestARunWithoutDeliveryIsTold(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	finish(t, rec, reports.Succeeded)
	if _, _, err := db.DeliveryOf(context.Background(), rec.ID()); !errors.Is(err, reports.ErrNoDelivery) {
		t.Errorf("the error is %v", err)
	}
	if err := rec.Await(); err == nil {
		t.Error("a finished recorder does not say so")
	}
}

func TestRefusedResourcesNameEveryRowThatTheyAnswerFor(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	rows := []reports.RowRef{{SourceID: id, Row: 4}, {SourceID: id, Row: 9}, {SourceID: id, Row: 4}}
	rec.Unit(reports.Unit{Seq: 1, Entries: 1, Failures: []reports.EntryFailure{{SourceID: id, Row: 4, Type: "Patient", ID: "p4", Status: 422, Rows: rows}}})
	rec.Unit(reports.Unit{Seq: 2, Entries: 1, Failures: []reports.EntryFailure{{SourceID: id, Row: 5, Type: "Patient", ID: "p5", Status: 422, Rows: rows[:1]}}})
	finish(t, rec, reports.Findings)
	if got := one[string](t, path, "SELECT group_concat(resource_id || ':' || d.row_no, ' ') FROM (SELECT * FROM dead_row ORDER BY 1, 3) d JOIN entry_failure USING (failure_id)"); got != "p4:4 p4:9 p5:4" {
		t.Errorf("the rows are %s", got)
	}
}

func BenchmarkJournal(b *testing.B) {
	db, _ := open(b)
	rec, _ := begin(b, db, reports.Options{})
	if err := rec.Deliver(reports.Delivery{Target: "/out"}); err != nil {
		b.Fatal(err)
	}
	all := make([]reports.Delivered, 100)
	for i := range all {
		all[i] = reports.Delivered{Type: "Observation", ID: fmt.Sprintf("%08d-1c4f-5b0e-9a55-0123456789ab", i), Fate: reports.Created, Version: "1"}
	}
	seq := int64(0)
	for b.Loop() {
		seq++
		rec.Journal(seq, true, all)
	}
	finish(b, rec, reports.Succeeded)
	b.ReportMetric(float64(seq*100)/b.Elapsed().Seconds(), "resources/s")
}

func TestLinesOfTheJournalAreReadWhateverAServerCallsAVersion(t *testing.T) {
	t.Parallel()
	want := []reports.Delivered{delivered("p1", "a", reports.Created), delivered("p2", "b", reports.Updated), delivered("p3", "c", reports.Dead)}
	for _, version := range []string{"1", "", "é", `a"b\c`, "],[", "x,y", "\x00"} {
		for i := range want {
			want[i].Version = version
		}
		want[1].ServerID = "77"
		text := []byte("[")
		for i, d := range want {
			if i > 0 {
				text = append(text, ',')
			}
			text = d.AppendJSON(text)
		}
		got, err := reports.ReadDelivered(string(append(text, ']')))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("version %q: %v (-want +got)\n%s", version, err, diff)
		}
	}
	if got, err := reports.ReadDelivered("[]"); len(got) > 0 || err != nil {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "[[", `[["Patient"]]`, `[["a","b","00","c","1"]]`, `[["a","b","zz112233445566778899aabbccddeeff","c","1"]]`, `[[1]]`, `[["a" "b"]]`, `[["a","b`, `[["a","b","c","d","e","f","g"]]`, `["\\"]`} {
		if got, err := reports.ReadDelivered(bad); err == nil {
			t.Errorf("%s is read as %v", bad, got)
		}
	}
}

func TestContentIsKnownAgainByTheHashOfAnyVersion(t *testing.T) {
	t.Parallel()
	a, b := []byte(`{"resourceType":"Patient","id":"a"}`), []byte(`{"resourceType":"Patient","id":"b"}`)
	old := sha256.Sum256(a)
	for name, sum := range map[string]reports.Sum{"XXH3": reports.SumOf(a), "SHA-256": reports.Sum(old[:16])} {
		if !reports.SameContent(sum, a) || reports.SameContent(sum, b) {
			t.Errorf("%s: the same %v, other content %v", name, reports.SameContent(sum, a), reports.SameContent(sum, b))
		}
	}
	if second := sha256.Sum256(a); reports.SameContent(reports.Sum(second[16:]), a) || reports.SameContent(reports.Sum{}, nil) {
		t.Error("half of something is taken for the whole")
	}
}
