// Command accuracy compares what the mapping synthea-csv makes of a Synthea
// CSV export with the FHIR that Synthea itself wrote for the same patients.
//
// It counts resources of every patient, pairs resources by id or by patient,
// encounter, code and start, and compares every element that the CSV has a
// column for. What is bound to differ stands in [differences], each with its
// reason. Read [fields] and [tally] first. It decodes FHIR with structs of its
// own, so that a mistake of chartlift's reader cannot hide one of its writer.
//
//	go run ./internal/accuracy -truth ../shared/data/synthea-ma -run out/accuracy/fhir
//
// With -suite it compares what a mapping makes of documents with the bundles
// that others expect of them, value by value: read [suite] and [agreement].
//
//	go run ./internal/accuracy -suite ccda -doc docs/accuracy.md
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// threshold is the share of comparable values that must be equal in every row.
const threshold = 0.999

var errInaccurate = errors.New("the output does not agree with the truth")

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

// run does what the command line args ask for and prints the tables to stdout.
func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	truth := flags.String("truth", "../shared/data/synthea-ma", "`folder` with csv, fhir_bundles.tar.gz and FHIR_COUNTS.tsv")
	output := flags.String("run", "out/accuracy/fhir", "`folder` with the NDJSON of a run")
	var o suiteOptions
	flags.StringVar(&o.name, "suite", "", "compare documents with the bundles that are expected of them, by the `name` of the suite")
	flags.StringVar(&o.shared, "shared", "../shared", "`folder` with data/, for -suite")
	flags.StringVar(&o.binary, "chartlift", "bin/chartlift", "`program` that converts, for -suite")
	flags.StringVar(&o.doc, "doc", "", "`file` whose section is written anew, for -suite")
	flags.BoolVar(&o.examples, "examples", false, "print examples of what differs, for -suite")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.name != "" {
		return runSuite(o, stdout)
	}
	r, err := compare(*truth, *output)
	if err != nil {
		return err
	}
	r.print(stdout)
	if !r.passed() {
		return errInaccurate
	}
	return nil
}

// compare reads both sides and compares them.
func compare(truth, output string) (*result, error) {
	want, err := readBundles(filepath.Join(truth, "fhir_bundles.tar.gz"))
	if err != nil {
		return nil, err
	}
	bills, err := readBills(filepath.Join(truth, "csv", "claims_transactions.csv.gz"))
	if err != nil {
		return nil, err
	}
	want.onlyBilled(bills)
	m := newMade(want)
	if err := readOutput(output, m.add); err != nil {
		return nil, err
	}
	r := &result{}
	if r.counts, err = compareCounts(filepath.Join(truth, "FHIR_COUNTS.tsv"), m.counts); err != nil {
		return nil, err
	}
	for _, k := range kinds() {
		r.tallies = append(r.tallies, compareKind(k, want, m.side)...)
	}
	digits, err := compareDigits(filepath.Join(truth, "csv", "observations.csv.gz"), m.digits)
	r.tallies = append(r.tallies, compareBills(bills, m.totals), digits)
	return r, err
}

// made is what the run wrote: resources of the patients whose FHIR is at hand,
// and figures of all.
type made struct {
	*side
	patients map[string]bool
	counts   map[string]int
	digits   map[string][]string // values by row of observations.csv
	totals   map[string]totals   // by claim
}

func newMade(want *side) *made {
	m := &made{newSide(), map[string]bool{}, map[string]int{}, map[string][]string{}, map[string]totals{}}
	for _, p := range want.of["Patient"] {
		m.patients[p.ID] = true
	}
	return m
}

func (m *made) add(res *resource) {
	m.counts[countKey(res.patient(), res.ResourceType)]++
	switch res.ResourceType {
	case "Observation":
		res.eachQuantity(func(code, value string) {
			key := rowKey(res.patient(), id(res.Encounter.Reference), res.EffectiveDateTime, code)
			m.digits[key] = append(m.digits[key], value)
		})
	case "ExplanationOfBenefit":
		m.totals[id(res.Claim.Reference)] = res.Total
	}
	if p := res.patient(); p == "" && !res.payer() || m.patients[p] {
		m.side.add(res)
	}
}
