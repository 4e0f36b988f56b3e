package csvfile

import (
	"fmt"
	"regexp"
	"strings"

	"chartlift/extract"
)

// headerRecords is how many records are looked at to find the header.
const headerRecords = 200

// certainData matches what never names a column: a full date, or a UUID.
var certainData = regexp.MustCompile(`^(\d{4}-\d\d-\d\d([T ].*)?|\d\d?[/.]\d\d?[/.]\d{4}|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})$`)

// layout is where the table begins.
type layout struct {
	columns  []string
	header   []string // its cells without spaces around them, nil without
	line     int64    // of the header, 0 without
	skip     int      // records before the first row
	preamble int      // of these, those before the header
	missing  bool     // the first row is surely data
}

// findLayout finds the header among the first records, or takes the one that o
// names.
func findLayout(s sample, d Dialect, o extract.Options) (layout, error) {
	records, lines := firstRecords(s, d, max(headerRecords, o.Header+1))
	width := judge(s, d).width
	at := o.Header - 1
	switch {
	case o.Header < 0:
		return layout{columns: columnNames(nil, width), skip: o.SkipAfter}, nil
	case o.Header > len(records):
		return layout{}, fmt.Errorf("header %d: the file has no such record near its beginning", o.Header)
	case len(records) == 0:
		return layout{columns: columnNames(nil, 1)}, nil
	case o.Header == 0:
		at = preamble(records, width)
	}
	cells := records[at]
	if o.Header == 0 && looksLikeData(cells) {
		return layout{columns: columnNames(nil, width), skip: at + o.SkipAfter, preamble: at, missing: true}, nil
	}
	return layout{columns: columnNames(cells, width), header: cells, line: lines[at], skip: at + 1 + o.SkipAfter, preamble: at}, nil
}

// preamble counts the records before the header: titles and remarks, which
// fill at most half of the cells that the table has.
func preamble(records [][]string, width int) int {
	for i, cells := range records {
		filled := 0
		for _, c := range cells {
			if c != "" {
				filled++
			}
		}
		title := width > 2 && filled <= 1
		if !title && (len(cells) >= width || filled*2 > width) {
			return i
		}
	}
	return 0
}

func looksLikeData(cells []string) bool {
	for _, c := range cells {
		if certainData.MatchString(c) {
			return true
		}
	}
	return false
}

// byteOrderMark stands at the beginning of files from Windows, and in the
// middle of a file that was joined from several.
const byteOrderMark = "\uFEFF"

// refuseHeaders gives the rows that repeat the header a fault: a file joined
// from several has one in each place where they meet, and it would become a
// patient named "Name".
func (r *reader) refuseHeaders() {
	header := r.source.layout.header
	for _, i := range r.headers {
		rec := &r.records[i]
		if r.mayBeHeader(rec.Values[0].Text) && rec.Fault == nil && repeats(rec.Values, header) {
			rec.Fault = fault(rec, "repeated-header", "the row repeats the header and holds no values; see whether all of the files that were joined here are there, with the same columns")
		}
	}
}

// mayBeHeader reports whether a row whose first cell is this one may repeat the
// header: nearly all differ in it.
func (r *reader) mayBeHeader(first string) bool {
	header := r.source.layout.header
	return len(header) > 0 && (first == header[0] || decorated(first))
}

// decorated reports whether text has a space or a byte order mark around it,
// behind which a name could stand.
func decorated(text string) bool {
	return text != "" && (text[0] == ' ' || text[0] == byteOrderMark[0] || text[len(text)-1] == ' ')
}

// repeats reports whether the values are the cells of the header, which has
// none behind its last column's name where the table has. Behind a byte order
// mark the quotes of the first cell are no quotes to the scanner, and stand in
// its text.
func repeats(values []extract.Value, header []string) bool {
	for i, v := range values {
		text, want := v.Text, ""
		if i < len(header) {
			want = header[i]
		}
		if rest, marked := strings.CutPrefix(text, byteOrderMark); marked && i == 0 {
			text = strings.Trim(rest, `"'`)
		}
		if strings.TrimSpace(text) != want {
			return false
		}
	}
	return true
}
