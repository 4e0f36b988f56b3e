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

// junitSuite is the result as CI servers read it: a test for each kind of difference.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (c comparisonJSON) writeJUnit(path string) error {
	if path == "" {
		return nil
	}
	suite := junitSuite{Name: "chartlift reconcile " + c.Run, Tests: len(reconcile.Kinds())}
	for _, kind := range kindNames() {
		one := junitCase{Class: "reconcile", Name: kind}
		if n := c.Kinds[kind]; n > 0 {
			suite.Failures++
			var list strings.Builder
			for _, d := range c.Differences {
				if d.Kind == kind {
					fmt.Fprintf(&list, "%s %s %s\n", d.Resource, strings.Join(d.Paths, ", "), d.Says)
				}
			}
			one.Failure = &junitFailure{issue.Count(n, "difference"), list.String()}
		}
		suite.Cases = append(suite.Cases, one)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
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
