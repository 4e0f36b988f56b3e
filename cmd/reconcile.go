package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// leastSample is how many resources a sample has at least.
const leastSample = 200

func newVerify(s *settings) *cobra.Command {
	o := &compareOptions{command: "verify", failOn: []string{"missing", "altered", "drifted", "count"}}
	c := compareCommand(s, o)
	c.Use = "verify [RUN]"
	c.Short = "Compare what the server holds with what a run delivered"
	c.Long = `Counts, and reads a sample of what was delivered back from the server: that it is there, and says what was sent. A server that answers 201 may
have dropped an element all the same. Paths that differ are named, never values. Exit code 4 where something differs.`
	c.Example = `  chartlift verify
  chartlift verify 3 --all`
	c.Flags().Float64Var(&o.sample, "sample", 1, "per cent of the resources to read back, at least 200 of them")
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
	c.Flags().Float64Var(&o.sample, "sample", 100, "per cent of the resources to compare field by field, at least 200 of them")
	c.Flags().BoolVar(&o.anew, "anew", false, "begin again where an earlier reconcile was stopped")
	c.Flags().StringSliceVar(&o.failOn, "fail-on", []string{"any"}, "kinds of differences that make the exit code 4: any, none, or of "+strings.Join(kindNames(), ", "))
	c.Flags().StringVar(&o.junit, "junit", "", "file for the result as JUnit")
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
	if err := f.reachServer(ctx); err != nil {
		return err
	}
	held, err := f.db.Held(ctx, f.delivery.Target, f.delivery.Scope)
	if err != nil {
		return err
	}
	state, err := f.openState(o)
	if err != nil {
		return err
	}
	options := o.options(held)
	options.From, options.Save = state.State, state.save
	checker := reconcile.New(f.target.readBack(), held, options)
	if err := f.record(ctx, o.command); err != nil {
		return err
	}
	result, tables, err := f.compare(ctx, checker)
	if err != nil {
		return f.done(ctx, exitFailed, err)
	}
	told := f.compareResult(o, result, tables)
	code := exitOK
	if told.Failed > 0 {
		code = exitDiffers
	}
	return f.done(ctx, code, errors.Join(state.remove(), told.print(s), told.writeJUnit(o.junit)))
}

// options says how much is compared, by how much there is.
func (o compareOptions) options(held *reports.Held) reconcile.Options {
	total := int64(0)
	for _, n := range held.Counts() {
		total += n
	}
	share := o.sample / 100
	if o.all {
		share = 1
	}
	share = max(share, float64(leastSample)/float64(max(total, 1)))
	out := reconcile.Options{Share: share, Wait: o.wait}
	if o.command == "reconcile" {
		out.Orphans = true
		out.Patients = 1
		if n := held.Counts()["Patient"]; n > leastSample {
			out.Patients = max(o.sample/100, float64(leastSample)/float64(n)) * min(1, float64(leastSample)/float64(n)*10)
		}
	}
	return out
}

