// Package undo takes back what a run delivered to a server: it deletes what the
// run created and puts back what it changed, as far as that is proved and
// nobody has touched it since.
//
// Read [Prepare] and [Plan] first.
package undo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"chartlift/load/compare"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// Server is what undo asks of a server.
type Server interface {
	// Current returns those of up to 100 resources of a type that the server
	// has, by id.
	Current(ctx context.Context, resourceType string, ids []string) (map[string]fhirserver.Stored, error)
	// Before is fhirserver.Client.Before.
	Before(ctx context.Context, resourceType, id, version string) (s fhirserver.Stored, exists, ok bool, err error)
	// Apply is fhirserver.Client.Apply.
	Apply(ctx context.Context, changes []fhirserver.Change) (status int, err error)
}

// Step is one resource to delete or to put back.
type Step struct {
	Type, ID string
	Version  string // the version that is ours, and must still be there
	Before   []byte // as it was; nil: it was not there, and is deleted
	Sum      reports.Sum

	name  string   // Type/id by which others on the server refer to it
	links []string // what it refers to, until the steps are arranged
	unit  int      // the same for those that refer to each other in a circle
	bare  bool     // it has lost its references to others of its circle

	status int // with which the server refused it alone, 0 where it did not
}

// Refusal is a resource that stays as it is. Code is one of Codes.
type Refusal struct {
	Type, ID  string
	Code, Why string
}

// Plan says what would be done, in the order in which it is: what refers to
// others before them.
type Plan struct {
	Steps   []Step
	Gone    int // are not there any more
	Same    int // were there before with the same content
	Refused []Refusal

	// Apart says that the server has no transactions: those that refer to each
	// other cannot be deleted at once, and lose their references first.
	Apart bool

	skew    time.Duration   // how far the server's clock is before ours, at most; see clock
	ours    map[string]bool // versions that are ours beside those of the journal, as "Type/id version": an undo put them back, or a later run sent the same
	foreign map[string]bool // what earlier runs wrote: "Type/id" and "Type/id version"
}

// trace is what the journal of a run, and of the runs that it went on with,
// says of one resource.
type trace struct {
	last     reports.Delivered
	first    string // version of our first change
	created  bool
	repeated bool      // it took several requests, and the last found it there
	doubt    time.Time // when it was sent without an answer; zero: never
	since    time.Time // when it was sent first
}

// chunk is how many resources are read, and changed, together.
const chunk = 100

