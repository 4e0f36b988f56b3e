package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/dedupe"
	"chartlift/transform/golden"
)

// Match says how the Patients of a run are matched.
type Match struct {
	Rules     *mappings.Match
	Decisions []reports.Decision         // those of people that hold
	Earlier   map[string]reports.Earlier // by id of a Patient: what the run before found
	Tool      string                     // name and version of this program
}

// people finds the Patients of a run that are one person, and puts them
// together. It is nil where the mapping does not ask for it.
//
// Before the first table that has to do with Patients all tables that make some
// are mapped once, and compared ([people.plan]). In the run itself the Patients
// of one person are held back until all of them are there, and leave together:
// a merge is delivered whole or not at all ([collector.settleCluster]). What
// refers to them waits with them. When the last of these tables is done,
// references of all later ones are led to whoever survived.
type people struct {
	*run
	match    *Match
	tables   []*Table // that make Patients and are not done
	tracker  *tracker // of their rows: those of one cluster may come from several tables
	owners   map[*Input]*table
	planned  bool
	open     bool // Patients may still come
	held     *spill
	of       map[string]*member // by id of the Patient
	clusters []*cluster
	found    *finding
	leads    map[string]*transform.Survivor // by id of the Patient that was replaced
	policy   string                         // URI of what decided
	modelSHA string
	merged   []*cluster // that were put together
}

// cluster is Patients that are one person, the one that survives first.
type cluster struct {
	id      string
	grade   dedupe.Grade
	members []*member
	waiting []held // resources that refer to them
	done    bool
	decided *reports.Decision // the last decision of a person that put them together
}

// member is one of them.
type member struct {
	cluster *cluster
	place   int // among its members
	id      string
	ref     reports.RecordRef
	origin  issue.Origin
	updated string
	rank    int
	size    int
	held    *held // nil until it arrives
}

// finding is what linking came to.
type finding struct {
	result  *dedupe.Result
	details map[string]*candidate // of the Patients that are in pairs and clusters
	names   map[string]string     // of clusters, by the ids that dedupe gives them
	rows    *candidates
}

func newPeople(r *run) (*people, error) {
	if r.Match == nil {
		return nil, nil
	}
	p := &people{run: r, match: r.Match, owners: map[*Input]*table{}, of: map[string]*member{}, leads: map[string]*transform.Survivor{}}
	grouped := false
	for _, t := range r.Tables {
		for _, m := range r.Program.Maps {
			if m.From != t.Source {
				continue
			}
			if m.Resource == "Patient" && !slices.Contains(p.tables, t) {
				p.tables = append(p.tables, t)
			}
		}
	}
	for _, m := range r.Program.Maps {
		grouped = grouped || len(m.Group) > 0
	}
	p.tracker = newTracker(grouped, func(in *Input, ranges []reports.RowRange) { p.owners[in].settle(in, ranges) })
	var err error
	p.held, err = newSpill(r.TempDir)
	return p, err
}

// refs returns the maps that m refers to. Where people are matched, all
// Patients belong together: what refers to one may be led to any.
func (r *run) refs(m *mappings.Map) []*mappings.Map {
	if r.Match == nil || !slices.ContainsFunc(m.Refs, isPatient) {
		return m.Refs
	}
	return append(slices.Clone(m.Refs), slices.DeleteFunc(slices.Clone(r.Program.Maps), func(m *mappings.Map) bool { return !isPatient(m) })...)
}

func isPatient(m *mappings.Map) bool { return m.Resource == "Patient" }

// concerns reports whether maps of the table make Patients or refer to some.
func (p *people) concerns(def *Table) bool {
	return slices.ContainsFunc(p.Program.Maps, func(m *mappings.Map) bool {
		return m.From == def.Source && (isPatient(m) || slices.ContainsFunc(m.Refs, isPatient))
	})
}

