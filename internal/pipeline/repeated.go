package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/golden"
	"chartlift/transform/repeats"
)

// repeated is the reason with which a row is merged whose resource another
// row's tells already.
const repeated = "duplicate-resource"

// repeaters finds resources that tell the same as another, of maps whose dedupe
// says what is kept of them. It is nil where no map does.
//
// Before the first table of such a group its tables are mapped once: after
// Patients were put together, so that records which have become one person's
// are found to be the same, and before anything refers to what is not kept. In
// the run itself what is not kept is left out, and references to it lead to
// what is.
type repeaters struct {
	*run
	groups    []*repeatGroup
	allergies map[string]*allergies // by patient's reference
	reader    repeats.Reader
}

// repeatGroup is maps whose resources are compared with each other.
type repeatGroup struct {
	rule    *mappings.MapDedupe
	maps    []*mappings.Map
	planned bool
	at      map[repeats.Key]int32 // while it is planned
	seen    *transform.KeySet     // ids
	kept    []*original
	left    map[string]*original // by id of a resource that is not kept: the one that is
	told    *transform.KeySet    // of these ids, those that came in the run itself
	close   map[string]*original // by id of a resource: one that it nearly repeats. What is not kept is here, too
	reader  repeats.Reader
	leads   map[string]*transform.Survivor
}

// original is the resource that is kept of several.
type original struct {
	id, updated string
	origin      issue.Origin
	content     uint64
	rank        int
	others      []string // ids of those that are not kept

	near  repeats.Key    // of what may not differ in one that nearly tells the same
	trace *repeats.Trace // and of what may; nil where none is looked for
}

// into returns the row of this input that a repetition becomes part of, 0 where
// it stands in another.
func (o *original) into(in *Input) int64 {
	if o.origin.Source != in.Schema.Source || o.origin.Table != in.Schema.Table {
		return 0
	}
	return o.origin.Row
}

func newRepeaters(r *run) *repeaters {
	p := &repeaters{run: r, allergies: map[string]*allergies{}}
	useful := false
	for _, m := range r.Program.Maps {
		useful = useful || m.Dedupe != nil || m.Resource == "AllergyIntolerance"
		if m.Dedupe == nil {
			continue
		}
		at := slices.IndexFunc(p.groups, func(g *repeatGroup) bool { return g.maps[0].Resource == m.Resource && g.rule.Same(m.Dedupe) })
		if at < 0 {
			at = len(p.groups)
			p.groups = append(p.groups, &repeatGroup{rule: m.Dedupe})
		}
		p.groups[at].maps = append(p.groups[at].maps, m)
	}
	if !useful {
		return nil
	}
	return p
}

// before plans the groups that this table is the first of.
func (p *repeaters) before(ctx context.Context, def *Table) error {
	if p == nil {
		return nil
	}
	for _, g := range p.groups {
		if g.planned || !slices.ContainsFunc(g.maps, func(m *mappings.Map) bool { return m.From == def.Source }) {
			continue
		}
		g.planned = true
		if err := p.plan(ctx, g); err != nil {
			return fmt.Errorf("look for %s resources that tell the same: %w", g.maps[0].Resource, err)
		}
	}
	return nil
}

// plan maps the tables of a group, in the order in which they will be, and
// decides what is kept.
func (p *repeaters) plan(ctx context.Context, g *repeatGroup) error {
	g.at, g.seen = map[repeats.Key]int32{}, transform.NewKeySet()
	engine := p.Engine.Rehearsal(func(m *mappings.Map) bool { return p.done[m.From] })
	for _, def := range order(p.Tables, p.Program, p.refs) {
		of := func(m *mappings.Map) bool { return m.From == def.Source && slices.Contains(g.maps, m) }
		if !slices.ContainsFunc(p.Program.Maps, of) {
			continue
		}
		err := p.rehearse(ctx, def, engine, rehearsed{g, "reading duplicates of " + def.Source.Name, of})
		if err != nil {
			return fmt.Errorf("table %s: %w", def.Source.Name, err)
		}
	}
	g.compareNear()
	g.left, g.leads, g.told = map[string]*original{}, map[string]*transform.Survivor{}, transform.NewKeySet()
	for _, o := range g.kept {
		for _, id := range o.others {
			g.left[id], g.leads[id] = o, &transform.Survivor{ID: o.id}
		}
		o.others = nil
	}
	g.at, g.seen, g.kept = nil, nil, nil // only what is told twice is needed from here on
	p.Engine.Redirect(g.maps[0].Resource, g.leads)
	return nil
}

