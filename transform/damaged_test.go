package transform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/transform"
)

// said returns what was reported of damaged cells: row, code, column and value.
func (b *bench) said() (all []string) {
	b.t.Helper()
	for _, i := range b.issues {
		switch i.Code {
		case transform.GarbledText, transform.HTMLEntity, transform.DamagedKey:
			if i.Severity != issue.Warning || i.Rule != "" || strings.Contains(i.Message, i.Value) {
				b.t.Errorf("a warning of a cell has neither a rule nor its value in the message: %+v", i)
			}
			all = append(all, fmt.Sprintf("%d %s %s %s", i.Origin.Row, i.Code, i.Column, i.Value))
		}
	}
	return all
}

func TestDamagedTextIsSaidOfEachRowAndKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ name: [{ family: $LAST, given: [$FIRST] }] }`))
	rows := b.rows("pat", "ID|LAST|FIRST|NOTE", "1|MÃ¼ller|O&#39;Brien|Garc?a", "2|MÃ¼ller|Ana|∅", "3|Müller|A & B|x", "4|Garc?a|Gonz\uFFFDlez|x", "5|∅|NULL|x")
	want := []string{"1 garbled-text LAST MÃ¼ller", "1 html-entity FIRST O&#39;Brien", "2 garbled-text LAST MÃ¼ller", "4 garbled-text LAST Garc?a", "4 garbled-text FIRST Gonz\uFFFDlez"}
	if diff := cmp.Diff(want, b.said()); diff != "" {
		t.Errorf("what no rule reads is of no matter (-want +got):\n%s", diff)
	}
	wantBodies(t, rows[:2], `{"name":[{"family":"MÃ¼ller","given":["O&#39;Brien"]}]}`, `{"name":[{"family":"MÃ¼ller","given":["Ana"]}]}`)
}

func TestAColumnThatARuleMendsIsNotSpokenOf(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ name: [{ family: $LAST | fix_mojibake, given: [$FIRST | html_unescape] }] }`))
	b.rows("pat", "ID|LAST|FIRST", "1|MÃ¼ller|O&#39;Brien", "2|A &amp; B|NÃºÃ±ez")
	if diff := cmp.Diff([]string{"2 html-entity LAST A &amp; B", "2 garbled-text FIRST NÃºÃ±ez"}, b.said()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKeysThatASpreadsheetChangedAreSaidWhereTheyAreKeysAndReferences(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`sources:
  pat: { csv: { path: p.csv }, key: [ID] }
  obs: { csv: { path: o.csv }, key: [_line] }
maps:
  p: { from: pat, resource: Patient, elements: { identifier: [{ value: $MRN }] } }
  q: { from: pat, resource: Person, key: [ID], elements: { active: true } }
  o: { from: obs, resource: Observation, elements: { status: final, code: { text: $WHAT }, subject: ref p($PAT) } }
`)
	b.rows("pat", "ID|MRN", "3.005E+03|1.5E+07", "1234567890123450000|7", "7|7")
	b.rows("obs", "PAT|WHAT", "3.005E+03|1E+05", "7|x")
	want := []string{"1 damaged-key ID 3.005E+03", "2 damaged-key ID 1234567890123450000", "1 damaged-key PAT 3.005E+03"}
	if diff := cmp.Diff(want, b.said()); diff != "" {
		t.Errorf("once for each row, however many maps have the key (-want +got):\n%s", diff)
	}
}

func TestARowThatIsKnownToBePlainIsLookedAtForItsKeysAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ name: [{ family: $LAST }] }`))
	schema, records := table("pat", "ID|LAST", "1E+05|MÃ¼ller")
	records[0].Plain = true // which is not true: so it is seen who looks
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	b.keep(binding.Worker(b.hooks()).Row(&records[0]))
	if diff := cmp.Diff([]string{"1 damaged-key ID 1E+05"}, b.said()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRowsThatAreFilteredOrCannotBeReadAreNotSpokenOfUnlessAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, key: [ID], where: KIND = 'a' } }\nmaps: { p: { from: pat, resource: Patient, elements: { name: [{ family: $LAST }] } } }\n")
	schema, records := table("pat", "ID|KIND|LAST", "1E+05|b|MÃ¼ller", "2E+05|a|NÃºÃ±ez")
	fault := b.fault("ragged-row")
	records[1].Fault = &fault
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	worker := binding.Worker(b.hooks())
	for i := range records {
		worker.Row(&records[i])
	}
	if got := b.said(); len(got) > 0 {
		t.Errorf("it says %v", got)
	}
	worker.Look(&records[1])
	if diff := cmp.Diff([]string{"2 damaged-key ID 2E+05", "2 garbled-text LAST NÃºÃ±ez"}, b.said()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheColumnHasTheNameOfTheMapping(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, key: [ID], rename: { \"Last name\": LAST } } }\nmaps: { p: { from: pat, resource: Patient, elements: { name: [{ family: $LAST }] } } }\n")
	b.rows("pat", "ID|Last name", "1|MÃ¼ller")
	if diff := cmp.Diff([]string{"1 garbled-text LAST MÃ¼ller"}, b.said()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkALookAtAPlainRow is what rows without damage pay.
func BenchmarkALookAtAPlainRow(b *testing.B) {
	for name, plain := range map[string]bool{"known to be plain": true, "not known": false} {
		b.Run(name, func(b *testing.B) {
			bench := newBench(&testing.T{}, patient(`{ name: [{ family: $LAST, given: [$FIRST] }], birthDate: $DOB | date YYYY-MM-DD }`))
			schema, records := table("pat", "ID|LAST|FIRST|DOB", "8e125bee-6922-4a3f|Miller|Ana|1980-01-02", "16ba3d1c-b50e-408f|Smith|Joe|1990-01-02")
			binding, err := bench.engine.Bind(bench.source("pat"), schema)
			if err != nil {
				b.Fatal(err)
			}
			worker := binding.Worker(bench.hooks())
			var rec extract.Record
			for i := 0; b.Loop(); i++ {
				rec = records[i&1]
				rec.Plain = plain
				worker.Look(&rec)
			}
			if len(bench.issues) > 0 {
				b.Fatal(bench.issues)
			}
		})
	}
}
