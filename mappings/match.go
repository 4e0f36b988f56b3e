package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Match says that Patients are compared with each other before anything is
// loaded, and what is done about those that are one person.
type Match struct {
	Pos           issue.Position
	Fields        []string            // elements of Patient that are compared, of MatchFields
	GovernmentIDs []string            // identifier systems of ids that a person has for life, beside those that are known
	UniqueIDs     []string            // identifier systems in which a person has one number: two numbers are two persons
	Merge         string              // the least grade that is merged: MergeCertain or MergeProbable
	Links         string              // what becomes of the records of one person: LinkReplaces, LinkSeeAlso or LinkSingle
	Policy        string              // how it is decided: ByWeights or ByCMS
	Prefer        []*Source           // for source_priority, the best first
	Survivorship  map[string][]string // rules by element of Patient; those of "" hold for elements not named
}

// The values of Match.Merge, Match.Links and Match.Policy, the first of each
// being the default.
const (
	MergeCertain  = "certain"
	MergeProbable = "probable"

	LinkReplaces = "links"
	LinkSeeAlso  = "seealso"
	LinkSingle   = "single"

	ByWeights = "weights"
	ByCMS     = "cms"
)

// The rules of survivorship: whose value of an element the golden record takes.
const (
	SourcePriority = "source_priority" // of the source that stands first under prefer
	MostRecent     = "most_recent"     // of the record that was changed last, by the map's updated
	MostFrequent   = "most_frequent"   // which most records have
	MostComplete   = "most_complete"   // which says most
)

// MatchFields lists the elements of Patient that can be compared.
func MatchFields() []string {
	return []string{"name", "birthDate", "gender", "address", "telecom", "identifier", "deceased"}
}

func survivorshipRules() []string {
	return []string{SourcePriority, MostRecent, MostFrequent, MostComplete}
}

// DefaultMatch is what match: patients says.
func DefaultMatch() *Match {
	return &Match{
		Fields: MatchFields(), Merge: MergeCertain, Links: LinkReplaces, Policy: ByWeights,
		Survivorship: map[string][]string{"": survivorshipRules()},
	}
}

// RulesOf returns the rules for an element, the first one that decides counts.
func (m *Match) RulesOf(element string) []string {
	if rules := m.Survivorship[element]; rules != nil {
		return rules
	}
	return m.Survivorship[""]
}

func matchKeys() []keyDoc {
	return []keyDoc{
		{"fields", "texts", "Elements that are compared: name, birthDate, gender, address, telecom, identifier, deceased; all if not given."},
		{"government_ids", "texts", "Systems of identifiers that a person has for life, beside those that are known (SSN, NHS number, passport …)."},
		{"unique_ids", "texts", "Systems of identifiers in which nobody has two numbers: two numbers are two persons."},
		{"merge", "text", "The least grade that is merged by itself: certain (default) or probable."},
		{"links", "text", "links (default): the records that are replaced stay, inactive, and point to the one that replaces them; seealso: all stay, and point to each other; single: one record is left."},
		{"policy", "text", "weights (default), learned from the data; cms: only exact combinations of fields, after the list of CMS."},
		{"prefer", "texts", "Sources or views, the best first, for the rule source_priority."},
		{"survivorship", "any", "ELEMENT: source_priority, most_recent, most_frequent, most_complete, or a list of them; default stands for elements not named."},
	}
}

// match compiles what stands under match: patients, or keys.
func (c *compiler) match(n *node) {
	if n == nil || n.kind == null {
		return
	}
	m := DefaultMatch()
	m.Pos = n.pos
	c.prog.Match = m
	if !slices.ContainsFunc(c.prog.Maps, func(m *Map) bool { return m.Resource == "Patient" }) {
		c.add("E0107", n.pos, "no map makes a Patient: there is nobody to match")
	}
	if n.kind == scalar {
		if n.text != "patients" {
			c.add("E0107", n.pos, "write match: patients, or keys such as links: single")
		}
		return
	}
	if !c.section(n, "match") {
		return
	}
	if v := n.get("fields"); v != nil {
		m.Fields = c.words(v, MatchFields())
	}
	m.GovernmentIDs, m.UniqueIDs = c.constants(n.get("government_ids")), c.constants(n.get("unique_ids"))
	c.choice(n.get("merge"), &m.Merge, MergeCertain, MergeProbable)
	c.choice(n.get("links"), &m.Links, LinkReplaces, LinkSeeAlso, LinkSingle)
	c.choice(n.get("policy"), &m.Policy, ByWeights, ByCMS)
	for _, v := range c.list2(n.get("prefer")) {
		if s := c.sources[c.text(v)]; s != nil {
			m.Prefer = append(m.Prefer, s)
		} else {
			c.suggest("E0201", v.pos, "there is no source "+strconv.Quote(v.text), nearest(v.text, keysOf(c.sources)))
		}
	}
	c.each(n.get("survivorship"), func(key, value *node) { c.survivorship(m, key, value) })
}

func (c *compiler) survivorship(m *Match, key, value *node) {
	def, _ := fhir.LookupType("Patient")
	name := key.text
	if name == "default" {
		name = ""
	} else if _, _, ok := def.Element(name); !ok && name != "deceased" && name != "multipleBirth" {
		c.add("E0112", key.pos, strconv.Quote(name)+" is no element of Patient; for all that are not named write default")
	}
	m.Survivorship[name] = c.words(value, survivorshipRules())
}

// words returns the texts of a list, each of which must be known.
func (c *compiler) words(n *node, known []string) []string {
	var out []string
	for _, item := range c.list2(n) {
		var word string
		c.choice(item, &word, known...)
		out = append(out, word)
	}
	return out
}

// choice sets into to the text of n, if there is one; it must be known.
func (c *compiler) choice(n *node, into *string, known ...string) {
	if n == nil {
		return
	}
	if *into = c.text(n); !slices.Contains(known, *into) && n.kind == scalar {
		c.suggest("E0107", n.pos, strconv.Quote(n.text)+" cannot stand here; use "+strings.Join(known, ", "), nearest(n.text, known))
	}
}

func (c *compiler) constants(n *node) []string {
	var out []string
	for _, item := range c.list2(n) {
		out = append(out, c.constant(item))
	}
	return out
}

// updated compiles the pipe that says when a row was last changed.
func (c *compiler) updated(m *Map, n *node, s scope) {
	if n == nil {
		return
	}
	if m.Updated = c.pipe(n, s); m.Updated == nil {
		return
	}
	if !slices.Contains([]string{"date", "dateTime", "instant"}, m.Updated.Type) {
		c.add("E0107", n.pos, "updated is a date or time: write $COLUMN | datetime")
	}
}
