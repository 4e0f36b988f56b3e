package extract_test

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/extract"
	"chartlift/extract/formats"
)

func TestATarArchiveOfCSVFilesIsNotReadAsOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "legacy.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	text := strings.Repeat("1001,Ana,F\n", 40)
	if err := w.WriteHeader(&tar.Header{Name: "patients.csv", Mode: 0o600, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = extract.Open(context.Background(), formats.All(), path, extract.Options{})
	var refused *extract.OpenError
	if !errors.As(err, &refused) || refused.Code != "convert-first" || !strings.Contains(refused.Message, "tar -xf") {
		t.Errorf("got %v; want a refusal that names tar -xf", err)
	}
}
