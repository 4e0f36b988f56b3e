package reports

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// junitGroups bounds the cases: CI servers refuse files of many megabytes.
const junitGroups = 1_000

// The parts of JUnit XML that CI servers read
// (https://github.com/testmoapp/junitxml).
type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []junitSuite
}

type junitSuite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Cases    []junitCase
}

type junitCase struct {
	XMLName xml.Name `xml:"testcase"`
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *junitFailure
	Out     string `xml:"system-out,omitempty"`
}

type junitFailure struct {
	XMLName xml.Name `xml:"failure"`
	Message string   `xml:"message,attr"`
	Text    string   `xml:",chardata"`
}

// JUnit writes a run for a CI server: one case a table, which fails if it does
// not balance; one a group of findings, which fails if they are errors; one for
// how the run ended. It holds no value of a source.
func (db *DB) JUnit(ctx context.Context, run string, w io.Writer) error {
	s, err := db.summary(ctx, run, junitGroups)
	if err != nil {
		return err
	}
	out := junitSuites{Suites: []junitSuite{
		newSuite("run", []junitCase{s.runCase()}), newSuite("ledger", s.ledgerCases()), newSuite("findings", s.findingCases()),
	}}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("write JUnit of run %s: %w", s.Run.ID, err)
	}
	return nil
}

// newSuite counts the failures, which CI servers show without reading the cases.
func newSuite(name string, cases []junitCase) junitSuite {
	suite := junitSuite{Name: name, Tests: len(cases), Cases: cases}
	for _, c := range cases {
		if c.Failure != nil {
			suite.Failures++
		}
	}
	return suite
}

// runCase fails unless the run succeeded.
func (s Summary) runCase() junitCase {
	c := junitCase{Class: "run", Name: s.Run.ID, Out: s.Verdict.Text}
	if s.Ledger.Status != Succeeded {
		c.Failure = &junitFailure{Message: s.Verdict.Title, Text: s.Verdict.Text}
	}
	return c
}

// ledgerCases has one case a table. Rejected rows do not fail it: whether they matter is
// for the policy, and shows in the run's case.
func (s Summary) ledgerCases() []junitCase {
	var cases []junitCase
	for _, t := range s.Ledger.Tables {
		c := junitCase{Class: "ledger", Name: t.Source + " " + t.Table, Out: fmt.Sprintf("%d read = %d loaded + %d merged + %d filtered + %d rejected", t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected)}
		if !t.Balanced() {
			c.Failure = &junitFailure{Message: "not balanced", Text: t.imbalance()}
		}
		cases = append(cases, c)
	}
	return cases
}

// findingCases has one case a group, the worst first.
func (s Summary) findingCases() []junitCase {
	var cases []junitCase
	for _, g := range s.Findings.First {
		text := fmt.Sprintf("%d times, rows %s: %s", g.Count, g.rowsText(), g.Message)
		c := junitCase{Class: "findings." + g.Code, Name: strings.TrimSpace(g.Table + " " + g.Column + " " + g.Rule), Out: text}
		if g.Severity == "error" || g.Severity == "fatal" {
			c.Out, c.Failure = "", &junitFailure{Message: fmt.Sprintf("%s: %d times", g.Code, g.Count), Text: text}
		}
		cases = append(cases, c)
	}
	return cases
}
