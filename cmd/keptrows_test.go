package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A profile reads some twenty tables of each document.
func TestAProfileParsesADocumentOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.xml")
	text := []byte(`<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/><title>Summary</title></ClinicalDocument>`)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	found := newFoundTables(t.TempDir())
	defer func() {
		if err := found.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := found.add(t.Context(), path); err != nil || len(found.jobs) != 1 {
		t.Fatalf("%d tables, %v", len(found.jobs), err)
	}
	// A change that neither length nor time tells, so that rows are those of
	// before where the document is not parsed again.
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("Summary"), []byte("Changed")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, was.ModTime(), was.ModTime()); err != nil {
		t.Fatal(err)
	}
	title := found.jobs[0].Schema.Column("title")
	for batch, err := range found.jobs[0].Source.Read(t.Context(), "document", nil) {
		if err != nil || batch.Records[0].Values[title].Text != "Summary" {
			t.Errorf("%v, %v", batch, err)
		}
	}
}
