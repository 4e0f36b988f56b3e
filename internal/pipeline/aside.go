package pipeline

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/mappings"
)

// aside reports whether resources wait until all tables are mapped: because the
// mapping wants bundles of patients, or because some refer to what comes later,
// which a server refuses that looks after references. Files are read as a whole
// by whoever loads them, and need no order.
func (r *run) aside() bool {
	switch {
	case r.Lines:
		return false
	case r.Program.Output.PerPatient:
		return true
	}
	return !r.Staged && forward(order(r.Tables, r.Program, r.refs), r.Program)
}

// forward reports whether rows may refer to resources that later rows make: of
// a table that comes later because two refer to each other, or of the same map
// (a place that is part of another, a member of a panel).
func forward(tables []*Table, prog *mappings.Program) bool {
	at := map[*mappings.Source]int{}
	for i, t := range tables {
		at[t.Source] = i
	}
	return slices.ContainsFunc(prog.Maps, func(m *mappings.Map) bool {
		from, read := at[m.From]
		return read && slices.ContainsFunc(m.Refs, func(ref *mappings.Map) bool {
			to, made := at[ref.From]
			return made && (to > from || ref == m)
		})
	})
}

// mostJoined bounds the circles that are kept in one bundle; a server takes no
// larger one.
const mostJoined = 500

// graph is what resources that wait refer to among each other, by their places.
type graph struct {
	refers [][]int
	order  []int // what others refer to comes first
	unit   []int // of circles
	sizes  map[int]int
}

// graphOf reads what resources refer to.
func (p *patients) graphOf(list []kept) (graph, error) {
	at := make(map[string]int, len(list))
	for i, k := range list {
		at[k.typ+"/"+k.id] = i
	}
	g := graph{refers: make([][]int, len(list)), sizes: map[int]int{}}
	first := 0 // of those that must be in one bundle
	for i, k := range list {
		json := make([]byte, k.length)
		if _, err := p.file.ReadAt(json, k.offset); err != nil {
			return g, fmt.Errorf("read back resources that were put aside: %w", err)
		}
		for ref := range fhir.References(json) {
			if j, here := at[ref]; here {
				g.refers[i] = append(g.refers[i], j)
			}
		}
		if !k.joined {
			first = i
		} else if i > 0 { // a circle of its own
			g.refers[i] = append(g.refers[i], first)
			g.refers[first] = append(g.refers[first], i)
		}
	}
	g.order, g.unit = load.Order(len(list), func(i int) []int { return g.refers[i] })
	for _, u := range g.unit {
		g.sizes[u]++
	}
	return g, nil
}

// sorted returns the resources in the graph's order. What refers to each other
// in a circle is in one bundle.
func (g *graph) sorted(list []kept, order []int) []kept {
	out := make([]kept, len(list))
	for n, i := range order {
		out[n] = list[i]
		out[n].joined = n > 0 && g.unit[i] == g.unit[order[n-1]] && g.sizes[g.unit[i]] <= mostJoined
	}
	return out
}

// arrange orders a list that is delivered bundle after bundle.
func (p *patients) arrange(list []kept) ([]kept, error) {
	g, err := p.graphOf(list)
	if err != nil {
		return nil, err
	}
	return g.sorted(list, g.order), nil
}

// levels divides what waits so that each level refers to those before it alone,
// and to itself in circles.
func (p *patients) levels() ([][]kept, error) {
	g, err := p.graphOf(p.kept)
	if err != nil {
		return nil, err
	}
	of := map[int]int{} // level by unit
	for _, i := range g.order {
		for _, j := range g.refers[i] {
			if u := g.unit[j]; u != g.unit[i] {
				of[g.unit[i]] = max(of[g.unit[i]], of[u]+1)
			}
		}
	}
	slices.SortStableFunc(g.order, func(a, b int) int { return of[g.unit[a]] - of[g.unit[b]] })
	sorted := g.sorted(p.kept, g.order)
	var out [][]kept
	from := 0
	for n, i := range g.order {
		if n+1 == len(g.order) || of[g.unit[g.order[n+1]]] != of[g.unit[i]] {
			out = append(out, sorted[from:n+1])
			from = n + 1
		}
	}
	return out, nil
}

// deliverLevels sends everything that was put aside, level by level.
func (r *run) deliverLevels(ctx context.Context) error {
	const stage = "delivery"
	levels, err := r.patients.levels()
	if err != nil {
		return err
	}
	r.Progress.Start(stage)
	defer r.Progress.End(stage)
	sent := 0
	for _, level := range levels {
		sent += len(level)
		share := float64(sent) / float64(len(r.patients.kept))
		if err := r.deliverLevel(ctx, level); err != nil {
			return err
		}
		r.Progress.Add(stage, int64(len(level)), share)
	}
	return nil
}

// deliverLevel sends the bundles of a level, several at once.
func (r *run) deliverLevel(ctx context.Context, list []kept) error {
	g, ctx := errgroup.WithContext(ctx)
	bundles := make(chan []kept)
	g.Go(func() error {
		defer close(bundles)
		for len(list) > 0 {
			n := r.bundleEnd(list)
			if err := pass(ctx, bundles, list[:n]); err != nil {
				return err
			}
			list = list[n:]
		}
		return nil
	})
	for range max(1, r.Senders) {
		g.Go(func() error {
			for b := range bundles {
				if err := r.deliverBundle(ctx, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
