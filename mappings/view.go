package mappings

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"chartlift/internal/issue"
)

// TraceColumn is the column that a traced view has beside its own: the places
// of the rows that it was made of, as TABLE:ROW:LINE with commas between. TABLE
// counts Program.Sources from 0; ROW is the row's number over all files of the
// table.
const TraceColumn = "_rows"

// FileLineColumn is the column of a staged table with the physical line on
// which the row starts.
const FileLineColumn = "_file_line"

// View is a table that is made by SQL of other tables.
type View struct {
	Tables []*Source // sources and other views that it names
	Rows   []*Source // of them, those whose rows its rows are, as the mapping says; nil: the first table of each SELECT
	Leads  []*Source // the same as it was found; every table where rows cannot be followed. Without them there are no rows

	text   *viewText
	traced string // up to LIMIT; "" where its rows cannot be followed
	node   *node
}

// declareViews makes the views known under their names, as tables that maps and
// lookups may use.
func (c *compiler) declareViews(n *node) {
	c.each(n, func(key, value *node) {
		if c.sources[key.text] != nil {
			c.add("E0213", key.pos, "there is a source "+strconv.Quote(key.text)+" already; give the view a name of its own")
			return
		}
		s := &Source{Name: key.text, Pos: key.pos, Format: "view", Nulls: []string{""}, Rename: map[string]string{}, View: &View{node: value}}
		if value.kind == mapping {
			if !c.section(value, "view") {
				return
			}
			s.Key = c.texts(value.get("key"))
			s.View.node = value.get("sql")
		}
		if strings.TrimSpace(c.text(s.View.node)) == "" {
			c.add("E0105", key.pos, "write the view's SQL: "+key.text+": SELECT … FROM …")
			return
		}
		text, wrong := readView(s.View.node.text)
		if wrong != nil {
			code := "E0211"
			if wrong.forbidden {
				code = "E0212"
			}
			c.add(code, s.View.node.place(wrong.start, wrong.end), wrong.message)
			return
		}
		s.View.text = text
		c.viewParams(s)
		c.sources[s.Name] = s
	})
	c.each(n, c.viewTables)
	c.each(n, func(key, value *node) { c.sortViews(c.view(key.text), nil) })
	c.each(n, c.traceView)
}

// viewParams looks for params that the mapping does not have, and for the word
// that SQLite's date functions take for the clock.
func (c *compiler) viewParams(s *Source) {
	for _, t := range s.View.text.tokens {
		if t.param == "" {
			continue
		}
		at := s.View.node.place(t.start, t.end)
		value, ok := c.prog.Params[t.param]
		switch {
		case !ok:
			c.suggest("E0108", at, "there is no param "+strconv.Quote(t.param), nearest(t.param, keysOf(c.prog.Params)))
		case strings.EqualFold(strings.TrimSpace(value), "now"):
			c.add("E0212", at, "the param "+t.param+" is the word now, which a date function would take for the clock: give a date")
		}
	}
}

// view returns the view of that name, or nil.
func (c *compiler) view(name string) *Source {
	if s := c.sources[name]; s != nil && s.View != nil {
		return s
	}
	return nil
}

// viewTables finds the tables that the view names; letters' case does not
// count, as in SQL.
func (c *compiler) viewTables(key, n *node) {
	s := c.view(key.text)
	if s == nil {
		return
	}
	for _, item := range s.View.text.items {
		t := c.table(item.name)
		if t == nil {
			token := s.View.text.tokens[item.at]
			c.suggest("E0210", s.View.node.place(token.start, token.end), "the view "+s.Name+" reads "+strconv.Quote(item.name)+
				", which is neither a source nor a view", nearest(item.name, keysOf(c.sources)))
			continue
		}
		if !slices.Contains(s.View.Tables, t) {
			s.View.Tables = append(s.View.Tables, t)
		}
		c.positions(s, t)
	}
	if n.kind == mapping {
		c.viewRows(s, n.get("rows"))
	}
}

