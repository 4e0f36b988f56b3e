package pipeline

import (
	"slices"
	"strings"
	"time"

	"chartlift/fhir"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/golden"
)

// joined is a resource of a cluster with the member whose row answers for it.
type joined struct {
	resource fhir.Resource
	member   *member
}

// join makes the resources that stand for a cluster, those of its members in
// their order and then their Provenance.
func (p *people) join(cl *cluster, records []golden.Record) ([]joined, []golden.Conflict, error) {
	made, conflicts, err := p.together(records)
	if err != nil {
		return nil, nil, err
	}
	var out []joined
	for i, json := range made {
		out = append(out, joined{fhir.Resource{Type: "Patient", ID: records[i].ID, JSON: json}, cl.members[i]})
	}
	id := p.provenanceID(cl)
	return append(out, joined{fhir.Resource{Type: "Provenance", ID: id, JSON: p.provenance(cl, id)}, cl.members[0]}), conflicts, nil
}

// together makes the Patients that are left of the records of a person, in
// their order: all of them, or the first alone.
func (p *people) together(records []golden.Record) (out [][]byte, conflicts []golden.Conflict, err error) {
	rules := p.match.Rules
	if rules.Links == mappings.LinkSeeAlso {
		out, err = linkAll(records)
		return out, nil, err
	}
	merged, err := golden.Merge(records, golden.Options{
		Rules: rules.RulesOf, Linked: rules.Links == mappings.LinkReplaces, Narrate: p.Program.Output.Narrative == mappings.NarrativeMade,
		Government: func(system string) bool {
			return golden.Government(system) || slices.Contains(rules.GovernmentIDs, system)
		},
	})
	if err != nil {
		return nil, nil, err
	}
	out = append(out, merged.JSON)
	for _, r := range records[1:] {
		if rules.Links == mappings.LinkSingle {
			break
		}
		json, err := golden.Retire(r, records[0].ID)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, json)
	}
	return out, merged.Conflicts, nil
}

// linkAll makes each record point to all others.
func linkAll(records []golden.Record) (out [][]byte, err error) {
	for _, r := range records {
		var others []string
		for _, o := range records {
			if o.ID != r.ID {
				others = append(others, o.ID)
			}
		}
		json, err := golden.Link(r, others)
		if err != nil {
			return nil, err
		}
		out = append(out, json)
	}
	return out, nil
}

// provenanceID follows from who is put together.
func (p *people) provenanceID(cl *cluster) string { return MergeID(p.Program.Site, cl.ids()) }

// MergeID returns the id of the Provenance of Patients that a site's run put
// together, the one that survives first, in the order of the merge journal: the
// same in every run that decides the same.
func MergeID(site string, patients []string) string {
	return transform.ID(site, &mappings.Map{Name: "match", Resource: "Provenance"}, patients)
}

func (p *people) provenance(cl *cluster, id string) []byte {
	single := p.match.Rules.Links == mappings.LinkSingle
	d := golden.Decision{
		ID: id, Merged: p.match.Rules.Links != mappings.LinkSeeAlso, Tool: p.match.Tool,
		Recorded: p.recorded(cl), Policy: p.policy,
	}
	if cl.decided != nil {
		d.By = cl.decided.By
	}
	for i, m := range cl.members {
		s := golden.Source{ID: m.id, Text: m.origin.String()}
		if single && i > 0 {
			s.ID = ""
		} else {
			d.Records = append(d.Records, m.id)
		}
		d.Sources = append(d.Sources, s)
	}
	return golden.Provenance(d)
}

// recorded returns when the members were put together: when a person decided,
// else when the last of them was changed; never by the clock.
func (p *people) recorded(c *cluster) string {
	if c.decided != nil {
		return c.decided.At.UTC().Format(time.RFC3339)
	}
	last := slices.MaxFunc(c.members, func(a, b *member) int { return strings.Compare(golden.Moment(a.updated), golden.Moment(b.updated)) })
	return golden.Instant(last.updated, "Z")
}

// policyURI names the weights, or the list of combinations, by which records
// were put together.
func policyURI(policy, hash string) string {
	return "urn:chartlift:match:" + strings.ToLower(policy) + ":sha256:" + hash
}
