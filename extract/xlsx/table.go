package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"chartlift/extract"
)

// sampleRows is how many rows decide on header and width.
const sampleRows = 200

// table is one sheet with its header found.
type table struct {
	page   page
	schema *extract.Schema
	header heading
	first  int        // column of indexes[0], from 1
	index  []int      // of a column's value, -1 where it is left out
	titles [][]string // the rows of the header, as the values of a row that repeats one of them
	hidden []int      // columns of the table that are hidden
	merged []area
}

// at returns the index of the value of a column, -1 where it has none.
func (t *table) at(column int) int {
	if i := column - t.first; i >= 0 && i < len(t.index) {
		return t.index[i]
	}
	return -1
}

// covers reports whether the column is one of the table's, be it left out.
func (t *table) covers(column int) bool {
	return column >= t.first && column < t.first+len(t.index)
}

// findTable finds header and columns of a sheet. It returns nil for one that is
// empty.
func (s *Source) findTable(p page) (*table, error) {
	low, high, err := columnRange(s.options.Range)
	if err != nil {
		return nil, err
	}
	sample, veiled, err := s.sample(p, low, high)
	if err != nil || len(sample) == 0 && s.options.Header <= 0 {
		return nil, err
	}
	h, ok := findHeading(sample, nil, s.options.Header)
	if !ok {
		return nil, fmt.Errorf("header %d: %w", s.options.Header, errNoHeader)
	}
	t := &table{page: p, header: h}
	if h.mayMerge() || s.options.Merged == "fill" {
		if t.merged, err = s.mergedAreas(p); err != nil {
			return nil, err
		}
		t.header, _ = findHeading(sample, t.merged, s.options.Header)
	}
	t.schema = &extract.Schema{Source: s.in.Name, Table: p.name, Line: int64(t.header.first)}
	t.setColumns(low, high, veiled, s.options.Hidden == "skip")
	t.setTitles()
	return t, nil
}

// setColumns lays out the columns from the first that is in use to the last of
// the header.
func (t *table) setColumns(low, high int, veiled []span, skip bool) {
	first, last := t.extent(high)
	t.first = max(first, low)
	veil := make([]bool, last+1)
	for _, v := range veiled {
		for c := max(v.first, t.first); c <= min(v.last, last); c++ {
			veil[c] = true
		}
	}
	for c := t.first; c <= last; c++ {
		if veil[c] {
			t.hidden = append(t.hidden, c)
		}
		if veil[c] && skip {
			t.index = append(t.index, -1)
			continue
		}
		t.index = append(t.index, len(t.schema.Columns))
		t.schema.Columns = append(t.schema.Columns, t.header.columnName(c, c-t.first+1, t.merged))
	}
}

// setTitles keeps what a row that repeats the header would hold. A row above
// the names that has a single title may be any remark in the sheet.
func (t *table) setTitles() {
	for i, r := range t.header.rows {
		if len(r.cells) < 2 && i < len(t.header.rows)-1 {
			continue
		}
		titles := make([]string, len(t.schema.Columns))
		for _, c := range r.cells {
			if at := t.at(c.column); at >= 0 {
				titles[at] = strings.TrimSpace(c.value.Text)
			}
		}
		t.titles = append(t.titles, titles)
	}
}

// repeated reports whether the values are those of a row of the header: a sheet
// that was put together from several has it in each place where they meet.
// Nearly all rows differ in their first cell.
func (t *table) repeated(values []extract.Value) bool {
	return slices.ContainsFunc(t.titles, func(titles []string) bool {
		for i, v := range values {
			if v.Text != titles[i] && strings.TrimSpace(v.Text) != titles[i] {
				return false
			}
		}
		return true
	})
}

// extent returns the first and last column of the table. Columns to the left of
// the header belong to it when they are in use, as an index that has no name;
// those to the right when half of the rows use them. Others are stray.
func (t *table) extent(high int) (first, last int) {
	h := t.header
	first = maxColumns
	for _, r := range h.rows {
		first, last = min(first, r.cells[0].column), max(last, r.cells[len(r.cells)-1].column)
		for _, a := range groups(r, t.merged) {
			last = max(last, min(a.right, high))
		}
	}
	uses := map[int]int{}
	for _, r := range h.body {
		first = min(first, r.cells[0].column)
		for _, c := range r.cells {
			uses[c.column]++
		}
	}
	for column, n := range uses {
		if len(h.rows) == 0 || n > 1 && n*2 >= len(h.body) {
			last = max(last, column)
		}
	}
	return first, last
}

// sample reads the first rows that have something in the columns wanted, and
// which columns are hidden. Of a sheet that cannot be read further, it is what
// came before.
func (s *Source) sample(p page, low, high int) ([]sampled, []span, error) {
	sh, closer, err := s.openPage(p)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = closer.Close() }()
	v := &values{book: s.book}
	var all []sampled
	for len(all) < sampleRows {
		cells, err := sh.next()
		if errors.Is(err, io.EOF) || err != nil && len(all) > 0 {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if sh.row < s.options.Header {
			continue
		}
		r := sampled{row: sh.row}
		for _, c := range cells {
			value, _, err := v.value(c)
			if err != nil {
				return nil, nil, err
			}
			ascending := len(r.cells) == 0 || c.column > r.cells[len(r.cells)-1].column
			if ascending && c.column >= low && c.column <= high && strings.TrimSpace(value.Text) != "" {
				r.cells = append(r.cells, sampledCell{c.column, value})
			}
		}
		if len(r.cells) > 0 {
			all = append(all, r)
		}
	}
	return all, sh.veiled, nil
}

// mergedAreas reads the merged ranges of a sheet.
func (s *Source) mergedAreas(p page) ([]area, error) {
	sh, closer, err := s.openPage(p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	if err := sh.skipRows(); err != nil {
		return nil, fmt.Errorf("behind the rows: %w", err)
	}
	return sh.merged, nil
}

// columnRange reads B:H; nothing means all columns.
func columnRange(s string) (low, high int, err error) {
	if s == "" {
		return 1, maxColumns, nil
	}
	a, b, ok := strings.Cut(strings.ToUpper(s), ":")
	low, high = columnOf([]byte(a)), columnOf([]byte(b))
	if !ok || low < 1 || high < low || high > maxColumns {
		return 0, 0, fmt.Errorf("range %q: columns such as B:H are wanted", s)
	}
	return low, high, nil
}
