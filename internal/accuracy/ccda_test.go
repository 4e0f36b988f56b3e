package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"chartlift/cmd"
	"chartlift/internal/console"
)

// sharedFolder is the folder of test data beside the repository.
const sharedFolder = "../../../shared"

// inProcess converts with the program as it is in this repository.
func inProcess(mapping, source, to string) error {
	args := []string{"run", "--mapping", mapping, "--source", source, "--to", to, "--project", filepath.Dir(to), "--fail-on", "never", "--quiet"}
	if code := cmd.Main(context.Background(), args, console.Streams{Out: io.Discard, Err: io.Discard}); code != 0 {
		return errors.New("the run failed")
	}
	return nil
}

// TestTheMappingOfClinicalDocumentsStaysAsExactAsItIs fails where less agrees
// than the bar of the suite asks for.
func TestTheMappingOfClinicalDocumentsStaysAsExactAsItIs(t *testing.T) {
	t.Parallel()
	s := ccdaSuite()
	if _, err := os.Stat(filepath.Join(sharedFolder, "data", s.truth)); err != nil {
		t.Skipf("NOT MEASURED: %v", err)
	}
	a, err := s.measure(sharedFolder, inProcess)
	if err != nil {
		t.Fatal(err)
	}
	if a.documents != 22 || a.total().percent() < s.bar {
		t.Errorf("less than %v %% agree: %s", s.bar, a)
	}
	for _, typ := range []string{"AllergyIntolerance", "Condition", "DiagnosticReport", "Immunization", "MedicationStatement", "Observation", "Patient"} {
		_, resources, values := a.byType()
		if resources[typ].missing > 0 || values[typ].percent() < 99 {
			t.Errorf("%s: %d missing, %.2f %% of the values agree", typ, resources[typ].missing, values[typ].percent())
		}
	}
	for i, n := range a.used {
		if n == 0 {
			t.Errorf("the rule %q explains nothing; remove it", s.rules[i].reason)
		}
	}
}

func TestDocumentsThatAreNotThereAreAnError(t *testing.T) {
	t.Parallel()
	if _, err := ccdaSuite().measure(t.TempDir(), inProcess); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := findSuite("nobody"); err == nil {
		t.Error("a suite that is not there is not refused")
	}
}
