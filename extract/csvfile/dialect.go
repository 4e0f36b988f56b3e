package csvfile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"chartlift/extract"
)

// Dialect is how a delimited file is written.
type Dialect struct {
	Delimiter byte
	Quote     byte // 0: quotes mean nothing
	Escape    byte // a backslash, or the quote itself where quotes are doubled
	Newline   byte // '\n' (CR LF as well) or '\r'
	Pairs     bool // lines end in CR LF, as far as the beginning of the file shows
	Mixed     bool // in LF as well as in CR LF; line ends inside quotes count
}

// String returns the dialect in words: delimiter ",", quote "\"" doubled, lines
// end in CRLF.
func (d Dialect) String() string {
	quote := "no quotes"
	switch {
	case d.Quote != 0 && d.Escape == '\\':
		quote = fmt.Sprintf("quote %q escaped by backslash", d.Quote)
	case d.Quote != 0:
		quote = fmt.Sprintf("quote %q doubled", d.Quote)
	}
	end := "LF"
	switch {
	case d.Newline == '\r':
		end = "CR"
	case d.Mixed:
		end = "CRLF and LF"
	case d.Pairs:
		end = "CRLF"
	}
	return fmt.Sprintf("delimiter %q, %s, lines end in %s", d.Delimiter, quote, end)
}

// sample is the decoded beginning of a file.
type sample struct {
	text  []byte
	whole bool // there is nothing behind it
}

// verdict is how well a dialect fits a sample.
type verdict struct {
	score  float64
	width  int // the most frequent number of cells
	quoted int // cells within quotes
	rows   int
}

// detect finds the dialect of a sample, keeping to what o prescribes.
func detect(s sample, o extract.Options) (Dialect, error) {
	delimiters, err := candidates(o)
	if err != nil {
		return Dialect{}, err
	}
	quotes, err := quoteCandidates(o)
	if err != nil {
		return Dialect{}, err
	}
	d, fit := Dialect{}, verdict{score: -1}
	for i, quote := range quotes {
		if i > 0 && bytes.IndexByte(s.text, quote) < 0 {
			continue
		}
		d2, fit2 := bestDelimiter(s, delimiters, Dialect{Quote: quote, Escape: quote, Newline: newline(s.text)})
		// The apostrophe is a letter more often than a quote: it has to enclose
		// a good share of the cells.
		if i == 0 || fit2.score >= fit.score && fit2.quoted > fit.quoted && fit2.quoted*4 >= fit2.rows {
			d, fit = d2, fit2
		}
	}
	if d.Newline == '\n' {
		pairs := bytes.Count(s.text, []byte("\r\n"))
		d.Pairs, d.Mixed = pairs > 0, pairs > 0 && pairs < bytes.Count(s.text, []byte{'\n'})
	}
	return withEscape(s, d, fit, o)
}

// withEscape decides between doubled quotes and backslashes.
func withEscape(s sample, d Dialect, fit verdict, o extract.Options) (Dialect, error) {
	switch {
	case len(o.Escape) > 1 || o.Escape != "" && o.Escape != `\` && o.Escape[0] != d.Quote:
		return Dialect{}, fmt.Errorf("escape %q: only a backslash or the quote itself is understood", o.Escape)
	case o.Escape != "":
		d.Escape = o.Escape[0]
	case d.Quote != 0 && bytes.Contains(s.text, []byte{'\\', d.Quote}):
		slashed := d
		slashed.Escape = '\\'
		if judge(s, slashed).score > fit.score {
			return slashed, nil
		}
	}
	return d, nil
}

// candidates lists the delimiters to try; where several fit, earlier ones win.
func candidates(o extract.Options) ([]byte, error) {
	switch o.Delimiter {
	case "", "auto":
		return []byte(",;\t|\x1f:^~"), nil
	case "tab", `\t`:
		return []byte{'\t'}, nil
	}
	if len(o.Delimiter) != 1 || strings.ContainsAny(o.Delimiter, "\r\n") {
		return nil, fmt.Errorf("delimiter %q: one ASCII character is wanted, or tab", o.Delimiter)
	}
	return []byte(o.Delimiter), nil
}

func quoteCandidates(o extract.Options) ([]byte, error) {
	switch {
	case o.Quote == "" || o.Quote == "auto":
		return []byte(`"'`), nil
	case o.Quote == "none":
		return []byte{0}, nil
	case len(o.Quote) != 1:
		return nil, fmt.Errorf("quote %q: one ASCII character is wanted, or none", o.Quote)
	}
	return []byte(o.Quote), nil
}

