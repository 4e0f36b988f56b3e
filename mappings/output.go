package mappings

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Output says how resources are grouped and stamped, and what is written beside
// them.
type Output struct {
	BundleType string // transaction or batch
	PerPatient bool   // what belongs to one patient travels together
	MaxEntries int
	Narrative  Narrative
	Provenance *Provenance // nil: none is written
	Source     []Part      // meta.source
	Tags       []Tag
}

// Tag is one meta.tag.
type Tag struct{ System, Code, Display string }

// Narrative says which resources have a text for people to read.
type Narrative uint8

// The narratives. NarrativeKept: those for which a map writes one;
// NarrativeNone: none, whatever maps say; NarrativeMade: all, made of the other
// elements where a map writes none.
const (
	NarrativeKept Narrative = iota
	NarrativeNone
	NarrativeMade
)

// Provenance says that a Provenance is written for each resource, or for all
// resources of a row together.
type Provenance struct {
	PerRow   bool
	Recorded string // an instant of FHIR: when the source was exported. Never the clock's, so that the same rows give the same bytes
	Agent    string // display of who made the resources
	Identify bool   // say which row of the source they were made of
}

func outputKeys() []keyDoc {
	return []keyDoc{
		{"bundle", "bundle", "How resources are grouped for the server, and in files of bundles."},
		{"narrative", "text", "none, keep (default: what a map writes under text) or generated (of the other elements, where a map writes none)."},
		{"provenance", "provenance", "A Provenance for what is written: of which row it was made, by whom, and when the row was exported."},
		{"meta", "meta", "What every resource is stamped with."},
	}
}

func bundleKeys() []keyDoc {
	return []keyDoc{
		{"type", "text", "transaction or batch."},
		{"per", "text", "table (default: in the order of the rows) or patient: what belongs to one patient travels together."},
		{"max_entries", "int", "Entries in a bundle at the most; 100."},
		{"request", "text", "put: the only one, because ids are given and a run may be repeated."},
	}
}

func provenanceKeys() []keyDoc {
	return []keyDoc{
		{"per", "text", "resource (default) or row: one for each resource, or for all that a row becomes."},
		{"recorded", "text", "When the source was exported, such as ${param.exported}: a date, or a date and time."},
		{"agent", "text", "Who made the resources; chartlift/SITE if not given."},
		{"source_identifier", "bool", "Whether the key of the row in the old system is said."},
	}
}

func metaKeys() []keyDoc {
	return []keyDoc{
		{"source", "text", "meta.source; ${source.file}, ${source.table}, ${source.row} and ${source.line} may be used."},
		{"tag", "any", "meta.tag: a list of system, code, display."},
	}
}

func (c *compiler) output(n *node) {
	c.prog.Output = Output{BundleType: "transaction", MaxEntries: 100}
	if n == nil || !c.section(n, "output") {
		return
	}
	if b := n.get("bundle"); b != nil && c.section(b, "bundle") {
		c.bundle(b)
	}
	if p := n.get("provenance"); p != nil && c.section(p, "provenance") {
		c.prog.Output.Provenance = c.provenance(p)
	}
	narratives := []string{NarrativeKept: "keep", NarrativeNone: "none", NarrativeMade: "generated"}
	c.prog.Output.Narrative = Narrative(c.word(n.get("narrative"), "a narrative is kept where a map writes it, left out, or generated", narratives...))
	m := n.get("meta")
	if m == nil || !c.section(m, "meta") {
		return
	}
	if s := m.get("source"); s != nil {
		c.prog.Output.Source = c.interpolate(s, metaOnly)
	}
	for _, t := range c.list2(m.get("tag")) {
		c.prog.Output.Tags = append(c.prog.Output.Tags, Tag{
			System: c.constant(t.get("system")), Code: c.constant(t.get("code")), Display: c.constant(t.get("display")),
		})
	}
}

func (c *compiler) bundle(n *node) {
	types := []string{"transaction", "batch"}
	c.prog.Output.BundleType = types[c.word(n.get("type"), "a bundle is a transaction or a batch", types...)]
	c.prog.Output.PerPatient = c.word(n.get("per"), "bundles are filled in the order of the tables, or for each patient", "table", "patient") == 1
	c.word(n.get("request"), "resources are PUT, with ids that are the same in every run; any other request would make them twice when a run is repeated", "put")
	at := n.get("max_entries")
	if c.prog.Output.MaxEntries = c.integer(at, 100); c.prog.Output.MaxEntries == 0 {
		c.add("E0107", at.pos, "a bundle has one entry at least")
		c.prog.Output.MaxEntries = 1
	}
}

// word returns which of the words a scalar is, 0 where it is not there.
func (c *compiler) word(n *node, message string, words ...string) int {
	if n == nil {
		return 0
	}
	at := slices.Index(words, c.text(n))
	if at < 0 {
		c.suggest("E0107", n.pos, message+": "+strings.Join(words, ", "), nearest(n.text, words))
		return 0
	}
	return at
}

func (c *compiler) provenance(n *node) *Provenance {
	p := &Provenance{
		PerRow: c.word(n.get("per"), "a Provenance is for one resource, or for all that a row becomes", "resource", "row") == 1,
		Agent:  c.constant(n.get("agent")), Identify: c.boolean(n.get("source_identifier"), false),
	}
	if p.Agent == "" {
		p.Agent = "chartlift/" + c.prog.Site
	}
	at := n.get("recorded")
	text := c.constant(at)
	if text == "" {
		where := n.pos
		if at != nil {
			where = at.pos
		}
		c.add("E0105", where, "say when the source was exported: recorded: ${param.exported}, with --set exported=2024-05-01; the clock of a run would make other bytes of the same rows each time")
		return p
	}
	var ok bool
	if p.Recorded, ok = instant(text, c.prog.Defaults.Location); !ok {
		c.add("E0107", at.pos, strconv.Quote(text)+" is no moment; write a date, or a date and time, with a zone where defaults have no timezone: 2024-05-01T18:30:00+02:00")
	}
	return p
}

// instant returns the moment as FHIR writes it. A date is its midnight; without
// a zone the moment is one of the location, and none where that is not known.
func instant(text string, at *time.Location) (string, bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Year() > 0 {
		return text, true
	}
	if at == nil {
		return "", false
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, at); err == nil && t.Year() > 0 {
			return t.Format(time.RFC3339), true
		}
	}
	return "", false
}
