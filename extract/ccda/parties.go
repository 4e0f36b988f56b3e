package ccda

import (
	"regexp"
	"slices"
	"strconv"

	"chartlift/extract"
)

// party is a table with a row for each time that the header or an entry names a
// person in a role, or an organization. Of those that a document mentions by
// their id alone it has one row, behind all others.
type party struct {
	name     string
	elements []string // of the role, or of the organization
	inside   path     // its name
	columns  []column
}

func parties() []party {
	person, _ := parsePath(assigned + "/name")
	called, _ := parsePath("name")
	return []party{
		{
			"practitioner",
			[]string{"assignedAuthor", "assignedEntity", "intendedRecipient"},
			person,
			append([]column{{"role_element", "", "", leafElement}}, personColumns("")...),
		},
		{
			"organization", []string{
				"providerOrganization", "receivedOrganization", "representedCustodianOrganization", "representedOrganization",
				"scopingOrganization", "serviceProviderOrganization",
			}, called, organizationColumns("organization", ""),
		},
	}
}

// assigned are the elements that hold a person in a role.
const assigned = "assignedPerson|associatedPerson|relatedPerson|informationRecipient"

// later is a mention of a person without a name, which counts where the
// document names the person nowhere.
type later struct {
	party int
	key   string
	node  *node
}

// expandParties visits the rows of persons and organizations in the header, or
// in an entry.
func (x *expander) expandParties(from *node, document string) {
	for n := range from.elements {
		for i, p := range x.parties {
			if slices.Contains(p.elements, n.name) {
				x.mention(i, n, document)
			}
		}
		x.expandParties(n, document)
	}
}

func (x *expander) mention(party int, n *node, document string) {
	key := keyOf(n).Text
	if x.parties[party].inside.first(n) != nil {
		x.known[key] = true
		x.giveParty(party, n, document)
		return
	}
	if key != "" && !slices.ContainsFunc(x.later, func(l later) bool { return l.key == key }) {
		x.later = append(x.later, later{party, key, n})
	}
}

func (x *expander) giveParty(party int, n *node, document string) {
	name := x.parties[party].name
	x.named[party]++
	x.give(row{table: name, node: n, keys: []extract.Value{
		text(document), text(document + "/" + name + strconv.Itoa(x.named[party])), text(document),
	}})
}

// finish visits the rows that wait for the end of the document.
func (x *expander) finish(document string) {
	for _, l := range x.later {
		if !x.known[l.key] {
			x.giveParty(l.party, l.node, document)
		}
	}
	x.later = nil
}

var uuidRoot = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// keyOf is the id of a role or an organization where it names just one:
// root^extension, or a UUID. A root alone is an authority, which many samples
// write for everybody; an organization is told by it and its name together.
func keyOf(n *node) extract.Value {
	var root string
	for c := range n.elements {
		if _, null := c.attr("nullFlavor"); c.name != "id" || null {
			continue
		}
		id := idOf(c)
		if extension, ok := c.attr("extension"); ok && extension != "" || uuidRoot.MatchString(id.Text) {
			return id
		}
		if root == "" {
			root = id.Text
		}
	}
	for c := range n.elements {
		if c.name == "name" && root != "" && content(c) != "" {
			return extract.Value{Text: root + "^^" + content(c), Kind: extract.Text}
		}
	}
	return extract.Value{Kind: extract.Null}
}

// patientKey names the patient of a document: by an id that names just one, or
// else by the document, so that two patients without a number never become one.
func patientKey(header *node, document string) string {
	for c := range header.elements {
		if c.name != "recordTarget" {
			continue
		}
		for role := range c.elements {
			if key := keyOf(role); !key.Missing() {
				return key.Text
			}
		}
	}
	return document
}
