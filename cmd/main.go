// Package cmd is the command line: one file for each command, which turns flags
// into a job for the other rooms and its result into words and an exit code.
//
// Read [Main] first, then job.go, the only file that knows all rooms.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chartlift/internal/console"
)

// Main runs the command line and returns the exit code. It is the only place
// where an error becomes one.
func Main(ctx context.Context, args []string, streams console.Streams) int {
	restGC()
	root := newRoot(streams)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	code := codeOf(err)
	say(streams, err, code)
	if code == exitInterrupted {
		sayAgain(streams, ran.Name())
	}
	return code
}

// say prints an error with its stable code.
func say(streams console.Streams, err error, code int) {
	var e *exitError
	if errors.As(err, &e) && (e.said || e.err == nil) {
		return
	}
	word := "error"
	if code == exitInterrupted {
		word = "stopped"
	}
	text := err.Error()
	if stable := stableCode(err); stable != "" {
		word += " " + stable
		text = strings.Replace(text, stable+": ", "", 1) // errors of servers begin with it, which is for logs
	}
	fmt.Fprintf(streams.Err, "chartlift: %s: %s\n", word, text)
	if hint := hintFor(stableCode(err)); hint != "" {
		fmt.Fprintf(streams.Err, "chartlift: %s\n", hint)
	}
}

// sayAgain says how to go on after an interruption. Only what run and load
// began can be resumed.
func sayAgain(streams console.Streams, command string) {
	switch command {
	case "run", "load", "resume":
		fmt.Fprintln(streams.Err, "chartlift: run the same command again to go on, or chartlift resume; what is delivered already does not change")
	case "undo":
		fmt.Fprintln(streams.Err, "chartlift: run the same command again to go on; what is taken back already stays so")
	default:
		fmt.Fprintln(streams.Err, "chartlift: run the same command again to go on")
	}
}

// hintFor names the flags that cure an error of a room that knows no flags.
func hintFor(stable string) string {
	switch stable {
	case "insecure-address":
		return "--insecure HOST allows it for one host"
	case "unauthorized":
		return "a token comes from --token-file or CHARTLIFT_TOKEN, user and password from CHARTLIFT_USER and CHARTLIFT_PASSWORD; --client-id with --client-key or a secret fetches tokens"
	case "no-token-endpoint":
		return "--token-url names it"
	}
	return ""
}

// flagError is a command line that cannot be understood.
type flagError struct{ err error }

func (e *flagError) Error() string { return e.err.Error() }
func (e *flagError) Unwrap() error { return e.err }
