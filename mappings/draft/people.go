package draft

import "chartlift/extract/profile"

// elements makes the elements of the table's kind, in FHIR's order.
func (b *builder) elements() []*node {
	if b.t.being != nil {
		b.t.column(b.t.key).used = string(recordNumber)
	}
	switch b.t.Kind {
	case Patient:
		return b.patient()
	case Practitioner:
		return b.practitioner()
	case Organization, Location:
		return b.place()
	}
	return b.clinicalElements()
}

// patient is the only kind whose columns may stand in tables beside it.
func (b *builder) patient() []*node {
	return compact([]*node{
		b.identifiers(),
		b.names(),
		b.telecom(),
		b.enum("gender", b.find(sex), "omit-element", standard(sex)),
		b.date("birthDate", birthDate, false),
		b.date("deceasedDateTime", deathDate, true),
		b.address("address", true),
		b.marital(),
		b.extension("extension(us-core-race)", race),
		b.extension("extension(us-core-ethnicity)", ethnicity),
		list("communication", object("", object("language", b.words("text", language)))),
		list("generalPractitioner", b.entryRef(Practitioner)),
		b.ref("managingOrganization", Organization),
	})
}

func (b *builder) practitioner() []*node {
	return compact([]*node{b.identifiers(), b.names(), b.telecom(), b.address("address", true), b.enum("gender", b.find(sex), "omit-element", standard(sex)), b.date("birthDate", birthDate, false)})
}

// place makes an Organization or a Location; only the former has lists of
// addresses.
func (b *builder) place() []*node {
	nodes := []*node{b.identifiers(), b.text("name", name, ""), b.telecom(), b.address("address", b.t.Kind == Organization)}
	if b.t.Kind == Location {
		nodes = append(nodes, b.ref("managingOrganization", Organization))
	}
	return compact(nodes)
}

// identifiers keeps every number by which the source knows the record.
func (b *builder) identifiers() *node {
	var kids []*node
	if c := b.t.column(b.t.key); c != nil {
		c.used = "key"
		m := &match{c: c, sure: 1, why: "no row repeats it:", role: "key"}
		kids = append(kids, object("", fixed("system", "${param.base}:"+b.t.name), b.leaf("value", m, "")))
	}
	if b.t.Kind != Patient && b.t.Kind != Practitioner {
		return list("identifier", kids...)
	}
	kids = append(kids,
		b.identifier(recordNumber, "${param.base}:mrn", ""),
		b.identifier(npi, "http://hl7.org/fhir/sid/us-npi", ""),
		b.socialSecurity(),
		b.identifier(licence, "${param.base}:drivers-licence", ""),
		b.identifier(passport, "${param.base}:passport", ""),
	)
	return list("identifier", kids...)
}

func (b *builder) identifier(r role, system, stages string) *node {
	m := b.find(r)
	if m == nil {
		return nil
	}
	return object("", fixed("system", system), b.leaf("value", m, stages))
}

// socialSecurity gives the number its system only where it has nine digits;
// other countries use the name too.
func (b *builder) socialSecurity() *node {
	m := b.find(ssn)
	if m == nil {
		return nil
	}
	if m.c.MinLength < 9 || m.c.MaxLength > 11 {
		return object("", fixed("system", "${param.base}:ssn"), b.leaf("value", m, "", "not nine digits: kept as the source's own number"))
	}
	text := "{ from: " + inFlow(m.pipe()+" | ssn") + ", policy: omit-element }"
	return object("", fixed("system", "http://hl7.org/fhir/sid/us-ssn"), flow("value", text, b.note(m), live))
}

