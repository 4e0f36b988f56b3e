package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// suites lists the sets of documents that have expected bundles.
func suites() []*suite { return []*suite{ccdaSuite(), hl7Suite()} }

func findSuite(name string) (*suite, error) {
	var names []string
	for _, s := range suites() {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	return nil, fmt.Errorf("unknown suite %q; there are %s", name, strings.Join(names, ", "))
}

// converter runs a mapping on the documents of a folder and writes NDJSON to
// another one.
type converter func(mapping, source, to string) error

// chartlift converts with a built program. A run that rejects rows has made
// what it could.
func chartlift(binary string) converter {
	return func(mapping, source, to string) error {
		// The validator is not part of what is measured; what it finds is for
		// `chartlift validate` to say.
		cmd := exec.Command(binary, "run", "--mapping", mapping, "--source", source, "--to", to, "--project", filepath.Dir(to), "--fail-on", "never", "--quiet")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
}

// measure converts every document by itself, because samples of one patient
// contradict each other, and compares.
func (s *suite) measure(shared string, convert converter) (*agreement, error) {
	documents, err := s.documents(filepath.Join(shared, "data", s.truth))
	if err != nil {
		return nil, err
	}
	a := newAgreement(s)
	for _, d := range documents {
		if err := a.measureOne(d, convert); err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return a, nil
}

func (a *agreement) measureOne(d document, convert converter) error {
	folder, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	source := filepath.Join(folder, "source")
	if err := os.Mkdir(source, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(source, d.name), d.input, 0o600); err != nil {
		return err
	}
	to := filepath.Join(folder, "fhir")
	if err := convert(a.suite.mapping, source, to); err != nil {
		return err
	}
	got, err := readFolder(to)
	if err != nil {
		return err
	}
	want, err := parseBundle(d.expected)
	if err != nil {
		return err
	}
	a.input = d.input
	a.compareBundles(want, got)
	return nil
}

// readTar returns the files in a gzipped tar by name, in its order.
func readTar(path string) (names []string, files map[string][]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open the truth: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	files = map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return names, files, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if files[h.Name], err = io.ReadAll(t); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
		}
		names = append(names, h.Name)
	}
}

// suiteOptions are those of the command line that a suite needs.
type suiteOptions struct {
	name, shared, binary, doc string
	examples                  bool
}

// runSuite measures a suite, prints the agreement and writes it into the
// documentation.
func runSuite(o suiteOptions, out io.Writer) error {
	s, err := findSuite(o.name)
	if err != nil {
		return err
	}
	a, err := s.measure(o.shared, chartlift(o.binary))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	a.print(&text)
	if o.doc != "" {
		if err := writeSection(o.doc, s.name, text.String()); err != nil {
			return err
		}
	}
	if o.examples {
		a.printLeft(out)
	}
	fmt.Fprintln(out, a)
	if a.total().percent() < s.bar {
		return errInaccurate
	}
	return nil
}
