package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/reports"
)

func TestEveryRowHasOneOutcome(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients(", where: \"DOB <> 'skip'\"", patientMap), file(
		"pat.csv", "ID|DOB|KIND",
		"a|2000-01-01|∅", "b|2000-01-02|∅", "a|2000-01-01|∅", "c|bad|∅", "d|2000-01-04|test",
		"e|skip|∅", "e|2000-01-05|∅", "!f|2000-01-06|∅", "b|1999-01-01|∅", "∅|2000-01-07|∅", "e|skip|∅", "g|2000-01-09|∅",
	)).start(t.Context()).ok()
	r.wantLedger("pat.csv 12 = 4 + 1 + 3 + 4")
	r.wantRows("pat.csv",
		"1-2 loaded", "3-3 merged exact-duplicate into 1", "4-4 rejected bad-date", "5-6 filtered where", "7-7 loaded", "8-8 rejected too-many-cells",
		"9-9 rejected duplicate-key", "10-10 rejected key-missing", "11-11 filtered where", "12-12 loaded")
	if r.summary.Resources != 4 || r.summary.Errors != 4 || r.summary.Refused != 0 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestARowInTwoMapsIsRejectedWhereOneRefusesItAndLoadedWhereBothTakeIt(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", patientMap+"  o: { from: pat, resource: Observation, where: KIND = 'lab', elements: { status: final, code: { text: $T | max_len 2 reject }, subject: ref p($ID) } }\n"),
		file("pat.csv", "ID|DOB|KIND|T", "a|2000-01-01|lab|ok", "b|2000-01-01|lab|too long", "c|bad|lab|ok", "d|2000-01-01|∅|ok")).start(t.Context()).ok()
	r.wantLedger("pat.csv 4 = 2 + 0 + 0 + 2")
	r.wantRows("pat.csv", "1-1 loaded", "2-2 rejected too-long", "3-3 rejected bad-date", "4-4 loaded")
	if taken := r.job.Sink.(*sink).taken; len(taken) != 4 || r.summary.Resources != 4 {
		t.Errorf("taken %v", taken)
	}
}

func TestAnInvalidResourceRejectsItsRowUnlessThePolicySaysOtherwise(t *testing.T) {
	t.Parallel()
	lines := []string{"ID|DOB|KIND|SEX", "a|2000-01-01|∅|male", "b|2000-01-01|∅|mail", "c|2000-01-01|∅|mail"}
	mapping := patients("", "maps:\n  p: { from: pat, resource: Patient, elements: { gender: $SEX, birthDate: $DOB } }\n")
	mapping = strings.Replace(mapping, "birthDate: $DOB", "birthDate: $DOB | date YYYY-MM-DD", 1)
	r := prepare(t, mapping, file("pat.csv", lines...)).start(t.Context()).ok()
	r.wantRows("pat.csv", "1-1 loaded", "2-3 rejected binding-required")
	if r.summary.Errors != 2 {
		t.Errorf("summary %+v", r.summary)
	}
	r = prepare(t, mapping, file("pat.csv", lines...))
	r.job.Policy.WarnInvalid = true
	r.start(t.Context()).ok()
	r.wantRows("pat.csv", "1-3 loaded")
	if r.summary.Errors != 0 || r.summary.Warnings != 2 || r.summary.Resources != 3 {
		t.Errorf("summary %+v", r.summary)
	}
}

const groupMaps = `
maps:
  panel: { from: pat, resource: Observation, group: [PAT], where: "KIND <> 'x'", elements: { status: final, code: { text: $T }, note: { each: $rows, item: { text: $rows.KIND } } } }
  one: { from: pat, resource: Basic, where: KIND = 'both', elements: { code: { text: $T } } }
`