// table returns the source or view that SQL calls name.
func (c *compiler) table(name string) *Source {
	if s := c.sources[name]; s != nil {
		return s
	}
	for _, other := range keysOf(c.sources) {
		if strings.EqualFold(other, name) {
			return c.sources[other]
		}
	}
	return nil
}

// viewRows reads which tables' rows the view's rows are.
func (c *compiler) viewRows(s *Source, n *node) {
	for _, item := range c.list2(n) {
		t := c.table(c.text(item))
		if t == nil || !slices.Contains(s.View.Tables, t) {
			c.suggest("E0210", item.pos, "the view "+s.Name+" does not read "+strconv.Quote(item.text), nearest(item.text, namesOf(s.View.Tables)))
			continue
		}
		s.View.Rows = append(s.View.Rows, t)
	}
}

func namesOf(sources []*Source) []string {
	var names []string
	for _, s := range sources {
		names = append(names, s.Name)
	}
	return names
}

// positions notes the positions of a segment that the view reads: whether a
// message fills them is not known before it is read.
func (c *compiler) positions(s, t *Source) {
	if t.Format != "hl7v2" || len(t.Read.Table) < 3 {
		return
	}
	for _, token := range s.View.text.tokens {
		if token.kind == sqlQuoted && strings.HasPrefix(strings.ToUpper(token.name), t.Read.Table[:3]+"-") {
			c.use(t, token.name, s.View.node.place(token.start, token.end))
		}
	}
}

// sortViews puts a view behind those that it reads. path is how it was come to.
func (c *compiler) sortViews(s *Source, path []*Source) {
	switch {
	case s == nil || slices.Contains(c.prog.Views, s):
	case slices.Contains(path, s):
		if s == path[0] {
			c.add("E0210", s.Pos, "the views "+strings.Join(namesOf(path), ", ")+" read each other in a circle")
		}
	default:
		for _, t := range s.View.Tables {
			if t.View != nil {
				c.sortViews(t, append(slices.Clone(path), s))
			}
		}
		if !slices.Contains(c.prog.Views, s) {
			c.prog.Views = append(c.prog.Views, s)
		}
	}
}

// traceView finds how rows of the view are followed to rows of sources.
func (c *compiler) traceView(key, _ *node) {
	s := c.view(key.text)
	if s == nil || c.failed() {
		return
	}
	s.View.traced = s.View.text.traced(func(item viewItem, first bool) (table, expr string) {
		t := c.table(item.name)
		if len(s.View.Rows) == 0 && !first || len(s.View.Rows) > 0 && !slices.Contains(s.View.Rows, t) {
			return "", ""
		}
		if !slices.Contains(s.View.Leads, t) {
			s.View.Leads = append(s.View.Leads, t)
		}
		alias := quoteName(item.alias)
		if t.View != nil {
			return t.View.tracedName(t.Name), alias + "." + quoteName(TraceColumn)
		}
		at := strconv.Itoa(slices.Index(c.prog.Sources, t))
		return "", "'" + at + ":' || " + alias + "." + quoteName(LineKey) + " || ':' || " + alias + "." + quoteName(FileLineColumn)
	})
	if s.View.traced == "" {
		s.View.Leads = s.View.Tables
	}
}

// MadeOf reports whether rows of t are rows of s, or become such through views.
func (s *Source) MadeOf(t *Source) bool {
	return s == t || s.View != nil && slices.ContainsFunc(s.View.Tables, func(u *Source) bool { return u.MadeOf(t) })
}

// viewNames reports whether a view that reads s may mean its column of that
// name.
func (p *Program) viewNames(s *Source, column string) bool {
	return slices.ContainsFunc(p.Views, func(v *Source) bool {
		return slices.Contains(v.View.Tables, s) && (v.View.Star() || slices.ContainsFunc(v.View.text.tokens, func(t viewToken) bool {
			return t.named() && strings.EqualFold(t.name, column)
		}))
	})
}

// Star reports whether the view takes columns as *, so that it has those of its
// tables.
func (v *View) Star() bool {
	for i, t := range v.text.tokens {
		if before := v.text.text(i - 1); t.symbol("*") && (before == "." || before == "," || v.text.tokens[max(0, i-1)].is("SELECT", "ALL", "DISTINCT")) {
			return true
		}
	}
	return false
}

