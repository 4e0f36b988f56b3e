package mappings

import (
	"slices"
	"strings"
)

// viewText is what is understood of a view's SQL without a database.
type viewText struct {
	tokens  []viewToken
	items   []viewItem // every table that a FROM or JOIN names, at any depth
	arms    []viewArm  // the SELECTs that UNION ALL joins; nil where rows cannot be followed through the SQL
	limit   int        // index of the LIMIT at the end, len(tokens) where there is none
	ordered bool
}

// viewItem is a table that a FROM or JOIN names.
type viewItem struct {
	name, alias string
	at, end     int // indexes of its tokens
}

// viewArm is one SELECT whose rows can be followed to those of its tables.
type viewArm struct {
	items   []viewItem
	from    int // index of its FROM
	grouped bool
	star    bool
}

// readView understands SQL as far as tracing its rows needs; SQLite judges the
// rest.
func readView(text string) (*viewText, *viewError) {
	text = strings.TrimRight(text, "; \t\r\n")
	tokens, wrong := viewTokens(text)
	if wrong != nil {
		return nil, wrong
	}
	if len(tokens) == 0 || !tokens[0].is("SELECT", "WITH") {
		return nil, &viewError{end: 1, message: "a view is one SELECT (or WITH … SELECT)"}
	}
	v := &viewText{tokens: tokens}
	if wrong := v.unsteady(); wrong != nil {
		return nil, wrong
	}
	if wrong := v.tables(); wrong != nil {
		return nil, wrong
	}
	if wrong := v.tail(); wrong != nil {
		return nil, wrong
	}
	v.split()
	return v, nil
}

// unsteady finds what would give other rows tomorrow, as far as the text shows
// it; the stage refuses functions.
func (v *viewText) unsteady() *viewError {
	for i, t := range v.tokens {
		switch {
		case t.is("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"), t.kind == sqlString && strings.EqualFold(strings.TrimSpace(t.name), "now"):
			return &viewError{t.start, t.end, "a view must not ask the clock: the same files must give the same resources; use a date of the tables, or a param", true}
		case t.is("DATE", "TIME", "DATETIME", "JULIANDAY", "UNIXEPOCH") && v.text(i+1) == "(" && v.text(i+2) == ")",
			t.is("STRFTIME") && v.text(i+1) == "(" && v.text(i+3) == ")":
			return &viewError{t.start, t.end, t.raw + " without a date is the clock: the same files must give the same resources; name a column", true}
		case t.is("NATURAL"):
			return &viewError{t.start, t.end, "NATURAL JOIN compares whatever columns happen to have the same name; write ON", true}
		}
	}
	return nil
}

// text returns the token at i as it is written, "" behind the end.
func (v *viewText) text(i int) string {
	if i < 0 || i >= len(v.tokens) {
		return ""
	}
	return v.tokens[i].raw
}

// fromAt reports whether the token at i is the FROM of a SELECT, which the one
// of IS DISTINCT FROM is not.
func (v *viewText) fromAt(i int) bool {
	return v.tokens[i].is("FROM") && !(i > 1 && v.tokens[i-1].is("DISTINCT") && v.tokens[i-2].is("IS", "NOT"))
}