// compare makes everything once more and returns what differs, and the tables whose rows are others than they were.
func (f *following) compare(ctx context.Context, checker *reconcile.Checker) (*reconcile.Result, []comparedTable, error) {
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

// openState reads what an earlier comparison of the same run, and as much of it, left when it was stopped.
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
		f.s.message("going on after %s, which were compared before; --anew begins again", issue.Count(st.Compared, "resource"))
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

// comparisonJSON is the stable form of reconcile --json and verify --json.
type comparisonJSON struct {
	Run         string             `json:"run"`
	Target      string             `json:"target"`
	Compared    int64              `json:"compared"`
	Delivered   int64              `json:"delivered"`
	Differ      int64              `json:"differ"`
	Bound       float64            `json:"bound"`
	Failed      int                `json:"failed"`
	Kinds       map[string]int     `json:"kinds"`
	Tables      []comparedTable    `json:"tables"`
	Types       []comparedType     `json:"types"`
	Differences []comparedResource `json:"differences"`
	Notes       []string           `json:"notes"`
}

type comparedTable struct {
	Source string `json:"source"`
	Table  string `json:"table"`
	Then   int64  `json:"then"`
	Now    int64  `json:"now"`
}

type comparedType struct {
	Type      string `json:"type"`
	Source    int64  `json:"source"`
	Delivered int64  `json:"delivered"`
	Server    int64  `json:"server"`
}

type comparedResource struct {
	Kind     string   `json:"kind"`
	Resource string   `json:"resource,omitempty"`
	Paths    []string `json:"paths,omitempty"`
	Row      string   `json:"row,omitempty"`
	Says     string   `json:"says,omitempty"`
}

func (f *following) compareResult(o compareOptions, r *reconcile.Result, tables []comparedTable) comparisonJSON {
	out := comparisonJSON{
		Run: f.run, Target: f.target.name, Compared: r.Compared, Delivered: r.Population, Differ: r.Differ, Bound: r.Bound(),
		Kinds: map[string]int{}, Tables: tables, Types: []comparedType{}, Differences: []comparedResource{}, Notes: append([]string{}, r.Notes...),
	}
	for _, t := range r.Types {
		out.Types = append(out.Types, comparedType{t.Type, t.Source, t.Journal, t.Server})
	}
	for _, d := range r.Differences {
		if o.counts(d.Kind) {
			out.Failed++
		}
		if o.command == "verify" && !o.counts(d.Kind) {
			continue // of the source: reconcile tells
		}
		x := comparedResource{Kind: string(d.Kind), Paths: d.Paths, Says: d.Says, Resource: d.Type}
		if d.ID != "" {
			x.Resource += "/" + d.ID
		}
		if d.Origin.Row > 0 {
			x.Row = fmt.Sprintf("%s:%d", d.Origin.Source, d.Origin.Row)
		}
		out.Kinds[x.Kind]++
		out.Differences = append(out.Differences, x)
	}
	return out
}

// mostShown bounds the list on a terminal; --json has all.
const mostShown = 50

func (c comparisonJSON) print(s *settings) error {
	out := s.streams.Out
	if s.json {
		return json.NewEncoder(out).Encode(c)
	}
	fmt.Fprintf(out, "run %s against %s\n\n", c.Run, c.Target)
	c.printCounts(out)
	fmt.Fprintln(out)
	for i, d := range c.Differences {
		if i == mostShown {
			fmt.Fprintf(out, "and %d more; --json lists them\n", len(c.Differences)-i)
			break
		}
		fmt.Fprintf(out, "%s %s\n", d.Kind, strings.Join(slices.DeleteFunc([]string{d.Resource, strings.Join(d.Paths, ", "), d.Says, d.Row}, func(t string) bool { return t == "" }), "  "))
	}
	for _, n := range c.Notes {
		fmt.Fprintln(out, n)
	}
	fmt.Fprintf(out, "%d of %s compared field by field, %d differ", c.Compared, issue.Count(c.Delivered, "resource"), c.Differ)
	if c.Compared < c.Delivered {
		fmt.Fprintf(out, "; with 95 %% confidence at most %.2f %% of all do", c.Bound*100)
	}
	fmt.Fprintln(out)
	if c.Failed > 0 {
		fmt.Fprintf(out, "%s\n", issue.Count(c.Failed, "difference"))
	} else {
		fmt.Fprintln(out, "no differences")
	}
	return nil
}

// printCounts prints how many there are of each type, and the tables that have other rows than they had.
func (c comparisonJSON) printCounts(out io.Writer) {
	fmt.Fprintf(out, "%-28s %10s %10s %10s\n", "type", "source", "delivered", "server")
	for _, t := range c.Types {
		server := "?"
		if t.Server >= 0 {
			server = fmt.Sprint(t.Server)
		}
		fmt.Fprintf(out, "%-28s %10d %10d %10s\n", t.Type, t.Source, t.Delivered, server)
	}
	for _, t := range c.Tables {
		if t.Now != t.Then {
			fmt.Fprintf(out, "\n%s had %d rows then and has %d now", t.Source, t.Then, t.Now)
		}
	}
}
