// Package reconcile compares what the sources make, what the run database says
// was delivered, and what a server holds.
//
// Read [Checker] first: it is a sink that sends nothing. A conversion, or the
// reading of files, is run once more into it.
//
//	c := reconcile.New(server, held, reconcile.Options{Share: 1})
//	… // every resource goes through c.Send
//	result, err := c.Finish(ctx)
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// Server is what is asked of a server.
type Server interface {
	// Current is fhirserver.Client.Current. One that the server has under
	// another id has its content in Raw, and Options.Expect says what that
	// should be.
	Current(ctx context.Context, resourceType string, ids []string) (map[string]fhirserver.Stored, error)
	// CountWhere is fhirserver.Client.CountWhere.
	CountWhere(ctx context.Context, resourceType, query string) (n int64, ok bool, err error)
	// Ours hands out the ids of all resources of a type that bear the tag of a
	// site (system|code; "" where there is none), or an identifier that only we
	// give, and says by what it asked for them. What the server has under
	// another id than ours comes by ours where that is known.
	Ours(ctx context.Context, resourceType, tag string, each func(id string) error) (by Asked, err error)
}

// Asked says by what a server was asked for resources of ours.
type Asked string

// The ways to ask.
const (
	NotAsked     Asked = ""
	ByTag        Asked = "tag"
	ByIdentifier Asked = "identifier" // of any site
)

// Kind says in which way something differs.
type Kind string

// The kinds, the gravest first.
const (
	Missing       Kind = "missing"        // delivered, and not on the server
	Altered       Kind = "altered"        // other content in the version that is ours: the server did not keep what it was sent
	Drifted       Kind = "drifted"        // changed on the server by somebody since
	Count         Kind = "count"          // the server has fewer of a type than were delivered
	PatientCount  Kind = "patient-count"  // of one patient, the server finds fewer of a type
	Orphan        Kind = "orphan"         // on the server with our tag, and never delivered
	Undelivered   Kind = "undelivered"    // the source makes it, and it was refused or never sent
	SourceChanged Kind = "source-changed" // the source makes other content now than was delivered
	Vanished      Kind = "vanished"       // delivered, and the source makes it no more
)

// Kinds returns all of them, the gravest first.
func Kinds() []Kind {
	return []Kind{Missing, Altered, Drifted, Count, PatientCount, Orphan, Undelivered, SourceChanged, Vanished}
}

// Difference is one thing that differs.
type Difference struct {
	Kind    Kind
	Type    string
	ID      string           // "" for counts
	Changes []compare.Change // where Altered and Drifted differ, with values of the first 10,000 differences: data of a patient
	Origin  issue.Origin     // the row that makes it
	Says    string           // figures of counts
}

// Paths returns the FHIRPaths that differ, without values.
func (d Difference) Paths() []string { return compare.Paths(d.Changes) }

// Result is what a comparison came to.
type Result struct {
	Types       []TypeCount
	Patients    []PatientStratum
	Compared    int64 // resources of which the content was compared, or that are missing
	Uncompared  int64 // that are there, and whose content could not be compared
	Differ      int64 // of these, missing, altered or drifted
	Population  int64 // resources that could have been
	Differences []Difference
	Notes       []string

	even evenSample
}

// Orphans says when the server is asked for a list of what is ours, to find
// what nobody delivered: a list of all costs it as much as reading all of them.
type Orphans string

// The ways to look for orphans.
const (
	NoOrphans      Orphans = ""
	OrphansCounted Orphans = "counted" // where it counts others with our tag than were delivered, or something else differs: else one could only stand in the place of one that is missing
	OrphansListed  Orphans = "listed"  // always
)

// Options say how much is compared.
type Options struct {
	Share    float64       // of the resources, from 0 to 1; which ones follows from their ids
	Least    int64         // of each type so many are compared, or all, where that is more than its share
	Wait     time.Duration // for servers that show writes late: how long what differs is asked for again
	Orphans  Orphans       // whether resources with the tag of our site that nobody delivered are looked for
	Patients float64       // share of the patients whose resources are counted
	From     State
	Save     func(State) error // called now and then; may be nil
	Sleep    func(context.Context, time.Duration) error
	Resolve  func(context.Context, []byte) ([]byte, error) // canonical JSON with conditional references led to what the server has; nil: they are compared as they stand

	// Expect returns what the server should hold of resources, in its own ids;
	// one is nil where that cannot be told. Where Expect is nil, it is what was
	// sent.
	Expect func([]fhir.Resource) ([][]byte, error)
}

// maxValued is of how many differences the values are kept: a server that lost
// everything must not fill the memory.
const maxValued = 10_000

// Checker is a load.Sink that compares. It is for one sender, and bundles must
// come in the same order each time.
type Checker struct {
	server   Server
	held     *reports.Held
	o        Options
	state    State
	saved    time.Time       // when it was last kept
	resumed  bool            // the bundle up to which an earlier one came has passed
	before   map[string]bool // suspects of the run that this one goes on with
	shares   map[string]float64
	types    map[string]*TypeCount
	suspects []suspect
	result   Result
	patients map[string]map[string]int64 // expected, by patient and type
	tag      string                      // system|code of the site that our resources have, "" where the mapping gives none
}

