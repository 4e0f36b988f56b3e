package ndjson_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/ndjson"
)

// sent writes a folder with a patient and an observation.
func sent(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	sink, err := ndjson.Open(dir, ndjson.Options{Format: ndjson.Lines})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{loadtest.Patient("p"), loadtest.Observation("o", "p")}}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sink.Commit(), sink.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pack puts a compressed file, with more behind its content, in the place of a
// plain one.
func pack(t *testing.T, path, more string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(append(text, more...))
	if err = errors.Join(err, w.Close(), os.WriteFile(path+".gz", b.Bytes(), 0o600), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatChangedInAHandOverIsNamed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		do   func(t *testing.T, patients, results string)
		want []ndjson.Change
	}{
		{"nothing", func(*testing.T, string, string) {}, nil},
		{"one byte", func(t *testing.T, patients, _ string) {
			text, err := os.ReadFile(patients)
			if err != nil {
				t.Fatal(err)
			}
			text[len(text)/2] ^= 1
			if err := os.WriteFile(patients, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []ndjson.Change{{Name: "Patient.ndjson"}}},
		{"cut off", func(t *testing.T, _, results string) {
			if err := os.Truncate(results, 20); err != nil {
				t.Fatal(err)
			}
		}, []ndjson.Change{{Name: "Observation.ndjson"}}},
		{"compressed since, with the same content", func(t *testing.T, patients, _ string) { pack(t, patients, "") }, nil},
		{"compressed since, with more in it", func(t *testing.T, patients, _ string) { pack(t, patients, "{}") }, []ndjson.Change{{Name: "Patient.ndjson"}}},
		{"compressed by zstd since", func(t *testing.T, patients, _ string) {
			text, err := os.ReadFile(patients)
			if err != nil {
				t.Fatal(err)
			}
			w, err := zstd.NewWriter(nil)
			if err = errors.Join(err, os.WriteFile(patients+".zst", w.EncodeAll(text, nil), 0o600), os.Remove(patients)); err != nil {
				t.Fatal(err)
			}
		}, nil},
		{"a file is gone, the other empty", func(t *testing.T, patients, results string) {
			if err := errors.Join(os.Remove(results), os.Truncate(patients, 0)); err != nil {
				t.Fatal(err)
			}
		}, []ndjson.Change{{Name: "Observation.ndjson", Gone: true}, {Name: "Patient.ndjson"}}},
	} {
		dir := sent(t)
		row.do(t, filepath.Join(dir, "Patient.ndjson"), filepath.Join(dir, "Observation.ndjson"))
		got, err := ndjson.Changes(t.Context(), dir)
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", row.name, err, diff)
		}
	}
}

func TestAFolderWithoutManifestIsSomebodyElses(t *testing.T) {
	t.Parallel()
	dir := sent(t)
	if err := os.Remove(filepath.Join(dir, ".chartlift-manifest.json")); err != nil {
		t.Fatal(err)
	}
	if got, err := ndjson.Changes(t.Context(), dir); got != nil || err != nil {
		t.Error(got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".chartlift-manifest.json"), []byte(`{"files":[{"name":"../../etc/passwd"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ndjson.Changes(t.Context(), dir); err == nil {
		t.Error("a manifest that leads elsewhere is believed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ndjson.Changes(ctx, sent(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFilesOfAnEarlierRunAreNamedWhileTheyAreThere(t *testing.T) {
	t.Parallel()
	dir := sent(t)
	names, err := ndjson.Earlier(dir)
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Errorf("it is not there: %v", err)
		}
	}
	if names, err = ndjson.Earlier(dir); err != nil || len(names) > 0 {
		t.Errorf("after they were moved: %v, %v", names, err)
	}
	if names, err = ndjson.Earlier(filepath.Join(dir, "nowhere")); err != nil || len(names) > 0 {
		t.Errorf("of no folder: %v, %v", names, err)
	}
}
