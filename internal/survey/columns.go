package survey

import (
	"fmt"
	"strconv"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// Bounds of what is taken for cells that moved up: one cell that is deleted leaves one blank at the end, and few are deleted.
const (
	slidMin   = 10 // cells with a value above
	slidBlank = 3  // blanks at the end
)

// file is what the cells of the columns that a mapping uses tell, in one file or sheet.
type file struct {
	source  *mappings.Source
	schema  *extract.Schema
	columns []column
}

// column counts the cells of a column of file.
type column struct {
	at      int // in the row
	filled  int
	blank   int // before a cell that is filled
	tail    int // behind the last cell that is filled
	garbled int
	example string // the first that is garbled
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
		if text := r.Values[c.at].Text; clean.Garbled(text) {
			if c.garbled++; c.example == "" {
				c.example = text[:min(len(text), 1000)]
			}
		}
	}
}

// findings tells of columns whose text is garbled, and of columns whose cells have moved up: only the last ones are blank.
func (f *file) findings(whole bool, within string) []issue.Issue {
	var out []issue.Issue
	for _, c := range f.columns {
		name := strconv.Quote(f.schema.Columns[c.at])
		if c.garbled > 0 {
			out = append(out, issue.Issue{
				Severity: issue.Warning, Code: "garbled-text", Type: "value", At: f.source.Pos, Value: c.example,
				Message: fmt.Sprintf("%s of the column %s of %s lost letters on the way%s; export again as UTF-8, or try the cleaner fix_mojibake",
					issue.Count(c.garbled, "value"), name, f.schema.Source, within),
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
