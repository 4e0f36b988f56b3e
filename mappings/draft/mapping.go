package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
	"chartlift/internal/issue"
)

// MappingFile is the name of the drafted mapping in the project folder.
const MappingFile = "mapping/draft.yaml"

// mapping writes the mapping file.
func (d *Draft) mapping() []byte {
	w := &writer{}
	d.heading(w)
	d.sources(w)
	d.crosswalks(w)
	d.maps(w)
	d.leftBehind(w)
	return []byte(w.String())
}

// heading writes what holds for the whole file.
func (d *Draft) heading(w *writer) {
	w.line(0, "# Draft made by chartlift init from the names, values and joins of the tables. It is a proposal: read every line.", "")
	w.line(0, "# The number behind a line is how sure it is; lines that start with a # are guesses that wait for you.", "")
	w.line(0, "chartlift: 1", "")
	w.line(0, "id: "+scalar(d.options.ID), "")
	w.line(0, "version: 0.1.0", "")
	w.line(0, "title: "+scalar("Draft for "+d.options.ID), "")
	if slices.ContainsFunc(d.Mapped(), func(t *Table) bool { return t.usesRace() }) {
		w.line(0, "packages: [hl7.fhir.us.core#6.1.0]", "for the extensions of race and ethnicity")
	}
	w.line(0, "", "")
	w.line(0, "params:", "")
	w.line(2, "site: "+scalar(d.options.ID), "part of every generated id: never change it after a load")
	w.line(2, "base: "+scalar("urn:chartlift:"+d.options.ID), "begins the systems of local identifiers; better a URI of your own")
	w.line(0, "", "")
	w.line(0, "defaults:", "")
	if zone := d.options.Timezone; zone != "" {
		w.line(2, "timezone: "+scalar(zone), "given to init")
	} else {
		w.line(2, "# timezone: America/New_York", "zone of times that carry none: until it is known they are written as dates")
	}
	w.line(2, `nulls: ["", "NULL"]`, "")
}

func (t *Table) usesRace() bool {
	return slices.ContainsFunc(t.tree, func(n *node) bool { return strings.HasPrefix(n.key, "extension(us-core") })
}

// sources declares the tables that are mapped, and those that they look up.
func (d *Draft) sources(w *writer) {
	w.line(0, "", "")
	any := slices.ContainsFunc(d.Tables, (*Table).needed)
	if !any {
		w.line(0, "sources: {}", "")
		return
	}
	w.line(0, "sources:", "")
	for _, t := range d.Tables {
		if t.needed() {
			t.source(w)
		}
	}
}

func (t *Table) needed() bool { return t.Map != "" || t.looked }

// source declares one table.
func (t *Table) source(w *writer) {
	w.line(2, t.name+":", t.Source+", "+issue.Count(t.Rows, "row"))
	file := "{ path: " + inFlow(pattern(t.Source))
	switch t.Format {
	case "xlsx":
		file += ", sheet: " + inFlow(t.Table.Table)
	case "sql_dump", "sqlite":
		file += ", table: " + inFlow(t.Table.Table)
	}
	w.line(4, t.Format+": "+file+" }", "")
	if t.key != "" {
		w.line(4, "key: ["+inFlow(t.key)+"]", "no row repeats it")
	} else {
		w.line(4, "key: [_line]", t.keyNote())
	}
	if marks := t.dashes(); len(marks) > 0 {
		w.line(4, `nulls: ["", "NULL", `+strings.Join(marks, ", ")+"]", "found in columns of text: no value")
	}
	if c := t.deleted(); c != nil && t.Map != "" {
		until := "loaded"
		if slices.ContainsFunc(t.guards, func(g guard) bool { return g.c == c }) {
			until = "refused"
		}
		w.line(4, "# where: "+c.bare()+" = '…'", "guess: the column says which rows were deleted ("+c.Type+"); until you say so they are "+until)
	}
}

// dashes lists the signs that stand where a text is missing. Words such as
// unknown are left: a code may be meant.
func (t *Table) dashes() []string {
	var marks []string
	for _, c := range t.columns {
		if c.Type != profile.TypeText && c.Type != profile.TypeEmpty {
			continue
		}
		for _, p := range c.Placeholders {
			if strings.Trim(p.Value, "-?./*#") == "" && !slices.Contains(marks, quoted(p.Value)) {
				marks = append(marks, quoted(p.Value))
			}
		}
	}
	slices.Sort(marks)
	return marks
}

// keyNote lists the pairs of columns that name a row so far.
func (t *Table) keyNote() string {
	var pairs []string
	for _, k := range t.Keys {
		if len(k.Columns) == 2 && k.Exceptions == 0 {
			pairs = append(pairs, strings.Join(k.Columns, " + "))
		}
	}
	if len(pairs) == 0 {
		return "no column names a row: its place does"
	}
	return "no single column names a row; so far these do: " + strings.Join(pairs[:min(3, len(pairs))], ", ")
}