// Prepare reads the journal of runs, the latest first, and looks at every
// resource on the server.
func Prepare(ctx context.Context, db *reports.DB, server Server, runs []string) (*Plan, error) {
	traces := map[string]*trace{}
	var order []*trace
	for _, run := range runs {
		err := db.Bundles(ctx, run, func(b reports.Bundle) error {
			for _, d := range slices.Backward(b.Resources) {
				t := traces[d.Type+"/"+d.ID]
				if t == nil {
					t = &trace{last: d}
					traces[d.Type+"/"+d.ID] = t
					order = append(order, t)
				}
				t.add(d, b)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	restored, err := db.Restored(ctx, runs)
	if err != nil {
		return nil, err
	}
	p := &Plan{ours: map[string]bool{}}
	for ref, version := range restored {
		p.ours[ref+" "+version] = true
	}
	if err := p.others(ctx, db, runs, traces); err != nil {
		return nil, err
	}
	if err := p.clock(ctx, server, order); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(order, chunk) {
		if err := p.look(ctx, server, part); err != nil {
			return nil, err
		}
	}
	p.arrange()
	return p, nil
}

// add takes an earlier word on the resource.
func (t *trace) add(d reports.Delivered, b reports.Bundle) {
	if t.last.Fate == reports.Dead || t.last.Fate == reports.Sent {
		if d.Fate != reports.Dead && d.Fate != reports.Sent {
			t.last = d // what was refused later, or never answered, left this one standing
		}
	}
	if d.Fate != reports.Deleted && d.Fate != reports.Restored && (t.since.IsZero() || b.At.Before(t.since)) {
		t.since = b.At
	}
	switch d.Fate {
	case reports.Created:
		t.created = true
	case reports.Sent:
		t.doubt = b.At
	case reports.Unchanged:
		t.repeated = t.repeated || b.Repeated
	}
	if d.Fate == reports.Created || d.Fate == reports.Updated || d.Fate == reports.Retired {
		t.first = d.Version
	}
}

// look decides about resources, of any types.
func (p *Plan) look(ctx context.Context, server Server, part []*trace) error {
	ids := map[string][]string{}
	for _, t := range part {
		ids[t.last.Type] = append(ids[t.last.Type], t.last.ID)
	}
	now := map[string]map[string]fhirserver.Stored{}
	for typ, list := range ids {
		found, err := server.Current(ctx, typ, list)
		if err != nil {
			return fmt.Errorf("look at %s: %w", typ, err)
		}
		now[typ] = found
	}
	for _, t := range part {
		current, there := now[t.last.Type][t.last.ID]
		planned := len(p.Steps)
		if err := p.decide(ctx, server, t, current, there); err != nil {
			return err
		}
		if len(p.Steps) > planned {
			p.Steps[planned].refer(current)
		}
	}
	return nil
}

// decide says what is done about one resource.
func (p *Plan) decide(ctx context.Context, server Server, t *trace, current fhirserver.Stored, there bool) error {
	d := t.last
	if v := current.Version; v != "" && d.Version != "" && p.ours[d.Type+"/"+d.ID+" "+v] {
		d.Version = v // the same content came again, or an undo of what came later put it back
		t.last.Version = v
	}
	first, err := p.arrived(ctx, server, t, current)
	switch {
	case err != nil:
		return err
	case d.Fate == reports.Dead, d.Fate == reports.Deleted, d.Fate == reports.Restored:
		return nil // nothing of ours is there
	case !there:
		p.Gone++
		return nil
	case t.created && current.Version == d.Version && d.Version != "":
		p.step(d, nil)
		return nil
	case first == mine:
		p.step(reports.Delivered{Type: d.Type, ID: d.ID, Version: current.Version, Sum: d.Sum}, nil)
		return nil
	case d.Fate == reports.Sent:
		p.refuse(d, notOurs, "the run was killed while it was sent: nobody can tell whose it is")
		return nil
	case d.Version == "":
		p.refuse(d, noVersion, "the server told no version of it: nobody can tell whether it was changed since")
		return nil
	case current.Version != d.Version:
		p.refuse(d, changedSince, "it was changed since")
		return nil
	case d.Fate == reports.Unchanged && first == nobodyKnows:
		p.refuse(d, notOurs, "an answer was lost while it was sent, and the server does not tell since when it is there: nobody can tell whose it is")
		return nil
	case d.Fate == reports.Unchanged:
		p.Same++
		return nil
	}
	return p.restore(ctx, server, t, current)
}

// restore finds the version that stood before the run's.
func (p *Plan) restore(ctx context.Context, server Server, t *trace, current fhirserver.Stored) error {
	d := t.last
	before, exists, ok, err := p.stood(ctx, server, t, current)
	switch {
	case err != nil:
		return fmt.Errorf("read history: %w", err)
	case !ok:
		p.refuse(d, noHistory, "the server does not tell what stood there before: it keeps no history, or threw the old version away")
	case !exists:
		p.step(d, nil) // our version is its first
	default:
		if changes, err := compare.Changes(before.JSON, current.JSON); current.JSON != nil && err == nil && len(changes) == 0 {
			p.Same++
			return nil
		}
		p.step(d, before.JSON)
	}
	return nil
}

func (p *Plan) refuse(d reports.Delivered, code, why string) {
	p.Refused = append(p.Refused, Refusal{d.Type, d.ID, code, why})
}

func (p *Plan) step(d reports.Delivered, before []byte) {
	p.Steps = append(p.Steps, Step{Type: d.Type, ID: d.ID, Version: d.Version, Before: before, Sum: d.Sum})
}

// Carry does the steps, about 100 at a time, and tells of each that was done.
// Just before, it looks once more whether the version is still ours. What
// others refer to is tried again at the end, when those may be gone; what the
// server refuses then joins Refused.
func (p *Plan) Carry(ctx context.Context, server Server, done func([]reports.Delivered) error) error {
	steps := p.Steps
	for round := range 2 {
		var again []Step
		for part := range parts(steps) {
			part, err := p.still(ctx, server, part)
			if err != nil {
				return err
			}
			left, err := p.apply(ctx, server, part, done)
			if err != nil {
				return err
			}
			again = append(again, left...)
		}
		if round == 1 || len(again) == 0 {
			again, err := p.breakUp(ctx, server, again, done)
			for _, s := range again {
				p.Refused = append(p.Refused, s.left())
			}
			if err != nil {
				return err
			}
			return nil
		}
		steps = again
	}
	return nil
}

// still leaves out what somebody changed while the plan was looked at.
func (p *Plan) still(ctx context.Context, server Server, part []Step) ([]Step, error) {
	ids := map[string][]string{}
	for _, s := range part {
		ids[s.Type] = append(ids[s.Type], s.ID)
	}
	same := map[string]bool{}
	for typ, list := range ids {
		for some := range slices.Chunk(list, chunk) {
			now, err := server.Current(ctx, typ, some)
			if err != nil {
				return nil, fmt.Errorf("look at %s: %w", typ, err)
			}
			for id, s := range now {
				same[typ+"/"+id+" "+s.Version] = true
			}
		}
	}
	var out []Step
	for _, s := range part {
		if same[s.Type+"/"+s.ID+" "+s.Version] {
			out = append(out, s)
		} else {
			p.Refused = append(p.Refused, Refusal{s.Type, s.ID, changedSince, "it was changed since"})
		}
	}
	return out, nil
}

// versions asks which versions those have now that were put back, so that an
// undo of the run before knows them.
func (p *Plan) versions(ctx context.Context, server Server, all []reports.Delivered) error {
	for i, d := range all {
		if d.Fate != reports.Restored {
			continue
		}
		now, err := server.Current(ctx, d.Type, []string{d.ID})
		if err != nil {
			return fmt.Errorf("look at %s: %w", d.Type, err)
		}
		all[i].Version = now[d.ID].Version
	}
	return nil
}

// apply makes changes together, halves what is refused, and returns what is
// refused alone.
func (p *Plan) apply(ctx context.Context, server Server, part []Step, done func([]reports.Delivered) error) (left []Step, err error) {
	if len(part) == 0 {
		return nil, nil
	}
	changes := make([]fhirserver.Change, len(part))
	for i, s := range part {
		changes[i] = fhirserver.Change{Type: s.Type, ID: s.ID, JSON: s.Before}
	}
	status, err := server.Apply(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("take back: %w", err)
	}
	if status == 0 {
		all := make([]reports.Delivered, len(part))
		for i, s := range part {
			all[i] = reports.Delivered{Type: s.Type, ID: s.ID, Sum: s.Sum, Fate: reports.Deleted}
			if s.Before != nil {
				all[i].Fate = reports.Restored
			}
		}
		if err := p.versions(ctx, server, all); err != nil {
			return nil, err
		}
		return nil, done(all)
	}
	if len(part) == 1 {
		s := part[0]
		s.status = status
		return []Step{s}, nil
	}
	half := middle(part)
	first, err := p.apply(ctx, server, part[:half], done)
	if err != nil {
		return nil, err
	}
	second, err := p.apply(ctx, server, part[half:], done)
	return append(first, second...), err
}
