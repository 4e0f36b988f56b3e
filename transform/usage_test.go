package transform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
	"chartlift/transform"
)

// usage maps the rows and returns what the worker counted, one line a rule and
// equivalence.
func usage(b *bench, source string, lines ...string) []string {
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
	rules, codes := worker.Usage()
	var out []string
	for _, u := range rules {
		out = append(out, fmt.Sprintf("%s %d", u.Address(), u.N))
	}
	for _, u := range codes {
		out = append(out, fmt.Sprintf("%s:%s %d", u.Crosswalk.Name, u.Equivalence, u.N))
	}
	slices.Sort(out)
	return out
}

func TestAWorkerCountsWhatItsRulesMade(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ active: true, birthDate: $DOB | date YYYY-MM-DD, gender: { when: SEX = 'm', from: male },
      name: [{ family: $LAST, given: [$FIRST, $MIDDLE] }], maritalStatus: $MS | concept ms | text $MSNAME }`,
		"crosswalks: { ms: { inline: { a: M }, system: urn:m, unmapped: keep-text } }"))
	lines := []string{"ID|DOB|SEX|LAST|FIRST|MIDDLE|MS|MSNAME", "1|1980-01-01|m|X|A|∅|a|∅", "2|∅|f|X|A|∅|a|∅", "3|1980-01-01|m|X|A|∅|z|odd", "4|1980-01-01|m|Y|∅|∅|∅|∅"}
	want := []string{
		"ms: 2", "ms:unmapped 1", "p.birthDate 3", "p.gender 3", "p.maritalStatus 3", "p.name 4", "p.name[0] 4",
		"p.name[0].family 4", "p.name[0].given 3", "p.name[0].given[0] 3", "p.name[0].given[1] 0",
	}
	if diff := cmp.Diff(want, usage(b, "pat", lines...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ms:zodd"}, b.codes); diff != "" {
		t.Errorf("unmapped, with the text beside it (-want +got):\n%s", diff)
	}
}

func TestEachBranchOfACaseIsCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ active: true, gender: { case: [{ when: SEX = 'm', then: male }, { when: SEX = 'x', then: null }, { when: SEX = 'q', then: $OTHER }, { else: unknown }] } }`))
	lines := []string{"ID|SEX|OTHER", "1|m|∅", "2|m|∅", "3|x|∅", "4|q|∅", "5|f|∅"}
	want := []string{"p.gender 3", "p.gender case 1 2", "p.gender case 3 0", "p.gender case 4 1"}
	if diff := cmp.Diff(want, usage(b, "pat", lines...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRememberedFragmentsAreCountedAsOftenAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	mapping := patient("{ maritalStatus: { coding: [{ system: urn:m, code: $MS, display: $MSNAME }], text: $MSNAME } }")
	lines := []string{"ID|MS|MSNAME"}
	for i := range 3000 {
		name := "|N" + itoa(i%400) // more than the memory holds
		if i%3 == 0 {
			name = "|∅"
		}
		lines = append(lines, itoa(i+1)+"|m"+itoa(i%7)+name)
	}
	b := newBench(t, mapping)
	want := []string{
		"p.maritalStatus 3000", "p.maritalStatus.coding 3000", "p.maritalStatus.coding[0] 3000", "p.maritalStatus.coding[0].code 3000",
		"p.maritalStatus.coding[0].display 2000", "p.maritalStatus.text 2000",
	}
	if diff := cmp.Diff(want, usage(b, "pat", lines...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestACodingOfTheSourceIsNamedFromTheUsersFile(t *testing.T) {
	t.Parallel()
	text := patient(`{ maritalStatus: { coding: [{ system: urn:m, code: $MS | upper | max_len 2 reject }] } }`,
		"displays: { m: { csv: m.csv, code: C, display: N, system: urn:m } }")
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}, "m.csv": {Data: []byte("C,N\nM,Married\n")}}, "m.yaml",
		mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	b := &bench{t: t, prog: prog, engine: transform.New(prog, nil), tables: map[string]int64{}}
	rows := b.rows("pat", "ID|MS", "1|m", "2|s", "3|∅", "4|toolong")
	wantBodies(t, rows[:3],
		`{"maritalStatus":{"coding":[{"system":"urn:m","code":"M","display":"Married"}]}}`,
		`{"maritalStatus":{"coding":[{"system":"urn:m","code":"S"}]}}`,
		`{}`)
	if len(b.issues) != 1 || !strings.HasSuffix(b.issues[0].Rule, ".code") || len(b.codes) != 0 {
		t.Errorf("what is wrong with a code is said once, and a code without a name is not unmapped: %+v %v", b.issues, b.codes)
	}
}
