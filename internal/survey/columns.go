package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/clean"
)

// Bounds of what is taken for cells that moved up: one cell that is deleted
// leaves one blank at the end, and few are deleted.
const (
	slidMin   = 10 // cells with a value above
	slidBlank = 3  // blanks at the end
)

// file is what the cells of the columns that a mapping uses tell, in one file
// or sheet.
type file struct {
	source  *mappings.Source
	schema  *extract.Schema
	columns []column
}

// column counts the cells of a column of file.
type column struct {
	at      int // in the row
	filled  int
	blank   int                 // before a cell that is filled
	tail    int                 // behind the last cell that is filled
	long    int                 // numbers of 16 digits and more
	rounded int                 // of these, those with nothing but 0 behind the first 15
	damaged map[string]*damaged // by code
}

// damaged is what was said of cells of a column: how often, and the first of
// them.
type damaged struct {
	n       int
	example string
}

func (s *Survey) newFile(source *mappings.Source, schema *extract.Schema) *file {
	f := &file{source: source, schema: schema}
	for i, name := range schema.Columns {
		if source.UseIndex(source.SourceName(name)) >= 0 {
			f.columns = append(f.columns, column{at: i})
		}
	}
	s.files = append(s.files, f)
	return f
}

func (f *file) see(r *extract.Record) {
	for i := range f.columns {
		c := &f.columns[i]
		if c.at >= len(r.Values) || r.Values[c.at].Missing() || r.Values[c.at].Text == "" {
			c.tail++
			continue
		}
		c.filled, c.blank, c.tail = c.filled+1, c.blank+c.tail, 0
		if long, rounded := clean.Rounded(r.Values[c.at].Text); long {
			c.long++
			if rounded {
				c.rounded++
			}
		}
	}
}

// note counts what the engine says of a cell that was damaged before it came
// here.
func (f *file) note(i issue.Issue) {
	if i.Code != transform.GarbledText && i.Code != transform.HTMLEntity && i.Code != transform.DamagedKey {
		return
	}
	at := slices.IndexFunc(f.columns, func(c column) bool { return f.source.SourceName(f.schema.Columns[c.at]) == i.Column })
	if at < 0 {
		return
	}
	c := &f.columns[at]
	if c.damaged == nil {
		c.damaged = map[string]*damaged{}
	}
	if c.damaged[i.Code] == nil {
		c.damaged[i.Code] = &damaged{example: strings.Clone(i.Value[:min(len(i.Value), 1000)])}
	}
	c.damaged[i.Code].n++
}

// findings tells of columns whose cells were damaged, and of columns whose
// cells have moved up: only the last ones are blank.
func (f *file) findings(whole bool, within string) []issue.Issue {
	var out []issue.Issue
	for i := range f.columns {
		c := &f.columns[i]
		name := strconv.Quote(f.schema.Columns[c.at])
		for _, k := range kinds() {
			if d := c.damaged[k.code]; d != nil {
				out = append(out, issue.Issue{
					Severity: issue.Warning, Code: k.code, Type: "value", At: f.source.Pos, Value: d.example,
					Message: fmt.Sprintf("%s of the column %s of %s %s%s; %s", issue.Count(d.n, "value"), name, f.schema.Source, k.what, within, k.fix),
				})
			}
		}
		if c.damaged[transform.DamagedKey] == nil && c.long >= slidMin && c.rounded == c.long {
			out = append(out, issue.Issue{
				Severity: issue.Warning, Code: transform.DamagedKey, Type: "value", At: f.source.Pos,
				Message: fmt.Sprintf("all %d numbers of more than 15 digits in the column %s of %s end in 0%s: a spreadsheet keeps 15 of them; compare some with the old system, and get the export again with this column as text",
					c.long, name, f.schema.Source, within),
			})
		}
		if whole && c.filled >= slidMin && c.blank == 0 && c.tail > 0 && c.tail <= slidBlank {
			out = append(out, issue.Issue{
				Severity: issue.Warning, Code: "blank-at-end", Type: "value", At: f.source.Pos,
				Message: fmt.Sprintf("the column %s of %s is blank in the last %d rows and nowhere else; see whether cells above were deleted and all below moved up",
					name, f.schema.Source, c.tail),
			})
		}
	}
	return out
}

// kind is what a code says of a column.
type kind struct{ code, what, fix string }

func kinds() []kind {
	return []kind{
		{transform.DamagedKey, "lost digits in a spreadsheet", "compare them with the old system, and get the export again with this column as text"},
		{transform.GarbledText, "lost letters on the way", "export again as UTF-8, or try the cleaner fix_mojibake"},
		{transform.HTMLEntity, "came with characters written as HTML, as in &amp;", "write | html_unescape behind the column"},
	}
}
