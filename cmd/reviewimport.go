package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/reports/worksheet"
	"chartlift/transform/dedupe"
)

func newReviewImport(s *settings) *cobra.Command {
	by := ""
	c := &cobra.Command{
		Use:   "import FILE.xlsx --by NAME",
		Short: "Read decisions back from a workbook that review export wrote",
		Long: `Reads the column decision of every line and keeps it in the project with who, when and the comment. Lines may be
sorted, columns added, the file saved by another program. If a line cannot be understood, or two lines decide one pair
in opposite ways, nothing is read in and every such cell is named. A decision that is not the first on its pair replaces
the one before, which stays in the history; "don't know" takes it back. Decisions that contradict each other (A and B
are one, B and C are one, A and C are two) are kept and reported, and join nothing until one of them is changed.`,
		Example: `  chartlift review import review.xlsx --by "Ann Baker"`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return importReview(c.Context(), s, args[0], by) },
	}
	c.Flags().StringVar(&by, "by", "", "who decided, where the column by is empty")
	return c
}

func importReview(ctx context.Context, s *settings, path, by string) (err error) {
	if strings.TrimSpace(by) == "" {
		return usage(`say who decided: --by "NAME"`)
	}
	answers, err := readAnswers(path)
	if err != nil {
		return err
	}
	db, err := openRuns(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	in := &answered{file: filepath.Base(path), by: strings.TrimSpace(by)}
	for _, a := range answers {
		if err := in.take(ctx, db, a); err != nil {
			return err
		}
	}
	if len(in.refused) > 0 {
		return in.refusal(s)
	}
	return in.keep(ctx, s, db)
}

func readAnswers(path string) ([]worksheet.Answer, error) {
	in, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	answers, err := worksheet.ReadPairs(in)
	if err != nil {
		return nil, refuse("not-a-worksheet", "%s: %w", path, err)
	}
	return answers, nil
}

// answered collects the decisions of a workbook, and what cannot be one.
type answered struct {
	file, by  string
	decisions []reports.Decision
	at        map[string]worksheet.Answer // by pair
	refused   []string
}

func (in *answered) refuse(code, place, format string, args ...any) {
	in.refused = append(in.refused, fmt.Sprintf("%s %s: %s: %s", in.file, place, code, fmt.Sprintf(format, args...)))
}

// take turns an answer into a decision. What is wrong with it goes to refused;
// an error is one of the database.
func (in *answered) take(ctx context.Context, db *reports.DB, a worksheet.Answer) error {
	if a.Verdict == "" {
		in.refuse("no-decision", a.DecisionPlace(), "this is no decision: choose one of the drop-down, or leave it empty")
		return nil
	}
	pair, err := db.OfferedPair(ctx, a.Pair)
	switch {
	case errors.Is(err, reports.ErrNoPair) && a.Pair == "":
		in.refuse("unknown-pair", a.PairPlace(), "there is a decision, but no pair it belongs to: give the line its pair again")
		return nil
	case errors.Is(err, reports.ErrNoPair):
		in.refuse("unknown-pair", a.PairPlace(), "no worksheet of this project offered this pair: is it the right --project?")
		return nil
	case err != nil:
		return err
	}
	if !keyIs(a.LeftKey, pair.Left.Key) || !keyIs(a.RightKey, pair.Right.Key) {
		in.refuse("torn-line", a.PairPlace(), "the keys in this line are not those of its pair: some columns were sorted without the others; sort whole lines only")
		return nil
	}
	if first, twice := in.at[a.Pair]; twice {
		if first.Verdict != a.Verdict {
			in.refuse("opposite-decisions", a.DecisionPlace(), "%s decides the same pair in another way: keep one of them", first.DecisionPlace())
		}
		return nil
	}
	if in.at == nil {
		in.at = map[string]worksheet.Answer{}
	}
	in.at[a.Pair] = a
	d := reports.Decision{
		Left: pair.Left, Right: pair.Right, Verdict: a.Verdict, By: a.By, Comment: a.Comment, Run: pair.Run, Worksheet: a.Pair,
	}
	if d.By == "" {
		d.By = in.by
	}
	in.decisions = append(in.decisions, d)
	return nil
}

// keyIs reports whether a cell still has a record's key, or its shape where
// values were masked. A column that is gone says nothing.
func keyIs(cell, key string) bool {
	return cell == "" || cell == strings.TrimSpace(key) || cell == reports.Shape(key)
}

// mostRefused is how many cells are named; who has that many will look at the
// first ones anyway.
const mostRefused = 50

// refusal prints what could not be understood.
func (in *answered) refusal(s *settings) error {
	for i, line := range in.refused {
		if i == mostRefused {
			fmt.Fprintf(s.streams.Err, "… and %d more\n", len(in.refused)-mostRefused)
			break
		}
		fmt.Fprintln(s.streams.Err, line)
	}
	return refuse("worksheet-refused", "%s: %s that cannot be read in; nothing was", in.file, issue.Count(len(in.refused), "line"))
}

// importedJSON is what review import --json prints.
type importedJSON struct {
	Decisions      int      `json:"decisions"`      // in the workbook
	New            int      `json:"new"`            // that were not known already
	Reversed       int      `json:"reversed"`       // that say something else than what held before
	Contradictions []string `json:"contradictions"` // with keys of records where values are shown
}

// keep writes the decisions and says what they came to.
func (in *answered) keep(ctx context.Context, s *settings, db *reports.DB) error {
	v := importedJSON{Decisions: len(in.decisions), Contradictions: []string{}}
	for _, d := range in.decisions {
		history, err := db.DecisionHistory(ctx, d.Left, d.Right)
		if err != nil {
			return err
		}
		if n := len(history); n > 0 && history[n-1].Verdict != d.Verdict {
			v.Reversed++
		}
	}
	var err error
	if v.New, err = db.Decide(ctx, reports.Import{File: in.file, By: in.by, ToolVersion: version}, in.decisions); err != nil {
		return err
	}
	held, err := db.Decisions(ctx)
	if err != nil {
		return err
	}
	v.Contradictions = append(v.Contradictions, contradictions(held, s.showValues)...)
	return s.printImported(v)
}

// contradictions says which decisions cannot all be right, by their pairs in
// worksheets and who made them; with the records' keys where values are shown.
// It looks at all sources together: a record is its source, table and key.
func contradictions(held []reports.Decision, showKeys bool) []string {
	name := func(r reports.RecordRef) string {
		return strings.Join(strings.Fields(r.Source+" "+r.Table+" "+r.Key), " ")
	}
	words := map[[2]string]reports.Decision{}
	var all []dedupe.Decision
	for _, d := range held {
		if d.Verdict != reports.UnsurePerson {
			l, r := name(d.Left), name(d.Right)
			words[[2]string{min(l, r), max(l, r)}] = d
			all = append(all, dedupe.Decision{L: l, R: r, Same: d.Verdict == reports.SamePerson})
		}
	}
	who := func(a, b string) string {
		d := words[[2]string{min(a, b), max(a, b)}]
		return strings.TrimSpace(fmt.Sprintf("%s (%s, %s)", d.Worksheet, d.By, d.At.Format("2006-01-02")))
	}
	var texts []string
	for _, c := range dedupe.Contradictions(all) {
		var same []string
		for i := 1; i < len(c.Path); i++ {
			same = append(same, who(c.Path[i-1], c.Path[i]))
		}
		text := fmt.Sprintf("%s make one person of two records that %s says are two", strings.Join(same, " and "), who(c.Path[0], c.Path[len(c.Path)-1]))
		if showKeys {
			text += ": " + c.String()
		}
		texts = append(texts, text)
	}
	return texts
}

func (s *settings) printImported(v importedJSON) error {
	if s.json {
		e := json.NewEncoder(s.streams.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.streams.Out, "%s: %d new, %d of them other than before\n", issue.Count(v.Decisions, "decision"), v.New, v.Reversed)
		for _, c := range v.Contradictions {
			fmt.Fprintf(s.streams.Out, "decision-contradiction: %s\n", c)
		}
	}
	if len(v.Contradictions) > 0 {
		return &exitError{code: exitFindings, said: true}
	}
	return nil
}