// New returns a checker. held is what the server should hold.
func New(server Server, held *reports.Held, o Options) *Checker {
	c := &Checker{
		server: server, held: held, o: o, resumed: o.From.Bundle == 0, before: map[string]bool{}, shares: o.shares(held.Counts()),
		types: map[string]*TypeCount{}, patients: map[string]map[string]int64{}, saved: time.Now(),
	}
	c.state = State{Compared: map[string]int64{}, Uncompared: map[string]int64{}, Even: o.From.Even}
	maps.Copy(c.state.Compared, o.From.Compared)
	maps.Copy(c.state.Uncompared, o.From.Uncompared)
	for _, ref := range o.From.Suspects {
		c.before[ref] = true
	}
	if c.o.Sleep == nil {
		c.o.Sleep = load.Sleep
	}
	return c
}

// Send compares the entries of a bundle with what the server holds. Every entry
// is answered for as if it were there. It returns ErrMoved where the bundles
// are not those with which an earlier comparison began.
func (c *Checker) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(b.Entries))
	look := map[string][]load.Entry{}
	for i, made := range b.Entries {
		outcomes[i] = load.Outcome{Status: 200}
		e, err := c.resolved(ctx, made)
		if err != nil {
			return nil, err
		}
		if !c.account(made, e) {
			continue
		}
		ref := e.Resource.Ref()
		if c.before[ref] || b.Seq > c.o.From.Bundle && chosen(ref, c.share(e.Resource.Type)) {
			look[e.Resource.Type] = append(look[e.Resource.Type], e)
		}
	}
	if err := c.follow(b); err != nil {
		return nil, err
	}
	for _, typ := range slices.Sorted(maps.Keys(look)) {
		for part := range slices.Chunk(look[typ], 100) {
			if err := c.look(ctx, typ, part); err != nil {
				return nil, err
			}
		}
	}
	if c.due(b.Seq) {
		return outcomes, c.save()
	}
	return outcomes, nil
}

// account counts a resource that the source makes, and reports whether it was
// delivered as it is; e is made with its references resolved.
func (c *Checker) account(made, e load.Entry) bool {
	r := e.Resource
	t := c.of(r.Type)
	t.Source++
	sum, ok := c.held.Look(r.Type, r.ID)
	switch {
	case !ok:
		c.differs(Difference{Kind: Undelivered, Type: r.Type, ID: r.ID, Origin: e.Origin})
		return false
	case !sent(sum, made, e):
		c.differs(Difference{Kind: SourceChanged, Type: r.Type, ID: r.ID, Origin: e.Origin})
		return false
	}
	t.Population++
	c.result.Population++
	if c.result.Population == 1 {
		c.tag = siteTag(r)
	}
	c.patient(r)
	return true
}

// of returns the figures of a type.
func (c *Checker) of(typ string) *TypeCount {
	if c.types[typ] == nil {
		c.types[typ] = &TypeCount{Type: typ}
	}
	return c.types[typ]
}

func (c *Checker) differs(d Difference) {
	if len(c.result.Differences) >= maxValued {
		for i := range d.Changes {
			d.Changes[i].Sent, d.Changes[i].Held = "", ""
		}
	}
	c.result.Differences = append(c.result.Differences, d)
}

// look compares resources of one type.
func (c *Checker) look(ctx context.Context, typ string, part []load.Entry) error {
	ids := make([]string, len(part))
	for i, e := range part {
		ids[i] = e.Resource.ID
	}
	now, err := c.server.Current(ctx, typ, ids)
	if err != nil {
		return fmt.Errorf("compare %s: %w", typ, err)
	}
	expected, err := c.expected(part)
	if err != nil {
		return err
	}
	for i, e := range part {
		s := suspect{resource: e.Resource, expected: expected[i], origin: e.Origin}
		s.stored, s.there = now[e.Resource.ID]
		same := s.same()
		if !c.before[e.Resource.Ref()] {
			c.tally(s, 1)
		}
		if same {
			continue
		}
		c.suspects = append(c.suspects, s)
		if len(c.suspects) > maxSuspects {
			if err := c.convict(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Commit has nothing to do.
func (c *Checker) Commit() error { return nil }

// Close has nothing to do.
func (c *Checker) Close() error { return nil }

// Finish asks once more for what differed, as long as Wait allows, counts, and
// returns the result. Like Send it may return ErrMoved.
func (c *Checker) Finish(ctx context.Context) (*Result, error) {
	if !c.resumed {
		return nil, ErrMoved
	}
	if err := c.again(ctx); err != nil {
		return nil, err
	}
	if err := c.convict(ctx); err != nil {
		return nil, err
	}
	if c.o.Save != nil { // counting may take long too
		if err := c.save(); err != nil {
			return nil, err
		}
	}
	err := c.held.Vanished(ctx, func(v reports.Vanished) error {
		c.differs(Difference{Kind: Vanished, Type: v.Type, ID: v.ID})
		return nil
	})
	if err = errors.Join(err, c.count(ctx)); err != nil {
		return nil, err
	}
	if err := c.countPatients(ctx); err != nil {
		return nil, err
	}
	c.result.even.compared = c.state.Even
	if c.result.Uncompared > 0 {
		c.result.Notes = append(c.result.Notes, issue.Count(c.result.Uncompared, "resource")+" on the server not compared: what they should say in the server's own ids cannot be told")
	}
	slices.SortStableFunc(c.result.Differences, func(a, b Difference) int {
		return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind)
	})
	return &c.result, nil
}
