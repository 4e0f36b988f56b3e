// Command gendefs writes fhir/defs_gen.go: the tables of FHIR R4's types,
// bindings, extensions and profiles, made from HL7's definitions.
//
// It is run by go generate in the folder fhir. The same definitions always
// give the same bytes. Read [guide] and [build] first.
//
//	go run ../internal/gendefs -defs ../../shared/data/fhir-r4
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gendefs:", err)
		os.Exit(1)
	}
}

// run does what the command line args ask for; usage goes to stderr.
func run(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("gendefs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	defs := flags.String("defs", "../../shared/data/fhir-r4", "`folder` with HL7's definitions as NDJSON")
	out := flags.String("out", "defs_gen.go", "`file` to write")
	invariants := flags.String("invariants", "invariants_gen.go", "`file` to write the invariants to")
	profiles := flags.String("profiles", "", "`folder` to write the profiles that come along to, instead of the tables")
	terms := flags.String("terms", "terms/terms_gen.txt", "`file` to write code systems and value sets to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := os.Stat(*defs); err != nil {
		return fmt.Errorf("definitions are absent, give their folder with -defs: %w", err)
	}
	if *profiles != "" {
		return writeBuiltIn(*defs, *profiles)
	}
	g, err := read(*defs)
	if err != nil {
		return err
	}
	t, err := build(g)
	if err != nil {
		return err
	}
	if err := generate(*out, func(b *bytes.Buffer) { t.write(b, g.files) }); err != nil {
		return err
	}
	if err := writeTerms(*terms, g, t.bindings); err != nil {
		return err
	}
	return generate(*invariants, func(b *bytes.Buffer) { writeInvariants(b, invariantsOf(g.structures)) })
}

// generate writes one file of formatted Go source.
func generate(path string, write func(*bytes.Buffer)) error {
	var b bytes.Buffer
	write(&b)
	src, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("format tables: %w", err)
	}
	if err := os.WriteFile(path, src, 0o600); err != nil {
		return fmt.Errorf("write tables: %w", err)
	}
	return nil
}
