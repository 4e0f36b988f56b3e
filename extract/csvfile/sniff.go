package csvfile

import (
	"bytes"
	"io"
	"path"
	"strings"

	"chartlift/extract"
)

// sniff takes text that calls itself a table, and other text that looks like
// one: CSV has no mark of its own.
func sniff(name string, head []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".tab", ".psv", ".dat":
		return isText(head)
	case ".txt":
		return isText(head) && !isProse(head)
	case ".md", ".markdown", ".rst", ".adoc", ".yaml", ".yml", ".toml", ".json", ".ndjson", ".css", ".js", ".py", ".sh":
		return false
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	for _, other := range []string{"<", "{", "[{", "MSH|", "FHS|", "BHS|", "PK\x03\x04"} {
		if bytes.HasPrefix(start, []byte(other)) {
			return false
		}
	}
	return isText(head) && !isProse(head)
}

// What makes a text prose: lines of so many words, and too few of one width to
// be rows.
const (
	proseWords = 5
	tableShare = 0.9
)

// isProse tells a letter or a README from a table. A list of one column is a
// table, unless its lines are sentences.
func isProse(head []byte) bool {
	text := decoded(head)
	if i := bytes.LastIndexByte(text, '\n'); i > 0 && len(head) >= sampleSize {
		text = text[:i+1] // the last line may be half a row
	}
	d, err := detect(sample{text: text, whole: true}, extract.Options{})
	if err != nil {
		return false
	}
	sc := &scanner{dialect: d, buf: text, eof: true, line: 1, limit: maxRecord}
	widths := map[int]int{}
	for sc.next() == complete {
		widths[sc.rows[len(sc.rows)-1].n]++
	}
	for width, n := range widths {
		if width > 1 && float64(n) >= tableShare*float64(len(sc.rows)) {
			return false
		}
	}
	return len(sc.rows) > 0 && len(bytes.Fields(text)) >= proseWords*len(sc.rows)
}

// decoded returns the beginning of a file as UTF-8 where it is UTF-16, and else
// as it is.
func decoded(head []byte) []byte {
	c := extract.DetectCharset(head)
	if !strings.HasPrefix(c.Name, "utf-16") {
		return head
	}
	r, err := c.Reader(bytes.NewReader(head))
	if err != nil {
		return head
	}
	text, _ := io.ReadAll(r)
	return text
}

// isText allows the control characters that occur in exports; a few others are
// pardoned.
func isText(head []byte) bool {
	control := 0
	for _, b := range decoded(head) {
		if b < ' ' && !strings.ContainsRune("\t\n\r\f\x1e\x1f", rune(b)) {
			control++
		}
	}
	return control*20 <= len(head) || control == 1 && len(head) > 8
}
