package reports

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"chartlift/internal/issue"
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
	Skipped  int      `xml:"skipped,attr"`
	Cases    []junitCase
}

type junitCase struct {
	XMLName xml.Name `xml:"testcase"`
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *junitFailure
	Skipped *junitSkipped
	Out     string `xml:"system-out,omitempty"`
}

type junitSkipped struct {
	XMLName xml.Name `xml:"skipped"`
	Message string   `xml:"message,attr"`
}

type junitFailure struct {
	XMLName xml.Name `xml:"failure"`
	Message string   `xml:"message,attr"`
	Text    string   `xml:",chardata"`
}

// JUnit writes a run for a CI server: a suite for the run with how it ended and
// what concerns no table, one for what it is accepted by, one for each table
// with whether it balances and its findings, one for plausibility. A finding
// fails if it is an error, a rule of plausibility if it failed. It holds no
// value of a source.
func (db *DB) JUnit(ctx context.Context, run string, w io.Writer) error {
	s, err := db.summary(ctx, run, junitGroups)
	if err != nil {
		return err
	}
	checks, err := db.checkResults(ctx, s.Run.ID)
	if err != nil {
		return fmt.Errorf("write JUnit of run %s: %w", s.Run.ID, err)
	}
	out := junitSuites{Suites: []junitSuite{
		newSuite("run", append([]junitCase{s.runCase()}, s.findingCases("", "")...)), newSuite("acceptance", s.acceptanceCases()),
	}}
	for _, t := range s.Ledger.Tables {
		cases := append([]junitCase{t.junitCase()}, s.findingCases(t.Source, t.Table)...)
		out.Suites = append(out.Suites, newSuite("table "+t.Source+" "+t.Table, cases))
	}
	out.Suites = append(out.Suites, newSuite("plausibility", checkCases(checks)))
	text, err := xml.MarshalIndent(out, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("write JUnit of run %s: %w", s.Run.ID, err)
	}
	return nil
}

// newSuite counts the failures, which CI servers show without reading the
// cases.
func newSuite(name string, cases []junitCase) junitSuite {
	suite := junitSuite{Name: name, Tests: len(cases), Cases: cases}
	for _, c := range cases {
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Skipped != nil {
			suite.Skipped++
		}
	}
	return suite
}

// runCase fails unless the run succeeded.
func (s Summary) runCase() junitCase {
	c := junitCase{Class: "run", Name: s.Run.ID, Out: s.Verdict.Text}
	if s.Ledger.Status != Succeeded || s.Undone != nil || s.Incomplete != "" || s.Bereft != "" {
		c.Failure = &junitFailure{Message: s.Verdict.Title, Text: s.Verdict.Text}
	}
	return c
}

// junitCase tells whether the table balances. Rejected rows do not fail it:
// whether they matter is for what the run is accepted by.
func (t LedgerTable) junitCase() junitCase {
	c := junitCase{Class: "ledger", Name: t.Source + " " + t.Table, Out: fmt.Sprintf("%d read = %d loaded + %d merged + %d filtered + %d rejected", t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected)}
	if !t.Balanced() {
		c.Failure = &junitFailure{Message: "not balanced", Text: t.imbalance()}
	}
	return c
}

// findingCases has one case for each group of a table, the worst first; "" for
// those of none.
func (s Summary) findingCases(source, table string) []junitCase {
	var cases []junitCase
	for _, g := range s.Findings.First {
		if g.Source != source || g.Table != table {
			continue
		}
		text := fmt.Sprintf("%s, rows %s: %s", issue.Count(g.Count, "time"), g.rowsText(), g.Message)
		c := junitCase{Class: "findings." + g.Code, Name: strings.TrimSpace(g.Table + " " + g.Column + " " + g.Rule), Out: text}
		if g.Severity == "error" || g.Severity == "fatal" {
			c.Out, c.Failure = "", &junitFailure{Message: fmt.Sprintf("%s: %s", g.Code, issue.Count(g.Count, "time")), Text: text}
		}
		cases = append(cases, c)
	}
	return cases
}

// acceptanceCases has one case a criterion. What was not measured is skipped:
// it has not passed.
func (s Summary) acceptanceCases() []junitCase {
	var cases []junitCase
	for _, a := range s.Acceptance {
		c := junitCase{Class: "acceptance", Name: a.Name}
		text := fmt.Sprintf("%s: %d of %d, limit: %s", a.Title, a.Actual, a.Of, a.Limit)
		switch a.Status {
		case NotMet:
			c.Failure = &junitFailure{Message: a.Title, Text: text}
		case NotMeasured:
			c.Skipped = &junitSkipped{Message: a.Why}
		default:
			c.Out = text
		}
		cases = append(cases, c)
	}
	return cases
}

// checkCases has one case for each rule of plausibility and what it was applied
// to.
func checkCases(checks []CheckResult) []junitCase {
	var cases []junitCase
	for _, r := range checks {
		c := junitCase{Class: "plausibility." + r.Rule, Name: strings.TrimSpace(r.Rule + " " + r.Scope)}
		text := fmt.Sprintf("%s: %d of %d, at most %g %%", r.Title, r.Violated, r.N, r.Threshold)
		switch r.Status {
		case "fail":
			c.Failure = &junitFailure{Message: r.Title, Text: text}
		case "not_applicable":
			c.Skipped = &junitSkipped{Message: "there was nothing to look at"}
		case "silenced":
			c.Skipped = &junitSkipped{Message: "silenced: " + r.Reason}
		default:
			c.Out = text
		}
		cases = append(cases, c)
	}
	return cases
}
