package reports_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

// someUUID is the nth id of a test, with every hexadecimal digit in it.
func someUUID(n int) string { return fmt.Sprintf("0123abcd-ef45-5678-9abc-def0%08x", n) }

// bundleOf is n resources that a target took, with ids and sums of their own.
func bundleOf(n int) []reports.Delivered {
	all := make([]reports.Delivered, n)
	for i := range all {
		all[i] = reports.Delivered{Type: "Observation", ID: someUUID(i), Sum: reports.SumOf([]byte(someUUID(i))), Fate: reports.Created, Version: "1"}
	}
	return all
}

// stored returns how a line of the journal lies in the database: packed or not,
// and its bytes.
func stored(t *testing.T, path string, seq int64) (packed bool, size int64) {
	t.Helper()
	conns, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer conns.Close()
	if err := conns.QueryRow("SELECT packed IS NOT NULL, length(resources) + coalesce(length(packed), 0) FROM journal WHERE seq = ?", seq).Scan(&packed, &size); err != nil {
		t.Fatal(err)
	}
	return packed, size
}

func TestLinesOfTheJournalArePackedWhereTheyCanBeAndSayTheSame(t *testing.T) {
	t.Parallel()
	change := func(do func(all []reports.Delivered)) []reports.Delivered {
		all := bundleOf(120)
		do(all)
		return all
	}
	for name, c := range map[string]struct {
		resources []reports.Delivered
		packed    bool
	}{
		"all of one kind": {bundleOf(120), true},
		"one resource":    {bundleOf(1), true},
		"several kinds": {change(func(all []reports.Delivered) {
			for i := range all {
				all[i].Type = []string{"Patient", "Observation", "Encounter"}[i%3]
				all[i].Fate = []reports.Fate{reports.Created, reports.Updated, reports.Unchanged, reports.Sent, reports.Dead, reports.Restored, reports.Deleted, reports.Retired}[i%8]
			}
		}), true},
		"as many kinds as two digits tell apart": {change(func(all []reports.Delivered) {
			for i := range all {
				all[i].Version = fmt.Sprint(i % 100)
			}
		}), true},
		"more kinds": {change(func(all []reports.Delivered) {
			for i := range all {
				all[i].Version = fmt.Sprint(i % 101)
			}
		}), false},
		"a version with signs": {change(func(all []reports.Delivered) { all[7].Version = "W/\"\n é\\],[" }), true},
		"an id that is none":   {change(func(all []reports.Delivered) { all[119].ID = "p1" }), false},
		"capitals":             {change(func(all []reports.Delivered) { all[3].ID = strings.ToUpper(all[3].ID) }), false},
		"a g among the digits": {change(func(all []reports.Delivered) { all[3].ID = "g" + all[3].ID[1:] }), false},
		"a hyphen elsewhere":   {change(func(all []reports.Delivered) { all[3].ID = "-" + all[3].ID[1:8] + "0" + all[3].ID[9:] }), false},
		"the server's id":      {change(func(all []reports.Delivered) { all[0].ServerID = "77" }), false},
		"nothing":              {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := open(t)
			rec := delivering(t, db, reports.Delivery{Target: "/out", Files: true, Scope: "clinic@here"})
			rec.Journal(7, true, c.resources)
			finish(t, rec, reports.Succeeded)
			if packed, _ := stored(t, path, 7); packed != c.packed {
				t.Errorf("packed is %v", packed)
			}
			all := journal(t, db, rec.ID())
			if len(all) != 1 || len(all[0].Resources) != len(c.resources) {
				t.Fatalf("the journal is %+v", all)
			}
			if diff := cmp.Diff(c.resources, all[0].Resources); len(c.resources) > 0 && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(asViewed(c.resources), viewed(t, path)); diff != "" {
				t.Errorf("v_resource (-want +got)\n%s", diff)
			}
		})
	}
}

// asViewed is what v_resource should say of resources.
func asViewed(all []reports.Delivered) (out []string) {
	fates := map[reports.Fate]string{
		reports.Sent: "sent", reports.Created: "created", reports.Updated: "updated", reports.Unchanged: "unchanged",
		reports.Dead: "dead", reports.Deleted: "deleted", reports.Restored: "restored", reports.Retired: "retired",
	}
	for _, d := range all {
		out = append(out, fmt.Sprintf("%s/%s %x %s %q %q", d.Type, d.ID, d.Sum[:], fates[d.Fate], d.Version, d.ServerID))
	}
	return out
}

// viewed is what v_resource says, in the order of the journal.
func viewed(t *testing.T, path string) (out []string) {
	t.Helper()
	conns, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer conns.Close()
	rows, err := conns.Query("SELECT resource_type, resource_id, content_hash, fate, version, server_id FROM v_resource")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var typ, id, hash, fate, version, server string
		if err := rows.Scan(&typ, &id, &hash, &fate, &version, &server); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s/%s %s %s %q %q", typ, id, hash, fate, version, server))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOnlyDigitsInSmallLettersArePacked(t *testing.T) {
	t.Parallel()
	id := []byte("0123abcd-ef45-5678-9abc-def001234567")
	for at := range id {
		for c := range 256 {
			text := append([]byte(nil), id...)
			text[at] = byte(c)
			want := strings.IndexByte("0123456789abcdef", byte(c)) >= 0
			if id[at] == '-' {
				want = c == '-'
			}
			var packed [16]byte
			if got := reports.PackUUID(packed[:], string(text)); got != want {
				t.Fatalf("%q is packed: %v", text, got)
			}
			if digits := strings.ReplaceAll(string(text), "-", ""); want && fmt.Sprintf("%x", packed) != digits {
				t.Fatalf("%q is packed as %x", text, packed)
			}
		}
	}
	for _, other := range []string{"", "0123abcd", string(id) + "0", string(id[:35])} {
		if reports.PackUUID(make([]byte, 16), other) {
			t.Errorf("%q is packed", other)
		}
	}
}

