package suites

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Version is the version of org.hl7.fhir.testcases:fhir-test-cases that is
// judged.
const Version = "1.7.46"

// ErrNoMaven is in the chain of Fetch's error where the suites are not at hand,
// and neither is Maven to get them.
var ErrNoMaven = errors.New("install Maven (mvn), which gets the suites once")

// Fetch returns the archive of the suites in the folder dir; where it is
// missing, Maven gets it from its registry.
func Fetch(ctx context.Context, dir string) (archive string, err error) {
	archive = filepath.Join(dir, "fhir-test-cases-"+Version+".jar")
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	maven, err := exec.LookPath("mvn")
	if err != nil {
		return "", fmt.Errorf("%s is missing: %w", archive, ErrNoMaven)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	cmd := exec.CommandContext(ctx, maven, "-q", "-B", "dependency:copy", "-Dartifact=org.hl7.fhir.testcases:fhir-test-cases:"+Version, "-DoutputDirectory="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("get the suites: %w: %s", err, out)
	}
	return archive, nil
}
