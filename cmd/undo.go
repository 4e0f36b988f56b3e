package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"chartlift/internal/console"
	"chartlift/internal/issue"
	"chartlift/internal/undo"
	"chartlift/reports"
)

// undoOptions are the flags of undo.
type undoOptions struct {
	run  string
	plan bool
	yes  bool
}

func newUndo(s *settings) *cobra.Command {
	u := &undoOptions{}
	o := targetOptions{}
	c := &cobra.Command{
		Use:   "undo RUN",
		Short: "Take back what a run created or changed on the server, and nothing else",
		Long: `Deletes what the run, and those that it went on with, created on the server, and puts back what it changed, in the reverse order of
references. What was changed since by anybody, or is not proved to be the run's, stays as it is and is listed. Servers keep the
versions: what is loaded again later goes on counting them.`,
		Example: `  chartlift undo 2026-11-22T10-11-12Z-1 --plan
  chartlift undo 3`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			u.run = args[0]
			return undoRun(c, s, *u)
		},
	}
	c.Flags().BoolVar(&u.plan, "plan", false, "say what would be taken back, then stop")
	c.Flags().BoolVarP(&u.yes, "yes", "y", false, "do not ask")
	o.serverFlags(c.Flags())
	return c
}

func undoRun(c *cobra.Command, s *settings, u undoOptions) (err error) {
	ctx := c.Context()
	f, err := follow(c, s, u.run)
	defer func() { err = errors.Join(err, f.Close()) }()
	if err != nil {
		return err
	}
	f.options.reading = u.plan
	if err := f.reachServer(ctx); err != nil {
		return err
	}
	chain, err := f.db.Chain(ctx, f.run)
	if err != nil {
		return err
	}
	plan, err := undo.Prepare(ctx, f.db, f.target.readBack(), chain)
	if err != nil {
		return err
	}
	does := f.target.server.Client().Capability()
	plan.Bound(undo.Abilities{Deletes: does.Deletes, Updates: does.Updates})
	if u.plan || !u.yes {
		f.tellUndo(plan)
	}
	if u.plan {
		return f.planned(plan)
	}
	if len(plan.Steps) > 0 && !u.yes {
		if err := ask(s, "Take this back?"); err != nil {
			return err
		}
	}
	if err := f.record(ctx, "undo"); err != nil {
		return err
	}
	return f.takeBack(ctx, plan, chain)
}

// takeBack does what the plan says. What was done is in the journal, so that an
// undo that was stopped can be started again.
func (f *following) takeBack(ctx context.Context, plan *undo.Plan, chain []string) error {
	seq, done, steps, stays := int64(0), int64(0), len(plan.Steps), len(plan.Refused)
	bar := console.NewProgress(f.s.streams.Err, f.s.quiet)
	bar.Start("undo")
	defer bar.End("undo")
	plan.Apart = !f.target.server.Client().Capability().Transaction
	err := plan.Carry(ctx, f.target.readBack(), func(all []reports.Delivered) error {
		seq++
		n := takenBack(all)
		done += n
		bar.Add("undo", n, float64(done)/float64(steps))
		f.rec.Journal(seq, true, all)
		return f.rec.Err()
	})
	if err == nil && len(plan.Refused) == 0 {
		for _, run := range chain {
			err = errors.Join(err, f.rec.Undone(run))
		}
	}
	if err == nil {
		err = f.rec.Complete()
	}
	code := exitOK
	if len(plan.Refused) > 0 {
		code = exitFindings
	}
	told := f.undoResult(plan, done, stays+steps-int(done))
	return errors.Join(f.done(ctx, code, err), told)
}

// takenBack counts the resources that are as they were before the run. One that
// only lost its references on the way is not.
func takenBack(all []reports.Delivered) (n int64) {
	for _, d := range all {
		if d.Fate == reports.Deleted || d.Fate == reports.Restored {
			n++
		}
	}
	return n
}

// planned prints what undo would do. Where something would stay, the exit code
// is that of an undo.
func (f *following) planned(plan *undo.Plan) error {
	if f.s.json {
		if err := f.undoResult(plan, 0, len(plan.Refused)); err != nil {
			return err
		}
	} else {
		f.listRefused(plan)
		fmt.Fprintf(f.s.streams.Out, "%s would be taken back, %d would stay\n", issue.Count(len(plan.Steps), "resource"), len(plan.Refused))
	}
	if len(plan.Refused) > 0 {
		return &exitError{code: exitFindings, said: true}
	}
	return nil
}

// tellUndo says what is going to be done.
func (f *following) tellUndo(plan *undo.Plan) {
	f.s.message("Plan: take back run %s on %s", f.run, f.target.name)
	deleted, restored := map[string]int{}, map[string]int{}
	for _, st := range plan.Steps {
		if st.Before == nil {
			deleted[st.Type]++
		} else {
			restored[st.Type]++
		}
	}
	for _, kind := range []struct {
		verb  string
		types map[string]int
	}{{"delete", deleted}, {"put back", restored}} {
		for _, typ := range slices.Sorted(maps.Keys(kind.types)) {
			f.s.message("  %s %d %s", kind.verb, kind.types[typ], typ)
		}
	}
	if plan.Gone > 0 {
		f.s.message("  %s gone already", issue.Count(plan.Gone, "resource"))
	}
	if plan.Same > 0 {
		f.s.message("  %s there before with the same content", issue.Count(plan.Same, "resource"))
	}
	if len(plan.Refused) > 0 {
		f.s.message("  %s as they are", issue.Count(len(plan.Refused), "resource"))
	}
}

// undoJSON is what undo --json prints.
type undoJSON struct {
	Run     string        `json:"run"`
	Target  string        `json:"target"`
	Planned int           `json:"planned"`
	Done    int64         `json:"done"`
	Gone    int           `json:"gone"`
	Same    int           `json:"same"`
	Refused []refusalJSON `json:"refused"`
}

type refusalJSON struct {
	Resource string `json:"resource"`
	Code     string `json:"code"`
	Why      string `json:"why"`
}

// listRefused prints every resource that stays, with its reason.
func (f *following) listRefused(plan *undo.Plan) {
	for _, r := range plan.Refused {
		fmt.Fprintf(f.s.streams.Out, "left %s/%s: %s: %s\n", r.Type, r.ID, r.Code, r.Why)
	}
}

// undoResult prints what was done, every resource that stays, and how many are
// left: with an undo that was stopped, also those that it did not come to.
func (f *following) undoResult(plan *undo.Plan, done int64, left int) error {
	out := f.s.streams.Out
	if f.s.json {
		told := undoJSON{f.run, f.target.name, len(plan.Steps), done, plan.Gone, plan.Same, []refusalJSON{}}
		for _, r := range plan.Refused {
			told.Refused = append(told.Refused, refusalJSON{r.Type + "/" + r.ID, r.Code, r.Why})
		}
		return json.NewEncoder(out).Encode(told)
	}
	f.listRefused(plan)
	fmt.Fprintf(out, "%d of %s taken back, %d left\n", done, issue.Count(len(plan.Steps), "resource"), left)
	return nil
}
