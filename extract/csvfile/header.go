package csvfile

import (
	"fmt"
	"regexp"

	"chartlift/extract"
)

// headerRecords is how many records are looked at to find the header.
const headerRecords = 200

// certainData matches what never names a column: a full date, or a UUID.
var certainData = regexp.MustCompile(`^(\d{4}-\d\d-\d\d([T ].*)?|\d\d?[/.]\d\d?[/.]\d{4}|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})$`)

// layout is where the table begins.
type layout struct {
	columns  []string
	line     int64 // of the header, 0 without
	skip     int   // records before the first row
	preamble int   // of these, those before the header
	missing  bool  // the first row is surely data
}

// findLayout finds the header among the first records, or takes the one that o names.
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
	return layout{columns: columnNames(cells, width), line: lines[at], skip: at + 1 + o.SkipAfter, preamble: at}, nil
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
