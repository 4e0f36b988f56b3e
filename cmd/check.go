package cmd

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/internal/survey"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/transform"
)

func newCheck(s *settings) *cobra.Command {
	var o terminologyOptions
	c := &cobra.Command{
		Use:   "check --mapping NAME|FILE [--source FOLDER|FILE]",
		Short: "Find mistakes of a mapping before a row is read",
		Long: `Checks a mapping against the definitions of FHIR R4 and the US Core profiles that it names and, where sources
are given, against the columns and the first 100,000 rows of their tables: dates that can be read in two ways, codes
that a crosswalk does not know, columns that no rule uses. All findings come at once, each with its place and what is right.

With --terminology a FHIR terminology server is asked whether the codes that crosswalks lead to exist.`,
		Example: "  chartlift check --mapping acme.yaml --source legacy/",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return check(c.Context(), s, o) },
	}
	s.mappingFlags(c.Flags())
	o.flags(c.Flags())
	return c
}

func check(ctx context.Context, s *settings, o terminologyOptions) (err error) {
	file, err := s.ownMapping()
	if err != nil {
		return err
	}
	prog, findings := file.compile(s.set)
	more, err := file.moreFindings(ctx, s, o, prog)
	if err != nil {
		return err
	}
	findings = append(findings, more...)
	if s.json {
		if err := file.jsonFindings(s.streams.Out, findings); err != nil {
			return err
		}
	} else {
		file.printFindings(s.streams.Out, findings)
	}
	if worst(findings) {
		return &exitError{code: exitUsage, said: true}
	}
	if len(findings) == 0 {
		s.message("%s: no findings", s.mapping)
	}
	return nil
}

// moreFindings compares a mapping with what it is about: its tables and, where
// asked for, a terminology server. prog is nil where the mapping has mistakes.
func (m mappingFile) moreFindings(ctx context.Context, s *settings, o terminologyOptions, prog *mappings.Program) (findings []issue.Issue, err error) {
	switch {
	case prog == nil:
		return m.tableFindings(ctx, s)
	case len(s.sources) == 0:
		if _, findings, err = tables.PlanViews(prog, nil); err == nil {
			findings = append(findings, survey.New(prog).Findings()...)
		}
	default:
		findings, err = checkSources(ctx, s, &migration{s: s, file: m, prog: prog})
	}
	findings = slices.Concat(prog.Notes, findings)
	if err != nil || o.address == "" {
		return findings, err
	}
	codes, err := askAbout(ctx, s, o, prog)
	return append(findings, codes...), err
}

// checkSources compares the mapping with the headers of the tables and, where
// those fit, with their first rows.
func checkSources(ctx context.Context, s *settings, m *migration) (findings []issue.Issue, err error) {
	m.tables, err = s.openTables(ctx, m.prog, "")
	defer func() { err = errors.Join(err, m.tables.Close()) }()
	if err != nil || worst(m.tables.Findings) {
		return m.tables.Findings, err
	}
	rows, err := m.tables.Survey(ctx, true)
	return slices.Concat(m.tables.Findings, rows, m.tables.Unused()), err
}

// askAbout asks the terminology server about the codes of a mapping.
func askAbout(ctx context.Context, s *settings, o terminologyOptions, prog *mappings.Program) (findings []issue.Issue, err error) {
	server, err := openTerminology(ctx, s, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	return server.checkCodes(ctx, prog)
}

// tableFindings compares what a mapping with mistakes elsewhere says of its
// tables with the tables: those mistakes need not hide these.
func (m mappingFile) tableFindings(ctx context.Context, s *settings) (findings []issue.Issue, err error) {
	prog := mappings.Tables(m.fs, m.name, mappings.Options{Cleaners: transform.Signatures(), Set: s.set, Guide: m.guide})
	if prog == nil {
		return nil, nil
	}
	if len(s.sources) == 0 {
		_, findings, err = tables.PlanViews(prog, nil)
		return findings, err
	}
	set, err := s.openTables(ctx, prog, "")
	defer func() { err = errors.Join(err, set.Close()) }()
	return set.Findings, err
}
