package handover_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"chartlift/load/handover"
)

// packed returns the text packed by gzip and by zstd.
func packed(t *testing.T, text string) map[string][]byte {
	t.Helper()
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{".gz": gz.Bytes(), ".zst": zst.Bytes()}
}

func TestPackedFilesAreReadAsPlainOnes(t *testing.T) {
	t.Parallel()
	const lines = `{"resourceType":"Patient","id":"a"}` + "\n" + `{"resourceType":"Patient","id":"b"}` + "\n"
	for ending, bytes := range packed(t, lines) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Patient.ndjson"+ending), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := handover.Open(t.Context(), []string{dir}, t.TempDir())
		if err != nil {
			t.Fatalf("%s: %v", ending, err)
		}
		if n := set.Counts()["Patient"]; n != 2 {
			t.Errorf("%s: %d patients", ending, n)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "Patient.ndjson"+ending), bytes[:len(bytes)-5], 0o600); err != nil {
			t.Fatal(err)
		}
		if set, err := handover.Open(t.Context(), []string{dir}, t.TempDir()); err == nil {
			t.Errorf("%s: half of a hand-over is taken: %v", ending, errors.Join(set.Close()))
		}
	}
}

func TestUnpackLeavesOtherBytesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "{}", "\x1f", "plain text"} {
		in, was, err := handover.Unpack(strings.NewReader(text))
		if err != nil || was {
			t.Fatalf("%q: %v %v", text, was, err)
		}
		got, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil || string(got) != text {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
	if _, was, err := handover.Unpack(strings.NewReader("\x1f\x8b no gzip")); err == nil || !was {
		t.Errorf("a broken file is taken: %v %v", was, err)
	}
}

func TestNamesAreKnownPackedOrNot(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"out/Patient.ndjson": "Patient", "Patient.ndjson.gz": "Patient", "Patient.NDJSON.ZST": "Patient", "a.b.json": "a.b", "gz": "gz",
	} {
		if got := handover.TableOf(name); got != want {
			t.Errorf("%s is table %q, want %q", name, got, want)
		}
	}
}
