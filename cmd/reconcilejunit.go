package cmd

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"chartlift/internal/issue"
	"chartlift/internal/reconcile"
)

// junitSuite is the result as CI servers read it: a test for each kind of
// difference.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Skipped *junitFailure `xml:"skipped,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// mostInJUnit bounds the list of one kind: CI servers show these files whole.
const mostInJUnit = 1000

// found lists the differences of a kind with their paths and rows; nil where
// there are none.
func (c comparisonJSON) found(kind reconcile.Kind) *junitFailure {
	n := c.Kinds[string(kind)]
	if n == 0 {
		return nil
	}
	var list strings.Builder
	listed := 0
	for _, d := range c.Differences {
		if d.Kind != string(kind) {
			continue
		}
		if listed++; listed > mostInJUnit {
			fmt.Fprintf(&list, "and %d more\n", n-mostInJUnit)
			break
		}
		list.WriteString(d.line() + "\n")
	}
	return &junitFailure{issue.Count(n, "difference"), list.String()}
}

// writeJUnit writes a test for each kind that the command tells of. A kind that
// --fail-on does not name is skipped where there are such differences: the job
// goes on, and they can be seen.
func (c comparisonJSON) writeJUnit(o compareOptions) error {
	if o.junit == "" {
		return nil
	}
	suite := junitSuite{Name: "chartlift " + o.command + " " + c.Run}
	for _, kind := range reconcile.Kinds() {
		if !o.tells(kind) {
			continue
		}
		one := junitCase{Class: o.command, Name: string(kind)}
		found := c.found(kind)
		switch {
		case found == nil:
		case o.counts(kind):
			suite.Failures++
			one.Failure = found
		default:
			suite.Skipped++
			one.Skipped = found
		}
		suite.Cases = append(suite.Cases, one)
	}
	if c.Unfinished {
		suite.Failures++
		why := &junitFailure{"the run did not come to its end", strings.Join(c.Notes, "\n")}
		suite.Cases = append(suite.Cases, junitCase{Class: o.command, Name: "unfinished", Failure: why})
	}
	suite.Tests = len(suite.Cases)
	f, err := os.OpenFile(o.junit, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = io.WriteString(f, xml.Header)
		e := xml.NewEncoder(f)
		e.Indent("", "  ")
		err = errors.Join(err, e.Encode(suite), f.Close())
	}
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	return nil
}
