package tables

import (
	"fmt"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
	"chartlift/mappings"
)

// way is how files are read, with a name that tells it from other ways. What
// differs by file, its name and whether it is UTF-8, is no part of it, nor is
// what files share.
type way struct {
	options extract.Options
	name    string
}

func newWay(o extract.Options) way { return way{o, fmt.Sprintf("%+v", o)} }

// wayOf returns how the files of a source are read, worked out once: a feed may
// be thousands of files, and a mapping asks for hundreds of columns of them.
func (t *Set) wayOf(s *mappings.Source) way {
	w, known := t.ways[s]
	if !known {
		w = newWay(readOptions(s, t.options.TempDir))
		t.ways[s] = w
	}
	return w
}

func readOptions(s *mappings.Source, tempDir string) extract.Options {
	o := extract.Options{
		Encoding: s.Read.Encoding, Delimiter: s.Read.Delimiter, Quote: s.Read.Quote, Escape: s.Read.Escape,
		Header: s.Read.Header, SkipAfter: s.Read.SkipAfter, Sheet: s.Read.Sheet, Range: s.Read.Range,
		Dialect: s.Read.Dialect, Hidden: s.Read.Hidden, Merged: s.Read.Merged, TempDir: tempDir,
	}
	if s.Read.Ragged == "pad" {
		o.Ragged = extract.RaggedPad
	}
	if s.Format == "hl7v2" {
		// Positions in a segment have names whether or not a message fills
		// them, and only the mapping knows which ones it wants.
		o.Columns = s.FileColumns()
		if hl7v2.OnRequest(s.Read.Table) {
			o.Table = s.Read.Table
		}
	}
	return o
}
