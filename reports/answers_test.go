package reports_test

import (
	"context"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// answers are the questions of a page with their levels, answers and points,
// one line each.
func answers(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, a := range regexp.MustCompile(`(?s)<div class="answer a-([a-z]+)"><h2>(.*?)</h2><p>(.*?)</p>(.*?)</div>`).FindAllStringSubmatch(page, -1) {
		var points []string
		for _, p := range regexp.MustCompile(`<a href="(#[a-z]+)">(.*?)</a>`).FindAllStringSubmatch(a[4], -1) {
			points = append(points, p[2]+" "+p[1])
		}
		out = append(out, html.UnescapeString(a[2]+" "+a[1]+": "+a[3]+" "+strings.Join(points, "; ")))
	}
	return out
}

func TestThePageAnswersFourQuestionsFirst(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	codes := []issue.Code{{Code: "bad-date", Title: "a day that does not exist"}}
	want := []string{
		"Did everything arrive? warn: Not everything. 52,129 rows read: 49,551 became resources #flow; " +
			"91,668 of 93,785 resources were delivered #flow; 400 rows were duplicates of others, and are in them #ledger; 1 of 7 criteria met, 5 not met, 1 not measured #acceptance",
		"What did not? warn: 2,118 rows were rejected. 2,117 resources were refused #resources; 4 values of safety-critical elements were lost #completeness; " +
			"1 table with 88,412 rows was left behind: audit_trail #left; 1,312 uses of codes came without a standard code #codes; 12 other values did not come through #completeness; and 2 more #ledger",
		"Why? warn: 2,117 rows rejected: refused. 1 row rejected: a day that does not exist #fix; 1,312 × unmapped-code (allergies) #fix; " +
			"no mapping names the tables left behind #left; 5 errors and 1,312 warnings in all #fix",
		"What must a person decide? warn: 7 things, then sign. accept or mend: rows rejected, 2,118 of 52,129 #acceptance; accept or mend: resources that the target did not take, 295 of 10,000 #acceptance; " +
			"accept or mend: values of safety-critical elements that did not come through, 4 of 51,617 #acceptance; what 3 codes without a target mean (1,312 uses) #codes; " +
			"what of 1 kind of implausible facts is true #plausibility; and 3 more #left",
	}
	if diff := cmp.Diff(want, answers(t, page(t, db, reports.PageOptions{Codes: codes}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARunWithoutTroubleOnlyWantsToBeSigned(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 7}, {First: 8, Last: 10, Outcome: reports.Filtered, Reason: "view:names,addresses"}})
	rec.Resources(patients, "Patient", 7, 7, 7, 0)
	finish(t, rec, reports.Succeeded)
	want := []string{
		"Did everything arrive? good: Yes, into files; no server has it yet. 10 rows read: 7 became resources, 3 were read for reference #flow; 7 of 7 resources were written to files #flow; 2 of 7 criteria met, 5 not measured #acceptance",
		"What did not? good: Nothing that the mapping covers. ",
		"Why? good: There is nothing to explain. ",
		"What must a person decide? good: Nothing but to sign. sign, or say why not #sign",
	}
	got := page(t, db, reports.PageOptions{})
	if diff := cmp.Diff(want, answers(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(got, "10 rows were read; 7 of them became 7 resources, of which 7 were written to files. 0 rows were rejected.") {
		t.Error("the picture is not told in words")
	}
}

func TestARunThatWasStoppedDoesNotSayThatAllArrived(t *testing.T) {
	t.Parallel()
	for status, level := range map[string]string{"running": "bad", "interrupted": "bad", "failed": "bad"} {
		db, path := sample(t, reports.Options{})
		change(t, path, "UPDATE run SET status = '"+status+"'")
		if got := answers(t, page(t, db, reports.PageOptions{}))[0]; !strings.HasPrefix(got, "Did everything arrive? "+level+": Not yet") {
			t.Errorf("%s: %s", status, got)
		}
	}
	db, path := sample(t, reports.Options{})
	change(t, path, "UPDATE source SET rows_read = rows_read + 1")
	if got := answers(t, page(t, db, reports.PageOptions{}))[0]; !strings.HasPrefix(got, "Did everything arrive? bad: It cannot be said") {
		t.Errorf("unbalanced: %s", got)
	}
}

func TestTablesReadForReferenceAndEmptyOnesAreFolded(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	names, none, odd := source(t, rec, "names"), source(t, rec, "none"), source(t, rec, "odd")
	_ = none
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 7}})
	rec.Rows(names, []reports.RowRange{{First: 1, Last: 4, Outcome: reports.Filtered, Reason: "view:people"}, {First: 5, Last: 5, Outcome: reports.Filtered, Reason: "lookup-only"}})
	rec.Rows(odd, []reports.RowRange{{First: 1, Last: 4, Outcome: reports.Filtered, Reason: "view:people"}, {First: 5, Last: 5, Outcome: reports.Filtered, Reason: "where"}})
	finish(t, rec, reports.Succeeded)
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.ReasonFacts{
		{Outcome: "filtered", Reason: "view:", Reference: true, Rows: 8}, {Outcome: "filtered", Reason: "lookup-only", Reference: true, Rows: 1}, {Outcome: "filtered", Reason: "where", Rows: 1},
	}
	if diff := cmp.Diff(want, s.Reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text := page(t, db, reports.PageOptions{})
	ledger, folded, _ := strings.Cut(text[strings.Index(text, `id="ledger"`):], "<details>")
	for table, shown := range map[string]bool{"patients": true, "odd": true, "names": false, "none": false} {
		if strings.Contains(ledger, `<th scope="row">`+table) != shown {
			t.Errorf("%s is shown: %v", table, !shown)
		}
	}
	if !strings.Contains(folded, "1 tables read for reference") || !strings.Contains(folded, "1 mapped tables have no rows") {
		t.Error("the folded tables are not told")
	}
}
