package profile

import (
	_ "embed" // page.html
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageHTML string

// pageView is what page.html sees.
type pageView struct {
	*Report
	Rows, Columns, Duplicates, Orphans int64
	Personal, Joins                    int
	Masked                             bool
}

// Page writes the report as one HTML file with everything in it, which asks
// nothing of the network. Two pages of the same sources are the same bytes.
func (r *Report) Page(w io.Writer) error {
	v := pageView{Report: r}
	for _, t := range r.Tables {
		v.Rows += t.Rows
		v.Columns += int64(len(t.Columns))
		v.Duplicates += t.DuplicateRows
		v.Joins += len(t.Joins)
		for _, j := range t.Joins {
			v.Orphans += j.Orphans
		}
		for _, c := range t.Columns {
			if c.Personal != "" {
				v.Personal++
			}
			v.Masked = v.Masked || c.Masked
		}
	}
	page, err := template.New("page").Funcs(template.FuncMap{
		"n": thousands, "count": count, "plain": plain, "percent": percent, "value": quote,
		"anchor": func(i int) string { return fmt.Sprintf("t%d", i+1) },
		"filled": func(c *Column) string {
			return fmt.Sprintf("%.1f", 100*float64(c.Values)/max(1, float64(c.Values+c.Nulls+c.Empty+c.Absent)))
		},
		"rest": func(c *Column) string { return strings.Join(c.pageFacts(), "; ") },
	}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("draw profile: %w", err)
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("draw profile: %w", err)
	}
	return nil
}

// pageFacts are the facts that have no column of their own on the page.
func (c *Column) pageFacts() []string {
	short := *c
	short.Personal, short.Codes = "", nil
	return short.Facts()
}
