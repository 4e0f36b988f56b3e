package transform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fields maps the rows and returns what became of each column, one line a rule
// and column.
func fields(b *bench, source string, lines ...string) []string {
	b.t.Helper()
	schema, records := table(source, lines...)
	binding, err := b.engine.Bind(b.source(source), schema)
	if err != nil {
		b.t.Fatal(err)
	}
	worker := binding.Worker(b.hooks())
	for i := range records {
		b.keep(worker.Row(&records[i]))
	}
	worker.Usage()
	var out []string
	for _, f := range worker.Fields() {
		out = append(out, fmt.Sprintf("%s→%s %d %d %d %d", f.Column, f.Element, f.Rows, f.Filled, f.Made, f.Lost))
	}
	return out
}

func TestAWorkerCountsTheCellsThatDidNotComeThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ birthDate: $DOB | date YYYY-MM-DD, gender: $SEX | default unknown | map m=male unknown=unknown,
      name: [{ when: LAST <> '-', family: $LAST }] }`))
	got := fields(b, "pat", "ID|DOB|SEX|LAST|NOTE",
		"1|1980-01-01|m|A|call her", // all comes through
		"2|31.02.1980|∅|-|∅",        // a date that is none; a sex that nobody wrote; a name for which the condition does not hold
		"3|∅|x|B|  ",                // a sex that is not known
		"4|1980-01-01|m|∅|again")
	want := []string{
		// column→element rows filled made lost
		"LAST→Patient.name.family 2 2 2 0",
		"SEX→Patient.gender 4 3 3 1",
		"DOB→Patient.birthDate 4 3 2 1",
		"NOTE→ 4 2 0 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRememberedFragmentsCountTheirCellsAsOftenAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ maritalStatus: { coding: [{ system: urn:m, code: $MS, display: $MSNAME | date YYYY }] } }"))
	lines := []string{"ID|MS|MSNAME"}
	for i := range 3000 {
		name := []string{"|∅", "|1999", "|no year"}[i%3]
		lines = append(lines, itoa(i+1)+"|m"+itoa(i%7)+name)
	}
	want := []string{"MS→Patient.maritalStatus.coding.code 3000 3000 3000 0", "MSNAME→Patient.maritalStatus.coding.display 3000 2000 1000 1000"}
	if diff := cmp.Diff(want, fields(b, "pat", lines...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAReferenceThatLeadsNowhereIsALostValue(t *testing.T) {
	t.Parallel()
	b := newBench(t, visits("ref? p($PAT)", "omit-element"))
	b.rows("pat", "ID", "p-1")
	b.engine.Seal(b.prog.Maps[0])
	want := []string{"PAT→Encounter.subject 3 2 1 1"} // there, nowhere, no key
	if diff := cmp.Diff(want, fields(b, "enc", "ID|PAT", "1|p-1", "2|p-9", "3|∅")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestColumnsThatOnlyAConditionOrAKeyReadsAreNotCalledUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+"sources: { pat: { csv: { path: p.csv }, key: [ID], where: GONE = '0' } }\nmaps:\n  p:\n    from: pat\n    resource: Patient\n    where: KIND = 'p'\n    elements: { active: true }\n")
	want := []string{"REST→ 2 1 0 1"} // a row that the table's condition leaves out is not looked at, one that no map takes is
	if diff := cmp.Diff(want, fields(b, "pat", "ID|GONE|KIND|REST", "1|0|p|x", "2|1|p|y", "3|0|q|∅")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
