package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/transform"
	"chartlift/transform/repeats"
)

// nearly is the code of resources that nearly tell the same.
const nearly = "duplicate-near"

// mostNeighbours bounds how many resources one is compared with that lie within
// reach of it: where so many do, they are a series of measurements.
const mostNeighbours = 64

// compareNear looks, among what is kept, for resources that nearly tell the
// same. Those that are to be merged join the others of the one that is kept; of
// the rest each is named once, with the one that it is nearest to in time.
func (g *repeatGroup) compareNear() {
	if g.rule.Near.None() {
		return
	}
	g.close = map[string]*original{}
	blocks := map[repeats.Key][]int{}
	var keys []repeats.Key // in the order of the rows, so that every run does the same
	for i, o := range g.kept {
		if o.trace == nil {
			continue
		}
		if blocks[o.near] == nil {
			keys = append(keys, o.near)
		}
		blocks[o.near] = append(blocks[o.near], i)
	}
	merged := map[int]bool{}
	for _, key := range keys {
		if block := blocks[key]; len(block) > 1 {
			slices.SortStableFunc(block, func(a, b int) int { return cmp.Compare(g.kept[a].trace.Start(), g.kept[b].trace.Start()) })
			g.compareBlock(block, merged)
		}
	}
	if len(merged) > 0 {
		var kept []*original
		for i, o := range g.kept {
			if !merged[i] {
				kept = append(kept, o)
			}
		}
		g.kept = kept
	}
}

// compareBlock compares resources with those that start shortly before them.
// None is merged into one that was merged itself: a chain of measurements, each
// near the next, would become one.
func (g *repeatGroup) compareBlock(block []int, merged map[int]bool) {
	taken := map[int]bool{} // that others were merged into
	for at, i := range block {
		for back := at - 1; back >= 0 && back >= at-mostNeighbours; back-- {
			j := block[back]
			if g.kept[i].trace.Start()-g.kept[j].trace.Start() > g.rule.Near.Reach() {
				break
			}
			if merged[j] || !g.rule.Near.Near(g.kept[i].trace, g.kept[j].trace) {
				continue
			}
			keep, drop := min(i, j), max(i, j) // the earlier row, unless the rule prefers the later one
			if g.better(g.kept[drop], g.kept[keep]) {
				keep, drop = drop, keep
			}
			g.close[g.kept[drop].id] = g.kept[keep]
			if g.rule.MergeNear && !taken[drop] {
				merged[drop], taken[keep] = true, true
				g.mergeInto(g.kept[keep], g.kept[drop])
			}
			break
		}
	}
}

// mergeInto makes a resource, and those that it stands for, ones that another
// stands for.
func (g *repeatGroup) mergeInto(keep, drop *original) {
	keep.others = append(keep.others, drop.id)
	keep.others = append(keep.others, drop.others...)
	for _, id := range drop.others {
		g.close[id] = keep
	}
	drop.others = nil
}

// tellNear names the row that nearly tells the same as this one, if there is
// one.
func (c *collector) tellNear(in *Input, b transform.Built, rec *extract.Record, g *repeatGroup) {
	other := g.close[b.Resource.ID]
	if other == nil {
		return
	}
	i := issue.Issue{
		Severity: issue.Warning, Code: nearly, Type: "duplicate", Rule: b.Map.Name, Origin: rec.Origin,
		Message: fmt.Sprintf("row %d of %s tells nearly the same (near): both are kept; compare them, and write then: merge if such pairs are one thing told twice", other.origin.Row, other.origin.Source),
	}
	switch {
	case g.left[b.Resource.ID] != nil:
		c.valid(in, b.Resource.Type)
		i.Message = fmt.Sprintf("row %d of %s tells nearly the same and is kept (near, then: merge; keep: %s)", other.origin.Row, other.origin.Source, b.Map.Dedupe.Keep)
	case g.rule.MergeNear:
		i.Message = fmt.Sprintf("row %d of %s tells nearly the same; both are kept, because this one stands for others already, which are not as near: compare them", other.origin.Row, other.origin.Source)
	}
	c.report(in, i)
}
