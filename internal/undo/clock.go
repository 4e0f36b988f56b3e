package undo

import (
	"context"
	"fmt"
	"time"

	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// How old a version is tells whether a run made it, and the server's clock
// tells how old it is. Clocks differ: what was there before would look new by a
// clock that is ahead, and be deleted. So the clock is read off resources of
// which the server said that it created them for us.

// mostRead is how many of them are read.
const mostRead = 100

// slack is left to what is not exact about times: servers that write whole
// seconds, and clocks that are set while a run goes on.
const slack = 2 * time.Second

// clock learns how far the server's clock is before ours: at most by the
// shortest time from our writing down that something is sent to the server's
// writing down that it came. Where nothing tells, both clocks are taken for
// right.
func (p *Plan) clock(ctx context.Context, server Server, order []*trace) error {
	proved := map[string][]*trace{}
	n, step := 0, max(1, len(order)/mostRead)
	for i := 0; i < len(order) && n < mostRead; i += step { // some from everywhere: the journal's time is that of a bundle, and not all wait as long
		if t := order[i]; t.created && t.last.Fate == reports.Created {
			proved[t.last.Type], n = append(proved[t.last.Type], t), n+1
		}
	}
	known := false
	for typ, all := range proved {
		ids := make([]string, len(all))
		for i, t := range all {
			ids[i] = t.last.ID
		}
		now, err := server.Current(ctx, typ, ids)
		if err != nil {
			return fmt.Errorf("look at %s: %w", typ, err)
		}
		for _, t := range all {
			s := now[t.last.ID]
			at, err := time.Parse(time.RFC3339Nano, s.Updated)
			if err != nil || s.Version != t.last.Version {
				continue
			}
			if d := at.Sub(t.since); !known || d < p.skew {
				p.skew, known = d, true
			}
		}
	}
	return nil
}

// older reports whether a version is older than a request of ours, or tells no
// time.
func (p *Plan) older(s fhirserver.Stored, sent time.Time) bool {
	at, err := time.Parse(time.RFC3339Nano, s.Updated)
	return err != nil || at.Before(sent.Add(p.skew-slack))
}
