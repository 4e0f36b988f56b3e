package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chartlift/extract"
	"chartlift/internal/disk"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/load/auth"
	"chartlift/load/fhirserver"
	"chartlift/load/httppost"
	"chartlift/load/mllp"
	"chartlift/load/ndjson"
	"chartlift/reports"
	"chartlift/transform"
)

// The exit codes. Scripts rely on them; docs/exit-codes.md is made of
// exitCodes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFindings    = 3
	exitDiffers     = 4
	exitInterrupted = 5
)

// ExitCode documents one exit code.
type ExitCode struct {
	Code    int
	Meaning string
}

// ExitCodes lists the exit codes for the documentation.
func ExitCodes() []ExitCode {
	return []ExitCode{
		{exitOK, "All went well."},
		{exitFailed, "The run could not go on: the target is gone or refuses the credentials, the disk is full, a policy says stop-run."},
		{exitUsage, "Wrong use, or a mapping with errors. Nothing was read or sent."},
		{exitFindings, "Done, with findings over the policy's limit: rejected rows, invalid resources, resources that the target refused, tests of a mapping that failed."},
		{exitDiffers, "Reconciliation, or the comparison of two mappings, found differences."},
		{exitInterrupted, "Interrupted. Run the same command again: what is done already does not change."},
	}
}

// exitError carries an exit code with what is to be said. With said, it was
// said already.
type exitError struct {
	code   int
	stable string // stable code for the message
	err    error
	said   bool
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is the error for wrong use that has no code of its own.
func usage(format string, args ...any) error { return refuse("wrong-use", format, args...) }

// refuse is the error for wrong use with this stable code.
func refuse(stable, format string, args ...any) error {
	return &exitError{code: exitUsage, stable: stable, err: fmt.Errorf(format, args...)}
}

// codeOf returns the exit code for an error of a command.
func codeOf(err error) int {
	var e *exitError
	var open *extract.OpenError
	var flag *flagError
	var credentials *auth.Error
	var server *fhirserver.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &credentials) && strings.HasPrefix(credentials.Code, "bad-"):
		return exitUsage
	case errors.As(err, &server) && server.Code == "bad-address":
		return exitUsage
	case errors.As(err, &flag), errors.As(err, &open), errors.Is(err, ndjson.ErrForeign):
		return exitUsage
	case errors.Is(err, pipeline.ErrStopped):
		return exitFindings
	}
	return exitFailed
}

// stableCode returns the stable code of what ended the run, "" where the error
// has none.
func stableCode(err error) string {
	var open *extract.OpenError
	var server *fhirserver.Error
	var engine *mllp.Error
	var listener *httppost.Error
	var credentials *auth.Error
	var exit *exitError
	var flag *flagError
	switch {
	case errors.As(err, &open):
		return open.Code
	case errors.As(err, &credentials): // inside the server's "unauthorized", and says more
		return credentials.Code
	case errors.As(err, &server):
		return server.Code
	case errors.As(err, &engine):
		return engine.Code
	case errors.As(err, &listener):
		return listener.Code
	case disk.Full(err):
		return "disk-full"
	case errors.As(err, &exit) && exit.stable != "":
		return exit.stable
	case errors.As(err, &flag):
		return "wrong-use"
	case errors.Is(err, pipeline.ErrStopped):
		return "stopped-by-policy"
	case errors.Is(err, reports.ErrDamaged):
		return "damaged-run-database"
	case errors.Is(err, reports.ErrUnbalanced):
		return "unbalanced"
	case errors.Is(err, ndjson.ErrForeign):
		return "foreign-file"
	case errors.Is(err, extract.ErrDamaged):
		return "unreadable"
	case errors.Is(err, shards.ErrBroken):
		return "shards-foreign"
	case errors.Is(err, transform.ErrGroup):
		return "group-too-large"
	case errors.Is(err, transform.ErrSpoilt):
		return "damaged-temporary-file"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return fileCode(err)
}