func BenchmarkPackUUID(b *testing.B) {
	id, to := someUUID(77), make([]byte, 16)
	for b.Loop() {
		if !reports.PackUUID(to, id) {
			b.Fatal("it is no UUID")
		}
	}
}

func TestAPackedLineTakesAThirdOfTheBytes(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "/out", Files: true})
	all := bundleOf(1000)
	rec.Journal(1, true, all)
	all[999].ID = "not-packed"
	rec.Journal(2, true, all)
	finish(t, rec, reports.Succeeded)
	_, short := stored(t, path, 1)
	if _, long := stored(t, path, 2); short*100 > long*36 {
		t.Errorf("a packed line has %d bytes, one in JSON %d", short, long)
	}
}

func TestAFateThatIsNoneIsNotPackedIntoAListThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "/out", Files: true})
	for seq, fate := range []reports.Fate{0, '"', reports.Created} {
		all := bundleOf(3)
		all[1].Fate = fate
		rec.Journal(int64(seq+1), true, all)
	}
	finish(t, rec, reports.Succeeded)
	for seq, want := range map[int64]bool{1: false, 2: false, 3: true} {
		if packed, _ := stored(t, path, seq); packed != want {
			t.Errorf("line %d: packed is %v", seq, packed)
		}
	}
}

func TestTheAnswerTakesThePlaceOfALineThatWasPackedOtherwise(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "https://fhir.example.org/r4", Scope: "clinic@here"})
	all := bundleOf(3)
	rec.Journal(1, false, all)
	all[1].ServerID = "77"
	rec.Journal(1, true, all)
	rec.Journal(2, false, all)
	all[1].ServerID = ""
	rec.Journal(2, true, all)
	finish(t, rec, reports.Succeeded)
	for seq, want := range map[int64]bool{1: false, 2: true} {
		if packed, _ := stored(t, path, seq); packed != want {
			t.Errorf("line %d: packed is %v", seq, packed)
		}
	}
	got := journal(t, db, rec.ID())
	if len(got) != 2 || got[1].Resources[1].ServerID != "77" || got[0].Resources[1].ServerID != "" || len(got[0].Resources)+len(got[1].Resources) != 6 {
		t.Errorf("the journal is %+v", got)
	}
}

// inJSON writes the only line of a journal as chartlift did before lines were
// packed.
func inJSON(t *testing.T, path string, all []reports.Delivered) {
	t.Helper()
	text := []byte("[")
	for i, d := range all {
		if i > 0 {
			text = append(text, ',')
		}
		text = d.AppendJSON(text)
	}
	execute(t, path, "UPDATE journal SET packed = NULL, resources = ?", string(append(text, ']')))
}

func execute(t *testing.T, path, statement string, args ...any) {
	t.Helper()
	conns, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conns.Close()
	if _, err := conns.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsReadOfAPackedLineIsWhatAnOlderOneSaid(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, path := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "sandbox:", Scope: "clinic@here"})
	all := bundleOf(40)
	for i := range all {
		all[i].Fate, all[i].Version = []reports.Fate{reports.Created, reports.Dead, reports.Restored, reports.Sent}[i%4], fmt.Sprint(i)
	}
	rec.Journal(1, true, all)
	finish(t, rec, reports.Succeeded)
	type told struct {
		output   reports.Output
		counts   map[string]int64
		restored map[string]string
		view     []string
	}
	read := func() (out told) {
		var errs [3]error
		var h *reports.Held
		out.output, errs[0] = db.Output(ctx, rec.ID())
		h, errs[1] = db.Held(ctx, "sandbox:", "clinic@here")
		out.restored, errs[2] = db.Restored(ctx, []string{rec.ID()})
		if errs != [3]error{} {
			t.Fatal(errs)
		}
		out.counts, out.view = h.Counts(), viewed(t, path)
		return out
	}
	packed := read()
	if packed.output.Resources != 20 || packed.counts["Observation"] != 10 || len(packed.restored) != 10 || len(packed.view) != 40 {
		t.Fatalf("a packed line is read as %+v", packed)
	}
	inJSON(t, path, all)
	if diff := cmp.Diff(packed, read(), cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("(-packed +JSON)\n%s", diff)
	}
}

func TestADamagedPackedLineIsAnErrorAndNoResource(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"cut off":          "UPDATE journal SET packed = substr(packed, 1, length(packed) - 1)",
		"no such kind":     "UPDATE journal SET packed = CAST(x'01' || substr(packed, 2) AS BLOB)",
		"a kind too short": `UPDATE journal SET resources = '[["Patient","",""]]'`,
		"no list":          "UPDATE journal SET resources = 'x'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := open(t)
			rec := delivering(t, db, reports.Delivery{Target: "/out"})
			rec.Journal(1, true, bundleOf(2))
			finish(t, rec, reports.Succeeded)
			execute(t, path, statement)
			n := 0
			err := db.Bundles(context.Background(), rec.ID(), func(reports.Bundle) error { n++; return nil })
			if err == nil || n > 0 {
				t.Errorf("%d bundles, %v", n, err)
			}
		})
	}
}
