package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/reports"
)

// following is a command about what an earlier run delivered: retry, verify,
// reconcile, undo.
type following struct {
	*migration
	run      string // the earlier one
	info     reports.RunInfo
	args     runArgs
	delivery reports.Delivery
	whole    bool // all of it was delivered: the run came to its end
	options  targetOptions
}

// follow finds the run and how its target was spoken to; flags of this command
// that were given take the place of that run's. The target itself is opened by
// reach.
func follow(c *cobra.Command, s *settings, run string) (f *following, err error) {
	ctx := c.Context()
	f = &following{migration: &migration{s: s}}
	if err := f.workspace(running); err != nil {
		return f, err
	}
	if f.db, err = openRuns(s); err != nil {
		return f, err
	}
	if f.run, err = f.db.Delivering(ctx, run); err != nil {
		if errors.Is(err, reports.ErrNoRun) || errors.Is(err, reports.ErrNoDelivery) {
			return f, &exitError{code: exitUsage, stable: "no-such-report", err: err}
		}
		return f, err
	}
	if f.info, err = f.db.Run(ctx, f.run); err != nil {
		return f, err
	}
	if f.delivery, f.whole, err = f.db.DeliveryOf(ctx, f.run); err != nil {
		return f, err
	}
	if f.args, err = argsOf(f.info); err != nil {
		return f, err
	}
	f.options, err = f.args.target(s, f.info.Command, c.Flags())
	return f, err
}

// target reads the flags of a run that say how its target is spoken to, and
// lays those given now over them.
func (a runArgs) target(s *settings, command string, given *pflag.FlagSet) (targetOptions, error) {
	quiet := *s
	if command == "load" {
		c, o := loadCommand(&quiet)
		err := a.fill(c.Flags(), given)
		return o.targetOptions, err
	}
	_, o, err := a.runOptions(&quiet, given)
	return o.targetOptions, err
}

// runOptions returns the options that a run was started with.
func (a runArgs) runOptions(s *settings, given *pflag.FlagSet) (*cobra.Command, *runOptions, error) {
	c, o := runCommand(s)
	return c, o, a.fill(c.Flags(), given)
}

// fill sets the flags of a run as they were, and those given now over them.
func (a runArgs) fill(own, given *pflag.FlagSet) error {
	for name, values := range a.Flags {
		for _, v := range values {
			if own.Lookup(name) == nil {
				continue
			}
			if err := own.Set(name, v); err != nil {
				return fmt.Errorf("flag --%s of the run: %w", name, err)
			}
		}
	}
	var failed error
	if given != nil {
		given.VisitAll(func(f *pflag.Flag) {
			if flag := own.Lookup(f.Name); flag != nil && f.Changed && failed == nil {
				failed = flag.Value.Set(f.Value.String())
			}
		})
	}
	return failed
}

// reach opens the target of the run.
func (f *following) reach(ctx context.Context) (err error) {
	if f.delivery.Files {
		return refuse("wrong-use", "run %s wrote files; only what a server got can be asked for", f.run)
	}
	f.target, err = openTarget(ctx, f.s, f.options)
	return err
}

// reachServer does so for commands that ask the target what it holds.
func (f *following) reachServer(ctx context.Context) error {
	if err := f.reach(ctx); err != nil {
		return err
	}
	if f.target.server == nil {
		return refuse("wrong-use", "%s is told of resources and cannot be asked what it made of them; only a FHIR server can", f.target.name)
	}
	return nil
}

// record begins a run of its own for the command, so that what it does is in
// the journal and the audit log.
func (f *following) record(ctx context.Context, command string) (err error) {
	f.rec, err = f.db.Begin(ctx, reports.RunInfo{
		Command: command, ToolVersion: version, Mapping: f.info.Mapping, MappingSHA256: f.info.MappingSHA256,
		Target: f.target.name, Site: f.info.Site, Args: `{"run":"` + f.run + `"}`, Started: time.Now(),
		Options: f.info.Options, // what was masked then stays masked
	})
	if err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	return f.rec.Deliver(reports.Delivery{Target: f.delivery.Target, Scope: f.delivery.Scope, Resumes: f.run})
}

// done ends that run with an exit code.
func (f *following) done(ctx context.Context, code int, err error) error {
	status := map[int]string{exitOK: reports.Succeeded, exitInterrupted: reports.Interrupted, exitFailed: reports.Failed}[code]
	if err != nil {
		code = codeOf(err)
		status = reports.Failed
		if code == exitInterrupted {
			status = reports.Interrupted
		}
	}
	if status == "" {
		status = reports.Findings
	}
	err = errors.Join(err, f.rec.Finish(context.WithoutCancel(ctx), status, code))
	if err == nil && code != exitOK {
		return &exitError{code: code, said: true}
	}
	return err
}

// runName is the only argument of these commands: which run, the latest without
// it.
func runName(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
