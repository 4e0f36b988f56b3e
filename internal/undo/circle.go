package undo

import (
	"context"
	"fmt"
	"slices"

	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// Servers that watch over references delete those that refer to each other in
// one transaction. One without transactions deletes none of them: so one of
// them loses its references to the others first, and then they go one after the
// other.

// breakUp takes back what is left of circles on a server without transactions,
// and returns what the server refuses all the same.
func (p *Plan) breakUp(ctx context.Context, server Server, left []Step, done func([]reports.Delivered) error) ([]Step, error) {
	if !p.Apart {
		return left, nil
	}
	var refused []Step
	broken := false
	for len(left) > 0 {
		unit := left[0].unit
		var circle, rest []Step
		for _, s := range left {
			if s.unit == unit {
				circle = append(circle, s)
			} else {
				rest = append(rest, s)
			}
		}
		if left = rest; len(circle) < 2 || slices.ContainsFunc(circle, func(s Step) bool { return s.Before != nil }) {
			refused = append(refused, circle...)
			continue
		}
		stays, err := p.breakOne(ctx, server, circle, done)
		if err != nil {
			return nil, err
		}
		refused, broken = append(refused, stays...), broken || len(stays) < len(circle)
	}
	if !broken {
		return refused, nil
	}
	return p.oneByOne(ctx, server, refused, done) // what the circles referred to
}

// breakOne frees one of a circle after the other: those that refer to it lose
// these references, it is deleted, and so is what that frees. Where the server
// refuses it all the same, somebody else refers to it, and the references are
// put back.
func (p *Plan) breakOne(ctx context.Context, server Server, left []Step, done func([]reports.Delivered) error) ([]Step, error) {
	for len(left) > 1 {
		freed := false
		for _, target := range byReferrers(left) {
			after, err := p.free(ctx, server, left, target, done)
			if err != nil {
				return nil, err
			}
			freed, left = len(after) < len(left), after
			if freed {
				break
			}
		}
		if !freed {
			break
		}
		var err error
		if left, err = p.oneByOne(ctx, server, left, done); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// byReferrers returns the names of steps, first those that the fewest others
// refer to: the less is changed for them.
func byReferrers(left []Step) []string {
	n, names := map[string]int{}, make([]string, len(left))
	for i, s := range left {
		names[i] = s.name
		for _, to := range s.links {
			n[to]++
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return n[a] - n[b] })
	return names
}

// free deletes one step after the others have lost their references to it. It
// returns the steps that are left, all of them where that did not go.
func (p *Plan) free(ctx context.Context, server Server, left []Step, target string, done func([]reports.Delivered) error) ([]Step, error) {
	trying := slices.Clone(left)
	before := map[int][]byte{}
	free := true
	for i, s := range left {
		if s.name == target || !slices.Contains(s.links, target) {
			continue
		}
		bare, was, err := p.unlink(ctx, server, s, target, done)
		if err != nil {
			return nil, err
		}
		if free = bare.bare && was != nil; !free {
			break
		}
		trying[i], before[i] = bare, was
	}
	at := slices.IndexFunc(trying, func(s Step) bool { return s.name == target })
	if free {
		stays, err := p.apply(ctx, server, trying[at:at+1], done)
		if err != nil {
			return nil, err
		}
		if len(stays) == 0 {
			return slices.Delete(trying, at, at+1), nil
		}
	}
	for i, was := range before {
		s, err := p.put(ctx, server, trying[i], was, done)
		if err != nil {
			return nil, err
		}
		s.bare = left[i].bare || s.Version == trying[i].Version // refused: it stays without
		trying[i] = s
	}
	return trying, nil
}

// oneByOne deletes steps until none goes any more, and returns those that stay.
func (p *Plan) oneByOne(ctx context.Context, server Server, left []Step, done func([]reports.Delivered) error) ([]Step, error) {
	for {
		var again []Step
		for _, s := range left {
			stays, err := p.apply(ctx, server, []Step{s}, done)
			if err != nil {
				return nil, err
			}
			again = append(again, stays...)
		}
		if len(again) == 0 || len(again) == len(left) {
			return again, nil
		}
		left = again
	}
}

// unlink takes from a step's resource the references to another one. was is the
// resource as it stood, nil where it cannot be without them, where the server
// refuses that, or where somebody has changed it.
func (p *Plan) unlink(ctx context.Context, server Server, s Step, target string, done func([]reports.Delivered) error) (bare Step, was []byte, err error) {
	now, err := server.Current(ctx, s.Type, []string{s.ID})
	if err != nil {
		return s, nil, fmt.Errorf("look at %s: %w", s.Type, err)
	}
	current, there := now[s.ID]
	if was = current.JSON; was == nil {
		was = current.Raw
	}
	if !there || current.Version != s.Version {
		return s, nil, nil
	}
	text, changed := fhirserver.Unlinked(was, map[string]bool{target: true})
	if !changed || slices.Contains(links(text), target) {
		return s, nil, nil
	}
	bare, err = p.put(ctx, server, s, text, done)
	if bare.Version == s.Version {
		return s, nil, err // refused
	}
	bare.bare = true
	return bare, was, err
}

// put stores another content of a step's resource, writes it down, so that an
// undo that is stopped knows the version for its own, and returns the step with
// that version.
func (p *Plan) put(ctx context.Context, server Server, s Step, text []byte, done func([]reports.Delivered) error) (Step, error) {
	status, err := server.Apply(ctx, []fhirserver.Change{{Type: s.Type, ID: s.ID, JSON: text}})
	if err != nil {
		return s, fmt.Errorf("take the references from one %s: %w", s.Type, err)
	}
	if status != 0 {
		return s, nil
	}
	now, err := server.Current(ctx, s.Type, []string{s.ID})
	if err != nil {
		return s, fmt.Errorf("look at %s: %w", s.Type, err)
	}
	s.Version, s.links = now[s.ID].Version, links(text)
	return s, done([]reports.Delivered{{Type: s.Type, ID: s.ID, Sum: reports.SumOf(text), Fate: reports.Updated, Version: s.Version}})
}
