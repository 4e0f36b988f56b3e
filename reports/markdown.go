package reports

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Markdown writes a short summary of a run, fit for a pull request or
// $GITHUB_STEP_SUMMARY. It holds no value of a source, only row numbers.
func (db *DB) Markdown(ctx context.Context, run string, w io.Writer) error {
	s, err := db.Summary(ctx, run)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s Run %s, target %s.\n\n", s.Verdict.Title, s.Verdict.Text, s.Run.ID, markdownCell(s.Run.targetText()))
	s.markdownLedger(&b)
	s.markdownFindings(&b)
	if s.Codes.Codes > 0 {
		fmt.Fprintf(&b, "\n%s codes, used %s times, are in no crosswalk.\n", thousands(s.Codes.Codes), thousands(s.Codes.Uses))
	}
	if s.Delivery.Bundles > 0 {
		fmt.Fprintf(&b, "\n%s of %s resources were taken in %s bundles; not taken: %s.\n", thousands(s.Delivery.OK),
			thousands(s.Delivery.Entries), thousands(s.Delivery.Bundles), thousands(s.Delivery.Refused))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write Markdown of run %s: %w", s.Run.ID, err)
	}
	return nil
}

// targetText names the target, or says that there was none.
func (r RunFacts) targetText() string {
	if r.DryRun || r.Target == "" {
		return "none (dry run)"
	}
	return r.Target
}

func (s Summary) markdownLedger(b *strings.Builder) {
	b.WriteString("| table | read | loaded | merged | filtered | rejected |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	total := s.Ledger.Total()
	total.Table = "total"
	for _, t := range append(s.Ledger.Tables, total) {
		markdownRow(b, []string{markdownCell(t.Table), thousands(t.Read), thousands(t.Loaded), thousands(t.Merged), thousands(t.Filtered), thousands(t.Rejected)})
	}
	b.WriteString("\n")
	if s.Ledger.Balanced {
		b.WriteString("balanced\n")
	} else {
		b.WriteString("**not balanced**\n")
	}
}

func (s Summary) markdownFindings(b *strings.Builder) {
	if s.Findings.Groups == 0 {
		return
	}
	fmt.Fprintf(b, "\n### What to fix first\n\n%s errors, %s warnings.\n\n", thousands(s.Findings.Errors), thousands(s.Findings.Warnings))
	b.WriteString("| severity | code | table | column | count | rows | what |\n| --- | --- | --- | --- | ---: | --- | --- |\n")
	for _, g := range s.Findings.First {
		markdownRow(b, []string{g.Severity, markdownCell(g.Code), markdownCell(g.Table), markdownCell(g.Column), thousands(g.Count), g.rowsText(), markdownCell(g.Message)})
	}
}

// rowsText returns the rows of the examples: "118, 407, 902".
func (g FindingGroup) rowsText() string {
	var rows []string
	for _, e := range g.Examples {
		rows = append(rows, fmt.Sprint(e.Row))
	}
	return strings.Join(rows, ", ")
}
