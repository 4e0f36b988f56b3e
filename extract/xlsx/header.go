package xlsx

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
)

// maxHeaderRows bounds a header of several rows.
const maxHeaderRows = 8

// sampled is one row of the beginning of a sheet; none of its cells is blank.
type sampled struct {
	row   int
	cells []sampledCell
}

type sampledCell struct {
	column int
	value  extract.Value
}

func (r sampled) at(column int) (extract.Value, bool) {
	i, ok := slices.BinarySearchFunc(r.cells, column, func(c sampledCell, n int) int { return c.column - n })
	if !ok {
		return extract.Value{}, false
	}
	return r.cells[i].value, true
}

// heading is where the header stands, in sheet rows; 0 for none.
type heading struct {
	first, last int
	above       int  // rows that were left out before it
	missing     bool // the row that should be the header holds data
	rows        []sampled
	body        []sampled // what is sampled of the rows below
}

// findHeading finds the header among the first rows: the one wanted, or the
// first that fills more than half of the columns in use; titles and remarks
// fill fewer. It goes on over as many rows as merged cells and types of the
// cells tell. wanted is a sheet row, -1 for no header.
func findHeading(sample []sampled, merged []area, wanted int) (h heading, ok bool) {
	if wanted < 0 {
		return heading{body: sample}, true
	}
	at := slices.IndexFunc(sample, func(r sampled) bool { return r.row == wanted })
	if len(sample) == 0 || wanted > 0 && at < 0 {
		return heading{}, false
	}
	if wanted == 0 {
		at = headerIndex(sample, merged)
		if looksLikeData(sample[at]) {
			return heading{above: at, missing: true, body: sample[at:]}, true
		}
	}
	n := headerRows(sample[at:], merged)
	return heading{
		first: sample[at].row, last: sample[at+n-1].row, above: at,
		rows: sample[at : at+n], body: sample[at+n:],
	}, true
}

// headerIndex returns the index of the first row of the header.
func headerIndex(sample []sampled, merged []area) int {
	uses := map[int]int{}
	for _, r := range sample {
		for _, c := range r.cells {
			uses[c.column]++
		}
	}
	width := 0
	for _, n := range uses {
		if n > 1 {
			width++
		}
	}
	several := -1
	for i := range sample {
		n := len(sample[i].cells)
		if n > 1 && several < 0 {
			several = i
		}
		if (n > 1 || width < 2) && covered(sample[i:], merged)*2 > width {
			return withGroup(sample, merged, i)
		}
	}
	return max(several, 0)
}

// withGroup goes one row up where that row is a single group above some of the
// columns: a title begins at the first.
func withGroup(sample []sampled, merged []area, i int) int {
	if i == 0 || sample[i-1].row != sample[i].row-1 || len(sample[i-1].cells) != 1 {
		return i
	}
	column := sample[i-1].cells[0].column
	if column > sample[i].cells[0].column && slices.ContainsFunc(groups(sample[i-1], merged), func(a area) bool { return a.bottom < sample[i].row }) {
		return i - 1
	}
	return i
}

// covered returns how many columns the first row fills, merged ones included
// where it is a row of groups.
func covered(rows []sampled, merged []area) int {
	n := len(rows[0].cells)
	if n < 2 || len(rows) < 2 || !isBelowGroups(rows[0], rows[1], merged) {
		return n
	}
	for _, a := range groups(rows[0], merged) {
		n += a.right - a.left
	}
	return n
}

// groups returns the ranges over several columns that begin in a row.
func groups(r sampled, merged []area) []area {
	var all []area
	for _, a := range merged {
		if _, ok := r.at(a.left); ok && a.top == r.row && a.right > a.left {
			all = append(all, a)
		}
	}
	return all
}

// isBelowGroups reports whether the row stands right below groups and names
// their columns.
func isBelowGroups(group, below sampled, merged []area) bool {
	for _, a := range groups(group, merged) {
		named := 0
		for c := a.left; c <= a.right; c++ {
			if _, ok := below.at(c); ok {
				named++
			}
		}
		if named >= 2 && a.bottom == below.row-1 {
			return true
		}
	}
	return false
}

// looksLikeData reports whether a row can be no header: it holds a date, a
// boolean, a fraction, or numbers but for years.
func looksLikeData(r sampled) bool {
	numbers := 0
	for _, c := range r.cells {
		switch c.value.Kind {
		case extract.Date, extract.Bool:
			return true
		case extract.Number:
			n, err := strconv.Atoi(c.value.Text)
			if err != nil || n < 0 {
				return true
			}
			if n < 1900 || n > 2100 {
				numbers++
			}
		}
	}
	return numbers*2 >= len(r.cells)
}

