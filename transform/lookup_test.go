package transform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// fill puts rows into the lookup tables of a source.
func (b *bench) fill(source string, lines ...string) {
	b.t.Helper()
	schema, records := table(source, lines...)
	binding, err := b.engine.Bind(b.source(source), schema)
	if err != nil {
		b.t.Fatal(err)
	}
	f := binding.Filler(func(*mappings.Map) bool { return true }, func(i issue.Issue) { b.issues = append(b.issues, i) })
	for i := range records {
		if err := f.Add(&records[i]); err != nil {
			b.t.Fatal(err)
		}
	}
}

// phones is a mapping of patients with their telephone numbers in another
// table.
func phones(lookup, elements string) string {
	return head + "sources:\n  pat: { csv: { path: p.csv }, key: [ID] }\n  tel: { csv: { path: t.csv }, where: \"GONE IS NULL\" }\n" +
		"maps:\n  p:\n    from: pat\n    resource: Patient\n    lookup: { tel: " + lookup + " }\n    elements: " + elements + "\n"
}

func TestEachRowOfALookupMakesAnElement(t *testing.T) {
	t.Parallel()
	b := newBench(t, phones("{ in: tel, on: { PID: $ID | upper }, many: true }",
		`{ active: true, telecom: { each: $tel, item: { system: phone, value: $tel.NO, use: $tel.KIND | map H=home W=work } }, name: [{ text: "x${ID}" }] }`))
	b.fill("tel", "KIND|NO|PID|GONE", "H|1|A|∅", "W|2|B|∅", "∅|3|A|∅", "H|∅|A|∅", "H|4|A|y", "H|5|∅|∅", "W|6|A|∅")
	rows := b.rows("pat", "ID", "a", "B", "c")
	wantBodies(t, rows,
		`{"active":true,"name":[{"text":"xa"}],"telecom":[{"system":"phone","value":"1","use":"home"},{"system":"phone","value":"3"},`+
			`{"system":"phone","use":"home"},{"system":"phone","value":"6","use":"work"}]}`,
		`{"active":true,"name":[{"text":"xB"}],"telecom":[{"system":"phone","value":"2","use":"work"}]}`,
		`{"active":true,"name":[{"text":"xc"}]}`)
	b.wantFound()
}

func TestElementsOfRowsStandAmongOthersInAList(t *testing.T) {
	t.Parallel()
	b := newBench(t, phones("{ in: tel, on: { PID: $ID }, many: true }",
		`{ telecom: [{ system: email, value: $MAIL }, { each: $tel, when: "ID <> 'c'", item: { when: "tel.NO <> '0'", system: phone, value: $tel.NO } }, { system: url, value: $WEB }], `+
			`extension(us-core-race): { ombCategory: [{ each: $tel, item: { system: urn:oid:2.16.840.1.113883.6.238, code: $tel.KIND } }], text: $ID } }`))
	b.fill("tel", "KIND|NO|PID|GONE", "2028-9|1|a|∅", "∅|0|a|∅", "2106-3|2|a|∅", "∅|3|c|∅", "∅|0|d|∅")
	race := func(parts, text string) string {
		return `{"extension":[{"extension":[` + parts + `{"url":"text","valueString":"` + text + `"}],"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"}]`
	}
	part := func(code string) string {
		return `{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"` + code + `"}},`
	}
	rows := b.rows("pat", "ID|MAIL|WEB", "a|a@b|http://a", "b|∅|http://b", "c|c@b|∅", "d|∅|∅")
	wantBodies(t, rows,
		race(part("2028-9")+part("2106-3"), "a")+`,"telecom":[{"system":"email","value":"a@b"},{"system":"phone","value":"1"},{"system":"phone","value":"2"},{"system":"url","value":"http://a"}]}`,
		race("", "b")+`,"telecom":[{"system":"url","value":"http://b"}]}`,
		race("", "c")+`,"telecom":[{"system":"email","value":"c@b"}]}`,
		race("", "d")+`}`)
	b.wantFound()
}

func TestOneRowOfALookupGivesValuesAndConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t, phones("{ in: tel, on: { PID: $ID, KIND: $K } }",
		`{ active: true, telecom: [{ system: phone, value: $tel.NO }], name: [{ when: tel.NO = '7', text: "seven ${tel.NO}" }] }`))
	b.fill("tel", "PID|KIND|NO|GONE", "1|H|7|∅", "1|W|8|∅", "2|H|1|∅", "2|H|2|∅", "12|∅|9|∅", "1|2|9|∅")
	rows := b.rows("pat", "ID|K", "1|H", "1|W", "2|H", "12|∅", "∅|H", "1|H")
	wantBodies(t, rows,
		`{"active":true,"name":[{"text":"seven 7"}],"telecom":[{"system":"phone","value":"7"}]}`,
		`{"active":true,"telecom":[{"system":"phone","value":"8"}]}`,
		`{"active":true}`,
		`{"active":true}`,
		`{"active":true,"name":[{"text":"seven 7"}],"telecom":[{"system":"phone","value":"7"}]}`)
	b.wantFound("warning lookup-many p.lookup.tel", "error key-missing p ID")
}

// Maps share a table where they look by the same columns; what each does with
// the rows is its own.
func TestMapsThatLookInOneTableDoNotMeet(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+"sources:\n  pat: { csv: { path: p.csv }, key: [ID] }\n  tel: { csv: { path: t.csv } }\nmaps:\n"+
		"  all: { from: pat, resource: Patient, lookup: { t: { in: tel, on: { PID: $ID }, many: true } }, elements: { telecom: { each: $t, item: { system: phone, value: $t.NO } } } }\n"+
		"  first: { from: pat, resource: Person, lookup: { t: { in: tel, on: { PID: $ID } }, back: { in: tel, on: { NO: $ID } } }, elements: { active: true, name: [{ text: \"${t.NO}\" }, { text: \"${back.PID}\" }] } }\n")
	b.fill("tel", "PID|NO", "a|1", "b|2", "a|3", "∅|4", "1|a", "b|∅")
	rows := b.rows("pat", "ID", "a", "b", "1")
	var got []string
	for _, r := range rows {
		for _, made := range r.Built {
			_, body, _ := strings.Cut(string(made.Resource.JSON), `"id":`)
			_, body, _ = strings.Cut(body, ",")
			got = append(got, made.Resource.Type+" "+body)
		}
	}
	want := []string{
		`Patient "telecom":[{"system":"phone","value":"1"},{"system":"phone","value":"3"}]}`, `Person "name":[{"text":"1"}],"active":true}`,
		`Patient "telecom":[{"system":"phone","value":"2"}]}`, `Person "active":true}`,
		`Patient "telecom":[{"system":"phone","value":"a"}]}`, `Person "name":[{"text":"a"},{"text":"a"}],"active":true}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.wantFound("warning lookup-many first.lookup.t", "warning lookup-many first.lookup.t")
}

func TestAMapsConditionSeesTheLookupOfItsOwnRow(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(phones("{ in: tel, on: { PID: $ID } }", "{ name: [{ text: $tel.NO }] }"), "resource:", "where: tel.NO > 1\n    resource:", 1))
	b.fill("tel", "PID|NO|GONE", "a|1|∅", "b|2|∅")
	rows := b.rows("pat", "ID", "a", "b", "c", "b")
	wantBodies(t, rows, `{"name":[{"text":"2"}]}`, `{"name":[{"text":"2"}]}`)
	if rows[0].Filtered != "where" || rows[2].Filtered != "where" {
		t.Errorf("rows %+v", rows)
	}
}

func TestTroubleWithALookupsKeyIsDealtWithByThePolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, phones("{ in: tel, on: { DAY: $DAY | date YYYY-MM-DD } }", "{ active: true, name: [{ text: $tel.NO }] }"))
	b.fill("tel", "DAY|NO|GONE", "2000-01-01|1|∅")
	rows := b.rows("pat", "ID|DAY", "1|2000-01-01", "2|soon")
	wantBodies(t, rows, `{"active":true,"name":[{"text":"1"}]}`)
	if rows[1].Rejected != "bad-date" {
		t.Errorf("row %+v", rows[1])
	}
	b.wantFound("error bad-date p.lookup.tel DAY")
}

// panels is a mapping that makes one Observation of the rows of a visit.
const panels = head + `
sources: { obs: { csv: { path: o.csv }, key: [ID], nulls: [''] }, pat: { csv: { path: p.csv } } }
maps:
  one:
    from: obs
    resource: Observation
    where: CODE = 'single'
    elements: { status: final, code: { text: $CODE } }
  bp:
    from: obs
    resource: Observation
    group: [PAT, DAY]
    where: CODE <> 'single'
    lookup: { who: { in: pat, on: { PID: $PAT } } }
    elements:
      status: final
      code: { text: "panel of ${who.NAME}" }
      effectiveDateTime: $DAY | date YYYY-MM-DD
      component: { each: $rows, when: DAY IS NOT NULL, item: { code: { text: $rows.CODE }, valueString: $rows.VALUE } }
      note: { each: $rows, by: [CODE], item: { text: "${rows.CODE}" } }
`

// groups runs the groups of the rows that a grouped map took.
func (b *bench) groups(source string, memory int, lines ...string) (rows, made []transform.Row, spilled int) {
	b.t.Helper()
	schema, records := table(source, lines...)
	binding, err := b.engine.Bind(b.source(source), schema)
	if err != nil {
		b.t.Fatal(err)
	}
	w := binding.Worker(b.hooks())
	g := binding.NewGroups(0, transform.SpillOptions{Dir: b.t.TempDir()})
	if memory > 0 {
		g.SetMemory(memory)
	}
	for i := range records {
		row := b.keep(w.Row(&records[i]))
		rows = append(rows, row)
		for range row.Groups {
			if err := g.Add(&records[i]); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	spilled = g.Spilled()
	for group, err := range g.All() {
		if err != nil {
			b.t.Fatal(err)
		}
		made = append(made, b.keep(w.Group(0, group)))
	}
	if err := g.Close(); err != nil {
		b.t.Fatal(err)
	}
	return rows, made, spilled
}

func TestRowsOfAGroupMakeOneResource(t *testing.T) {
	t.Parallel()
	b := newBench(t, panels)
	b.fill("pat", "PID|NAME", "p|Ann", "q|Bo")
	rows, made, _ := b.groups("obs", 0, "ID|PAT|DAY|CODE|VALUE",
		"1|p|2000-01-01|sys|120", "2|q|2000-01-01|sys|130", "3|p|2000-01-01|single|1", "4|p|2000-01-01|dia|80", "5|p|2000-01-02|sys|∅", "6|p|2000-01-01|sys|121")
	wantBodies(t, rows, `{"status":"final","code":{"text":"single"}}`)
	head := `{"status":"final","code":{"text":"panel of `
	wantBodies(t, made,
		head+`Ann"},"effectiveDateTime":"2000-01-01","note":[{"text":"sys"},{"text":"dia"}],`+
			`"component":[{"code":{"text":"sys"},"valueString":"120"},{"code":{"text":"dia"},"valueString":"80"},{"code":{"text":"sys"},"valueString":"121"}]}`,
		head+`Ann"},"effectiveDateTime":"2000-01-02","note":[{"text":"sys"}],"component":[{"code":{"text":"sys"}}]}`,
		head+`Bo"},"effectiveDateTime":"2000-01-01","note":[{"text":"sys"}],"component":[{"code":{"text":"sys"},"valueString":"130"}]}`)
	if len(rows[0].Groups) != 1 || len(rows[2].Groups) != 0 {
		t.Errorf("rows %+v", rows)
	}
	bp := b.prog.Maps[1]
	if got := made[0].Built[0].Resource.ID; got != transform.ID("site", bp, []string{"p", "2000-01-01"}) {
		t.Errorf("id %s", got)
	}
}

func TestAGroupWithoutItsKeyIsRejected(t *testing.T) {
	t.Parallel()
	b := newBench(t, panels)
	b.fill("pat", "PID|NAME", "p|Ann")
	_, made, _ := b.groups("obs", 0, "ID|PAT|DAY|CODE|VALUE", "1|p|∅|sys|120", "2|p|∅|dia|80", "3|p|bad|sys|1")
	if len(made) != 2 || made[0].Rejected != "key-missing" || made[1].Rejected != "bad-date" {
		t.Errorf("groups %+v", made)
	}
	b.wantFound("error key-missing bp DAY", "error bad-date bp.effectiveDateTime DAY")
}

func TestGroupsThatSpillToDiskComeBackInOrder(t *testing.T) {
	t.Parallel()
	lines := []string{"ID|PAT|DAY|CODE|VALUE"}
	for i := range 3000 {
		lines = append(lines, itoa(i)+"|p"+itoa(i*7919%97)+"|2000-01-01|c|v"+itoa(i))
	}
	memory, spilling := newBench(t, panels), newBench(t, panels)
	names := []string{"PID|NAME"}
	for i := range 97 {
		names = append(names, "p"+itoa(i)+"|n"+itoa(i))
	}
	memory.fill("pat", names...)
	spilling.fill("pat", names...)
	_, want, none := memory.groups("obs", 0, lines...)
	_, got, runs := spilling.groups("obs", 4000, lines...)
	if none != 0 || runs < 10 {
		t.Fatalf("%d and %d runs on disk", none, runs)
	}
	wantBodies(t, got, bodies(want)...)
	if len(got) != 97 {
		t.Errorf("%d groups", len(got))
	}
	last := -1
	for _, part := range strings.Split(bodies(got)[0], `"valueString":"v`)[1:] {
		n := 0
		for _, c := range part[:strings.IndexByte(part, '"')] {
			n = n*10 + int(c-'0')
		}
		if n <= last {
			t.Fatalf("row %d stands behind row %d", n, last)
		}
		last = n
	}
}

func TestGroupsKeepEveryValueAndOrigin(t *testing.T) {
	t.Parallel()
	b := newBench(t, panels)
	schema, records := table("obs", "ID|PAT|DAY|CODE|VALUE", "1|p|2000-01-01|sys", "2|p|2000-01-01||∅")
	binding, err := b.engine.Bind(b.source("obs"), schema)
	if err != nil {
		t.Fatal(err)
	}
	g := binding.NewGroups(0, transform.SpillOptions{Dir: t.TempDir()})
	g.SetMemory(1)
	for i := range records {
		if err := g.Add(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if g.Len() != 2 || g.Spilled() != 2 {
		t.Errorf("%d rows in %d runs", g.Len(), g.Spilled())
	}
	n := 0
	for group, err := range g.All() {
		if err != nil {
			t.Fatal(err)
		}
		for i, rec := range group {
			n++
			if rec.Origin != records[i].Origin || rec.Schema != schema {
				t.Errorf("origin %v", rec.Origin)
			}
			for j, v := range rec.Values {
				if v != records[i].Values[j] {
					t.Errorf("row %d value %d is %+v, was %+v", i, j, v, records[i].Values[j])
				}
			}
		}
	}
	if n != 2 {
		t.Errorf("%d rows came back", n)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if grouped := binding.Grouped(); len(grouped) != 1 || grouped[0].Name != "bp" {
		t.Errorf("grouped maps %v", grouped)
	}
}

func TestAFolderThatIsGoneIsAnErrorOfTheGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, panels)
	schema, records := table("obs", "ID|PAT|DAY|CODE|VALUE", "1|p|2000-01-01|sys|1")
	binding, err := b.engine.Bind(b.source("obs"), schema)
	if err != nil {
		t.Fatal(err)
	}
	g := binding.NewGroups(0, transform.SpillOptions{Dir: t.TempDir() + "/gone"})
	g.SetMemory(1)
	if err := g.Add(&records[0]); err == nil || !strings.Contains(err.Error(), "spill groups") {
		t.Errorf("error %v", err)
	}
}
