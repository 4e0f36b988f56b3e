package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/worksheet"
	"chartlift/transform/dedupe"
)

func newReview(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use:   "review",
		Short: "Let people decide in a workbook which records are one person",
		Long: `Pairs of records that are not sure enough to be merged go into a workbook, side by side, with a drop-down for
the decision. Read back, decisions are kept in the project with who and when, and hold in every later run.`,
		RunE: group,
	}
	c.AddCommand(newReviewExport(s), newReviewImport(s))
	for _, sub := range c.Commands() {
		sub.Args = usageArgs(sub.Args)
	}
	return c
}

// reviewFlags are the flags of review export beside those of matching.
type reviewFlags struct {
	dedupeFlags
	limit    int
	phi, run string
	merged   bool
}

func newReviewExport(s *settings) *cobra.Command {
	f := &reviewFlags{}
	c := &cobra.Command{
		Use:   "export [FILE --fields FIELDS.yaml] --out REVIEW.xlsx",
		Short: "Write the doubtful pairs of records into a workbook with drop-down decisions",
		Long: `Writes the pairs that a person must look at: probable, possible and vetoed ones, those first whose decision is
worth most. Without FILE they are those of the project's latest run that matched people (run --match); with FILE its
records are linked as chartlift dedupe does. With --merged they are the pairs that the run put together: decide that two
records are two persons, and the next run gives the old records back. Pairs that were decided are not offered again.
The workbook shows values of patients, because a person must see them to decide; --phi mask shows shapes.`,
		Example: `  chartlift review export --project acme --out review.xlsx
  chartlift review export patients.csv --fields fields.yaml --out review.xlsx
  chartlift review import review.xlsx --by "Ann Baker"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.file = args[0]
			}
			return exportReview(c.Context(), s, f)
		},
	}
	f.common(c)
	c.Flags().StringVar(&f.out, "out", "", "write the workbook to this .xlsx file")
	c.Flags().IntVar(&f.limit, "limit", 1000, "pairs in the workbook at the most, the most valuable first; 0: all")
	c.Flags().StringVar(&f.run, "run", "", "without FILE: the run whose pairs are asked (default: the latest)")
	c.Flags().BoolVar(&f.merged, "merged", false, "without FILE: the pairs that the run put together, to take a merge back")
	c.Flags().StringVar(&f.phi, "phi", "keep", "keep: show values of patients; mask: show their shape only")
	return c
}

func exportReview(ctx context.Context, s *settings, f *reviewFlags) (err error) {
	if f.out == "" || !strings.HasSuffix(strings.ToLower(f.out), ".xlsx") {
		return usage("name the workbook to write: --out REVIEW.xlsx")
	}
	if f.phi != "keep" && f.phi != "mask" {
		return usage("--phi %s is not known; use keep or mask", f.phi)
	}
	switch {
	case f.file == "" && f.fields+f.index != "":
		return usage("name the table that --fields or --index belong to, or leave them out for the pairs of a run")
	case f.file == "":
		return exportRun(ctx, s, f)
	case f.run != "" || f.merged:
		return usage("--run and --merged are for the pairs of a run, without FILE")
	}
	return exportFile(ctx, s, f)
}

func exportFile(ctx context.Context, s *settings, f *reviewFlags) (err error) {
	m, err := s.match(ctx, &f.dedupeFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	doubts := slices.DeleteFunc(m.result.Doubts(), func(d dedupe.Doubt) bool { return !m.batch(d.L) && !m.batch(d.R) })
	all := len(doubts)
	if f.limit > 0 {
		doubts = doubts[:min(f.limit, all)]
	}
	values, err := s.valuesOf(ctx, &f.dedupeFlags, m, doubts)
	if err != nil {
		return err
	}
	ids, earlier, err := s.offer(ctx, &f.dedupeFlags, doubts)
	if err != nil {
		return err
	}
	pairs := make([]worksheet.Pair, len(doubts))
	for i, d := range doubts {
		p := m.worksheetPair(d)
		p.ID, p.Earlier = ids[i], cmp.Or(earlier[[2]reports.RecordRef{f.ref(d.L), f.ref(d.R)}], earlier[[2]reports.RecordRef{f.ref(d.R), f.ref(d.L)}])
		p.Left = worksheet.Record{Source: f.set(), Key: d.L, Values: slices.Clone(values[d.L])}
		p.Right = worksheet.Record{Source: f.set(), Key: d.R, Values: slices.Clone(values[d.R])}
		pairs[i] = p
	}
	s.sayIssues(&f.dedupeFlags, m)
	return f.writeBook(s, m.columns(), pairs, all)
}

// exportedJSON is what review export --json prints.
type exportedJSON struct {
	File    string `json:"file"`    // "" where there was nothing to write
	Written int    `json:"written"` // pairs in the workbook
	Pairs   int    `json:"pairs"`   // that could be in it without --limit
}

// writeBook writes the workbook and says how many of all pairs are in it.
func (f *reviewFlags) writeBook(s *settings, fields []string, pairs []worksheet.Pair, all int) error {
	if len(pairs) == 0 && s.json {
		return json.NewEncoder(s.streams.Out).Encode(exportedJSON{Pairs: all})
	}
	if len(pairs) == 0 {
		fmt.Fprintln(s.streams.Out, "there is nothing to review: no pair is left to be decided; no workbook was written")
		return nil
	}
	if f.phi == "mask" {
		for i := range pairs {
			maskPair(&pairs[i])
		}
	}
	if err := writeFile(f.out, worksheet.PairsBook(fields, pairs).Write); err != nil {
		return fmt.Errorf("write %s: %w", f.out, err)
	}
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(exportedJSON{f.out, len(pairs), all})
	}
	kind := "doubtful pair"
	if f.merged {
		kind = "merged pair"
	}
	fmt.Fprintf(s.streams.Out, "%d of %s written to %s\n", len(pairs), issue.Count(all, kind), f.out)
	return nil
}

// columns are the names of what was compared, in the order of the fields file.
func (m *matched) columns() []string {
	var names []string
	for _, f := range m.fields.List {
		names = append(names, f.Column)
	}
	return names
}

// valuesOf returns the values of the records in doubt as they stand in the
// table, which is read once more, or in the index.
func (s *settings) valuesOf(ctx context.Context, f *dedupeFlags, m *matched, doubts []dedupe.Doubt) (map[string][]string, error) {
	values := map[string][]string{}
	for _, d := range doubts {
		values[d.L], values[d.R] = nil, nil
	}
	if m.linked != nil {
		for id := range values {
			values[id] = slices.Clone(m.linked.Values(id))
		}
		return values, nil
	}
	columns := append([]string{m.fields.ID}, m.columns()...)
	err := s.eachRow(ctx, tableRef{f.file, f.table}, columns, func(rec *extract.Record, at []int) error {
		id := strings.TrimSpace(rec.Values[at[0]].Text)
		if _, wanted := values[id]; wanted {
			for _, column := range at[1:] {
				values[id] = append(values[id], strings.Clone(rec.Values[column].Text))
			}
		}
		return nil
	})
	return values, err
}

// offer writes the pairs down in the project and returns their ids, and what
// was said of pairs before without deciding them.
func (s *settings) offer(ctx context.Context, f *dedupeFlags, doubts []dedupe.Doubt) (ids []string, earlier map[[2]reports.RecordRef]string, err error) {
	db, err := reports.Open(s.database())
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	offered := make([]reports.ReviewPair, len(doubts))
	for i, d := range doubts {
		offered[i] = reports.ReviewPair{Left: f.ref(d.L), Right: f.ref(d.R)}
	}
	if ids, err = db.OfferPairs(ctx, "", offered); err != nil {
		return nil, nil, err
	}
	earlier, err = unsure(ctx, db)
	return ids, earlier, err
}

// unsure returns what was said of pairs that somebody looked at and could not
// tell.
func unsure(ctx context.Context, db *reports.DB) (map[[2]reports.RecordRef]string, error) {
	decisions, err := db.Decisions(ctx)
	out := map[[2]reports.RecordRef]string{}
	for _, d := range decisions {
		if d.Verdict == reports.UnsurePerson {
			text := fmt.Sprintf("don't know (%s, %s)", d.By, d.At.Format("2006-01-02"))
			if d.Comment != "" {
				text += ": " + d.Comment
			}
			out[[2]reports.RecordRef{d.Left, d.Right}] = text
		}
	}
	return out, err
}

// worksheetPair is a doubt as the workbook shows it.
func (m *matched) worksheetPair(d dedupe.Doubt) worksheet.Pair {
	p := worksheet.Pair{Grade: d.Grade.String(), Probability: d.Probability, Bits: d.Bits, Joins: d.Joins}
	e, ok := m.result.Explain(d.L, d.R)
	if !ok {
		return p
	}
	var codes []string
	for _, v := range e.Vetoes {
		codes = append(codes, v.Code)
	}
	p.Vetoes = vetoTexts(codes, d.Whole)
	p.Start = e.Start
	for _, t := range e.Terms {
		p.Terms = append(p.Terms, worksheet.Term{Name: t.Name, Level: t.Level, Left: t.L, Right: t.R, Bits: t.Bits, Rarity: t.Frequency, Total: t.Total})
	}
	return p
}

// maskPair puts shapes in the place of values.
func maskPair(p *worksheet.Pair) {
	for _, r := range []*worksheet.Record{&p.Left, &p.Right} {
		r.Key = reports.Shape(r.Key)
		for i, v := range r.Values {
			r.Values[i] = reports.Shape(v)
		}
	}
	for i := range p.Terms {
		p.Terms[i].Left, p.Terms[i].Right = reports.Shape(p.Terms[i].Left), reports.Shape(p.Terms[i].Right)
	}
}

// sayIssues prints what was found in the table while it was matched.
func (s *settings) sayIssues(f *dedupeFlags, m *matched) {
	for _, i := range m.result.Issues {
		at := f.file
		if i.Column != "" {
			at += ": " + i.Column
		}
		value := ""
		if s.showValues && i.Value != "" {
			value = ": " + i.Value
		}
		s.message("%s: %s %s: %s%s", at, i.Severity, i.Code, i.Message, value)
	}
}
