package mappings

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

func (c *compiler) source(key, n *node) {
	if !c.section(n, "source") {
		return
	}
	s := &Source{
		Name: key.text, Pos: key.pos, Trim: c.boolean(n.get("trim"), c.prog.Defaults.Trim),
		Nulls: c.prog.Defaults.Nulls, Key: c.texts(n.get("key")), Rename: map[string]string{},
	}
	if v := n.get("nulls"); v != nil {
		s.Nulls = c.texts(v)
	}
	s.Policy = c.policies(n.get("policy")).over(c.prog.Defaults.Policy)
	if l := n.get("policy").get("limit"); l != nil {
		limit := c.limit(l, c.prog.Defaults.Limit)
		s.Limit = &limit
	}
	c.missing = s.Policy.MissingColumn
	defer func() { c.missing = c.prog.Defaults.Policy.MissingColumn }()
	c.sources[s.Name] = s
	c.prog.Sources = append(c.prog.Sources, s)
	c.sourceFile(s, n)
	c.each(n.get("rename"), func(from, to *node) { s.Rename[from.text] = c.text(to) })
	c.each(n.get("columns"), func(name, decl *node) { c.column(s, name, decl) })
	for i, name := range s.Key {
		if name != LineKey {
			c.use(s, name, c.list2(n.get("key"))[i].pos)
		}
	}
	c.dedupe(s, n.get("dedupe"))
	s.Total = c.total(s, n.get("rows"))
	s.Where = c.predicate(n.get("where"), scope{source: s})
}

// sourceFormats are the keys that say what kind of file a source is.
func sourceFormats() []string { return []string{"csv", "xlsx", "sql_dump", "sqlite", "hl7v2", "ccda"} }

