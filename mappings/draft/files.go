package draft

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract/profile"
	"chartlift/internal/formula"
)

// Rows are rows of a table as texts; what is missing is "".
type Rows struct {
	Columns []string
	Cells   [][]string
}

// Wanted is a table of which some rows are needed to finish the draft.
type Wanted struct {
	Table *profile.Table
	Rows  int // at the most
}

// How many rows are looked at again.
const (
	sampledRows = 200
	listedRows  = 20000
)

// Wanted lists the tables of which rows make tests and texts of codes.
func (d *Draft) Wanted() []Wanted {
	var list []Wanted
	for _, t := range d.Tables {
		switch {
		case slices.ContainsFunc(d.walks, func(w *walk) bool { return w.dict != nil && w.dict.in == t }):
			list = append(list, Wanted{Table: t.Table, Rows: listedRows})
		case t.needed():
			list = append(list, Wanted{Table: t.Table, Rows: sampledRows})
		}
	}
	return list
}

// Files writes the project: mapping, crosswalks, tests and migration.yaml.
func (d *Draft) Files(rows map[*profile.Table]Rows) []File {
	if d.options.Shipped != "" {
		return []File{{Name: "migration.yaml", Content: d.project(SiteFile)}}
	}
	files := []File{{Name: "migration.yaml", Content: d.project(MappingFile)}}
	for _, w := range d.walks {
		files = append(files, File{Name: "terms/" + w.name + ".csv", Content: w.file(rows)})
	}
	files = append(files, File{Name: MappingFile, Content: d.mapping()})
	if tests := d.tests(rows); tests != nil {
		files = append(files, File{Name: "tests/draft.yaml", Content: tests})
	}
	return files
}

// project writes migration.yaml.
func (d *Draft) project(mapping string) []byte {
	w := &writer{}
	w.line(0, "# A chartlift project: check, run and report read this file in the folder that --project names (.).", "")
	w.line(0, "# Flags and CHARTLIFT_… in the environment go before it. Runs live in .chartlift/, which stays out of version control.", "")
	w.line(0, "chartlift: 1", "")
	w.line(0, "mapping: "+scalar(mapping), "a file of this folder, or the name of a shipped mapping")
	w.line(0, "sources:", "relative to this folder")
	for _, s := range d.options.Sources {
		w.line(2, "- "+scalar(s), "")
	}
	w.line(0, `target: "sandbox:"`, "a folder, the address of a FHIR server, or the embedded one")
	w.line(0, "# params: { site: acme }", "as --set")
	w.line(0, "# options: { fail-on: rejected, max-rejected: 100 }", "other flags of run, by their names")
	return []byte(w.String())
}

// entry is a code of a crosswalk with the rows that have it.
type entry struct {
	code string
	rows int64
	text string
}

// file writes the skeleton: every code, the most frequent first.
func (w *walk) file(rows map[*profile.Table]Rows) []byte {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	write := func(cells ...string) { _ = out.Write(formula.GuardAll(cells)) } // a bytes.Buffer takes everything
	write("code", "rows", "text", "target", "display", "comment")
	for _, e := range w.entries(rows) {
		t, ok := w.known[strings.ToLower(e.code)]
		comment := ""
		if ok {
			comment = "proposed by its word"
		}
		write(e.code, strconv.FormatInt(e.rows, 10), e.text, t.code, t.display, comment)
	}
	out.Flush()
	return b.Bytes()
}

// entries adds up the codes of all columns that share the crosswalk.
func (w *walk) entries(rows map[*profile.Table]Rows) []entry {
	texts := map[string]string{}
	if w.dict != nil {
		texts = w.dict.texts(rows[w.dict.in.Table])
	}
	count := map[string]int64{}
	for _, c := range w.columns {
		if !c.listable() {
			continue
		}
		for _, v := range c.Top {
			count[v.Value] += v.Count
		}
	}
	if len(count) == 0 { // a column without repetitions: the list itself has the codes
		for code := range texts {
			count[code] = 0
		}
	}
	var list []entry
	for code, n := range count {
		list = append(list, entry{code: code, rows: n, text: texts[code]})
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.code, b.code)) })
	return list
}

// texts reads what the codes mean out of the rows of their list.
func (l *look) texts(r Rows) map[string]string {
	out := map[string]string{}
	words := l.in.describe()
	code := slices.Index(r.Columns, l.on)
	if words == nil || code < 0 {
		return out
	}
	if at := slices.Index(r.Columns, words.Name); at >= 0 {
		for _, cells := range r.Cells {
			out[cells[code]] = cells[at]
		}
	}
	return out
}
