package reports

import (
	"context"
	"database/sql"
)

// CheckResult is what a plausibility rule came to in one scope: a type of
// resource or a measurement, "" where it applied to nothing. Status is pass,
// pass_with_violations, fail, not_applicable or silenced, and Reason says why
// it is silenced.
type CheckResult struct {
	Rule      string  `json:"rule"`
	Scope     string  `json:"scope"`
	Category  string  `json:"category"`
	Title     string  `json:"title"`
	N         int64   `json:"n"`
	Violated  int64   `json:"violated"`
	Threshold float64 `json:"threshold_percent"`
	Status    string  `json:"status"`
	Reason    string  `json:"reason,omitempty"`
}

// PlausibilityFacts count the verdicts and list what failed or has violations,
// the failed ones first.
type PlausibilityFacts struct {
	Checks        int64         `json:"checks"` // that applied to something
	Failed        int64         `json:"failed"`
	NotApplicable int64         `json:"not_applicable"`
	Listed        []CheckResult `json:"listed"`
	Silenced      []CheckResult `json:"silenced"`
}

// Checks records what the plausibility rules came to, once a run.
func (r *Recorder) Checks(results []CheckResult) {
	r.add(func(b *batch) {
		b.checks = results
		b.things += len(results)
	})
}

func (r *Recorder) writeChecks(tx *sql.Tx, results []CheckResult) error {
	var rows [][]any
	for i, c := range results {
		rows = append(rows, []any{r.id, c.Rule, c.Scope, i, c.Category, c.Title, c.N, c.Violated, c.Threshold, c.Status, c.Reason})
	}
	return insert(tx, "INSERT INTO check_result VALUES", rows, "")
}

// sumChecks reads the verdicts on plausibility.
func (db *DB) sumChecks(ctx context.Context, s *Summary) error {
	p := &s.Plausibility
	p.Listed, p.Silenced = []CheckResult{}, []CheckResult{}
	checks, err := db.checkResults(ctx, s.Run.ID)
	for _, c := range checks {
		switch c.Status {
		case "not_applicable":
			p.NotApplicable++
			continue
		case "silenced":
			p.Silenced = append(p.Silenced, c)
			continue
		case "fail":
			p.Failed++
		}
		p.Checks++
		if c.Violated > 0 {
			p.Listed = append(p.Listed, c)
		}
	}
	return err
}

// checkResults reads what the rules came to, the failed ones first.
func (db *DB) checkResults(ctx context.Context, run string) ([]CheckResult, error) {
	var out []CheckResult
	err := db.each(ctx, `SELECT rule, scope, category, title, n_denominator, n_violated, threshold_pct, status, reason
		FROM check_result WHERE run_id = ? ORDER BY status <> 'fail', position, scope`, []any{run}, func(scan scanner) error {
		var c CheckResult
		err := scan(&c.Rule, &c.Scope, &c.Category, &c.Title, &c.N, &c.Violated, &c.Threshold, &c.Status, &c.Reason)
		out = append(out, c)
		return err
	})
	return out, err
}