// headerRows returns over how many of the rows the header goes.
func headerRows(rows []sampled, merged []area) int {
	n := 1
	for n < len(rows) && n < maxHeaderRows {
		next := rows[n]
		bottom := lowest(rows[:n], merged)
		switch {
		case next.row <= bottom:
		case next.row != rows[n-1].row+1 || !onlyText(next):
			return n
		case isBelowGroups(rows[n-1], next, merged) && (!underNames(rows[n-1], next, merged) || unlikeBody(rows[n-1], next, rows[n+1:])):
		case fillsGap(rows[:n], next) && unlikeBody(rows[n-1], next, rows[n+1:]):
		default:
			return n
		}
		n++
	}
	return n
}

// lowest returns the last row of the ranges that begin in the rows given.
func lowest(rows []sampled, merged []area) int {
	first, last := rows[0].row, rows[len(rows)-1].row
	bottom := last
	for _, a := range merged {
		if a.top >= first && a.top <= last && a.bottom-first < maxHeaderRows {
			bottom = max(bottom, a.bottom)
		}
	}
	return bottom
}

func onlyText(r sampled) bool {
	return !slices.ContainsFunc(r.cells, func(c sampledCell) bool { return c.value.Kind != extract.Text })
}

// underNames reports whether next has cells below names that are no group, as a
// row of data has.
func underNames(header, next sampled, merged []area) bool {
	above := groups(header, merged)
	names, below := 0, 0
	for _, c := range header.cells {
		if slices.ContainsFunc(above, func(a area) bool { return a.left == c.column }) {
			continue
		}
		names++
		if _, ok := next.at(c.column); ok {
			below++
		}
	}
	return below*2 > names
}

// fillsGap reports whether next has a cell where the rows above have none,
// between their first and last.
func fillsGap(rows []sampled, next sampled) bool {
	last := rows[len(rows)-1]
	for _, c := range next.cells {
		if _, ok := last.at(c.column); !ok && c.column < last.cells[len(last.cells)-1].column {
			return true
		}
	}
	return false
}

// unlikeBody reports whether next has text in a column that below holds mostly
// numbers, dates or booleans.
func unlikeBody(header, next sampled, body []sampled) bool {
	for _, c := range next.cells {
		typed, filled := 0, 0
		for _, r := range body {
			if v, ok := r.at(c.column); ok {
				filled++
				if v.Kind != extract.Text {
					typed++
				}
			}
		}
		if typed*2 > filled {
			return true
		}
	}
	return false
}

// columnName joins the header cells of a column as "Group / Column". A cell
// that is merged to the right counts for all its columns; one that has no cell
// of its own is told from its neighbours by its number.
func (h heading) columnName(column, number int, merged []area) string {
	var parts []string
	own := false
	for _, r := range h.rows {
		v, ok := r.at(column)
		own = own || ok
		if !ok {
			for _, a := range merged {
				if a.top == r.row && a.left < column && column <= a.right {
					v, _ = r.at(a.left)
				}
			}
		}
		if name := extract.ColumnName(v.Text); name != "" && (len(parts) == 0 || parts[len(parts)-1] != name) {
			parts = append(parts, name)
		}
	}
	if !own {
		parts = append(parts, strconv.Itoa(number))
	}
	return strings.Join(parts, " / ")
}

// mayMerge reports whether merged ranges could change what is found: a row was
// passed over, the header or the row of text below it has gaps, or rows are
// wider than it. The ranges stand at the sheet's end, and to look for them
// costs a pass over all of it.
func (h heading) mayMerge() bool {
	if len(h.rows) == 0 {
		return false
	}
	header := h.rows[0]
	last := header.cells[len(header.cells)-1].column
	wider := func(r sampled) bool { return r.cells[len(r.cells)-1].column > last }
	if h.above > 0 || len(h.rows) > 1 || hasGaps(header, header) || slices.ContainsFunc(h.body, wider) {
		return true
	}
	return len(h.body) > 0 && h.body[0].row == h.last+1 && onlyText(h.body[0]) && hasGaps(h.body[0], header)
}

// hasGaps reports whether r has no cell in a column that header spans.
func hasGaps(r, header sampled) bool {
	for c := header.cells[0].column; c <= header.cells[len(header.cells)-1].column; c++ {
		if _, ok := r.at(c); !ok {
			return true
		}
	}
	return false
}
