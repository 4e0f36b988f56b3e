package transform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const encounters = head + `
sources: { enc: { csv: { path: e.csv }, key: [ID] } }
maps:
  e:
    from: enc
    resource: Encounter
    CHECK
    elements:
      status: finished
      class: { code: AMB }
      period: { start: $START | datetime YYYY-MM-DD, end: $STOP | datetime YYYY-MM-DD }
  o: { from: enc, resource: Observation, elements: { status: final, code: { text: $ID } } }
`

func TestAFailedCheckDoesWhatItsPolicySays(t *testing.T) {
	t.Parallel()
	const whole = `{"status":"finished","class":{"code":"AMB"},"period":{"start":"2020-02-02","end":"2031-01-01"}}`
	const observation = `{"status":"final","code":{"text":"1"}}`
	for policy, want := range map[string]struct {
		rejected, built, issue string
		stop                   bool
	}{
		"omit-element":    {"", `{"status":"finished","class":{"code":"AMB"},"period":{"start":"2020-02-02"}} ` + observation, "warning check-failed e.period.end STOP", false},
		"warn":            {"", whole + " " + observation, "warning check-failed e.period.end STOP", false},
		"reject-resource": {"check-failed", observation, "error check-failed e.period.end STOP", false},
		"reject-row":      {"check-failed", "", "error check-failed e.period.end STOP", false},
		"stop-run":        {"check-failed", "", "error check-failed e.period.end STOP", true},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, strings.Replace(encounters, "CHECK",
				`check: [{ that: "STOP IS NULL OR STOP < '2030'", else: ends after our time, at: period.end, policy: `+policy+` }]`, 1))
			rows := b.rows("enc", "ID|START|STOP", "1|2020-02-02|2031-01-01", "2|2020-02-02|2020-03-01", "3|2020-02-02|∅", "4|∅|2020-03-01")
			if rows[0].Rejected != want.rejected || rows[0].Stop != want.stop {
				t.Errorf("row %+v", rows[0])
			}
			if diff := cmp.Diff(want.built, strings.Join(bodies(rows[:1]), " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i, row := range rows[1:] { // what is true or not known passes
				if len(row.Built) != 2 || row.Rejected != "" {
					t.Errorf("row %d: %+v", i+2, row)
				}
			}
			b.wantFound(want.issue)
			if i := b.issues[0]; i.Message != "ends after our time" || i.Value != "2031-01-01" || i.Origin.Row != 1 {
				t.Errorf("issue %+v", i)
			}
		})
	}
}

func TestChecksWithoutPlaceHaveTheMapsPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(encounters, "CHECK", `policy: { bad_value: reject-row }
    check:
      - { that: "LENGTH(ID) < 3", else: the id is too long }
      - { that: "START LIKE '20%'", else: before our time, policy: warn }`, 1))
	rows := b.rows("enc", "ID|START|STOP", "1000|1999-02-02|∅", "2|1999-02-02|∅", "3|2020-02-02|∅")
	if rows[0].Rejected != "check-failed" || len(rows[0].Built) != 0 || len(rows[1].Built) != 2 || len(rows[2].Built) != 2 {
		t.Errorf("rows %+v", rows)
	}
	b.wantFound("error check-failed e.check[0] ID", "warning check-failed e.check[1] START", "warning check-failed e.check[1] START")
}

func TestWhatACheckLeavesOutMayBeWhatFHIRRequires(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(encounters, "CHECK", `check: [{ that: "START > '2000'", else: too old, at: status, policy: omit-element }]`, 1))
	rows := b.rows("enc", "ID|START|STOP", "1|1999-02-02|∅", "2|2020-02-02|∅")
	if rows[0].Rejected != "required-missing" || len(rows[0].Built) != 1 || len(rows[1].Built) != 2 {
		t.Errorf("rows %+v", rows)
	}
	b.wantFound("warning check-failed e.status START", "error required-missing e.status")
}

func TestARememberedFragmentDoesNotHideACheck(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { enc: { csv: { path: e.csv }, key: [ID] } }
maps:
  e:
    from: enc
    resource: Encounter
    check: [{ that: "ID <> '2'", else: not this one, at: "type[0].text", policy: omit-element }]
    elements: { status: finished, class: { code: AMB }, type: [{ coding: [{ code: $CODE }], text: $NAME }] }
`)
	wantBodies(t, b.rows("enc", "ID|CODE|NAME", "1|a|A", "2|a|A", "3|a|A"),
		`{"status":"finished","class":{"code":"AMB"},"type":[{"coding":[{"code":"a"}],"text":"A"}]}`,
		`{"status":"finished","class":{"code":"AMB"},"type":[{"coding":[{"code":"a"}]}]}`,
		`{"status":"finished","class":{"code":"AMB"},"type":[{"coding":[{"code":"a"}],"text":"A"}]}`,
	)
}

func TestTwoBranchesOfAChoiceAreSeenInTheRowWhereTheyMeet(t *testing.T) {
	t.Parallel()
	mapping := func(policy string) string {
		return head + `
sources: { obs: { csv: { path: o.csv }, key: [ID] } }
maps:
  o:
    from: obs
    resource: Observation
    policy: ` + policy + `
    elements:
      status: final
      code: { text: t }
      valueString: { when: TYPE LIKE '%text%', from: $VALUE }
      valueInteger: { when: TYPE LIKE '%number%', from: $VALUE | integer }
      component: [{ code: { text: c }, valueString: { when: A = 'x', from: $A }, valueInteger: { when: A = 'y', from: "1" } }]
`
	}
	lines := []string{"ID|TYPE|VALUE|A", "1|text|7|x", "2|number|7|y", "3|text number|7|x", "4|text number|∅|x"}
	b := newBench(t, mapping("reject-resource"))
	rows := b.rows("obs", lines...)
	b.wantFound("error two-choices o.valueInteger VALUE")
	if rows[2].Rejected != "two-choices" || len(rows[2].Built) != 0 || rows[3].Rejected != "" {
		t.Errorf("rows %+v", rows)
	}
	b = newBench(t, mapping("omit-element"))
	wantBodies(t, b.rows("obs", lines...),
		`{"status":"final","code":{"text":"t"},"valueString":"7","component":[{"code":{"text":"c"},"valueString":"x"}]}`,
		`{"status":"final","code":{"text":"t"},"valueInteger":7,"component":[{"code":{"text":"c"},"valueInteger":1}]}`,
		`{"status":"final","code":{"text":"t"},"valueString":"7","component":[{"code":{"text":"c"},"valueString":"x"}]}`,
		`{"status":"final","code":{"text":"t"},"component":[{"code":{"text":"c"},"valueString":"x"}]}`,
	)
	b.wantFound("warning two-choices o.valueInteger VALUE")
}
