package cmd_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"

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
