package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/internal/reconcile"
	"chartlift/reports"
)

// compareOptions are the flags of verify and reconcile.
type compareOptions struct {
	command string
	run     string
	all     bool
	sample  float64
	wait    time.Duration
	failOn  []string
	junit   string
	anew    bool
}

// leastSample is how many resources a sample has at least, and leastOfType how
// many of each type: of none in 60, at most 5 % of the type differ.
const (
	leastSample = 200
	leastOfType = 60
)

func newVerify(s *settings) *cobra.Command {
	o := &compareOptions{command: "verify", failOn: []string{"missing", "altered", "drifted", "count", "orphan"}}
	c := compareCommand(s, o)
	c.Use = "verify [RUN]"
	c.Short = "Compare what the server holds with what a run delivered"
	c.Long = `Counts, and reads a sample of what was delivered back from the server: that it is there, and says what was sent. A server that answers 201 may
have dropped an element all the same. What bears the tag of our site there and was never delivered is named, too. Paths that differ are named, never values. Exit code 4 where something differs.`
	c.Example = `  chartlift verify
  chartlift verify 3 --all`
	c.Flags().Float64Var(&o.sample, "sample", 1, "per cent of the resources to read back, at least 200, and 60 of each type")
	c.Flags().BoolVar(&o.all, "all", false, "read back all of them")
	return c
}

func newReconcile(s *settings) *cobra.Command {
	o := &compareOptions{command: "reconcile"}
	c := compareCommand(s, o)
	c.Use = "reconcile [RUN]"
	c.Short = "Compare the sources as they are now, the run database and the server"
	c.Long = `Makes the resources of the run once more from its sources and compares: source and run database (what changed, vanished or never
arrived), run database and server (counts by type and patient, every element, what others changed or deleted since, what nobody delivered).
It can be stopped and goes on where it was; --rate keeps it gentle. Exit code 4 where something differs.`
	c.Example = `  chartlift reconcile --json
  chartlift reconcile --sample 5 --rate 10 --fail-on missing,altered --junit reconcile.xml`
	c.Flags().Float64Var(&o.sample, "sample", 100, "per cent of the resources to compare field by field, at least 200, and 60 of each type")
	c.Flags().BoolVar(&o.anew, "anew", false, "begin again where an earlier reconcile was stopped")
	c.Flags().StringSliceVar(&o.failOn, "fail-on", []string{"any"}, "kinds of differences that make the exit code 4: any, none, or of "+strings.Join(kindNames(), ", "))
	return c
}

func compareCommand(s *settings, o *compareOptions) *cobra.Command {
	t := targetOptions{}
	c := &cobra.Command{
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.run = runName(args)
			return compareRun(c, s, *o)
		},
	}
	c.Flags().DurationVar(&o.wait, "wait", 10*time.Second, "how long what differs is asked for again: servers may show writes late")
	c.Flags().StringVar(&o.junit, "junit", "", "file for the result as JUnit")
	t.serverFlags(c.Flags())
	return c
}

func kindNames() []string {
	var names []string
	for _, k := range reconcile.Kinds() {
		names = append(names, string(k))
	}
	return names
}

func (o compareOptions) check() error {
	for _, name := range o.failOn {
		if name != "any" && name != "none" && !slices.Contains(kindNames(), name) {
			return usage("--fail-on %s is not known; use any, none, or of %s", name, strings.Join(kindNames(), ", "))
		}
	}
	if o.sample <= 0 || o.sample > 100 {
		return usage("--sample is per cent, above 0 and up to 100")
	}
	return nil
}

// counts reports whether the exit code tells of a difference.
func (o compareOptions) counts(k reconcile.Kind) bool {
	return slices.Contains(o.failOn, "any") || slices.Contains(o.failOn, string(k))
}

// tells reports whether a difference of this kind is told: what the sources
// make otherwise now is for reconcile.
func (o compareOptions) tells(k reconcile.Kind) bool { return o.command == "reconcile" || o.counts(k) }

// percent is how much of the resources is asked for.
func (o compareOptions) percent() float64 {
	if o.all {
		return 100
	}
	return o.sample
}

func compareRun(c *cobra.Command, s *settings, o compareOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	ctx := c.Context()
	f, err := follow(c, s, o.run)
	defer func() { err = errors.Join(err, f.Close()) }()
	if err != nil {
		return err
	}
	if err := f.standing(ctx, o); err != nil {
		return err
	}
	f.options.reading = true
	if err := f.reachServer(ctx); err != nil {
		return err
	}
	state, err := f.openState(o)
	if err != nil {
		return err
	}
	if err := f.record(ctx, o.command); err != nil {
		return err
	}
	result, tables, err := f.compare(ctx, o, state)
	if errors.Is(err, reconcile.ErrMoved) {
		f.s.message("%v: beginning again", err)
		state.State = reconcile.State{}
		result, tables, err = f.compare(ctx, o, state)
	}
	if err != nil {
		return f.done(ctx, exitFailed, err)
	}
	if more, err := f.unfinished(ctx); err != nil {
		return f.done(ctx, exitFailed, err)
	} else if more != "" {
		result.Notes = append(result.Notes, more)
	}
	told := f.compareResult(o, result, tables)
	if told.Failed == 0 && !slices.Contains(o.failOn, "none") && nothingCompared(result) {
		if result.Uncompared > 0 {
			return f.done(ctx, exitFailed, fmt.Errorf("none of what run %s delivered can be compared: %d are there, and what they should say in the server's own ids cannot be told", f.run, result.Uncompared))
		}
		return f.done(ctx, exitFailed, fmt.Errorf("none of what run %s delivered can be compared: its sources make other resources now; give the sources as they were then, or see chartlift reconcile", f.run))
	}
	code := exitOK
	if told.Failed > 0 || told.Unfinished && !slices.Contains(o.failOn, "none") {
		code = exitDiffers
	}
	err = f.rec.Comparison(f.kept(o, result, told))
	return f.done(ctx, code, errors.Join(err, state.remove(), told.print(s), told.writeJUnit(o)))
}