// tracedName is what the stage calls the view with its trace.
func (v *View) tracedName(name string) string { return name + " " + TraceColumn }

// TracedName returns what the traced form of the view is called where other
// views read it.
func (s *Source) TracedName() string { return s.View.tracedName(s.Name) }

// SQL returns the view's SELECT as SQLite is to see it, and Traced the same
// with the column TraceColumn at the end, "" where its rows cannot be followed.
// Neither has more order than the mapping gives it.
func (v *View) SQL() string { return joinTokens(v.text.tokens) }

// Traced is the counterpart of SQL.
func (v *View) Traced() string {
	if v.traced == "" {
		return ""
	}
	return v.traced + v.end()
}

// Sorted returns SQL, or Traced, in an order that depends on nothing but the
// rows: the mapping's own, then by the columns with these numbers.
func (v *View) Sorted(traced bool, columns []int) string {
	text := joinTokens(v.text.tokens[:v.text.limit])
	if traced {
		text = v.traced
	}
	next := " ORDER BY "
	if v.text.ordered {
		next = ", "
	}
	for _, n := range columns {
		text += next + strconv.Itoa(n)
		next = ", "
	}
	return text + v.end()
}

// end returns the LIMIT, with a blank before it.
func (v *View) end() string {
	if v.text.limit == len(v.text.tokens) {
		return ""
	}
	return " " + joinTokens(v.text.tokens[v.text.limit:])
}

// Prefix returns the SQL of the first n tokens, "" where there are fewer.
func (v *View) Prefix(n int) string {
	if n > len(v.text.tokens) {
		return ""
	}
	return joinTokens(v.text.tokens[:n])
}

// TokenAt returns the place of the token with this number, from 0.
func (v *View) TokenAt(n int) issue.Position {
	t := v.text.tokens[min(n, len(v.text.tokens)-1)]
	return v.node.place(t.start, t.end)
}

// Find returns the place of the first token that is this name or, with a point
// in it, of its last part behind the first.
func (v *View) Find(name string) issue.Position {
	alias, column, qualified := strings.Cut(name, ".")
	for i, t := range v.text.tokens {
		switch {
		case !qualified && strings.EqualFold(t.name, name) && t.name != "":
			return v.node.place(t.start, t.end)
		case qualified && i > 1 && strings.EqualFold(t.name, column) && v.text.text(i-1) == "." && strings.EqualFold(v.text.tokens[i-2].name, alias):
			return v.node.place(t.start, t.end)
		}
	}
	return v.node.pos
}

// Aliased returns the tables that the view calls alias.
func (v *View) Aliased(alias string) []string {
	var names []string
	for _, item := range v.text.items {
		if strings.EqualFold(item.alias, alias) {
			names = append(names, item.name)
		}
	}
	return names
}

// place returns the position of bytes of a scalar's text. Where YAML folds
// lines, the text is compared with the file's, white space left out; where it
// has escapes, the place is that of the whole.
func (n *node) place(start, end int) issue.Position {
	first := n.pos.Line - 1
	if len(n.lines) == 0 || first < 0 || first >= len(n.lines) {
		return n.pos
	}
	line, column := first, n.pos.Column-1
	if n.block {
		line, column = first+1, 0
	}
	out := n.pos
	for at, r := range n.text[:min(end, len(n.text))] {
		if unicode.IsSpace(r) {
			continue
		}
		for line < len(n.lines) && (column >= len(n.lines[line]) || unicode.IsSpace(n.lines[line][column])) {
			if column++; column >= len(n.lines[line]) {
				line, column = line+1, 0
			}
		}
		if line >= len(n.lines) || n.lines[line][column] != r {
			return n.pos
		}
		if at >= start && (at == start || out == n.pos) {
			out = issue.Position{File: n.pos.File, Line: line + 1, Column: column + 1, Length: len([]rune(n.text[start:end]))}
		}
		column++
	}
	return out
}
