package transform_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/transform"
)

func TestAheadAsksOnceForNeighboursThatReferToTheSame(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string][]string{
		"ref p($PAT)":         {"p-1", "p-2", "p-1", ""},
		"ref? p($PAT)":        {"p-1", "p-2", "p-1", ""},
		"ref p($PAT | lower)": nil, // what the id will be takes work that is not done twice
	} {
		b := newBench(t, visits(ref, "omit-element"))
		b.rows("pat", "ID", "p-1", "p-2")
		b.engine.Seal(b.prog.Maps[0])
		schema, records := table("enc", "ID|PAT", "1|p-1", "2|p-1", "3| p-2", "4|p-7", "5|p-1", "6|p-1", "7|∅")
		records[3].Fault = &issue.Issue{Code: "odd"} // its cells are not to be trusted
		binding, err := b.engine.Bind(b.source("enc"), schema)
		if err != nil {
			t.Fatal(err)
		}
		w := binding.Worker(b.hooks())
		w.Ahead(records)
		asked, prints := w.Asked(want...)
		if diff := cmp.Diff(prints, asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ref, diff)
		}
	}
}

func TestToTellAWorkerAheadChangesNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	var lines, patients []string
	for i := range 400 {
		if i%3 > 0 {
			patients = append(patients, "p-"+itoa(i))
		}
		lines = append(lines, itoa(i)+"|p-"+itoa(i/4+random.IntN(2)))
	}
	for _, sealed := range []bool{false, true} {
		var made [2][]string
		for k, ahead := range []bool{false, true} {
			b := newBench(t, visits("ref p($PAT)", "omit-element"))
			b.rows("pat", append([]string{"ID"}, patients...)...)
			if sealed {
				b.engine.Seal(b.prog.Maps[0])
			}
			schema, records := table("enc", append([]string{"ID|PAT"}, lines...)...)
			binding, err := b.engine.Bind(b.source("enc"), schema)
			if err != nil {
				t.Fatal(err)
			}
			w := binding.Worker(b.hooks())
			var scratch []uint64
			for i := range records {
				if ahead && i%50 == 0 {
					w.Ahead(records[i : i+50])
				}
				built := w.Row(&records[i]).Built
				if ahead {
					scratch = b.engine.Ahead(built, scratch)
				}
				for _, r := range built {
					made[k] = append(made[k], string(r.Resource.JSON))
					if !b.engine.Accept(r.Map, r.Resource.ID) || b.engine.Accept(r.Map, r.Resource.ID) {
						t.Fatalf("row %d: its id is not new, or new twice", i+1)
					}
				}
			}
			for _, i := range b.issues {
				made[k] = append(made[k], i.Code+" "+i.Value)
			}
		}
		if diff := cmp.Diff(made[0], made[1]); diff != "" {
			t.Errorf("sealed %v (as usual -, told ahead +):\n%s", sealed, diff)
		}
		if all := strings.Join(made[1], "\n"); strings.Count(all, "reference-missing") < 50 || strings.Count(all, `"reference":"Patient/`) < 50 {
			t.Error("the test proves little")
		}
	}
}

func TestRowsThatAreComparedTogetherFareAsOneByOne(t *testing.T) {
	t.Parallel()
	for _, keep := range []string{"key: [ID]", "key: [ID], dedupe: { keep: first }", "key: [ID], dedupe: { keep: last }", "key: [ID], where: V <> '3'"} {
		b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, "+keep+" } }\nmaps: { p: { from: pat, key: [ID], resource: Patient, elements: { active: true } } }\n")
		random := rand.New(rand.NewPCG(9, 10))
		lines := []string{"ID|V"}
		for range 3_000 {
			lines = append(lines, itoa(random.IntN(2_000))+"|"+itoa(random.IntN(4)))
		}
		lines = append(lines, "∅|1", "∅|1")
		schema, records := table("pat", lines...)
		records[17].Fault = &issue.Issue{Code: "odd"}
		binding, err := b.engine.Bind(b.source("pat"), schema)
		if err != nil {
			t.Fatal(err)
		}
		type told struct {
			Row, Other int64
			Verdict    transform.Verdict
		}
		var want, got []told
		single, together := binding.NewDuplicates(), binding.NewDuplicates()
		each(records, func(rec *extract.Record, row int64) {
			if single.KeepLast() {
				single.See(binding, rec, row)
				together.See(binding, rec, row)
			}
		})
		each(records, func(rec *extract.Record, row int64) {
			if other, v := single.Check(binding, rec, row); v != transform.Unique {
				want = append(want, told{row, other, v})
			}
		})
		for at := 0; at < len(records); {
			n := min(1+random.IntN(300), len(records)-at)
			together.CheckAll(binding, records[at:at+n], int64(at+1), func(i int, other int64, v transform.Verdict) {
				got = append(got, told{int64(at + i + 1), other, v})
			})
			at += n
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 500 {
			t.Errorf("%s: %d rows (one by one -, together +):\n%s", keep, len(want), diff)
		}
	}
}

// each calls do for the records without a fault.
func each(records []extract.Record, do func(rec *extract.Record, row int64)) {
	for i := range records {
		if records[i].Fault == nil {
			do(&records[i], int64(i+1))
		}
	}
}
