package cmd_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// gzip FILE: makes FILE.gz of FILE, which goes.
func gzipFile(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(w.Close())
	write(ts, args[0]+".gz", out.Bytes())
	ts.Check(os.Remove(ts.MkAbs(args[0])))
}

// damage FILE cut N: leaves out the last N bytes. damage FILE alter N: changes
// the byte that so many stand behind.
func damageFile(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	if at := len(b) - n; args[1] == "cut" {
		b = b[:at]
	} else {
		b[at-1] ^= 0xff
	}
	write(ts, args[0], b)
}

// zip ARCHIVE FILE…: packs the files by their base names.
func zipFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range args[1:] {
		f, err := w.Create(filepath.Base(name))
		ts.Check(err)
		_, err = f.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
	}
	ts.Check(w.Close())
	write(ts, args[0], out.Bytes())
}

// tar ARCHIVE FILE…: packs the files by their base names, with gzip where the
// archive is called so.
func tarFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range args[1:] {
		content := ts.ReadFile(name)
		ts.Check(w.WriteHeader(&tar.Header{Name: filepath.Base(name), Mode: 0o600, Size: int64(len(content))}))
		_, err := w.Write([]byte(content))
		ts.Check(err)
	}
	ts.Check(w.Close())
	plain := strings.TrimSuffix(args[0], ".gz")
	write(ts, plain, out.Bytes())
	if plain != args[0] {
		gzipFile(ts, false, []string{plain})
	}
}

// empty FOLDER: there is nothing in it.
func emptyFolder(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s holds %v", args[0], entries)
	}
}
