// Package suites runs the test suites that HL7 publishes, its FHIRPath tests
// and the cases of its validator, against our fhirpath and validate, and says
// of every case whether it passes, fails, or is not meant for us and why.
//
// Read [Run] and [Result] first. What differs on purpose is listed in
// reasons.go, by the name of the case. Nothing of the suites is kept in this
// repository: [Fetch] has Maven put them into a cache.
//
//	archive, err := suites.Fetch(ctx, cacheDir)
//	all, err := suites.Run(ctx, archive)
package suites

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"
)

// base is where the suites lie in their archive.
const base = "org/hl7/fhir/testcases/"

// Verdict says what became of a case.
type Verdict uint8

// The verdicts. A case that is NotOurs was not judged; one that is Differs
// fails on purpose.
const (
	Passed Verdict = iota
	Failed
	Differs
	NotOurs
)

// Result is what one case came to.
type Result struct {
	Suite   string // FHIRPath or Validator
	Group   string
	Name    string
	Verdict Verdict
	Why     string // Differs and NotOurs: the reason
	Ours    string // Failed: what we say
	Theirs  string // Failed: what the suite expects
}

// Run judges all cases of the suites in an archive (a .jar), in their order.
// The error is about the archive, never about a case.
func Run(ctx context.Context, archive string) ([]Result, error) {
	files, err := zip.OpenReader(archive)
	if err != nil {
		return nil, fmt.Errorf("open the suites: %w", err)
	}
	defer files.Close()
	s := suite{files: &files.Reader}
	all, err := s.expressions()
	if err != nil {
		return nil, fmt.Errorf("run the FHIRPath tests: %w", err)
	}
	cases, err := s.cases(ctx)
	if err != nil {
		return nil, fmt.Errorf("run the validator's cases: %w", err)
	}
	return append(all, cases...), nil
}

// suite reads the files of an archive.
type suite struct{ files *zip.Reader }

// maxFile bounds one file of an archive, unpacked.
const maxFile = 64 << 20

// read returns a file below base.
func (s suite) read(name string) ([]byte, error) {
	f, err := s.files.Open(path.Join(base, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
