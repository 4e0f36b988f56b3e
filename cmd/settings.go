package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/internal/console"
)

// settings are what flags and environment say, folded into one place. Secrets
// come from the environment or a file, never from a flag's value.
type settings struct {
	streams console.Streams
	log     zerolog.Logger

	project    string
	json       bool
	quiet      bool
	logLevel   string
	logFormat  string
	showValues bool

	mapping string
	sources []string
	set     map[string]string
	guides  []string
	shards  string              // folder of a plan of shards, "" where there is none
	utf8    map[string]bool     // files that the plan found to be UTF-8, by absolute path
	planned *share              // what of a plan of shards is converted here; nil: everything
	kept    map[string][]string // the flags of a command that is written down
}

// global declares the flags that every command has.
func (s *settings) global(f *pflag.FlagSet) {
	f.StringVar(&s.project, "project", ".", "project folder; runs live in its .chartlift folder")
	f.BoolVar(&s.json, "json", false, "print results as JSON")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no progress, no messages but errors")
	f.StringVar(&s.logLevel, "log-level", "warn", "debug, info, warn, error or disabled")
	f.StringVar(&s.logFormat, "log-format", "text", "text or json")
	f.BoolVar(&s.showValues, "show-values", false, "show values of patients on the terminal")
}

// mappingFlags declares the flags of commands that read sources by a mapping.
func (s *settings) mappingFlags(f *pflag.FlagSet) {
	f.StringVarP(&s.mapping, "mapping", "m", "", "name of a shipped mapping, or a mapping file")
	f.StringArrayVarP(&s.sources, "source", "s", nil, "folder or file to read; may be given several times; - is standard input")
	f.StringToStringVar(&s.set, "set", nil, "set a param of the mapping: NAME=VALUE")
	s.guideFlag(f)
}

// guideFlag declares the flag of commands that compile a mapping.
func (s *settings) guideFlag(f *pflag.FlagSet) {
	f.StringArrayVar(&s.guides, "ig", nil, "implementation guide whose profiles are checked: a package (`FILE`.tgz), a folder or a .json file; repeatable; US Core 6.1.0 comes along")
}

func (s *settings) prepare(c *cobra.Command) error {
	if err := fromEnvironment(c.Flags()); err != nil {
		return err
	}
	if err := errors.Join(checkProject(s.project), checkOutputs(c)); err != nil {
		return err
	}
	if err := s.fromProject(c); err != nil {
		return err
	}
	if err := checkValues(c.Flags()); err != nil {
		return err
	}
	log, err := console.NewLog(s.streams.Err, console.LogOptions{Level: s.logLevel, Format: s.logFormat})
	if err != nil {
		return &flagError{err}
	}
	s.log = log
	return nil
}

// folder returns the project's folder for runs, making it where needed.
func (s *settings) folder() (string, error) {
	dir := filepath.Join(s.project, ".chartlift")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make project folder: %w", err)
	}
	return dir, nil
}

// database returns the path of the run database.
func (s *settings) database() string { return filepath.Join(s.project, ".chartlift", "runs.db") }

// page returns the path of the page that tells of the latest run.
func (s *settings) page() string { return filepath.Join(s.project, ".chartlift", "report.html") }

// message prints a line for the person at the terminal.
func (s *settings) message(format string, args ...any) {
	if !s.quiet {
		fmt.Fprintf(s.streams.Err, format+"\n", args...)
	}
}