func TestRowsOfAGroupShareItsFate(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", strings.Replace(groupMaps, "code: { text: $T }, note", "code: { text: $T | max_len 3 reject }, note", 1)), file(
		"pat.csv", "ID|PAT|KIND|T",
		"1|A|a|ok", "2|B|a|long", "3|A|b|ok", "4|C|x|ok", "5|B|b|ok", "6|A|both|ok", "7|B|both|ok", "8|∅|a|ok", "9|D|a|ok", "10|D|a|ok", "10|D|a|ok",
	)).start(t.Context()).ok()
	r.wantRows("pat.csv", "1-1 loaded", "2-2 rejected too-long", "3-3 loaded", "4-4 filtered where", "5-5 rejected too-long", "6-6 loaded",
		"7-7 rejected too-long", "8-8 rejected key-missing", "9-10 loaded", "11-11 merged exact-duplicate into 10")
	r.wantLedger("pat.csv 11 = 5 + 1 + 1 + 4")
	if got := len(r.job.Sink.(*sink).taken); got != 4 {
		t.Errorf("%d resources were taken", got)
	}
}

func TestAGroupThatTheTargetRefusesRejectsAllItsRows(t *testing.T) {
	t.Parallel()
	var lines []string
	for i, l := range many(60)[1:] {
		id, _, _ := strings.Cut(l, "|")
		lines = append(lines, id+"|"+string(rune('A'+i%7))+"|k|text")
	}
	r := prepare(t, patients("", groupMaps), file("pat.csv", append([]string{"ID|PAT|KIND|T"}, lines...)...))
	first := ""
	r.job.Senders = 1
	r.job.Sink = &sink{refuse: func(json string) string {
		if first == "" {
			first = json
		}
		if json == first {
			return "conflict"
		}
		return ""
	}}
	r.start(t.Context()).ok()
	r.wantLedger("pat.csv 60 = 51 + 0 + 0 + 9")
	if r.summary.Refused != 1 || r.summary.Resources != 6 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestRowsThatServeLookupsOnlyAreFiltered(t *testing.T) {
	t.Parallel()
	mapping := patients("", "  tel: { csv: { path: tel.csv }, where: NO IS NOT NULL }\nmaps:\n  p:\n    from: pat\n    resource: Patient\n"+
		"    lookup: { tel: { in: tel, on: { PID: $ID }, many: true } }\n    elements: { active: true, telecom: { each: $tel, item: { system: phone, value: $tel.NO } } }\n")
	tel := file("tel.csv", "PID|NO", "a|1", "!b|2", "a|∅", "a|3", "z|4", "a|5", "a|6")
	tel.notes = []issue.Issue{{Severity: issue.Warning, Code: "odd-encoding", Message: "a note of the reader"}}
	r := prepare(t, mapping, file("pat.csv", "ID", "a", "b"), tel).start(t.Context()).ok()
	r.wantLedger("pat.csv 2 = 2 + 0 + 0 + 0", "tel.csv 7 = 0 + 0 + 6 + 1")
	r.wantRows("tel.csv", "1-1 filtered lookup-only", "2-2 rejected too-many-cells", "3-7 filtered lookup-only")
	if r.summary.Warnings != 1 || r.summary.Errors != 1 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestSeveralFilesAreOneTable(t *testing.T) {
	t.Parallel()
	one := file("pat1.csv", "ID|DOB|KIND", "a|2000-01-01|∅", "b|2000-01-01|∅", "c|2000-01-01|∅", "d|2000-01-01|∅", "e|2000-01-01|∅", "f|2000-01-01|∅")
	two := file("pat2.csv", "ID|DOB|KIND", "g|2000-01-01|∅", "b|2000-01-01|∅", "c|1999-09-09|∅", "g|2000-01-01|∅", "h|bad|∅", "i|2000-01-01|test", "j|2000-01-01|∅")
	r := prepare(t, patients("", patientMap), one, two).start(t.Context()).ok()
	r.wantLedger("pat1.csv 6 = 6 + 0 + 0 + 0", "pat2.csv 7 = 2 + 2 + 1 + 2")
	r.wantRows("pat2.csv", "1-1 loaded", "2-2 merged exact-duplicate into 2", "3-3 rejected duplicate-key", "4-4 merged exact-duplicate into 1",
		"5-5 rejected bad-date", "6-6 filtered where", "7-7 loaded")
	r = prepare(t, patients(", dedupe: { keep: last }", patientMap), one, two).start(t.Context()).ok()
	r.wantRows("pat1.csv", "1-1 loaded", "2-2 merged same-key into 2", "3-3 merged same-key into 3", "4-6 loaded")
	r.wantRows("pat2.csv", "1-1 merged same-key into 4", "2-4 loaded", "5-5 rejected bad-date", "6-6 filtered where", "7-7 loaded")
	r.wantLedger("pat1.csv 6 = 4 + 2 + 0 + 0", "pat2.csv 7 = 4 + 1 + 1 + 1")
}

func TestTwoMapsThatMakeOneIDAreAConflict(t *testing.T) {
	t.Parallel()
	mapping := "chartlift: 1\nid: t\nsources: { pat: { csv: { path: pat.csv }, key: [ROW] }, old: { csv: { path: old.csv }, key: [ID] } }\nmaps:\n" +
		"  p: { from: pat, key: [ID], id: $ID, resource: Patient, elements: { active: true } }\n" +
		"  q: { from: old, id: $ID, resource: Patient, elements: { active: false } }\n"
	r := prepare(t, mapping, file("pat.csv", "ROW|ID", "1|a", "2|b", "3|a"), file("old.csv", "ID", "b", "c")).start(t.Context()).ok()
	r.wantRows("pat.csv", "1-2 loaded", "3-3 rejected duplicate-key")
	r.wantRows("old.csv", "1-1 rejected duplicate-key", "2-2 loaded")
	if diff := cmp.Diff([]string{"Patient/a", "Patient/b", "Patient/c"}, r.job.Sink.(*sink).taken); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
}

func TestATableThatWasNotGivenFiltersRowsThatCannotBeWithoutIt(t *testing.T) {
	t.Parallel()
	mapping := patients("", "  enc: { csv: { path: enc.csv }, key: [ID] }\nmaps:\n  p: { from: pat, resource: Patient, elements: { active: true } }\n"+
		"  c: { from: enc, resource: Condition, elements: { subject: ref p($PAT), code: { text: x } } }\n"+
		"  e: { from: enc, resource: Encounter, where: KIND = 'v', elements: { status: finished, class: { code: AMB }, subject: ref p($PAT) } }\n")
	r := prepare(t, mapping, file("enc.csv", "ID|PAT|KIND", "1|a|v", "2|a|∅")).start(t.Context()).ok()
	r.wantRows("enc.csv", "1-1 loaded", "2-2 filtered missing-table")
	r.wantLedger("enc.csv 2 = 1 + 0 + 1 + 0")
}

func TestReferencesToRejectedRowsReject(t *testing.T) {
	t.Parallel()
	mapping := "chartlift: 1\nid: t\nsources:\n  enc: { csv: { path: enc.csv }, key: [ID] }\n  pat: { csv: { path: pat.csv }, key: [ID] }\nmaps:\n" +
		"  e: { from: enc, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ref p($PAT), partOf: ref? e($PARENT) } }\n" +
		"  p: { from: pat, resource: Patient, elements: { birthDate: $DOB | date YYYY-MM-DD } }\n"
	r := prepare(t, mapping, file("enc.csv", "ID|PAT|PARENT", "1|a|2", "2|b|∅", "3|a|1", "4|a|9", "5|∅|∅", "6|a|5"), file("pat.csv", "ID|DOB", "a|2000-01-01", "b|bad")).start(t.Context()).ok()
	r.wantRows("enc.csv", "1-1 loaded", "2-2 rejected reference-missing", "3-3 loaded", "4-4 rejected reference-missing", "5-5 rejected reference-empty", "6-6 loaded")
	r.wantRows("pat.csv", "1-1 loaded", "2-2 rejected bad-date")
}

func TestARefusedEntryRejectsItsRowOnly(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", patientMap), file("pat.csv", many(50)...))
	r.job.Sink = &sink{refuse: func(json string) string {
		if strings.Contains(json, "2000-01-07") {
			return "unprocessable"
		}
		return ""
	}}
	r.start(t.Context()).ok()
	r.wantRows("pat.csv", "1-6 loaded", "7-7 rejected unprocessable", "8-34 loaded", "35-35 rejected unprocessable", "36-50 loaded")
	r.wantLedger("pat.csv 50 = 48 + 0 + 0 + 2")
	if r.summary.Refused != 2 || r.summary.Resources != 48 || r.summary.Errors != 2 {
		t.Errorf("summary %+v", r.summary)
	}
	story, err := r.db.RowStory(t.Context(), "", "pat.csv", 7)
	if err != nil || len(story.Refused) != 1 {
		t.Errorf("story %+v, %v", story, err)
	}
}

func TestUnmappedCodesAreCounted(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", "crosswalks: { ms: { inline: { W: wed }, system: urn:t, source_system: urn:s, unmapped: keep-text } }\n"+
		"maps:\n  p: { from: pat, resource: Patient, elements: { maritalStatus: $MS | concept ms } }\n"), file("pat.csv", "ID|MS", "1|W", "2|X", "3|X", "4|Y")).start(t.Context()).ok()
	s, err := r.db.Summary(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if s.Codes.Codes != 2 || s.Codes.Uses != 3 {
		t.Errorf("unmapped codes %+v", s.Codes)
	}
}

func TestResourcesAreCountedFromMadeToLoaded(t *testing.T) {
	t.Parallel()
	r := prepare(t, patients("", "maps:\n  p: { from: pat, resource: Patient, elements: { gender: $SEX } }\n"),
		file("pat.csv", "ID|SEX", "1|male", "2|mail", "3|female", "4|other"))
	r.job.Sink = &sink{refuse: func(json string) string {
		if strings.Contains(json, `"other"`) {
			return "no"
		}
		return ""
	}}
	r.start(t.Context()).ok()
	s, err := r.db.Summary(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.ResourceFacts{{Type: "Patient", Built: 4, Valid: 3, Loaded: 2, Rejected: 2}}
	if diff := cmp.Diff(want, s.Resources); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPolicyStopsTheRun(t *testing.T) {
	t.Parallel()
	bad := many(200)
	for i := 51; i <= 200; i += 2 {
		bad[i] = strings.Replace(bad[i], "2000", "year", 1)
	}
	for name, c := range map[string]struct {
		more string
		max  int64
		why  string
	}{
		"stop-run":                     {"defaults: { policy: { bad_value: stop-run } }\n", -1, "pat.csv row 51 (line 52) has bad-date"},
		"the mapping's limit":          {"defaults: { policy: { limit: { rejected: 5%, after: 20 } } }\n", -1, "more than the mapping's limit of 5%"},
		"more than may be rejected":    {"", 20, "more than --max-rejected 20"},
		"none may be rejected":         {"", 0, "more than --max-rejected 0"},
		"one less than are rejected":   {"", 74, "75 rows rejected, more than --max-rejected 74"},
		"the limit after all the rows": {"defaults: { policy: { limit: { rejected: 37%, after: 200 } } }\n", -1, "75 of 200 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := prepare(t, patients("", c.more+patientMap), file("pat.csv", bad...))
			r.job.Policy.MaxRejected = c.max
			r.start(t.Context())
			if !errors.Is(r.err, pipeline.ErrStopped) || !strings.Contains(r.summary.Stopped, c.why) {
				t.Fatalf("error %v, stopped %q", r.err, r.summary.Stopped)
			}
			r.ledger()
			if name == "stop-run" {
				rows := r.rows("pat.csv")
				if last := rows[len(rows)-1]; last != "51-51 rejected bad-date" {
					t.Errorf("rows %v", rows)
				}
			}
		})
	}
}

func TestAsManyAsMayBeRejectedDoNotStopTheRun(t *testing.T) {
	t.Parallel()
	lines := many(40)
	lines[3], lines[30] = "x|bad|∅", "y|bad|∅"
	r := prepare(t, patients("", "defaults: { policy: { limit: { rejected: 5%, after: 40 } } }\n"+patientMap), file("pat.csv", lines...))
	r.job.Policy.MaxRejected = 2
	r.start(t.Context()).ok()
	r.wantLedger("pat.csv 40 = 38 + 0 + 0 + 2")
}
