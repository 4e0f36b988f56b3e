package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/reports"
	"chartlift/transform/dedupe"
)

func newDedupeExplain(s *settings) *cobra.Command {
	f := &dedupeFlags{}
	c := &cobra.Command{
		Use:   "explain ID ID",
		Short: "Show how the odds that two records are one person come about",
		Long: `Links the table as chartlift dedupe does and shows, for two of its records, what each comparison adds to the
odds or takes away, in bits: one bit doubles them. Values are shown as their shape unless --show-values is given.`,
		Example: "  chartlift dedupe explain 1001 1002 --file patients.csv --fields fields.yaml --show-values",
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE:    func(c *cobra.Command, args []string) error { return explainPair(c.Context(), s, f, args) },
	}
	f.common(c)
	c.Flags().StringVar(&f.file, "file", "", "the table with both records")
	return c
}

func explainPair(ctx context.Context, s *settings, f *dedupeFlags, ids []string) (err error) {
	if f.file == "" {
		return usage("name the table with both records: --file FILE")
	}
	m, err := s.match(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	e, ok := m.result.Explain(ids[0], ids[1])
	if !ok {
		var unknown []string
		for _, id := range ids {
			if _, known := m.result.Explain(id, id); !known {
				unknown = append(unknown, fmt.Sprintf("%q", id))
			}
		}
		return usage("%s has no record with the id %s", f.file, strings.Join(unknown, " or "))
	}
	if !s.showValues {
		for i := range e.Terms {
			e.Terms[i].L, e.Terms[i].R = reports.Shape(e.Terms[i].L), reports.Shape(e.Terms[i].R)
		}
	}
	if s.json {
		out := json.NewEncoder(s.streams.Out)
		out.SetIndent("", "  ")
		return out.Encode(e)
	}
	_, err = fmt.Fprint(s.streams.Out, waterfall(e))
	return err
}

// waterfall is an explanation as text, a line for each term.
func waterfall(e *dedupe.Explanation) string {
	text := fmt.Sprintf("%-22s %-26s %8s %8s %8s\n", "", "", "bits", "rarity", "total")
	text += fmt.Sprintf("%-22s %-26s %8.2f %8s %8.2f\n", "start", "how rare duplicates are", e.Start, "", e.Start)
	for _, t := range e.Terms {
		rarity := ""
		if t.Frequency > .005 || t.Frequency < -.005 {
			rarity = fmt.Sprintf("%+.2f", t.Frequency)
		}
		text += fmt.Sprintf("%-22s %-26s %+8.2f %8s %8.2f", t.Name, t.Level, t.Bits, rarity, t.Total)
		if t.L != "" || t.R != "" {
			text += fmt.Sprintf("   %s | %s", t.L, t.R)
		}
		text += "\n"
	}
	grade := e.Grade.String()
	if grade == "" {
		grade = "below even odds"
	}
	text += fmt.Sprintf("\n%.2f bits: probability %.6f, %s\n", e.Bits, e.Probability, grade)
	for _, v := range e.Vetoes {
		text += fmt.Sprintf("%s %s: %s\n", v.Code, v.Name, v.Meaning)
	}
	return text
}
