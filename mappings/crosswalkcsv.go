package mappings

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartlift/internal/formula"
)

// csv reads the targets of a CSV file.
func (r *walkReader) csv(file *node) {
	t := r.csvFile(file)
	if t == nil {
		return
	}
	from, to, display := t.named(r.n, "from"), t.named(r.n, "to"), t.named(r.n, "display")
	if from < 0 || to < 0 {
		return
	}
	t.each(func(row []string, line int) {
		target := Target{System: r.system, Code: cell(row, to), Display: cell(row, display)}
		if source := cell(row, from); source != "" && target.Code != "" { // an empty target is a gap that the user left to be filled
			r.put(file, line, source, target)
		}
	})
}

// worklist reads what was filled in of the list that report unmapped-codes
// writes. It is one file for all crosswalks.
func (r *walkReader) worklist(file *node) {
	t := r.csvFile(file)
	if t == nil {
		return
	}
	at := map[string]int{}
	for _, name := range []string{"crosswalk", "code", "target", "target_display", "target_system", "equivalence"} {
		if at[name] = slices.Index(t.header, name); at[name] < 0 && (name == "crosswalk" || name == "code" || name == "target") {
			r.add("E0402", file.pos, "this is not a list of chartlift report unmapped-codes: it has no column "+name)
			return
		}
	}
	t.each(func(row []string, line int) {
		target := Target{
			System: cell(row, at["target_system"]), Code: cell(row, at["target"]),
			Display: cell(row, at["target_display"]), Equivalence: cell(row, at["equivalence"]),
		}
		if cell(row, at["crosswalk"]) != r.x.Name || target.Code == "" {
			return
		}
		if target.System == "" {
			target.System = r.system
		}
		r.put(file, line, cell(row, at["code"]), target)
	})
}

// cell returns the cell without white space around it, "" where there is none.
// Lists that chartlift writes have an apostrophe before what a spreadsheet
// would take for a formula; it is no part of the value.
func cell(row []string, at int) string {
	if at < 0 {
		return ""
	}
	return strings.TrimSpace(formula.Unguard(strings.TrimSpace(row[at])))
}

// csvTable is a CSV file beside the mapping whose first line names the columns.
type csvTable struct {
	c      *compiler
	file   *node
	r      *csv.Reader
	header []string
}

// csvFile opens a CSV file; nil after a finding.
func (c *compiler) csvFile(file *node) *csvTable {
	text := c.beside(file)
	if text == nil {
		return nil
	}
	if !utf8.Valid(text) {
		c.add("E0402", file.pos, "this file is not UTF-8 text; save it as CSV UTF-8")
		return nil
	}
	t := &csvTable{c: c, file: file, r: csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))}
	var err error
	if t.header, err = t.r.Read(); err != nil {
		t.notCSV(err)
		return nil
	}
	if len(t.header) == 1 && strings.ContainsAny(t.header[0], ";\t|") {
		c.add("E0402", file.pos, "the columns of this file are not parted by commas; save it as CSV with commas")
		return nil
	}
	return t
}

// each calls do for every row and the line that it begins on.
func (t *csvTable) each(do func(row []string, line int)) {
	for {
		row, err := t.r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.notCSV(err)
			return
		}
		line, _ := t.r.FieldPos(0)
		do(row, line)
	}
}

func (t *csvTable) notCSV(err error) {
	message := "this file is empty; its first line names the columns"
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		message = "line " + strconv.Itoa(pe.Line) + " of this file is not CSV: " + pe.Err.Error()
	}
	t.c.add("E0402", t.file.pos, message)
}

// named returns the index of the column that a key of the section n names, -1
// where none is. Only display may be left out.
func (t *csvTable) named(n *node, key string) int {
	name := n.get(key)
	if name == nil {
		if key != "display" {
			t.c.add("E0105", n.pos, "say which column of the file holds the code: "+key+": COLUMN")
		}
		return -1
	}
	i := slices.Index(t.header, t.c.text(name))
	if i < 0 {
		t.c.suggest("E0402", name.pos, "the file "+t.file.text+" has no column "+strconv.Quote(name.text)+"; it has "+strings.Join(t.header, ", "), nearest(name.text, t.header))
	}
	return i
}
