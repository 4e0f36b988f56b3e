package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/golden"
)

// samePerson is the reason with which the row of a Patient is merged that
// became part of another one.
const samePerson = "same-person"

// held is a resource that waits: a Patient for the others of its cluster, any
// other for the Patients that it refers to.
type held struct {
	in     *Input
	origin issue.Origin
	rows   []slot
	typ    string
	id     string
	json   piece
}

// holds takes a resource that has to wait, and reports whether it did.
// Resources that refer to Patients already put together are led to the
// survivor: e is the caller's own.
func (p *people) holds(ctx context.Context, c *collector, a *addressed) (bool, error) {
	if p == nil || !p.open {
		return false, nil
	}
	r := &a.entry.Resource
	if m := p.of[r.ID]; m != nil && r.Type == "Patient" && m.held == nil {
		h, err := p.aside(a)
		if m.held = &h; err != nil || slices.ContainsFunc(m.cluster.members, func(m *member) bool { return m.held == nil }) {
			return true, err
		}
		return true, c.settleCluster(ctx, m.cluster)
	}
	for ref := range golden.References(r.JSON) {
		m := p.of[ref.ID]
		if m == nil || m.cluster.done {
			continue
		}
		h, err := p.aside(a)
		m.cluster.waiting = append(m.cluster.waiting, h)
		return true, err
	}
	p.lead(r)
	return false, nil
}

// aside puts a resource aside.
func (p *people) aside(a *addressed) (held, error) {
	r := &a.entry.Resource
	at, err := p.held.add(r.JSON)
	return held{in: a.in, origin: a.entry.Origin, rows: a.rows, typ: r.Type, id: r.ID, json: at}, err
}

// lead leads the references of a resource to those who survived. A Provenance
// stays with the record that it is about, as long as that is there.
func (p *people) lead(r *fhir.Resource) {
	if r.Type == "Provenance" && p.match.Rules.Links == mappings.LinkReplaces {
		return
	}
	r.JSON, _ = golden.Refer(r.JSON, func(id string) string {
		s := p.leads[id]
		if s == nil {
			return ""
		}
		s.Count()
		return s.ID
	})
}

// becomes returns what a row is whose mapping made something: loaded, or where
// only its Patient was made, which another one replaces without a trace,
// merged.
func (p *people) becomes(o *outcome) *member {
	if p == nil || !p.open || p.match.Rules.Links != mappings.LinkSingle || len(o.built) != 1 || len(o.Groups) > 0 || o.Rejected != "" {
		return nil
	}
	b := o.built[0].Resource
	if m := p.of[b.ID]; m != nil && b.Type == "Patient" && m.place > 0 {
		return m
	}
	return nil
}

// into returns the row of this table that a member becomes part of; 0 where it
// stands in another.
func (m *member) into() int64 {
	first := m.cluster.members[0].origin
	if first.Source != m.origin.Source || first.Table != m.origin.Table {
		return 0
	}
	return first.Row
}

// became says what rows are that waited for a group, or rows of a view.
func (c *collector) became(rows []slot, o *outcome) {
	if m := c.people.becomes(o); m != nil {
		c.tracker.merged(rows, samePerson, m.into())
	} else if len(o.built) > 0 {
		c.tracker.loaded(rows)
	} else if o.repeats != nil && len(rows) > 0 {
		c.tracker.merged(rows, repeated, o.repeats.into(rows[0].page.in))
	}
}

// settleCluster puts the Patients of a cluster together when all of them are
// there, and sends what waited for them.
func (c *collector) settleCluster(ctx context.Context, cl *cluster) error {
	cl.done = true
	records, err := c.people.records(cl)
	if err != nil {
		return err
	}
	group, conflicts, err := c.people.join(cl, records)
	if err != nil {
		return fmt.Errorf("merge the records of cluster %s: %w", cl.id, err)
	}
	code := c.invalid(cl, group)
	if code != "" {
		return c.dissolve(ctx, cl, "a Patient that was made of several records is not valid ("+code+"): the records are left apart; see the findings beside this one")
	}
	c.tell(cl, conflicts)
	c.Plausible.Same(cl.ids())
	if err := c.deliverGroup(ctx, cl, group); err != nil {
		return err
	}
	return c.release(ctx, cl)
}

// ids returns the ids of the members, the one that survives first.
func (cl *cluster) ids() []string {
	var ids []string
	for _, m := range cl.members {
		ids = append(ids, m.id)
	}
	return ids
}

// records reads the Patients of a cluster that are there.
func (p *people) records(cl *cluster) ([]golden.Record, error) {
	var out []golden.Record
	for _, m := range cl.members {
		if m.held == nil {
			continue
		}
		json, err := p.held.read(m.held.json)
		if err != nil {
			return nil, err
		}
		r := fhir.Resource{Type: "Patient", ID: m.id, JSON: json}
		p.lead(&r)
		out = append(out, golden.Record{ID: m.id, JSON: r.JSON, Rank: m.rank, Updated: m.updated})
	}
	return out, nil
}

