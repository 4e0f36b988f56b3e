package cmd

import (
	"context"
	"fmt"
	"slices"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/undo"
	"chartlift/reports"
)

// unmerge deletes from the server what tells of merges that this run did not
// make again, because a person decided otherwise or other records have joined.
// That such a Provenance stays would be untrue, and unlike other resources it
// can not be marked as entered in error. Where records of the merge are gone
// from the sources themselves nothing was decided, and perhaps this is the
// wrong folder: it stays. That, what somebody changed since, and what the
// server does not let go, is returned with all else that vanished.
func (m *migration) unmerge(ctx context.Context, held *reports.Held, gone []reports.Vanished) (left []reports.Vanished, err error) {
	if len(gone) == 0 || m.target.server == nil {
		return gone, nil
	}
	former, err := m.takenBack(ctx, held)
	if err != nil {
		return nil, err
	}
	plan := &undo.Plan{}
	byID := map[string]reports.Vanished{}
	for _, v := range gone {
		if !former[v.ID] || v.Version == "" { // without a version nobody can tell whether it is as it was delivered
			continue
		}
		byID[v.ID] = v
		plan.Steps = append(plan.Steps, undo.Step{Type: v.Type, ID: v.ID, Version: v.Version, Sum: v.Sum})
	}
	deleted := 0
	err = plan.Carry(ctx, m.target.readBack(), func(all []reports.Delivered) error {
		m.retirements++
		deleted += len(all)
		m.rec.Journal(retireSeq+m.retirements, true, all)
		return m.rec.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("delete what tells of former merges: %w", err)
	}
	if deleted > 0 {
		m.s.message("%s of merges that were taken back deleted", issue.Count(deleted, "Provenance"))
	}
	for _, r := range plan.Refused {
		delete(byID, r.ID)
	}
	return slices.DeleteFunc(gone, func(v reports.Vanished) bool { _, done := byID[v.ID]; return done }), nil
}

// takenBack returns the ids of the Provenances of earlier merges of which this
// run has every Patient: by itself, or put together with others.
func (m *migration) takenBack(ctx context.Context, held *reports.Held) (map[string]bool, error) {
	here := map[string]bool{} // Patients that this run sent, or put together
	err := m.db.Bundles(ctx, m.rec.ID(), func(b reports.Bundle) error {
		for _, d := range b.Resources {
			if d.Type == "Patient" && d.Fate != reports.Dead {
				here[d.ID] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	merges := map[string][]string{} // by the id of the Provenance
	err = m.db.Merged(ctx, m.prog.ID, m.prog.Site, func(run string, patients []string) error {
		if run != m.rec.ID() {
			merges[pipeline.MergeID(m.prog.Site, patients)] = patients
			return nil
		}
		for _, id := range patients {
			here[id] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	former := map[string]bool{}
	for id, patients := range merges {
		former[id] = !slices.ContainsFunc(patients, func(p string) bool { return !here[p] && !held.Seen("Patient", p) })
	}
	return former, nil
}
