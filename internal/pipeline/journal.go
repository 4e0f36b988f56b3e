package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"chartlift/reports"
	"chartlift/transform/dedupe"
)

// mostExplained bounds the pairs of which every term is written down, certain
// ones and others apart: more than people ever look at.
const mostExplained = 20_000

// record writes down what matching found.
func (p *people) record() error {
	f, rules := p.found, p.match.Rules
	var model bytes.Buffer
	if err := f.result.Model.Write(&model); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	s := f.result.Summary
	m := reports.Matching{
		Records: int64(f.result.Records), Compared: s.Compared, NotCompared: s.NotReached,
		Certain: int64(s.Certain), Probable: int64(s.Probable), Possible: int64(s.Possible), Vetoed: int64(s.Vetoed),
		Unlinkable: int64(s.Unlinkable), ExpectedFalse: s.ExpectedFalse,
		Policy: rules.Policy, Links: rules.Links, MergeFrom: rules.Merge, Model: model.String(), ModelSHA256: p.modelSHA,
		Clusters: p.matchClusters(), Pairs: p.matchPairs(),
	}
	for _, r := range f.result.Rules {
		m.Blocks = append(m.Blocks, reports.MatchBlock{Rule: r.Rule, Pairs: r.Pairs, Compared: r.New, Left: r.Left, Skipped: r.Skipped})
	}
	for _, i := range f.result.Issues {
		i.Rule = "match"
		p.report(&Input{}, i)
	}
	return p.Recorder.Matching(m)
}

func (p *people) matchClusters() []reports.MatchCluster {
	var out []reports.MatchCluster
	names := p.found.names
	for _, c := range p.found.result.Clusters {
		mc := reports.MatchCluster{ID: names[c.ID], Review: c.Review}
		for _, m := range c.Members {
			k := p.found.details[m.ID]
			member := reports.MatchMember{Ref: p.found.rows.ref(k), ID: m.ID, Origin: k.origin, Grade: m.Grade.String()}
			if of := p.of[m.ID]; of != nil {
				member.Survivor = of.cluster.members[0].id
			}
			mc.Members = append(mc.Members, member)
		}
		out = append(out, mc)
	}
	return out
}

// matchPairs yields the pairs worth telling of. The terms are those of pairs
// that a person may have to look at.
func (p *people) matchPairs() iter.Seq[reports.MatchPair] {
	f := p.found
	return func(yield func(reports.MatchPair) bool) {
		var explained [2]int // certain, others
		for pair := range f.result.Pairs() {
			if pair.Grade < dedupe.Possible {
				continue
			}
			out := reports.MatchPair{
				Left: f.rows.ref(f.details[pair.L]), Right: f.rows.ref(f.details[pair.R]), LeftID: pair.L, RightID: pair.R,
				Bits: pair.Bits, Probability: pair.Probability, Grade: pair.Grade.String(), Vetoes: pair.Vetoes,
			}
			if out.Left.Compare(out.Right) > 0 {
				out.Left, out.Right, out.LeftID, out.RightID = out.Right, out.Left, out.RightID, out.LeftID
			}
			kind := truth(pair.Grade < dedupe.Certain)
			if explained[kind]++; explained[kind] <= mostExplained {
				out.Terms = f.terms(out.LeftID, out.RightID)
			}
			if !yield(out) {
				return
			}
		}
	}
}

func (f *finding) terms(l, r string) []reports.MatchTerm {
	e, ok := f.result.Explain(l, r)
	if !ok {
		return nil
	}
	out := []reports.MatchTerm{{Name: "start", Bits: e.Start, Total: e.Start}}
	for _, t := range e.Terms {
		if x, y := f.own(l, t.Name), f.own(r, t.Name); t.Level == "missing" && x != "" && y != "" {
			t.Level, t.L, t.R = "not compared: no other record has it", x, y
		}
		out = append(out, reports.MatchTerm{Name: t.Name, Level: t.Level, Left: t.L, Right: t.R, Bits: t.Bits, Frequency: t.Frequency, Total: t.Total})
	}
	return out
}

// own returns a record's number of the system that a comparison is about, ""
// where it has none: numbers that no other record has are not handed to the
// comparison, and to say that they are missing would be wrong.
func (f *finding) own(id, comparison string) string {
	system, ok := strings.CutPrefix(comparison, "identifier ")
	if !ok {
		return ""
	}
	for _, v := range f.details[id].values {
		if v.System == system {
			return v.Text
		}
	}
	return ""
}

// carry names clusters as the run before did: each by the name that most of its
// members had then, if no other cluster has a better claim.
func (p *people) carry() map[string]string {
	type claim struct {
		cluster, name string
		votes         int
	}
	var claims []claim
	out := map[string]string{}
	taken := map[string]bool{}
	for _, c := range p.found.result.Clusters {
		votes := map[string]int{}
		for _, m := range c.Members {
			if name := p.match.Earlier[m.ID].Cluster; name != "" {
				votes[name]++
			}
		}
		for name, n := range votes {
			claims = append(claims, claim{c.ID, name, n})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(b.votes, a.votes), cmp.Compare(a.name, b.name), cmp.Compare(a.cluster, b.cluster))
	})
	for _, c := range claims {
		if out[c.cluster] == "" && !taken[c.name] {
			out[c.cluster], taken[c.name] = c.name, true
		}
	}
	for _, c := range p.found.result.Clusters {
		if out[c.ID] == "" {
			name := c.ID
			for taken[name] { // the name went on with others
				name += "b"
			}
			out[c.ID], taken[name] = name, true
		}
	}
	return out
}

// end writes down what was put together, now that it is known what was led
// where.
func (p *people) end() {
	p.tracker.flush()
	if len(p.merged) > 0 {
		p.run.record(func() { p.Recorder.Merges(p.journal()) })
	}
}

// journal yields what was put together.
func (p *people) journal() iter.Seq2[reports.Merge, error] {
	return func(yield func(reports.Merge, error) bool) {
		for _, cl := range p.merged {
			m, err := p.entry(cl)
			if !yield(m, err) {
				return
			}
		}
	}
}

func (p *people) entry(cl *cluster) (reports.Merge, error) {
	out := reports.Merge{
		Cluster: cl.id, Mode: p.match.Rules.Links, Survivor: cl.members[0].id, Grade: cl.grade.String(), Model: p.modelSHA, Decided: cl.decided,
	}
	for _, m := range cl.members {
		before, err := p.held.read(m.held.json)
		if err != nil {
			return out, err
		}
		r := reports.MergedRecord{Ref: m.ref, ID: m.id, Before: before}
		if s := p.leads[m.id]; s != nil {
			r.References = s.References()
		}
		out.Records = append(out.Records, r)
	}
	return out, nil
}

// close removes what was put aside.
func (p *people) close() {
	if p != nil {
		_ = p.held.Close() // only a temporary file that is gone already
	}
}
