package stage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// Plan is what a stage holds: the tables that views read, with the columns that
// they use, and the views.
type Plan struct {
	prog   *mappings.Program
	tables []*tablePlan
	views  []*viewPlan
	dates  bool // a view uses functions of dates
}

// tablePlan is a source that views read.
type tablePlan struct {
	source  *mappings.Source
	columns []string // as the mapping calls them
	open    bool     // its columns are not known: it may have any
	header  []string // every column that the file has
	lacks   []string // of columns: those that are not there
}

// maxColumns are the columns of a table of SQLite (sqlite.org/limits.html)
// without the two that are ours.
const maxColumns = 2000 - 2

// viewPlan is a view that SQLite has understood.
type viewPlan struct {
	source  *mappings.Source
	columns []string
	traced  bool
	order   []int // of its rows: numbers of columns
	rows    int   // index of the column _line where it is the trace, or -1
	table   int   // with rows: number of the table in Program.Sources
}

// create returns the statement that makes the table. Values are texts; the
// row's number is its key.
func (t *tablePlan) create() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quote(t.source.Name) + " (")
	for _, name := range t.columns {
		b.WriteString(quote(name) + " TEXT, ")
	}
	b.WriteString(mappings.FileLineColumn + " INTEGER, " + mappings.LineKey + " INTEGER PRIMARY KEY)")
	return b.String()
}

// Check compiles the views of use against the columns of the tables at hand, as
// the mapping calls them. A table without an entry may have any column: nothing
// is known of it, or it was not given. All findings come at once.
func Check(prog *mappings.Program, columns map[*mappings.Source][]string) (*Plan, []issue.Issue, error) {
	return check(prog, columns, false)
}

// Rehearse is Check for the tests of a mapping: tables may have columns that
// are not given; they are empty.
func Rehearse(prog *mappings.Program, columns map[*mappings.Source][]string) (*Plan, []issue.Issue, error) {
	return check(prog, columns, true)
}

func check(prog *mappings.Program, columns map[*mappings.Source][]string, open bool) (*Plan, []issue.Issue, error) {
	c := &checker{prog: prog, plan: &Plan{prog: prog}}
	var err error
	if c.conn, err = connect(":memory:"); err != nil {
		return nil, nil, fmt.Errorf("check views: %w", err)
	}
	defer c.conn.Close()
	for _, s := range prog.Sources {
		if len(s.ReadBy) == 0 {
			continue
		}
		known, given := columns[s]
		t := &tablePlan{source: s, open: open || !given, columns: c.distinct(s, known), header: known}
		c.plan.tables = append(c.plan.tables, t)
		if n := len(t.columns); n > maxColumns {
			return nil, nil, fmt.Errorf("check views: the table of %s has %d columns, and one that views read has %d at the most; leave columns out of the export, or map the table without a view", s.Name, n, maxColumns)
		}
		if err := c.conn.createTable(t); err != nil {
			return nil, nil, fmt.Errorf("check views: %w", err)
		}
	}
	if err := c.conn.createParams(prog); err != nil {
		return nil, nil, fmt.Errorf("check views: %w", err)
	}
	for _, v := range prog.UsedViews() {
		if err := c.view(v); err != nil {
			return nil, nil, fmt.Errorf("check view %s: %w", v.Name, err)
		}
	}
	c.twice()
	c.keepUsed()
	return c.plan, c.findings, nil
}

// twice finds columns of use whose name stands twice in the header: which is
// meant is not known.
func (c *checker) twice() {
	for _, t := range c.plan.tables {
		for _, name := range t.columns {
			n := 0
			for _, other := range t.header {
				if strings.EqualFold(other, name) {
					n++
				}
			}
			if n < 2 || !c.conn.guard.read[[2]string{strings.ToLower(t.source.Name), strings.ToLower(name)}] {
				continue
			}
			for _, v := range c.plan.views {
				if at := v.source.View.Find(name); slices.Contains(v.source.View.Tables, t.source) {
					c.add(issue.Issue{Code: "E0205", At: at, Message: "the table of " + t.source.Name + " has several columns that SQL calls " + strconv.Quote(name) + "; rename them: rename: { NAME: OTHER }"})
					break
				}
			}
		}
	}
}

// keepUsed drops the columns of tables that no view uses: they need not be
// staged.
func (c *checker) keepUsed() {
	for _, t := range c.plan.tables {
		t.columns = slices.DeleteFunc(t.columns, func(name string) bool {
			return !c.conn.guard.read[[2]string{strings.ToLower(t.source.Name), strings.ToLower(name)}]
		})
	}
	for name := range c.conn.guard.called {
		c.plan.dates = c.plan.dates || slices.Contains(strings.Fields(dateFunctions), name)
	}
}

// dateFunctions take the text now for the clock.
const dateFunctions = "date time datetime julianday unixepoch strftime timediff"

// view returns the plan of a view, or nil.
func (p *Plan) view(s *mappings.Source) *viewPlan {
	for _, v := range p.views {
		if v.source == s {
			return v
		}
	}
	return nil
}

// Reads returns the columns that SQL of views reads of each table, as the
// mapping calls them.
func (p *Plan) Reads() map[*mappings.Source][]string {
	out := map[*mappings.Source][]string{}
	for _, t := range p.tables {
		out[t.source] = slices.Clone(t.columns)
	}
	return out
}

// table returns the plan of a staged source, or nil.
func (p *Plan) table(s *mappings.Source) *tablePlan {
	for _, t := range p.tables {
		if t.source == s {
			return t
		}
	}
	return nil
}

// Columns returns the columns that the view gives, nil where it could not be
// understood.
func (p *Plan) Columns(view *mappings.Source) []string {
	if v := p.view(view); v != nil {
		return v.columns
	}
	return nil
}

// Schema returns the schema of the view's records. Their last column is
// mappings.TraceColumn.
func (p *Plan) Schema(view *mappings.Source) *extract.Schema {
	return &extract.Schema{Source: view.Name, Table: view.Name, Columns: append(slices.Clone(p.Columns(view)), mappings.TraceColumn)}
}
