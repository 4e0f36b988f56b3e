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

// unmerge deletes from the server what tells of merges that this run did not make again, because a person decided otherwise or other records have
// joined. That such a Provenance stays would be untrue, and unlike other resources it can not be marked as entered in error. What somebody changed
// since, and what the server does not let go, is left and returned with all else that vanished.
func (m *migration) unmerge(ctx context.Context, gone []reports.Vanished) (left []reports.Vanished, err error) {
	if len(gone) == 0 || m.target.server == nil {
		return gone, nil
	}
	former := map[string]bool{}
	err = m.db.Merged(ctx, m.prog.ID, m.prog.Site, func(patients []string) error {
		former[pipeline.MergeID(m.prog.Site, patients)] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	plan := &undo.Plan{}
	byID := map[string]reports.Vanished{}
	for _, v := range gone {
		if !former[v.ID] || v.Version == "" { // without a version nobody can tell whether it is as it was delivered
			left = append(left, v)
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
		left = append(left, byID[r.ID])
	}
	slices.SortFunc(left, func(a, b reports.Vanished) int { return slices.Index(gone, a) - slices.Index(gone, b) })
	return left, nil
}
