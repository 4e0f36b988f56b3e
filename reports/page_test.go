package reports_test

import (
	"context"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

var pageFile = flag.String("page", "", "write the sample page to this file, to look at it")

func page(t *testing.T, db *reports.DB, o reports.PageOptions) string {
	t.Helper()
	var b strings.Builder
	if err := db.Page(context.Background(), "", &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageTellsTheRunAndMasksValues(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	codes := []issue.Code{{Code: "bad-date", Title: "A day that does not exist", Fix: "Correct it in the old system."}}
	got := page(t, db, reports.PageOptions{Codes: codes})
	if *pageFile != "" {
		if err := os.WriteFile(*pageFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Not ready to sign: 5 of 7 criteria not met", "Every one of 52,129 rows is accounted for; 2,118 were rejected.", "<dd>52,129</dd>", "A day that does not exist",
		"<b>Fix:</b> Correct it in the old system.", "<li>118 <code>99.99.9999 (len 10)</code></li>", "1 table with 88,412 rows was left behind: audit_trail",
		"AllergyIntolerance", "Penicillin", strings.Repeat("ab", 32), "52,129 rows read = 49,551 loaded &#43; 400 merged", "balanced",
		"3 min 8 s", "https://fhir.example.org/r4", "10:11:20", "exit code 0",
	} {
		if !strings.Contains(got, want) && !strings.Contains(strings.ReplaceAll(got, "+", "&#43;"), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(got, "31.02.1980") || strings.Contains(got, "<b>PCN</b>") {
		t.Error("the page shows a value")
	}
	if again := page(t, db, reports.PageOptions{Codes: codes}); again != got {
		t.Error("two pages of the same run differ")
	}
}

func TestPageShowsValuesOnlyWhenAskedAndEscaped(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	got := page(t, db, reports.PageOptions{ShowValues: true})
	if !strings.Contains(got, "31.02.1980") || !strings.Contains(got, "&lt;b&gt;PCN&lt;/b&gt;") || strings.Contains(got, "<b>PCN") {
		t.Error("values are missing or not escaped")
	}
	masked, _ := sample(t, reports.Options{MaskValues: true})
	if got := page(t, masked, reports.PageOptions{ShowValues: true}); strings.Contains(got, "31.02.1980") || !strings.Contains(got, "99.99.9999 (len 10)</code>") {
		t.Error("a run with masked values does not show their shape")
	}
}

func TestSampledChartsAreMaskedUnlessAskedForAndSayTheirSeed(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	for _, show := range []bool{false, true} {
		got := page(t, db, reports.PageOptions{Charts: chart(), ShowValues: show})
		if !strings.Contains(got, "1 patients by chance (seed 42)") || !strings.Contains(got, `<div class="mark"><dt>DOB</dt>`) || !strings.Contains(got, "<div><dt>MRN</dt>") {
			t.Error("the sample is not told, or what differs is not marked")
		}
		if strings.Contains(got, "01/02/1980") != show || strings.Contains(got, "99/99/9999 (len 10)") == show {
			t.Errorf("values are shown: %v, asked for: %v", !show, show)
		}
	}
}

func TestPageAsksNothingOfTheNetwork(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	got := page(t, db, reports.PageOptions{})
	within := regexp.MustCompile(`href="#[a-z]+"`).ReplaceAllString(got, "")
	if found := regexp.MustCompile(`(?i)(\bsrc\s*=|href|url\(|@import|<script|<link|<img|<iframe)[^>]*`).FindString(within); found != "" {
		t.Errorf("the page refers to something outside: %s", found)
	}
	if !strings.Contains(got, `content="default-src 'none'; style-src 'unsafe-inline'"`) {
		t.Error("the page lacks its content security policy")
	}
	if strings.Contains(got, "ZgotmplZ") {
		t.Error("the template engine refused a value")
	}
}

func TestPageIsWellFormed(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	dec := xml.NewDecoder(strings.NewReader(page(t, db, reports.PageOptions{})))
	dec.Strict = false
	dec.AutoClose = []string{"meta"}
	dec.Entity = xml.HTMLEntity
	ids := map[string]bool{}
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		el, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range el.Attr {
			if a.Name.Local == "id" && ids[a.Value] {
				t.Errorf("id %s twice", a.Value)
			}
			ids[a.Value] = ids[a.Value] || a.Name.Local == "id"
		}
	}
	for _, id := range []string{"ledger", "resources", "fix", "codes", "load", "facts", "sign"} {
		if !ids[id] {
			t.Errorf("section %s is missing", id)
		}
	}
}

func TestVerdictFollowsTheRun(t *testing.T) {
	t.Parallel()
	agree := "; INSERT INTO acceptance SELECT run_id, value, 100, 1 FROM run, json_each('[\"rows-rejected\", \"resources-refused\", \"critical-lost\", \"codes-unmapped\", \"plausibility-failed\"]')"
	loaded, mended := "UPDATE row_outcome SET outcome = 'loaded'", "UPDATE finding_group SET severity = 'warning'"
	rows := []struct{ name, change, level, title string }{
		{"running", "UPDATE run SET status = 'running'", "warn", "Still running"},
		{"interrupted", "UPDATE run SET status = 'interrupted'", "warn", "Interrupted"},
		{"failed", "UPDATE run SET status = 'failed'", "bad", "Stopped"},
		{"findings", "UPDATE run SET status = 'findings'", "warn", "Not ready to sign: 5 of 7 criteria not met"},
		{"unbalanced", "UPDATE source SET rows_read = 1", "bad", "Not balanced"},
		{"criteria", loaded + "; " + mended, "warn", "Not ready to sign: 4 of 7 criteria not met"},
		{"rejected", mended + agree, "warn", "Complete, with rejected rows"},
		{"errors", loaded + agree, "warn", "Complete, with errors"},
		{"dry run", loaded + "; UPDATE run SET dry_run = 1" + agree, "warn", "Dry run: nothing was sent"},
		{"limit", loaded + "; " + mended + "; UPDATE run SET status = 'findings'" + agree, "warn", "Complete, over the limit of --fail-on"},
		{"good", loaded + "; " + mended + agree, "good", "Complete"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db, path := sample(t, reports.Options{})
			change(t, path, row.change)
			s, err := db.Summary(context.Background(), "")
			if err != nil || s.Verdict.Level != row.level || s.Verdict.Title != row.title {
				t.Errorf("%+v, %v", s.Verdict, err)
			}
			if got := page(t, db, reports.PageOptions{}); !strings.Contains(got, `class="verdict `+row.level+`"`) {
				t.Error("the page has another verdict")
			}
		})
	}
}

func TestPageOfAnEmptyRunStillStands(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, err := db.Begin(context.Background(), reports.RunInfo{DryRun: true, Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	finish(t, rec, reports.Succeeded)
	got := page(t, db, reports.PageOptions{})
	if !strings.Contains(got, "No mapped table was read.") || !strings.Contains(got, "none (dry run)") || strings.Contains(got, `id="load"`) {
		t.Error("an empty run is told wrongly")
	}
}

func TestADumpWithManyTablesIsOneFileWithOneHash(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	for n, table := range []string{"person", "visit", "audit_log"} {
		id, err := rec.Source(reports.SourceInfo{Source: "dump.sql", Table: table, SHA256: strings.Repeat("cd", 32), Bytes: 2_000_000, Mapped: n < 2, Rows: int64(n) * 500})
		if err != nil {
			t.Fatal(err)
		}
		if n < 2 {
			rec.Rows(id, []reports.RowRange{{First: 1, Last: 10}})
		}
	}
	finish(t, rec, reports.Succeeded)
	got := page(t, db, reports.PageOptions{CommandLine: func(command, args string) string { return "typed <" + command + "> " + args }})
	want := `<tr><th scope="row">dump.sql<span class="sub">1 table left behind</span></th><td></td><td class="n">2.0 MB</td><td class="n">3</td><td class="n">1,020</td><td class="mono">` + strings.Repeat("cd", 32)
	if facts := got[strings.Index(got, `id="facts"`):strings.Index(got, `id="sign"`)]; !strings.Contains(facts, want) || strings.Count(facts, strings.Repeat("cd", 32)) != 1 {
		t.Errorf("%s", facts)
	}
	if !strings.Contains(got, "typed &lt;run&gt;") {
		t.Error("the command is not written as somebody would type it")
	}
}

func TestOfARunThatStoppedBeforeAnyRowThePageSaysThatNoneIsCounted(t *testing.T) {
	t.Parallel()
	for _, status := range []string{reports.Interrupted, reports.Failed} {
		for _, c := range []struct {
			change string
			none   bool
		}{{"", false}, {"; UPDATE source SET rows_read = 0; DELETE FROM row_outcome", true}} {
			db, path := sample(t, reports.Options{})
			change(t, path, "UPDATE run SET status = '"+status+"'"+c.change)
			s, err := db.Summary(context.Background(), "")
			if err != nil || strings.Contains(strings.ToLower(s.Verdict.Text), "no row is counted") != c.none || strings.Contains(s.Verdict.Text, "accounted for") == c.none {
				t.Errorf("%s: %+v, %v", status, s.Verdict, err)
			}
		}
	}
}
