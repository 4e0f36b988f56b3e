package ndjson_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/ndjson"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sink, err := ndjson.Open(dir, ndjson.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sink.Close() }()
	bundle := load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("a"), loadtest.Observation("b", "a")}}
	if _, err := sink.Send(context.Background(), &bundle); err != nil {
		fmt.Println(err)
		return
	}
	if err := sink.Commit(); err != nil {
		fmt.Println(err)
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	for _, f := range files {
		fmt.Println(filepath.Base(f), err)
	}
	// Output:
	// Observation.ndjson <nil>
	// Patient.ndjson <nil>
}

func sha(t *testing.T, content string) string {
	t.Helper()
	b := sha256.Sum256([]byte(content))
	return hex.EncodeToString(b[:])
}