// nothingCompared reports whether something was delivered and none of it is
// made by the sources as it was then, or could be compared: that no difference
// was found means nothing.
func nothingCompared(r *reconcile.Result) bool {
	return r.Compared == 0 && (r.Uncompared > 0 || slices.ContainsFunc(r.Differences, func(d reconcile.Difference) bool {
		return d.Kind == reconcile.SourceChanged || d.Kind == reconcile.Vanished
	}))
}

// standing refuses to verify what was taken back: that nothing differs would be
// said of nothing.
func (f *following) standing(ctx context.Context, o compareOptions) error {
	u, err := f.db.UndoneBy(ctx, f.run)
	if err != nil || u == nil || !u.Whole || o.command != "verify" {
		return err
	}
	return refuse("taken-back", "run %s was taken back by run %d (chartlift undo); run again, and verify that run", f.run, u.Number)
}

// options says how much is compared, by how much there is.
func (o compareOptions) options(held *reports.Held) reconcile.Options {
	total := int64(0)
	for _, n := range held.Counts() {
		total += n
	}
	share := max(o.percent()/100, float64(leastSample)/float64(max(total, 1)))
	out := reconcile.Options{Share: share, Least: leastOfType, Wait: o.wait, Orphans: reconcile.OrphansCounted}
	if o.command == "reconcile" || o.all {
		out.Orphans = reconcile.OrphansListed
	}
	if o.command == "reconcile" {
		out.Patients = 1
		if n := held.Counts()["Patient"]; n > leastSample {
			out.Patients = max(o.sample/100, float64(leastSample)/float64(n)) * min(1, float64(leastSample)/float64(n)*10)
		}
	}
	return out
}

// compare makes everything once more and returns what differs, and how many
// rows the tables had then and have now.
func (f *following) compare(ctx context.Context, o compareOptions, state *comparisonState) (*reconcile.Result, []comparedTable, error) {
	held, err := f.db.Held(ctx, f.delivery.Target, f.delivery.Scope)
	if err != nil {
		return nil, nil, err
	}
	options := o.options(held)
	options.From, options.Save, options.Resolve, options.Expect = state.State, state.save, f.target.server.Resolve, f.target.expect()
	checker := reconcile.New(f.target.readBack(), held, options)
	now, err := f.regenerate(ctx, checker)
	if err != nil {
		return nil, nil, err
	}
	then, err := f.db.Ledger(ctx, f.run)
	if err != nil {
		return nil, nil, err
	}
	var tables []comparedTable
	for _, t := range then.Tables {
		row := comparedTable{Source: t.Source, Table: t.Table, Then: t.Read, Now: -1}
		for _, n := range now.Tables {
			if n.Source == t.Source && n.Table == t.Table {
				row.Now = n.Read
			}
		}
		tables = append(tables, row)
	}
	result, err := checker.Finish(ctx)
	return result, tables, err
}

// comparisonState is the file in which a comparison keeps how far it is.
type comparisonState struct {
	reconcile.State
	path string
}

// openState reads what an earlier comparison of the same run, and as much of
// it, left when it was stopped.
func (f *following) openState(o compareOptions) (*comparisonState, error) {
	dir, err := f.s.folder()
	if err != nil {
		return nil, err
	}
	st := &comparisonState{path: filepath.Join(dir, fmt.Sprintf("%s-%s-%g.json", o.command, f.run, o.sample))}
	text, err := os.ReadFile(st.path)
	if errors.Is(err, fs.ErrNotExist) || o.anew || o.command == "verify" {
		return st, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the comparison is: %w", err)
	}
	if json.Unmarshal(text, &st.State) != nil {
		st.State = reconcile.State{} // torn by a crash: begin again
	}
	if st.Bundle > 0 {
		n := int64(0)
		for _, of := range st.Compared {
			n += of
		}
		f.s.message("going on after %s, which were compared before; --anew begins again", issue.Count(n, "resource"))
	}
	return st, nil
}

func (st *comparisonState) save(state reconcile.State) error {
	text, err := json.Marshal(state)
	if err == nil {
		err = os.WriteFile(st.path+".tmp", text, 0o600)
	}
	if err == nil {
		err = os.Rename(st.path+".tmp", st.path)
	}
	if err != nil {
		return fmt.Errorf("keep how far the comparison is: %w", err)
	}
	return nil
}

func (st *comparisonState) remove() error {
	if err := os.Remove(st.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove state of the comparison: %w", err)
	}
	return nil
}
