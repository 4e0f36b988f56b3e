package golden

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// entry is one value of a list, with what it is told from others by.
type entry struct {
	from *elements
	node int
	raw  string
	key  string // equal for values that say the same
}

// list returns an element that may repeat, with the values of all records:
// those of the record that wins first, each once.
func (m *merger) list(name string) string {
	var all []entry
	for _, e := range m.inOrder(name) {
		own := e == m.records[0]
		for c := first(e.tree, e.at[name]); c != 0; c = e.tree.Next(c) {
			if v, fresh := m.fresh(all, entry{from: e, node: c, raw: e.tree.Raw(c)}, name, own); fresh {
				all = append(all, v)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	if name == "name" {
		m.names(all)
	}
	var out strings.Builder
	for i, v := range all {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(v.raw)
	}
	return "[" + out.String() + "]"
}

func first(t *fhir.Tree, i int) int {
	if i == 0 {
		return 0
	}
	return t.First(i)
}

// inOrder returns the records that have the element, the one that the rules
// prefer first.
func (m *merger) inOrder(name string) []*elements {
	var holders []*elements
	for _, e := range m.records {
		if e.at[name] != 0 {
			holders = append(holders, e)
		}
	}
	if len(holders) < 2 || name == "identifier" || name == "extension" || name == "modifierExtension" {
		return holders // those of the survivor first
	}
	best := m.best(holders, m.options.Rules(name), func(e *elements) string { return mainValue(e, name) })
	return append([]*elements{best}, slices.DeleteFunc(holders, func(e *elements) bool { return e == best })...)
}

// mainValue is what records are compared by that have a list: the key of the
// first value that holds now, "" where none does.
func mainValue(e *elements, name string) string {
	for c := first(e.tree, e.at[name]); c != 0; c = e.tree.Next(c) {
		if !slices.Contains([]string{"old", "maiden", "nickname", "anonymous"}, e.tree.FindText(c, "use")) {
			return keyOf(e.tree, c, name)
		}
	}
	return ""
}

// keyOf is equal for values of a list that say the same.
func keyOf(t *fhir.Tree, node int, name string) string {
	switch name {
	case "identifier":
		return t.FindText(node, "system") + "|" + t.FindText(node, "value")
	case "name":
		return nameKey(t, node)
	case "telecom":
		system, value := t.FindText(node, "system"), t.FindText(node, "value")
		if system == "email" || system == "url" { // a.b@x.org and ab@x.org are two people's
			return system + "|" + strings.ToLower(strings.TrimSpace(value))
		}
		return system + "|" + squeezed(value)
	case "address":
		return addressKey(t, node)
	case "extension", "modifierExtension":
		return t.FindText(node, "url")
	}
	return t.Raw(node)
}

// fresh reports whether a value says something that those before it do not, and
// how it is written then.
func (m *merger) fresh(all []entry, v entry, name string, own bool) (entry, bool) {
	v.key = keyOf(v.from.tree, v.node, name)
	switch name {
	case "identifier":
		if !own && !m.lasting(v) {
			v.raw = withUse(v.from.tree, v.node, "old")
		}
	case "extension", "modifierExtension": // the extensions of a URL that the first record with it has: most may stand once
		return v, !slices.ContainsFunc(all, func(o entry) bool { return o.key == v.key && (o.from != v.from || o.raw == v.raw) })
	}
	if strings.Trim(v.key, "| ") == "" {
		v.key = v.raw // it says nothing by which it could be told from others
	}
	return v, !slices.ContainsFunc(all, func(o entry) bool { return o.key == v.key })
}

// lasting reports whether an identifier is the person's own and not a record's:
// such ids do not become old when a record is replaced, unless the golden
// record has another one of the system.
func (m *merger) lasting(v entry) bool {
	system := v.from.tree.FindText(v.node, "system")
	if !m.options.Government(system) && !governmentType(v.from.tree, v.node) {
		return false
	}
	e := m.records[0]
	for c := first(e.tree, e.at["identifier"]); c != 0; c = e.tree.Next(c) {
		if e.tree.FindText(c, "system") == system {
			return false
		}
	}
	return true
}

// names marks the name that holds and those that are former ones.
func (m *merger) names(all []entry) {
	winner := all[0].from
	for i := range all {
		t := all[i].from.tree
		use := t.FindText(all[i].node, "use")
		switch {
		case all[i].from == winner && i == 0 && use == "" && len(all) > 1 && all[len(all)-1].from != winner:
			all[i].raw = withUse(t, all[i].node, "official")
		case all[i].from != winner && (use == "" || use == "official" || use == "usual" || use == "temp"):
			all[i].raw = withUse(t, all[i].node, "old")
		}
	}
}

// withUse returns an object with another use, where the specification has it:
// first.
func withUse(t *fhir.Tree, node int, use string) string {
	out := []byte(`{"use":"` + use + `"`)
	for c := t.First(node); c != 0; c = t.Next(c) {
		if t.Key(c) == "use" {
			continue
		}
		out = append(append(fhir.AppendString(append(out, ','), t.Key(c)), ':'), t.Raw(c)...)
	}
	return string(append(out, '}'))
}

// nameKey is equal for names that are written alike but for letters' case,
// white space and signs.
func nameKey(t *fhir.Tree, node int) string {
	parts := []string{squeezed(t.FindText(node, "family"))}
	for _, list := range []string{"given", "prefix", "suffix"} {
		parts = append(parts, squeezed(strings.Join(texts(t, t.Find(node, list)), " ")))
	}
	key := strings.Join(parts, "|")
	if strings.Trim(key, "|") == "" {
		return squeezed(t.FindText(node, "text"))
	}
	return key
}

func addressKey(t *fhir.Tree, node int) string {
	parts := []string{squeezed(strings.Join(texts(t, t.Find(node, "line")), " "))}
	for _, part := range []string{"city", "district", "state", "postalCode", "country"} {
		parts = append(parts, squeezed(t.FindText(node, part)))
	}
	key := strings.Join(parts, "|")
	if strings.Trim(key, "|") == "" {
		return squeezed(t.FindText(node, "text"))
	}
	return key
}

// texts returns the texts of a list.
func texts(t *fhir.Tree, list int) []string {
	var out []string
	for c := first(t, list); c != 0; c = t.Next(c) {
		if t.Kind(c) == fhir.String {
			out = append(out, t.Text(c))
		}
	}
	return out
}

// squeezed returns letters and digits alone, in lower case: two spellings of
// one telephone number or street are one.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z') {
			return -1
		}
		return r
	}, strings.ToLower(text))
}
