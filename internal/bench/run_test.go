package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/cmd"
	"chartlift/internal/console"
)

// BenchmarkRun is the whole program from CSV files to NDJSON files. With
// -cpuprofile it shows what a row costs.
func BenchmarkRun(b *testing.B) {
	const rows = 200_000
	data, err := makeData(b.TempDir(), rows)
	if err != nil {
		b.Fatal(err)
	}
	mapping := filepath.Join(data, "bench.yaml")
	if err := os.WriteFile(mapping, []byte(benchMapping), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		dir := b.TempDir()
		var said bytes.Buffer
		args := []string{"run", "-m", mapping, "-s", data, "--to", filepath.Join(dir, "out"), "--project", dir, "-q"}
		if code := cmd.Main(b.Context(), args, console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: &said}); code != 0 {
			b.Fatalf("exit code %d: %s", code, said.String())
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}
