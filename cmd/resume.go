package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"chartlift/reports"
)

func newResume(s *settings) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Go on with a run or load that was stopped or killed",
		Long: `Starts the run again with the flags that it was started with. What the server holds already is not sent again; what was under way when
the run died is. Mapping and sources must be what they were: where they changed, a new run is the right thing, and sends the changes.`,
		Example: `  chartlift resume
  chartlift resume 2026-11-22T10-11-12Z-1 --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return resume(c.Context(), s, runName(args), yes) },
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before sending to another machine")
	return c
}

func resume(ctx context.Context, s *settings, run string, yes bool) error {
	args, err := stopped(ctx, s, run)
	if err != nil {
		return err
	}
	return s.again(ctx, args, yes)
}

// again runs a command line that was written down, with this one's streams and
// global flags.
func (s *settings) again(ctx context.Context, args []string, yes bool) error {
	args = append(args, "--project="+s.project, "--log-level="+s.logLevel, "--log-format="+s.logFormat)
	for name, set := range map[string]bool{"--yes": yes, "--json": s.json, "--quiet": s.quiet} {
		if set {
			args = append(args, name)
		}
	}
	root := newRoot(s.streams)
	root.SetArgs(args)
	root.SetIn(s.streams.In)
	root.SetOut(s.streams.Out)
	root.SetErr(s.streams.Err)
	return root.ExecuteContext(ctx)
}

// stopped returns the command line with which the run goes on.
func stopped(ctx context.Context, s *settings, run string) (args []string, err error) {
	db, err := openRuns(s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	id, err := db.Delivering(ctx, run)
	if errors.Is(err, reports.ErrNoRun) || errors.Is(err, reports.ErrNoDelivery) {
		return nil, &exitError{code: exitUsage, stable: "no-such-report", err: err}
	}
	if err != nil {
		return nil, err
	}
	info, err := db.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	status, err := db.Status(ctx, id)
	if err != nil {
		return nil, err
	}
	if status == reports.Succeeded || status == reports.Findings {
		return nil, refuse("nothing-to-resume", "run %s came to its end (%s); chartlift retry sends what was refused, chartlift %s what changed since", id, status, info.Command)
	}
	stored, err := argsOf(info)
	if err != nil {
		return nil, err
	}
	if err := sameInput(ctx, db, id, info, stored); err != nil {
		return nil, err
	}
	s.message("going on with run %s", id)
	return append(stored.arguments(info.Command), "--resumes="+id), nil
}

// sameInput refuses to go on with something else than was begun: half of the
// rows by one mapping and half by another would be neither.
func sameInput(ctx context.Context, db *reports.DB, run string, info reports.RunInfo, a runArgs) error {
	if a.Mapping != "" {
		file, err := findMapping(a.Mapping)
		if err != nil {
			return err
		}
		if prog, _ := file.compile(a.Set); prog == nil || prog.SHA256 != info.MappingSHA256 {
			return refuse("input-changed", "the mapping has changed since run %s; start a new run: it sends what changed", run)
		}
	}
	files, err := db.SourceSums(ctx, run)
	if err != nil {
		return fmt.Errorf("read sources of the run: %w", err)
	}
	for _, f := range files {
		if _, err := os.Stat(f.Path); err != nil {
			return refuse("input-changed", "%s is not there any more; start a new run with what there is", f.Path)
		}
		if f.SHA256 == "" { // the run ended before it was known, and so before anything was delivered
			continue
		}
		sum, err := hashFile(ctx, f.Path)
		if err != nil {
			return err
		}
		if sum.hash != f.SHA256 {
			return refuse("input-changed", "%s has changed since run %s; start a new run: it sends what changed", f.Path, run)
		}
	}
	return nil
}