// add takes a resource of the rehearsal. The second one with an id is left out:
// the run will refuse it, so nothing may be left out for it.
func (g *repeatGroup) add(b transform.Built, origin issue.Origin) error {
	if !g.seen.Add(b.Resource.ID) {
		return nil
	}
	key, ok := g.reader.Key(b.Resource.JSON, g.rule.On)
	if !ok {
		return nil
	}
	next := original{id: b.Resource.ID, updated: b.Updated, origin: origin, content: g.reader.Content(b.Resource.JSON), rank: g.reader.Rank(b.Resource.JSON, g.rule.Keep)}
	if near, trace, ok := g.reader.Near(b.Resource.JSON, g.rule.On, g.rule.Near); ok {
		next.near, next.trace = near, trace
	}
	at, twice := g.at[key]
	if !twice {
		g.at[key] = int32(len(g.kept))
		g.kept = append(g.kept, &next)
		return nil
	}
	was := g.kept[at]
	if g.better(&next, was) {
		next.others = append(was.others, was.id)
		g.kept[at] = &next
		return nil
	}
	was.others = append(was.others, next.id)
	return nil
}

// better reports whether the later resource is kept instead of the earlier.
func (g *repeatGroup) better(later, earlier *original) bool {
	switch g.rule.Keep {
	case repeats.Last:
		return true
	case repeats.Newest:
		return golden.Moment(later.updated) > golden.Moment(earlier.updated)
	}
	return later.rank > earlier.rank
}

// withoutRepeats takes out of what a row or group made that which another row
// tells, and looks at what is left.
func (c *collector) withoutRepeats(in *Input, o *outcome, rec *extract.Record) {
	p := c.repeats
	if p == nil || len(o.built) == 0 {
		return
	}
	o.built = slices.DeleteFunc(o.built, func(b transform.Built) bool {
		g, kept := p.instead(b)
		switch {
		case kept == nil:
			if g != nil {
				c.tellNear(in, b, rec, g)
			}
			return false
		case !g.told.Add(b.Resource.ID) && p.reader.Content(b.Resource.JSON) != kept.content: // what was compared is the first one with this id, not this one
			c.taken(in, &b, rec)
			o.Rejected = cmp.Or(o.Rejected, "duplicate-key")
		default:
			o.repeats = kept
			if g.close[b.Resource.ID] == nil {
				c.tellRepeat(in, b, rec, kept)
			} else {
				c.tellNear(in, b, rec, g)
			}
		}
		return true
	})
	for _, b := range o.built {
		if b.Resource.Type == "AllergyIntolerance" {
			p.allergy(in, b, rec.Origin)
		}
	}
}

// instead returns what is kept instead of a resource, and the group of both;
// nil where it is kept itself.
func (p *repeaters) instead(b transform.Built) (*repeatGroup, *original) {
	for _, g := range p.groups {
		if b.Map.Dedupe != nil && slices.Contains(g.maps, b.Map) {
			return g, g.left[b.Resource.ID]
		}
	}
	return nil, nil
}

// tellRepeat names the row that is kept, where the ledger cannot, and says
// where the two are not quite the same.
func (c *collector) tellRepeat(in *Input, b transform.Built, rec *extract.Record, kept *original) {
	c.valid(in, b.Resource.Type)
	i := issue.Issue{
		Severity: issue.Information, Code: repeated, Type: "duplicate", Rule: b.Map.Name, Origin: rec.Origin,
		Message: "row " + strconv.FormatInt(kept.origin.Row, 10) + " of " + kept.origin.Source + " tells the same",
	}
	if c.repeats.reader.Content(b.Resource.JSON) != kept.content {
		i.Severity, i.Code = issue.Warning, "duplicate-differs"
		i.Message = fmt.Sprintf("row %d of %s has the same %s and is kept (keep: %s), but says something else beside: compare the two rows",
			kept.origin.Row, kept.origin.Source, elementNames(b.Map.Dedupe.On), b.Map.Dedupe.Keep)
	} else if kept.into(in) != 0 {
		return // the ledger says it all
	}
	c.report(in, i)
}

func elementNames(on []repeats.Element) string {
	var names []string
	for _, e := range on {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}