func (c *compiler) sourceFile(s *Source, n *node) {
	formats := sourceFormats()
	for _, format := range formats {
		f := n.get(format)
		if f == nil {
			continue
		}
		if s.Format != "" {
			c.add("E0107", f.pos, "a source is one of "+strings.Join(formats, ", ")+", not two of them")
		}
		s.Format = format
		if !c.section(f, format) {
			continue
		}
		if s.Path = c.text(f.get("path")); s.Path == "" {
			c.add("E0105", f.pos, "name the file: path: patients.csv")
		} else if _, err := path.Match(s.Path, ""); err != nil || strings.ContainsAny(s.Path, `/\`) {
			c.add("E0107", f.get("path").pos, "write the file's name without a folder, * for any text: patients*.csv; --source names the folder")
		}
		s.Read = ReadOptions{
			Encoding: c.text(f.get("encoding")), Delimiter: c.text(f.get("delimiter")), Quote: c.text(f.get("quote")),
			Escape: c.text(f.get("escape")), Ragged: c.oneOf(f.get("ragged"), "reject", "pad"), Sheet: c.text(f.get("sheet")),
			Range: c.text(f.get("range")), Table: c.text(f.get("table")), Dialect: c.text(f.get("dialect")),
			Header: c.headerRow(f.get("header")), SkipAfter: c.integer(f.get("skip_after_header"), 0),
			Hidden: c.oneOf(f.get("hidden"), "keep", "skip"), Merged: c.oneOf(f.get("merged"), "fill"),
		}
		if format == "hl7v2" {
			c.segment(s, f)
		}
	}
	if s.Format == "" {
		c.add("E0105", s.Pos, "say what the source is: csv: { path: patients.csv }, or another of "+strings.Join(formats, ", "))
	}
}

// segment reads which segments, which field's repetitions, or which data type's
// values are the rows.
func (c *compiler) segment(s *Source, n *node) {
	s.Read.Table = strings.ToUpper(c.text(n.get("segment")))
	id, field, repeats := strings.Cut(s.Read.Table, ".")
	if slices.Contains(hl7Types(), s.Read.Table) {
		return
	}
	if number, err := strconv.Atoi(field); len(id) != 3 || repeats && (err != nil || number < 1) {
		c.add("E0105", n.pos, "name the segment: segment: PID, the repetitions of a field: segment: PID.3, or a data type: segment: XCN")
	}
}

// hl7Types are the data types of HL7 v2 whose values are a table, in whichever
// segment they stand.
func hl7Types() []string { return []string{"CX", "PL", "XAD", "XCN", "XON", "XPN", "XTN"} }

func (c *compiler) oneOf(n *node, words ...string) string {
	text := c.text(n)
	if text != "" && !slices.Contains(words, text) {
		c.suggest("E0107", n.pos, "expected "+strings.Join(words, " or "), nearest(text, words))
	}
	return text
}

func (c *compiler) headerRow(n *node) int {
	switch c.text(n) {
	case "", "auto":
		return 0
	case "none", "false", "0":
		return -1
	}
	return c.integer(n, 0)
}

func (c *compiler) column(s *Source, name, decl *node) {
	text := c.text(decl)
	d := ColumnDecl{Name: name.text, Pos: name.pos}
	d.Required, d.Optional = strings.HasSuffix(text, "!"), strings.HasSuffix(text, "?")
	d.Type = strings.TrimRight(text, "!?")
	if list, ok := strings.CutPrefix(d.Type, "enum("); ok {
		d.Type = "enum"
		for _, word := range strings.Split(strings.TrimSuffix(list, ")"), ",") {
			d.Enum = append(d.Enum, strings.TrimSpace(word))
		}
	}
	types := []string{"string", "date", "datetime", "integer", "decimal", "boolean", "enum"}
	if !slices.Contains(types, d.Type) {
		c.suggest("E0107", decl.pos, "unknown column type "+strconv.Quote(d.Type)+"; use "+strings.Join(types, ", "), nearest(d.Type, types))
	}
	s.Columns = append(s.Columns, d)
	if d.Required {
		c.use(s, d.Name, d.Pos)
	}
}

func (s *Source) decl(column string) *ColumnDecl {
	for i := range s.Columns {
		if s.Columns[i].Name == column {
			return &s.Columns[i]
		}
	}
	return nil
}

func (c *compiler) dedupe(s *Source, n *node) {
	if n == nil || !c.section(n, "dedupe") {
		return
	}
	s.Dedupe.On, s.Dedupe.Keep = c.texts(n.get("on")), c.oneOf(n.get("keep"), "first", "last")
	c.oneOf(n.get("order_by"), LineKey)
	if near := n.get("near"); near != nil {
		c.add("E0107", near.pos, "near is for resources: write it under dedupe of a map; rows of a source are the same or they are not")
	}
	if len(s.Dedupe.On) == 0 {
		s.Dedupe.On = s.Key
	}
	if s.Dedupe.Keep == "" {
		s.Dedupe.Keep = "first"
	}
	if len(s.Dedupe.On) == 0 || slices.Contains(s.Dedupe.On, LineKey) {
		c.add("E0105", n.pos, "name the columns that make rows the same: on: [ID]")
	}
	for _, name := range s.Dedupe.On {
		if name != LineKey {
			c.use(s, name, n.pos)
		}
	}
}

// use notes that the mapping needs a column.
func (c *compiler) use(s *Source, name string, at issue.Position) {
	lenient := c.missing == OmitElement
	for i := range s.Uses {
		if u := &s.Uses[i]; u.Name == name {
			if u.Lenient && !lenient { // the strictest place decides, and is shown
				u.Lenient, u.Pos = false, at
			}
			return
		}
	}
	d := s.decl(name)
	s.Uses = append(s.Uses, ColumnUse{Name: name, Pos: at, Optional: d != nil && d.Optional, Lenient: lenient, compared: c.compared})
}

// SourceName returns the name that a column of the file has in the mapping.
func (s *Source) SourceName(column string) string {
	if to, ok := s.Rename[column]; ok {
		return to
	}
	return column
}
