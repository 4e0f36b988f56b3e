package reports_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"chartlift/reports"
)

// TestBannerAnswersLedgerAndAcceptanceNeverContradictEachOther walks through
// how a run can end, with and without trouble, and holds what the page says at
// its top to what it says below.
func TestBannerAnswersLedgerAndAcceptanceNeverContradictEachOther(t *testing.T) {
	t.Parallel()
	agree := `INSERT INTO acceptance SELECT run_id, value, 100, 1 FROM run, json_each('["rows-rejected", "resources-refused", "critical-lost", "codes-unmapped", "plausibility-failed"]')`
	wellRows := `UPDATE row_outcome SET outcome = 'loaded'; UPDATE resource_count SET n_loaded = n_built, n_rejected = 0; UPDATE unit SET n_ok = n_entries; UPDATE field_profile SET n_lost = 0 WHERE rule <> '';
		DELETE FROM code_map; DELETE FROM crosswalk_use WHERE equivalence = 'unmapped'; DELETE FROM check_result; DELETE FROM finding; DELETE FROM finding_group; DELETE FROM source WHERE mapped = 0`
	for trouble, change1 := range map[string]string{"as it is": "", "agreed": agree, "well": wellRows, "only left behind": strings.ReplaceAll(wellRows, "; DELETE FROM source WHERE mapped = 0", "")} {
		for end, change2 := range map[string]string{
			"done": "", "findings": "UPDATE run SET status = 'findings'", "running": "UPDATE run SET status = 'running'", "interrupted": "UPDATE run SET status = 'interrupted'",
			"failed": "UPDATE run SET status = 'failed'", "unbalanced": "UPDATE source SET rows_read = rows_read + 1 WHERE mapped", "dry": "UPDATE run SET dry_run = 1",
			"sandbox": "UPDATE run SET target = 'sandbox:'", "files": "UPDATE run SET target = 'out'",
		} {
			t.Run(trouble+" "+end, func(t *testing.T) {
				t.Parallel()
				db, path := sample(t, reports.Options{})
				for _, statement := range append(strings.Split(strings.ReplaceAll(change1, "\n", " "), "; "), change2) {
					if statement != "" {
						change(t, path, statement)
					}
				}
				consistent(t, db)
			})
		}
	}
}

// consistent compares the four answers with banner, ledger and criteria.
func consistent(t *testing.T, db *reports.DB) {
	t.Helper()
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, db, reports.PageOptions{})
	all := answers(t, text)
	if len(all) != 4 {
		t.Fatalf("%q", all)
	}
	level := func(i int) string { return regexp.MustCompile(`\? (good|warn|bad): `).FindStringSubmatch(all[i])[1] }
	notMet := 0
	for _, c := range s.Acceptance {
		if c.Status == reports.NotMet {
			notMet++
		}
	}
	total := s.Ledger.Total()
	ended := s.Ledger.Status == reports.Succeeded || s.Ledger.Status == reports.Findings
	signs := strings.Contains(all[3], ", then sign.") || strings.Contains(all[3], "Nothing but to sign.")
	for name, wrong := range map[string]bool{
		"a green banner over criteria that are not met":          notMet > 0 && s.Verdict.Level == "good",
		"a green banner over rejected rows":                      total.Rejected > 0 && s.Verdict.Level == "good",
		"all arrived, and something did not":                     level(0) == "good" && level(1) != "good",
		"something did not arrive, and nothing explains it":      level(1) != "good" && (level(2) == "good" || strings.Contains(all[2], "nothing to explain")),
		"everything arrived although a criterion says otherwise": level(0) == "good" && (total.Rejected > 0 || !s.Ledger.Balanced),
		"a run without an end is to be signed":                   (!ended || !s.Ledger.Balanced || s.Run.DryRun) && signs,
		"a run that ended well is not to be signed":              ended && s.Ledger.Balanced && !s.Run.DryRun && !signs,
		"an unbalanced ledger is not said everywhere":            !s.Ledger.Balanced && (s.Verdict.Level != "bad" || level(0) != "bad" || level(3) != "bad"),
		"ready although not accepted":                            notMet > 0 && ended && s.Ledger.Balanced && !strings.Contains(s.Verdict.Title, "Not ready"),
		"nothing to decide although a criterion is not met":      notMet > 0 && level(3) == "good",
		"the banner counts other rejected rows than the ledger":  ended && s.Ledger.Balanced && total.Rejected > 0 && !strings.Contains(s.Verdict.Text, "2,118 were rejected"),
	} {
		if wrong {
			t.Errorf("%s: %s: %s\n%s", name, s.Verdict.Title, s.Verdict.Text, strings.Join(all, "\n"))
		}
	}
}
