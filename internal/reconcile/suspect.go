package reconcile

import (
	"context"
	"fmt"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/load/fhirserver"
)

// maxSuspects bounds what is kept in memory to be asked for once more.
const maxSuspects = 5000

// suspect is a resource that differed when it was first looked at.
type suspect struct {
	resource fhir.Resource
	expected []byte // what the server should hold; nil: nobody can tell
	origin   issue.Origin
	stored   fhirserver.Stored
	there    bool
	unknown  bool // it is there, and its content cannot be compared
	changes  []compare.Change
}

// expected returns what the server should hold of entries.
func (c *Checker) expected(part []load.Entry) ([][]byte, error) {
	all := make([]fhir.Resource, len(part))
	texts := make([][]byte, len(part))
	for i, e := range part {
		all[i], texts[i] = e.Resource, e.Resource.JSON
	}
	if c.o.Expect == nil {
		return texts, nil
	}
	texts, err := c.o.Expect(all)
	if err != nil {
		return nil, fmt.Errorf("say what the server should hold: %w", err)
	}
	return texts, nil
}

// tally counts n looks at a resource: one that is there and cannot be compared
// says nothing of how many differ, so it is no part of the sample.
func (c *Checker) tally(s suspect, n int64) {
	typ := s.resource.Type
	if s.unknown {
		c.state.Uncompared[typ] += n
		return
	}
	c.state.Compared[typ] += n
	if chosen(s.resource.Ref(), c.o.Share) {
		c.state.Even += n
	}
}

// same reports whether the server holds the content, as far as that can be
// told, and notes where not.
func (s *suspect) same() bool {
	s.changes, s.unknown = nil, false
	if !s.there {
		return false
	}
	held := s.stored.JSON
	if held == nil {
		held = s.stored.Raw
	}
	if s.unknown = s.expected == nil || held == nil; s.unknown {
		return true
	}
	changes, err := compare.Changes(s.expected, held)
	if err != nil {
		changes = []compare.Change{{Path: s.resource.Type}}
	}
	s.changes = changes
	return len(changes) == 0
}

// convict decides about the suspects: the journal knows which version was ours.
func (c *Checker) convict(ctx context.Context) error {
	refs := map[string]bool{}
	for _, s := range c.suspects {
		refs[s.resource.Ref()] = true
	}
	known, err := c.held.Recall(ctx, refs)
	if err != nil {
		return err
	}
	for _, s := range c.suspects {
		d := Difference{Kind: Missing, Type: s.resource.Type, ID: s.resource.ID, Changes: s.changes, Origin: s.origin}
		if s.there {
			d.Kind = Altered
			if was := known[s.resource.Ref()].Version; was != "" && s.stored.Version != was {
				d.Kind = Drifted
			}
		}
		c.differs(d)
		c.result.Differ++
		c.of(s.resource.Type).Differ++
		if chosen(s.resource.Ref(), c.o.Share) {
			c.result.even.differ++
		}
	}
	c.suspects = nil
	return nil
}

// again looks at the suspects until they are well or the time is over.
func (c *Checker) again(ctx context.Context) error {
	for pause, waited := time.Second, time.Duration(0); len(c.suspects) > 0 && waited < c.o.Wait; pause *= 2 {
		pause = min(pause, c.o.Wait-waited)
		if err := c.o.Sleep(ctx, pause); err != nil {
			return err
		}
		waited += pause
		var left []suspect
		for _, s := range c.suspects {
			now, err := c.server.Current(ctx, s.resource.Type, []string{s.resource.ID})
			if err != nil {
				return fmt.Errorf("compare %s: %w", s.resource.Type, err)
			}
			c.tally(s, -1)
			if s.stored, s.there = now[s.resource.ID]; !s.same() {
				left = append(left, s)
			}
			c.tally(s, 1)
		}
		c.suspects = left
	}
	return nil
}