// deleted finds the mark of rows that the old program hides.
func (t *Table) deleted() *column {
	for _, c := range t.columns {
		if slices.Contains([]string{"deleted", "isdeleted", "voided", "inactive", "retired"}, c.plain) && c.Values > 0 && c.usable() {
			return c
		}
	}
	return nil
}

// crosswalks declares the skeletons.
func (d *Draft) crosswalks(w *writer) {
	if len(d.walks) == 0 {
		return
	}
	w.line(0, "", "")
	w.line(0, "crosswalks:", "fill in the column target; codes without one are counted in report unmapped-codes")
	for _, x := range d.walks {
		text := x.name + ": { csv: ../terms/" + x.name + ".csv, from: code, to: target, display: display"
		if x.system != "" {
			text += ", system: " + inFlow(x.system)
		}
		if x.unmapped == "keep-source" {
			text += ", source_system: " + inFlow("urn:chartlift:"+d.options.ID+":"+x.name)
		}
		note := x.what
		if more := x.more(); more > 0 {
			note += fmt.Sprintf("; %d more codes are not listed", more)
		}
		w.line(2, text+", unmapped: "+x.unmapped+" }", note)
	}
}

// maps writes the map of each table.
func (d *Draft) maps(w *writer) {
	w.line(0, "", "")
	mapped := d.Mapped()
	if len(mapped) == 0 {
		w.line(0, "# Nothing clinical was recognised. Write maps for the tables below, or point init at other files.", "")
		w.line(0, "maps: {}", "")
		return
	}
	w.line(0, "maps:", "")
	for i, t := range mapped {
		if i > 0 {
			w.line(0, "", "")
		}
		w.line(2, "# "+oneLine(t.Table.Table)+fmt.Sprintf(" is %s (%.2f): ", t.Kind.resource(), t.Sure)+oneLine(t.Reason)+".", "")
		w.line(2, t.Map+":", "")
		w.line(4, "from: "+t.name, "")
		w.line(4, "resource: "+t.Kind.resource(), "")
		if c := t.column(t.key); c != nil && c.Type == profile.TypeUUID {
			w.line(4, "id: "+scalar(c.ref()), "its values are UUIDs: they stay the ids")
		}
		t.lookups(w)
		t.checks(w)
		w.line(4, "elements:", "")
		w.nodes(6, t.tree, false)
		t.rest(w)
	}
}

func (t *Table) lookups(w *writer) {
	if len(t.looks) == 0 {
		return
	}
	w.line(4, "lookup:", "")
	for _, l := range t.looks {
		w.line(6, l.alias+": { in: "+l.in.name+", on: { "+inFlow(l.on)+": "+inFlow(l.by.ref())+" } }", "")
	}
}

// rest lists the columns that became nothing.
func (t *Table) rest(w *writer) {
	first := true
	for _, c := range t.columns {
		if c.used != "" {
			continue
		}
		if first {
			w.line(6, "# Columns without a proposal:", "")
			first = false
		}
		w.line(6, "#   "+oneLine(c.Name)+": "+t.whyUnused(c), "")
	}
}

// whyUnused says what is known of a column, without its values.
func (t *Table) whyUnused(c *column) string {
	text := fmt.Sprintf("%s, %d of %d rows", c.Type, c.Values, t.Rows)
	switch {
	case c.Values == 0:
		return "empty"
	case c.twice:
		return text + "; the header names it more than once: rename one"
	case !c.usable():
		return text + "; its name has signs that a pipe cannot hold: rename it"
	case c.join != nil:
		return text + "; joins " + c.join.ToTable + "." + c.join.ToColumn
	case len(c.Codes) > 0:
		return text + "; codes of " + c.Codes[0].System
	case c.Personal != "":
		return text + "; personal: " + c.Personal
	case c.Type == profile.TypeBoolean || c.Type == profile.TypeCode:
		return fmt.Sprintf("%s; %d values", text, c.Distinct)
	}
	return text
}

// leftBehind lists the tables that no map takes.
func (d *Draft) leftBehind(w *writer) {
	heading := []string{"", "# Tables that are left behind; every run counts their rows:"}
	for _, t := range d.Tables {
		if t.Map == "" && t.Rows > 0 {
			for _, line := range heading {
				w.line(0, line, "")
			}
			heading = nil
			w.line(0, fmt.Sprintf("#   %s (%s), %s: %s", oneLine(t.Table.Table), oneLine(t.Source), issue.Count(t.Rows, "row"), oneLine(t.Why())), "")
		}
	}
}

// Why says why a table is what it is taken for, or why it has no map.
func (t *Table) Why() string {
	if t.looked && t.Map == "" {
		return "looked up by other tables"
	}
	return t.Reason
}

// Resource returns the FHIR type that the table's rows become, "" where it has
// no map.
func (t *Table) Resource() string { return t.Kind.resource() }
