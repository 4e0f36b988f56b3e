package undo

import (
	"context"
	"fmt"
	"strconv"

	"chartlift/load/compare"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// Servers such as Medplum make a version of everything that they are sent, also
// where it is what they have. So the same content may have come more than once:
// an answer was lost and the run sent it again, or a later run sent everything.
// Nothing was changed by that.

// mostRepeats bounds how often the same was sent again by one run.
const mostRepeats = 50

// others learns from the journals of other runs to the same target: versions
// that later ones made of the same content are ours, those of earlier ones are
// not.
func (p *Plan) others(ctx context.Context, db *reports.DB, runs []string, traces map[string]*trace) error {
	earlier, later, err := db.Others(ctx, runs)
	if err != nil {
		return err
	}
	for _, run := range later {
		err := eachOf(ctx, db, run, traces, func(ref string, d reports.Delivered) {
			if d.Version != "" && (d.Fate == reports.Updated || d.Fate == reports.Unchanged) && d.Sum == traces[ref].last.Sum {
				p.ours[ref+" "+d.Version] = true
			}
		})
		if err != nil {
			return err
		}
	}
	p.foreign = map[string]bool{}
	for _, run := range earlier {
		err := eachOf(ctx, db, run, traces, func(ref string, d reports.Delivered) { p.foreign[ref], p.foreign[ref+" "+d.Version] = true, true })
		if err != nil {
			return err
		}
	}
	return nil
}

// eachOf calls do for what a run's journal says of the traced resources that
// were not refused.
func eachOf(ctx context.Context, db *reports.DB, run string, traces map[string]*trace, do func(string, reports.Delivered)) error {
	return db.Bundles(ctx, run, func(b reports.Bundle) error {
		for _, d := range b.Resources {
			if ref := d.Type + "/" + d.ID; traces[ref] != nil && d.Fate != reports.Dead {
				do(ref, d)
			}
		}
		return nil
	})
}

// stood is the version that stood before the run's first: further back than
// what has our content, came after our first request, and is of no earlier run.
func (p *Plan) stood(ctx context.Context, server Server, t *trace, current fhirserver.Stored) (s fhirserver.Stored, exists, ok bool, err error) {
	ref := t.last.Type + "/" + t.last.ID
	version := t.first
	for range mostRepeats {
		s, exists, ok, err = server.Before(ctx, t.last.Type, t.last.ID, version)
		if err != nil || !ok || !exists || s.Version == "" || p.foreign[ref+" "+s.Version] || p.older(s, t.since) {
			return s, exists, ok, err
		}
		if changes, err := compare.Changes(s.JSON, current.JSON); err != nil || len(changes) > 0 {
			return s, exists, ok, nil
		}
		version = s.Version
	}
	return s, exists, ok, err
}

// whose says who made the only version of a resource.
type whose int

const (
	theirs      whose = iota // it is older than our first request, or not the only version
	mine                     // it came with a request of ours
	nobodyKnows              // the server tells too little
)

// arrived tells whether the only version of a resource came with a request of
// ours whose answer nobody saw, or did not tell the version, or was lost and
// asked for again: then the server answers like to a resource that was there
// before, for the first request had made it.
func (p *Plan) arrived(ctx context.Context, server Server, t *trace, current fhirserver.Stored) (whose, error) {
	asked := t.doubt
	if d := t.last; !p.foreign[d.Type+"/"+d.ID] && (t.repeated && d.Fate == reports.Unchanged || d.Fate == reports.Updated && d.Version == "") {
		asked = t.since
	}
	switch {
	case asked.IsZero():
		return theirs, nil
	case current.Version == "" || current.Updated == "":
		return nobodyKnows, nil
	case p.older(current, asked):
		return theirs, nil
	}
	if _, err := strconv.Atoi(current.Version); err == nil {
		if current.Version == "1" {
			return mine, nil
		}
		return theirs, nil
	}
	_, exists, ok, err := server.Before(ctx, t.last.Type, t.last.ID, current.Version)
	switch {
	case err != nil:
		return nobodyKnows, fmt.Errorf("read history: %w", err)
	case !ok:
		return nobodyKnows, nil
	case exists:
		return theirs, nil
	}
	return mine, nil
}
