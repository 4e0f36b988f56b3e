// Package console is the terminal: streams, the log, progress bars. Nothing
// else in the program knows whether it talks to a person or to a file.
//
// Read [Streams] first. Results go to Out; progress, messages and the log go to
// Err. The log never holds values of patients: rooms put those into
// Issue.Value, which is not logged.
package console

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"
)

// Streams are the program's standard streams.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Standard returns the streams of this process.
func Standard() Streams { return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// Terminal reports whether w is a terminal.
func Terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// LogOptions steer the log. Level is one of zerolog's names, Format text or
// json.
type LogOptions struct {
	Level  string
	Format string
}

// NewLog returns a log that writes to w: events with fields, coloured only on a
// terminal.
func NewLog(w io.Writer, o LogOptions) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(o.Level)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("log level %q: use debug, info, warn, error or disabled", o.Level)
	}
	switch o.Format {
	case "json":
	case "", "text":
		w = zerolog.ConsoleWriter{Out: w, NoColor: !Terminal(w) || os.Getenv("NO_COLOR") != "", TimeFormat: time.TimeOnly}
	default:
		return zerolog.Nop(), fmt.Errorf("log format %q: use text or json", o.Format)
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}