// invalid returns the code of the first thing that is wrong with the resources
// of a cluster, "" where they are valid.
func (c *collector) invalid(cl *cluster, group []joined) string {
	code := ""
	for _, j := range group {
		in := j.member.held.in
		c.Check.Check(j.resource, j.member.origin, func(i issue.Issue) {
			if i.Severity >= issue.Error && !c.Policy.WarnInvalid && code == "" {
				code = i.Code
			}
			i.Severity = min(i.Severity, issue.Warning) // the records are delivered, if not as one
			c.run.report(in, i)
		})
	}
	return code
}

// tell reports what contradicts itself in a person's records, and which records
// another one stands for.
func (c *collector) tell(cl *cluster, conflicts []golden.Conflict) {
	for _, k := range conflicts {
		m := c.people.of[k.From]
		c.run.report(m.held.in, issue.Issue{
			Severity: issue.Warning, Code: "merge-conflict", Type: "conflict", Rule: "match", Origin: m.origin, Expression: "Patient." + k.Element, Value: k.Other,
			Message: "records of one person contradict each other in " + k.Element + "; the value of the record that the rules of survivorship prefer is kept: look at both, correct the source, or decide that they are two persons",
		})
	}
	first := cl.members[0]
	for _, m := range cl.members[1:] {
		c.run.report(m.held.in, issue.Issue{
			Severity: issue.Information, Code: samePerson, Type: "duplicate", Rule: "match", Origin: m.origin,
			Message: "this record and " + first.origin.String() + " are one person (" + cl.grade.String() + ", cluster " + cl.id + ")",
		})
	}
}

// deliverGroup sends the resources of a cluster in one bundle, and notes whose
// references are led to whom.
func (c *collector) deliverGroup(ctx context.Context, cl *cluster, group []joined) error {
	p := c.people
	var entries []addressed
	for i, j := range group {
		rows := j.member.held.rows
		switch {
		case j.resource.Type == "Provenance":
			expectAll(rows)
			c.valid(j.member.held.in, j.resource.Type)
		case i == 0 && p.match.Rules.Links == mappings.LinkSingle: // what is left answers for the rows of all
			rows = nil
			for _, m := range cl.members {
				rows = append(rows, m.held.rows...)
			}
		}
		entries = append(entries, addressed{j.member.held.in, load.Entry{Resource: j.resource, Origin: j.member.origin}, rows})
	}
	if err := c.packer.together(ctx, entries); err != nil {
		return err
	}
	p.merged = append(p.merged, cl)
	for _, m := range cl.members[1:] {
		if p.match.Rules.Links != mappings.LinkSeeAlso {
			p.leads[m.id] = &transform.Survivor{ID: cl.members[0].id}
		}
	}
	return nil
}

// dissolve leaves the Patients of a cluster apart.
func (c *collector) dissolve(ctx context.Context, cl *cluster, why string) error {
	cl.done = true
	var entries []addressed
	said := false
	for _, m := range cl.members {
		if m.held == nil {
			continue
		}
		json, err := c.people.held.read(m.held.json)
		if err != nil {
			return err
		}
		if !said {
			said = true
			c.run.report(m.held.in, issue.Issue{Severity: issue.Warning, Code: "merge-undone", Type: "processing", Rule: "match", Origin: m.origin, Message: why})
		}
		loadedAll(m.held.rows)
		r := fhir.Resource{Type: "Patient", ID: m.id, JSON: json}
		c.people.lead(&r)
		entries = append(entries, addressed{m.held.in, load.Entry{Resource: r, Origin: m.origin}, m.held.rows})
	}
	if err := c.packer.together(ctx, entries); err != nil {
		return err
	}
	return c.release(ctx, cl)
}

// release sends what waited for a cluster, unless it has to wait for another
// one.
func (c *collector) release(ctx context.Context, cl *cluster) error {
	waiting := cl.waiting
	cl.waiting = nil
	for _, h := range waiting {
		json, err := c.people.held.read(h.json)
		if err != nil {
			return err
		}
		a := addressed{h.in, load.Entry{Resource: fhir.Resource{Type: h.typ, ID: h.id, JSON: json}, Origin: h.origin}, h.rows}
		if holds, err := c.people.holds(ctx, c, &a); err != nil {
			return err
		} else if holds {
			continue
		}
		if err := c.packer.together(ctx, []addressed{a}); err != nil {
			return err
		}
	}
	return nil
}

// closePeople ends the holding back when no Patient can come any more: clusters
// of which one is missing are left apart.
func (c *collector) closePeople(ctx context.Context) error {
	p := c.people
	for _, cl := range p.clusters {
		if cl.done {
			continue
		}
		missing := 0
		for _, m := range cl.members {
			if m.held == nil {
				missing++
			}
		}
		why := strconv.Itoa(missing) + " of " + strconv.Itoa(len(cl.members)) + " records of this person were refused: the others are left as they are; mend what was refused and run again"
		if err := c.dissolve(ctx, cl, why); err != nil {
			return err
		}
	}
	p.open = false
	if len(p.leads) > 0 {
		p.Engine.Redirect("Patient", p.leads)
	}
	return nil
}

// record returns the record that stands for row i of a product: itself, or the
// first of its group.
func (p *product) record(i int) *extract.Record {
	if p.groups != nil {
		return &p.groups[i][0]
	}
	return &p.batch.Records[i]
}

// share returns how much of its input is read, 0 where that is not known.
func (p *product) share() float64 {
	if p.batch == nil {
		return 0
	}
	return p.batch.Share
}