// names makes the official name, and others that have a column.
func (b *builder) names() *node {
	last, first := b.words("family", family), b.words("", given)
	whole := b.find(fullName)
	official := object("", fixed("use", "official"), last, list("given", first, b.words("", middle)), list("prefix", b.words("", prefix)), list("suffix", b.words("", suffix)))
	var split *node
	switch {
	case whole != nil && last == nil && first == nil:
		official.kids = append([]*node{official.kids[0], b.leaf("text", whole, "")}, official.kids[1:]...)
		split = &node{text: whole.pipe() + " | human_name 'LAST, FIRST'", sort: guess, note: "instead, if the names are always written in one order (or 'FIRST LAST')"}
	case whole != nil:
		whole.c.used = "" // it repeats what the parts say
	}
	return list("name", official, split,
		object("", fixed("use", "maiden"), b.words("family", maiden)),
		object("", fixed("use", "usual"), b.words("text", preferred)))
}

// telecom keeps numbers as they are written: the country is not known.
func (b *builder) telecom() *node {
	contact := func(system, use string, r role) *node {
		m := b.find(r)
		if m == nil {
			return nil
		}
		kids := []*node{fixed("system", system), b.leaf("value", m, "")}
		if use != "" {
			kids = append(kids, fixed("use", use))
		}
		return object("", kids...)
	}
	return list("telecom", contact("phone", "", phone), contact("phone", "mobile", mobile), contact("phone", "work", workPhone), contact("fax", "", fax), contact("email", "", email))
}

func (b *builder) address(key string, many bool) *node {
	one := object("", list("line", b.text("", street, ""), b.text("", street2, "")), b.text("city", city, ""), b.text("district", county, ""),
		b.text("state", state, ""), b.text("postalCode", zip, ""), b.text("country", country, ""))
	if many {
		return list(key, one)
	}
	return object(key, one.kids...)
}

// marital takes a column called status too, if its words are those of
// marriages.
func (b *builder) marital() *node {
	m := b.find(marital)
	if m == nil {
		for _, c := range b.t.columns {
			if c.free() && c.plain == "status" && c.listable() && c.knows(standard(marital)) {
				m = b.take(c, marital, 0.85, "values and name")
				break
			}
		}
	}
	if m == nil || !m.c.listable() {
		return b.leaf("maritalStatus", nil, "")
	}
	w := b.walk(m, walk{system: codeSystems + "v3-MaritalStatus", unmapped: "keep-text", known: standard(marital)})
	return b.leaf("maritalStatus", m, " | concept "+w.name, "fill in terms/"+w.name+".csv")
}

// knows reports whether two of the column's words, or its only one, have a
// standard code.
func (c *column) knows(known map[string]target) bool {
	n := 0
	for _, v := range c.Top {
		if _, ok := known[lower(v.Value)]; ok {
			n++
		}
	}
	return n >= 2 || n == 1 && len(c.Top) == 1
}

// extension keeps race and ethnicity as the source's words: their codes are for
// people to assign.
func (b *builder) extension(key string, r role) *node {
	m := b.find(r)
	if m == nil || m.c.Type != profile.TypeText && m.c.Type != profile.TypeCode {
		return nil
	}
	return object(key, b.leaf("text", m, ""))
}

// reference finds an unused column that joins a table of the kind, and writes
// the reference.
func (b *builder) reference(k Kind) (string, *match) {
	for _, c := range b.t.columns {
		to := b.d.target(c)
		if to == nil || to == b.t || to.Kind != k || to.Map == "" || to.Live == 0 || to.key != c.join.ToColumn || !c.free() {
			continue
		}
		if !c.join.ByName && c.Type != profile.TypeUUID {
			continue
		}
		return "ref? " + to.Map + "(" + c.ref() + ")", b.take(c, role(k), 0.9, "joins "+to.Table.Table+" by")
	}
	return "", nil
}

// ref makes a reference to the table of a kind that a column joins.
func (b *builder) ref(key string, k Kind) *node {
	text, m := b.reference(k)
	if m == nil {
		return nil
	}
	return &node{key: key, text: text, note: b.note(m, orphans(m))}
}

// entryRef is ref in a list.
func (b *builder) entryRef(k Kind) *node { return b.ref("", k) }
