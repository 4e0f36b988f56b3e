package worksheet

import (
	"archive/zip"
	"bytes"
	"cmp"
	"io"
	"slices"
)

// contentTypes is the part that readers look for first.
const contentTypes = "[Content_Types].xml"

// ordered writes the parts of a workbook in the order of their names, the
// content types first: excelize keeps large sheets in a map and writes them as
// they come, so that two workbooks of the same run would differ.
func ordered(out io.Writer, book *bytes.Reader) error {
	in, err := zip.NewReader(book, book.Size())
	if err != nil {
		return err
	}
	parts := slices.Clone(in.File)
	slices.SortFunc(parts, func(a, b *zip.File) int {
		if first := a.Name == contentTypes; first != (b.Name == contentTypes) {
			if first {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	w := zip.NewWriter(out)
	for _, part := range parts {
		if err := w.Copy(part); err != nil {
			return err
		}
	}
	return w.Close()
}
