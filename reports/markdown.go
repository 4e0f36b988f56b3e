package reports

import (
	"context"
	"fmt"
	"io"
	"slices"
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
	s.markdownAcceptance(&b)
	s.markdownFindings(&b)
	s.markdownLosses(&b)
	if s.Codes.Codes > 0 {
		fmt.Fprintf(&b, "\n%s codes, used %s times, are in no crosswalk.\n", thousands(s.Codes.Codes), thousands(s.Codes.Uses))
	}
	if s.Delivery.Bundles > 0 {
		fmt.Fprintf(&b, "\n%s of %s resources were taken in %s bundles; not taken: %s.\n", thousands(s.Delivery.OK),
			thousands(s.Delivery.Entries), thousands(s.Delivery.Bundles), thousands(s.Delivery.Refused))
	}
	if lost := RestoredText(s.Delivery.Restored); lost != "" {
		b.WriteString("\n" + lost + "\n")
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
	if r.rehearsed() {
		return r.Target + " (a rehearsal server)"
	}
	return r.Target
}

func (s Summary) markdownLedger(b *strings.Builder) {
	b.WriteString("| table | read | loaded | merged | filtered | rejected |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	total := s.Ledger.Total()
	total.Table = "total"
	empty := 0
	for _, t := range append(slices.Clone(s.Ledger.Tables), total) {
		if t.Read == 0 && t.Balanced() && t.Table != "total" {
			empty++ // exports have a hundred of them
			continue
		}
		name := t.Table
		if s.Ledger.repeats(name) {
			name += " (" + t.Source + ")"
		}
		markdownRow(b, []string{markdownCell(name), thousands(t.Read), thousands(t.Loaded), thousands(t.Merged), thousands(t.Filtered), thousands(t.Rejected)})
	}
	b.WriteString("\n")
	if empty > 0 {
		fmt.Fprintf(b, "%d mapped tables have no rows.\n\n", empty)
	}
	if s.Ledger.Balanced {
		b.WriteString(s.Ledger.conclusion() + "\n")
	} else {
		b.WriteString("**not balanced**\n")
	}
}

// markdownAcceptance lists what is not met or was not measured; what is met is
// a number.
func (s Summary) markdownAcceptance(b *strings.Builder) {
	fmt.Fprintf(b, "\n### Acceptance: %s\n\n", s.acceptanceText())
	for _, c := range s.Acceptance {
		switch c.Status {
		case NotMet:
			fmt.Fprintf(b, "- **not met** %s: %s of %s (limit: %s), see `chartlift %s`\n", c.Title, thousands(c.Actual), thousands(c.Of), c.Limit, c.Why)
		case NotMeasured:
			fmt.Fprintf(b, "- not measured: %s (%s)\n", c.Title, c.Why)
		}
	}
}

// markdownMost is how many lines of a list the summary has.
const markdownMost = 10

// markdownLosses lists the columns whose values did not come through,
// plausibility rules that failed, and what was left behind.
func (s Summary) markdownLosses(b *strings.Builder) {
	if s.Completeness.Lossy > 0 {
		fmt.Fprintf(b, "\n### Values that did not come through: %s\n\n| element | table | column | filled | lost |\n| --- | --- | --- | ---: | ---: |\n", thousands(s.Completeness.Lost))
		shown := 0
		for _, f := range s.Completeness.Fields {
			if f.Lost > 0 && shown < markdownMost {
				shown++
				markdownRow(b, []string{markdownCell(f.Element), markdownCell(f.Table), markdownCell(f.Column), thousands(f.Filled), thousands(f.Lost)})
			}
		}
	}
	if s.Plausibility.Failed > 0 {
		fmt.Fprintf(b, "\n### Plausibility: %s of %s checks failed\n\n", thousands(s.Plausibility.Failed), thousands(s.Plausibility.Checks))
		for _, c := range s.Plausibility.Listed {
			if c.Status == "fail" {
				fmt.Fprintf(b, "- %s (%s): %s of %s\n", markdownCell(c.Title), markdownCell(c.Scope), thousands(c.Violated), thousands(c.N))
			}
		}
	}
	if n, rows := s.Ledger.behind(); n > 0 {
		fmt.Fprintf(b, "\n%s tables with %s rows were left behind: no mapping names them.\n", thousands(n), thousands(rows))
	}
}

func (s Summary) markdownFindings(b *strings.Builder) {
	if s.Findings.Groups == 0 {
		return
	}
	fmt.Fprintf(b, "\n### What to fix first\n\n%s %s, %s %s.\n\n", thousands(s.Findings.Errors), plural(s.Findings.Errors, "error", "errors"),
		thousands(s.Findings.Warnings), plural(s.Findings.Warnings, "warning", "warnings"))
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