// before makes the plan when its time has come: as late as possible, so that
// references of Patients resolve as they will.
func (p *people) before(ctx context.Context, def *Table) error {
	if p == nil || p.planned || len(p.tables) == 0 || !p.concerns(def) {
		return nil
	}
	p.planned, p.open = true, true
	if err := p.plan(ctx); err != nil {
		return fmt.Errorf("match people: %w", err)
	}
	return nil
}

// trackerOf returns the tracker of a table some of whose rows may have to wait
// for people of another one, nil for others.
func (p *people) trackerOf(t *table) *tracker {
	if p == nil || !p.open {
		return nil
	}
	for _, in := range t.def.Inputs {
		p.owners[in] = t
	}
	return p.tracker
}

// ends reports whether the table was the last that makes Patients.
func (p *people) ends(def *Table) bool {
	if p == nil || !p.open || !slices.Contains(p.tables, def) {
		return false
	}
	p.tables = slices.DeleteFunc(p.tables, func(t *Table) bool { return t == def })
	return len(p.tables) == 0
}

// gather makes the clusters that are put together by themselves.
func (p *people) gather() {
	least := dedupe.Certain
	if p.match.Rules.Merge == mappings.MergeProbable {
		least = dedupe.Probable
	}
	said := p.sayings()
	for _, g := range p.found.result.Groups(least) {
		c := &cluster{id: p.found.names[g.Cluster], grade: g.Grade}
		for _, id := range g.IDs {
			k := p.found.details[id]
			m := &member{cluster: c, id: id, ref: p.found.rows.ref(k), origin: k.origin, updated: k.updated, size: k.size, rank: p.rank(k)}
			c.members = append(c.members, m)
			p.of[id] = m
		}
		p.sort(c)
		for i, m := range c.members {
			m.place = i
			for _, other := range c.members[:i] {
				if d := said[[2]reports.RecordRef{m.ref, other.ref}]; d != nil && (c.decided == nil || d.At.After(c.decided.At)) {
					c.decided = d
				}
			}
		}
		p.clusters = append(p.clusters, c)
	}
}

// sayings returns the decisions that two records are one person, in both
// orders.
func (p *people) sayings() map[[2]reports.RecordRef]*reports.Decision {
	out := map[[2]reports.RecordRef]*reports.Decision{}
	for i, d := range p.match.Decisions {
		if d.Verdict == reports.SamePerson {
			out[[2]reports.RecordRef{d.Left, d.Right}] = &p.match.Decisions[i]
			out[[2]reports.RecordRef{d.Right, d.Left}] = &p.match.Decisions[i]
		}
	}
	return out
}

// rank returns the place of the candidate's source under prefer, those not
// named last.
func (p *people) rank(k *candidate) int {
	at := slices.Index(p.match.Rules.Prefer, p.Program.Maps[k.m].From)
	if at < 0 {
		return len(p.match.Rules.Prefer)
	}
	return at
}

// sort puts the member that survives first: of the source that is preferred,
// the one that survived before, then as the rules for elements not named say,
// and at last the one with the smallest id, so that the order of the input does
// not matter.
func (p *people) sort(c *cluster) {
	votes := map[string]int{}
	for _, m := range c.members {
		if s := p.match.Earlier[m.id].Survivor; s != "" {
			votes[s]++
		}
	}
	rules := p.match.Rules.RulesOf("")
	slices.SortFunc(c.members, func(a, b *member) int {
		order := []int{cmp.Compare(a.rank, b.rank), cmp.Compare(votes[b.id], votes[a.id])}
		for _, rule := range rules {
			switch rule {
			case mappings.MostRecent:
				order = append(order, strings.Compare(golden.Moment(b.updated), golden.Moment(a.updated)))
			case mappings.MostComplete:
				order = append(order, cmp.Compare(b.size, a.size))
			}
		}
		return cmp.Or(append(order, strings.Compare(a.id, b.id))...)
	})
}