// newline tells files of old Macintosh programs, whose lines end in CR alone.
func newline(text []byte) byte {
	pairs := bytes.Count(text, []byte("\r\n"))
	if bytes.Count(text, []byte{'\r'})-pairs > bytes.Count(text, []byte{'\n'}) {
		return '\r'
	}
	return '\n'
}

func bestDelimiter(s sample, delimiters []byte, d Dialect) (Dialect, verdict) {
	d.Delimiter = delimiters[0]
	best, fit := d, judge(s, d)
	for _, c := range delimiters[1:] {
		if bytes.IndexByte(s.text, c) < 0 {
			continue
		}
		d.Delimiter = c
		if v := judge(s, d); v.score > fit.score {
			best, fit = d, v
		}
	}
	return best, fit
}

// judge splits the sample by d. Delimiters that give rows of constant width
// are right; more columns are better than fewer.
func judge(s sample, d Dialect) verdict {
	sc := &scanner{dialect: d, buf: s.text, eof: s.whole, line: 1, limit: maxRecord}
	for sc.next() == complete {
	}
	v := verdict{rows: len(sc.rows)}
	if v.rows == 0 {
		return v
	}
	count, first := map[int]int{}, map[int]int{}
	for i, r := range sc.rows {
		if _, seen := first[r.n]; !seen {
			first[r.n] = i
		}
		if count[r.n]++; count[r.n] > count[v.width] || count[r.n] == count[v.width] && r.n > v.width {
			v.width = r.n
		}
		if r.trouble != sound {
			count[r.n]--
		}
	}
	for _, c := range sc.cells {
		if c.quoted {
			v.quoted++
		}
	}
	// A row with text behind a closing quote is read, but not as clean as it
	// might be.
	clean := max(0, float64(count[v.width])-float64(sc.rowsWithTails())/2)
	v.score = clean / float64(v.rows) * weight(d.Delimiter, v.width)
	if first[v.width] > 0 {
		// "id;value" above "1;2,5": a delimiter that the header lacks is a
		// decimal sign.
		v.score *= 0.8
	}
	return v
}

// rowsWithTails counts the rows that have text behind a closing quote.
func (s *scanner) rowsWithTails() int {
	n, i := 0, 0
	for _, r := range s.rows {
		begin := i
		for i < len(s.tails) && s.tails[i].cell < r.first+r.n {
			i++
		}
		if i > begin {
			n++
		}
	}
	return n
}

// weight favours width; characters that are common inside values count for
// less.
func weight(delimiter byte, width int) float64 {
	w := 1 - 1/float64(width)
	switch {
	case width <= 1:
		return 0.01
	case strings.IndexByte(":^~", delimiter) >= 0:
		return w * 0.6
	}
	return w
}

// firstRecords returns the cells of up to n records of the sample, undecorated.
func firstRecords(s sample, d Dialect, n int) ([][]string, []int64) {
	sc := &scanner{dialect: d, buf: s.text, eof: s.whole, line: 1, limit: maxRecord}
	for len(sc.rows) < n && sc.next() == complete {
	}
	if len(sc.rows) == 0 && !s.whole {
		// The header alone is longer than the sample: take what there is.
		sc.eof = true
		sc.next()
	}
	records, lines := make([][]string, 0, n), make([]int64, 0, n)
	marks := sc.marks
	for _, r := range sc.rows {
		cells := make([]string, 0, r.n)
		for i := r.first; i < r.first+r.n; i++ {
			c := sc.cells[i]
			text := sc.buf[c.start:c.end]
			if len(marks) > 0 && marks[0] == i {
				text, marks = sc.appendPlain(nil, i), marks[1:]
			}
			cells = append(cells, strings.TrimSpace(string(text)))
		}
		records, lines = append(records, cells), append(lines, r.line)
	}
	return records, lines
}

// columnNames makes names of the cells of a header; nil cells give numbers.
func columnNames(cells []string, width int) []string {
	// A delimiter at the end of the header alone makes no column.
	for len(cells) > width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	names := make([]string, max(len(cells), 1))
	if cells == nil {
		names = make([]string, max(width, 1))
	}
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
		if i < len(cells) && cells[i] != "" {
			names[i] = extract.ColumnName(strings.ToValidUTF8(strings.ReplaceAll(cells[i], "\x00", ""), "\uFFFD"))
		}
	}
	return names
}
