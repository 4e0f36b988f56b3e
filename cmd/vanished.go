package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/courier"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
)

// retireSeq is above the number of any bundle of a run: bundles that mark
// resources are numbered from here.
const retireSeq = 1 << 40

// vanished looks, after a whole run, for resources on the target that no row
// makes any more, and does about them what the user says.
func (m *migration) vanished(ctx context.Context, o deltaOptions, job pipeline.Job, sum *pipeline.Summary) error {
	if job.Held == nil || o.vanished == vanishedLeave {
		return nil
	}
	judged, err := m.judged(ctx)
	if err != nil {
		return err
	}
	gone, left := map[string][]reports.Vanished{}, map[string]int{}
	err = job.Held.Vanished(ctx, func(v reports.Vanished) error {
		if judged[v.Type] {
			gone[v.Type] = append(gone[v.Type], v)
		} else {
			left[v.Type]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, typ := range slices.Sorted(maps.Keys(left)) {
		m.s.message("%d %s of earlier runs were not made: whether they vanished cannot be told, as tables are missing or not whole, or rows rejected", left[typ], typ)
	}
	if gone["Provenance"], err = m.unmerge(ctx, job.Held, gone["Provenance"]); err != nil {
		return err
	}
	maps.DeleteFunc(gone, func(_ string, all []reports.Vanished) bool { return len(all) == 0 })
	counts := job.Held.Counts()
	for _, typ := range slices.Sorted(maps.Keys(gone)) {
		share := float64(len(gone[typ])) * 100 / float64(counts[typ])
		mark := o.vanished == vanishedRetire && m.target.server != nil && share <= o.most
		if o.vanished == vanishedRetire && share > o.most {
			m.s.message("%.0f %% of %s vanished, more than --max-vanished %g: none is marked; is this the right folder?", share, typ, o.most)
		}
		m.tell(gone[typ], sum)
		if mark {
			if err := m.retire(ctx, job, typ, gone[typ]); err != nil {
				return err
			}
		}
	}
	return nil
}

// judged returns the types of which every table was there to its end and no row
// was rejected: a row that cannot be read is not gone.
func (m *migration) judged(ctx context.Context) (map[string]bool, error) {
	if err := m.rec.Await(); err != nil {
		return nil, err
	}
	ledger, err := m.db.Ledger(ctx, m.rec.ID())
	if err != nil {
		return nil, err
	}
	rejected := map[[2]string]int64{}
	for _, t := range ledger.Tables {
		rejected[[2]string{t.Source, t.Table}] = t.Rejected
	}
	bad := map[string]bool{} // names of sources of the mapping
	for _, s := range m.tables.Absent {
		bad[s.Name] = true
	}
	for _, t := range m.tables.Tables {
		for _, in := range t.Inputs {
			bad[t.Source.Name] = bad[t.Source.Name] || in.Short || rejected[[2]string{in.Schema.Source, in.Schema.Table}] > 0
		}
	}
	whole := !slices.Contains(slices.Collect(maps.Values(bad)), true)
	out := map[string]bool{"Provenance": whole}
	for _, def := range m.prog.Maps {
		ok := !bad[def.From.Name]
		if def.From.View != nil { // reads other tables, perhaps by other views
			ok = whole
		}
		if was, seen := out[def.Resource]; seen {
			ok = ok && was
		}
		out[def.Resource] = ok
	}
	return out, nil
}

// tell reports what vanished.
func (m *migration) tell(gone []reports.Vanished, sum *pipeline.Summary) {
	m.s.message("%s on %s that no row of the sources makes any more", issue.Count(len(gone), gone[0].Type), m.target.name)
	for _, v := range gone {
		sum.Warnings++
		m.rec.Issue(0, issue.Issue{
			Severity: issue.Warning, Code: "resource-vanished", Type: "informational", Rule: v.Type, Expression: v.Type, Value: v.Type + "/" + v.ID,
			Message: "the target holds this " + v.Type + " of an earlier run, and no row makes it any more; see whether it was deleted in the source, and say --vanished entered-in-error to mark it",
		})
	}
}

// retire marks resources as entered in error, as far as they are as they were
// delivered.
func (m *migration) retire(ctx context.Context, job pipeline.Job, typ string, gone []reports.Vanished) error {
	c := &courier.Courier{Sink: job.Sink, Recorder: m.rec, Announce: true, Mark: reports.Retired}
	marked := 0
	for i, part := range slices.Collect(slices.Chunk(gone, 100)) {
		b, err := m.retired(ctx, typ, part)
		if errors.Is(err, fhir.ErrNoRetirement) {
			m.s.message("%s has no status entered-in-error: they stay as they are", typ)
			return nil
		}
		if err != nil {
			return err
		}
		if b.Seq = retireSeq + m.retirements; len(b.Entries) == 0 {
			continue
		}
		m.retirements++
		outcomes, err := c.Send(ctx, b)
		if err != nil {
			return fmt.Errorf("mark what vanished, part %d: %w", i+1, err)
		}
		for _, o := range outcomes {
			if o.OK() {
				marked++
			}
		}
	}
	m.s.message("%d of %s marked as entered in error", marked, issue.Count(len(gone), typ))
	return nil
}

// retired reads resources back and returns the bundle that marks them. Those
// that somebody changed since are left out.
func (m *migration) retired(ctx context.Context, typ string, part []reports.Vanished) (*load.Bundle, error) {
	var ids []string
	for _, v := range part {
		ids = append(ids, v.ID)
	}
	now, err := m.target.server.Client().Current(ctx, typ, ids)
	if err != nil {
		return nil, err
	}
	b := &load.Bundle{}
	for _, v := range part {
		current, there := now[v.ID]
		if !there || current.Version != v.Version || strings.TrimSpace(v.Version) == "" {
			continue
		}
		json, err := fhir.EnteredInError(current.JSON)
		if err != nil {
			return nil, err
		}
		b.Entries = append(b.Entries, load.Entry{Resource: fhir.Resource{Type: typ, ID: v.ID, JSON: json}})
	}
	return b, nil
}
