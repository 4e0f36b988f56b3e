package pipeline_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/load"
)

// copying is a sink that keeps nothing of what it is sent, and says so.
type copying struct {
	sink
	got []string
}

func (c *copying) Copies() bool { return true }

func (c *copying) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	for _, e := range b.Entries {
		c.got = append(c.got, string(e.Resource.JSON))
	}
	out, err := c.sink.Send(ctx, b)
	time.Sleep(100 * time.Microsecond) // the workers go on meanwhile
	for i, e := range b.Entries {      // nobody writes into it while it is being sent
		if string(e.Resource.JSON) != c.got[len(c.got)-len(b.Entries)+i] {
			return nil, fmt.Errorf("%s changed on its way", e.Resource.Ref())
		}
	}
	return out, err
}

// spending hands out batches whose memory is spoilt as soon as they are spent.
type spending struct {
	*memory
	spent atomic.Int64
}

func (s *spending) Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		for b, err := range s.memory.Read(ctx, table, report) {
			if b != nil {
				records := b.Records
				b.Spent = func() {
					s.spent.Add(1)
					for i := range records {
						for j := range records[i].Values {
							records[i].Values[j] = extract.Value{Text: "spoilt", Kind: extract.Text}
						}
						records[i].Origin = issue.Origin{Source: "spoilt", Row: -1}
					}
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

const notes = `chartlift: 1
id: notes
output: { bundle: { max_entries: 9 } }
sources:
  pat: { csv: { path: pat.csv }, key: [ID] }
  obs: { csv: { path: obs.csv }, key: [_line] }
maps:
  p: { from: pat, resource: Patient, id: $ID, elements: { birthDate: $DOB | date YYYY-MM-DD } }
  o: { from: obs, resource: Observation, elements: { status: final, code: { text: $CODE | max_len 6 reject }, subject: ref? p($PAT), note: [{ text: $NOTE }], valueQuantity: $VALUE | quantity kg } }
`

func notesFiles(n int) []*memory {
	pat, obs := []string{"ID|DOB"}, []string{"PAT|CODE|NOTE|VALUE"}
	for i := range n {
		pat = append(pat, fmt.Sprintf("p%d|2000-0%d-11", i, i%10))
		for j := range 4 {
			obs = append(obs, fmt.Sprintf("p%d|c%d|%s|%d.5", (i+j)%(n+3), (i+j)%97*177, strings.Repeat(fmt.Sprint(i, "-", j, " "), 1+(i*7+j)%60), i))
		}
	}
	return []*memory{file("pat.csv", pat...), file("obs.csv", obs...)}
}

// What was made is the same, and so is the ledger, whether memory is used again
// or not: with refusals, rejected rows and resources longer than a piece.
func TestMemoryIsUsedAgainOnlyWhenNobodyLooksAtItAnyMore(t *testing.T) {
	t.Parallel()
	refuse := func(json string) string {
		if strings.Contains(json, `"5-1 `) {
			return "too-busy"
		}
		return ""
	}
	files := notesFiles(700)
	files[1].records[11].Values[2].Text = strings.Repeat("long ", 20_000)
	var outputs, ledgers []string
	for _, workers := range []int{1, 3} {
		for _, again := range []bool{false, true} {
			r := prepare(t, notes, files...)
			r.job.Workers, r.job.Senders = workers, 1
			to := &copying{sink: sink{refuse: refuse}}
			var spoilers []*spending
			if r.job.Sink = load.Sink(to); !again {
				r.job.Sink = struct{ load.Sink }{to} // its Copies is not seen
			} else {
				for _, table := range r.job.Tables {
					s := &spending{memory: table.Inputs[0].Source.(*memory)}
					spoilers, table.Inputs[0].Source = append(spoilers, s), s
				}
			}
			if r.start(t.Context()); r.err != nil {
				t.Fatal(r.err)
			}
			for _, s := range spoilers {
				if int(s.spent.Load()) != (len(s.records)+batchRows-1)/batchRows {
					t.Errorf("%d batches of %s were spent", s.spent.Load(), s.schema.Source)
				}
			}
			outputs = append(outputs, strings.Join(to.got, "\n"))
			ledgers = append(ledgers, r.ledger()+strings.Join(slices.Concat(r.rows("pat.csv"), r.rows("obs.csv")), "\n"))
		}
	}
	if n := len(outputs[0]); n < 1_000_000 {
		t.Fatalf("%d bytes were made, too few to fill memory again", n)
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
