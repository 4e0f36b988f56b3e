package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/fhir"
	"chartlift/internal/courier"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports"
)

func newRetry(s *settings) *cobra.Command {
	o := targetOptions{}
	file, yes := "", false
	c := &cobra.Command{
		Use:   "retry [RUN]",
		Short: "Send the dead letters of a run again, after the cause was mended",
		Long: `What the target refused stands in .chartlift/dead-letters/RUN.ndjson, one resource a line. Mend the server, or the lines of that file, and
send them again. In the ledger of the run, rows whose resources the target takes now become loaded. Where the source or the mapping
is wrong, mend that and start a new run instead: it sends what changed.`,
		Example: `  chartlift report dead-letters
  chartlift retry
  chartlift retry 2026-11-22T10-11-12Z-1 --file mended.ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return retry(c, s, retryOptions{runName(args), file, yes})
		},
	}
	c.Flags().StringVar(&file, "file", "", "the mended dead letters (default: the run's own file)")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before sending to another machine")
	o.serverFlags(c.Flags())
	return c
}

type retryOptions struct {
	run, file string
	yes       bool
}

func retry(c *cobra.Command, s *settings, o retryOptions) (err error) {
	ctx := c.Context()
	f, err := follow(c, s, o.run)
	defer func() { err = errors.Join(err, f.Close()) }()
	if err != nil {
		return err
	}
	letters, dead, err := f.dead(ctx, o.file)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		if s.json { // who reads it gets the ledger as after any other retry
			return f.ledger(ctx)
		}
		return nil
	}
	if f.options.remote() && !o.yes {
		fmt.Fprintf(s.streams.Err, "Plan: %s of run %s, target %s\n", issue.Count(len(letters), "dead letter"), f.run, f.options.shown())
		if err := ask(s, "Send to this server?"); err != nil {
			return err
		}
	}
	if err := f.reach(ctx); err != nil {
		return err
	}
	if err := f.record(ctx, "retry"); err != nil {
		return err
	}
	return f.again(ctx, letters, dead)
}

// dead returns the resources to send, in the order in which they were refused,
// and which dead letters each of them is.
func (f *following) dead(ctx context.Context, path string) ([]courier.Parcel, map[string][]int64, error) {
	if path == "" {
		path = lettersPath(f.s, f.run)
	}
	all, err := courier.ReadLetters(path)
	if err != nil {
		return nil, nil, refuse("unreadable", "%w", err)
	}
	left, err := f.db.DeadLetters(ctx, f.run)
	if err != nil {
		return nil, nil, err
	}
	known := map[string][]int64{}
	for _, d := range left {
		known[d.Type+"/"+d.ID] = append(known[d.Type+"/"+d.ID], d.FailureID)
	}
	var out []courier.Parcel
	for _, r := range all {
		if len(known[r.Ref()]) > 0 {
			out = append(out, courier.Parcel{Entry: load.Entry{Resource: r}})
		}
	}
	if len(out) == 0 {
		f.s.message("run %s has no dead letters that are not mended", f.run)
	} else if missing := len(known) - len(out); missing > 0 {
		f.s.message("%s not in %s and stay as they are", strings.Replace(issue.Count(missing, "dead letter")+" are", "1 dead letter are", "1 dead letter is", 1), path)
	}
	return out, known, nil
}

// withResults puts the results of each report behind it, to go in one message
// with it: engines take a report with all of them or not at all. What goes
// alone comes first, as patients have to; a result of several reports goes with
// the first.
func withResults(letters []courier.Parcel) []courier.Parcel {
	at := make(map[string]int, len(letters))
	for i, p := range letters {
		at[p.Entry.Resource.Ref()] = i
	}
	taken := make([]bool, len(letters))
	var together []courier.Parcel
	for i, p := range letters {
		if p.Entry.Resource.Type != "DiagnosticReport" {
			continue
		}
		together, taken[i] = append(together, p), true
		for ref := range fhir.References(p.Entry.Resource.JSON) {
			if n, here := at[ref]; here && !taken[n] && letters[n].Entry.Resource.Type == "Observation" {
				result := letters[n]
				result.Joined, taken[n] = true, true
				together = append(together, result)
			}
		}
	}
	var alone []courier.Parcel
	for i, p := range letters {
		if !taken[i] {
			alone = append(alone, p)
		}
	}
	return append(alone, together...)
}

// again sends the dead letters and brings the ledger of their run up to date,
// also where it is stopped on the way.
func (f *following) again(ctx context.Context, letters []courier.Parcel, dead map[string][]int64) error {
	var mended []int64
	round := &courier.Round{Courier: &courier.Courier{Sink: f.target.sink, Recorder: f.rec, Announce: true}, MaxEntries: 100}
	round.Answered = func(p courier.Parcel, o load.Outcome) {
		if o.OK() {
			mended = append(mended, dead[p.Entry.Resource.Ref()]...)
		}
	}
	if f.target.engine != nil {
		letters = withResults(letters)
	}
	if sink, ok := f.target.sink.(load.Refusing); ok { // those that nobody has mended are refused again, before the others
		sink.Took()
	}
	at := 0
	sending := round.Deliver(ctx, 1, func() (courier.Parcel, bool, error) {
		if at == len(letters) {
			return courier.Parcel{}, false, nil
		}
		at++
		return letters[at-1], true, nil
	})
	rows, err := f.rec.Mend(f.run, mended)
	if err = errors.Join(sending, err); err == nil {
		err = f.rec.Complete()
	}
	sum := round.Summary()
	f.s.message("%s delivered to %s, %d refused again; %s of run %s become loaded", issue.Count(sum.Delivered, "dead letter"), f.target.name, sum.Refused, issue.Count(rows, "row"), f.run)
	err = errors.Join(err, f.settle())
	code := exitOK
	if sum.Refused > 0 {
		code = exitFindings
	}
	err = f.done(ctx, code, err)
	return errors.Join(err, f.refreshPage(context.WithoutCancel(ctx)), f.ledger(ctx))
}

// refreshPage brings the page beside the run database up to date, where it is
// the one of this run.
func (f *following) refreshPage(ctx context.Context) error {
	latest, err := f.db.Ledger(ctx, "")
	if err != nil || latest.Run != f.run {
		return err
	}
	return runPage{db: f.db, run: f.run}.write(ctx, f.s.page())
}

// settle makes the run one that went well, where nothing is left that it ended
// with findings for.
func (f *following) settle() error {
	settled, err := f.rec.Settle(f.run, slices.Contains(f.args.Flags["fail-on"], "warning"))
	if settled {
		f.s.message("nothing is left that run %s ended with findings for: it counts as succeeded now", f.run)
	}
	return err
}

// ledger prints the ledger of the run as it is now.
func (f *following) ledger(ctx context.Context) error {
	l, err := f.db.Ledger(context.WithoutCancel(ctx), f.run)
	if err != nil {
		return err
	}
	return printLedger(f.s, l)
}

// printLedger prints a ledger as run does.
func printLedger(s *settings, l reports.Ledger) error {
	if s.json {
		return errors.Join(json.NewEncoder(s.streams.Out).Encode(l), l.Check())
	}
	fmt.Fprintln(s.streams.Out, strings.TrimRight(l.Text(), "\n"))
	return l.Check()
}