// tables finds the tables behind FROM, JOIN and the commas between them.
func (v *viewText) tables() *viewError {
	parts := v.parts()
	in := map[int]bool{} // depth → inside of a FROM
	for i, t := range v.tokens {
		switch {
		case v.fromAt(i):
			in[t.depth] = true
		case t.is("SELECT", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT"), t.symbol("("):
			in[t.depth+depthInside(t)] = false
			continue
		case !t.is("JOIN") && !(t.symbol(",") && in[t.depth]):
			continue
		}
		if i+1 >= len(v.tokens) || !v.tokens[i+1].named() || v.text(i+2) == "(" {
			continue // a SELECT in parentheses, or a function that gives rows
		}
		item := v.item(i + 1)
		if v.text(i+2) == "." {
			return &viewError{v.tokens[i+1].start, v.tokens[i+1].end, "write the table's name alone, without a database in front", true}
		}
		if !slices.ContainsFunc(parts, func(p string) bool { return strings.EqualFold(p, item.name) }) {
			v.items = append(v.items, item)
		}
	}
	return nil
}

// depthInside is 1 for a parenthesis that opens: what follows is one deeper.
func depthInside(t viewToken) int {
	if t.symbol("(") {
		return 1
	}
	return 0
}

// item reads a table and its alias.
func (v *viewText) item(at int) viewItem {
	out := viewItem{name: v.tokens[at].name, alias: v.tokens[at].name, at: at, end: at + 1}
	next := at + 1
	if next < len(v.tokens) && v.tokens[next].is("AS") {
		next++
	}
	if next < len(v.tokens) && v.tokens[next].named() && !v.tokens[next].is(
		"ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL", "WHERE", "GROUP", "HAVING", "WINDOW",
		"ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "INDEXED", "NOT") {
		out.alias, out.end = v.tokens[next].name, next+1
	}
	return out
}

// parts returns the names that WITH gives to parts of the view.
func (v *viewText) parts() []string {
	var out []string
	with := map[int]bool{}
	for i, t := range v.tokens {
		switch {
		case t.is("WITH"):
			with[t.depth] = true
		case t.is("SELECT", "VALUES"):
			with[t.depth] = false
		}
		if with[t.depth] && (t.is("WITH", "RECURSIVE") || t.symbol(",")) && i+1 < len(v.tokens) && v.tokens[i+1].named() {
			out = append(out, v.tokens[i+1].name)
		}
	}
	return out
}

// tail finds ORDER BY and LIMIT of the whole view.
func (v *viewText) tail() *viewError {
	v.limit = len(v.tokens)
	for i, t := range v.tokens {
		if t.depth > 0 {
			continue
		}
		if t.is("ORDER") {
			v.ordered = true
		}
		if t.is("LIMIT") {
			if v.limit = i; !v.ordered {
				return &viewError{t.start, t.end, "LIMIT keeps whichever rows come first: write ORDER BY before it", true}
			}
		}
	}
	return nil
}

// split finds the SELECTs whose rows can be followed to rows of their tables.
func (v *viewText) split() {
	start := 0
	for i, t := range v.tokens[:v.limit] {
		if t.depth > 0 {
			continue
		}
		if t.is("INTERSECT", "EXCEPT") || t.is("UNION") && !v.tokens[min(i+1, len(v.tokens)-1)].is("ALL") {
			v.arms = nil
			return
		}
		if t.is("UNION") {
			if !v.arm(start, i) {
				return
			}
			start = i + 2
		}
	}
	v.arm(start, v.limit)
}

// arm takes the SELECT between two tokens, and returns false where its rows
// cannot be followed.
func (v *viewText) arm(start, end int) bool {
	a := viewArm{from: -1}
	selected, folds := -1, false
	for i := start; i < end; i++ {
		t := v.tokens[i]
		switch {
		case selected >= 0 && a.from < 0 && v.folds(i):
			folds = true
		case t.depth > 0:
		case t.is("SELECT") && selected < 0:
			selected = i
		case v.fromAt(i) && a.from < 0:
			a.from = i
		case t.is("GROUP") && a.from >= 0:
			a.grouped = true
		case t.symbol("*") && (v.tokens[i-1].is("SELECT", "ALL") || v.text(i-1) == "," || v.text(i-1) == "."):
			a.star = true
		}
	}
	for _, item := range v.items {
		if a.from >= 0 && item.at > a.from && item.at < end && v.tokens[item.at].depth == 0 {
			a.items = append(a.items, item)
		}
	}
	whole := selected >= 0 && len(a.items) > 0 && a.items[0].at == a.from+1
	if !whole || v.tokens[selected+1].is("DISTINCT") || folds && !a.grouped {
		v.arms = nil
		return false
	}
	v.arms = append(v.arms, a)
	return true
}

// folds reports whether the token at i calls a function that makes one row of
// many.
func (v *viewText) folds(i int) bool {
	if v.text(i+1) != "(" || !v.tokens[i].is("COUNT", "SUM", "AVG", "TOTAL", "MIN", "MAX", "GROUP_CONCAT", "STRING_AGG",
		"JSON_GROUP_ARRAY", "JSON_GROUP_OBJECT", "MEDIAN", "PERCENTILE") {
		return false
	}
	depth, commas, j := v.tokens[i].depth, 0, i+2
	for ; j < len(v.tokens) && v.tokens[j].depth > depth; j++ {
		if v.tokens[j].symbol(",") && v.tokens[j].depth == depth+1 {
			commas++
		}
	}
	if v.tokens[i].is("MIN", "MAX") && commas > 0 {
		return false // the least of several columns
	}
	return !(j+1 < len(v.tokens) && v.tokens[j+1].is("OVER")) && !v.inSelect(i)
}

// inSelect reports whether the token at i stands in a SELECT inside of
// parentheses.
func (v *viewText) inSelect(i int) bool {
	depth := v.tokens[i].depth
	for j := i; j >= 0 && depth > 0; j-- {
		if v.tokens[j].depth < depth {
			depth = v.tokens[j].depth
		} else if v.tokens[j].depth == depth && v.tokens[j].is("SELECT") {
			return true
		}
	}
	return false
}

// traced returns the SQL up to its LIMIT with one more column, the places that
// its rows were made of; "" where it cannot be had. place gives the table to
// read and the expression of a row's place in it, and "" for tables that are
// not followed.
func (v *viewText) traced(place func(item viewItem, first bool) (table, expr string)) string {
	if len(v.arms) == 0 {
		return ""
	}
	tokens := slices.Clone(v.tokens[:v.limit])
	for _, a := range v.arms {
		var exprs []string
		for i, item := range a.items {
			table, expr := place(item, i == 0)
			if expr == "" {
				continue
			}
			if table != "" {
				if a.star {
					return "" // it would take the trace for a column
				}
				tokens[item.at].raw = quoteName(table)
				if item.end == item.at+1 {
					tokens[item.at].raw += " AS " + quoteName(item.alias)
				}
			}
			exprs = append(exprs, "coalesce("+expr+", '')")
		}
		if len(exprs) == 0 {
			return ""
		}
		expr := strings.Join(exprs, " || ',' || ")
		if a.grouped {
			expr = "group_concat(" + expr + ")"
		}
		tokens[a.from].raw = ", " + expr + " AS " + quoteName(TraceColumn) + " FROM"
	}
	return joinTokens(tokens)
}
