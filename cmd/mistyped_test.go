package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"chartlift/cmd"
)

func TestPathsThatLookLikeAddressesAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there.example.org"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"https:/fhir.example.org/r4": true, "http:127.0.0.1:1/fhir": true, "htp:/x": true, "mllp:127.0.0.1:2575": true, "https:": true,
		"fhir.example.org/r4": true, "fhir.example.org": true, "FHIR-1.EXAMPLE.ORG/r4": true, "localhost:8080/fhir": true, "localhost/fhir": true, "engine:2575": true,
		"10.0.0.7/fhir": true, "10.0.0.7:8080": true, "::1/fhir": true, "[::1]:8080/fhir": true,

		"out": false, "out/night": false, "C:/out": false, "c:out": false, "/srv/fhir.example.org": false, "./fhir.example.org": false, "../fhir.example.org": false,
		".hidden.out": false, "night-2026-11-22": false, "2026.11.22": false, "v1.2/out": false, "out/fhir.example.org": false, "out/a:b": false,
		"there.example.org/r4": false, "": false, ".": false, "a..b": false, "my out.dir/x": false,
	} {
		if got := cmd.Mistyped(path, dir); got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}
