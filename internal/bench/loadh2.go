package main

import (
	"context"
	"fmt"
	"strings"
)

// inMemory stands for a network in rows of the server whose database is in
// memory.
const inMemory = "0s, H2"

// besideBatches compares with batches at a server that has its database in
// memory, by one sender, as where the bar about them was set. What it holds
// makes its transactions of updates slower, so both send little, and by turns.
func (b *loadBench) besideBatches(ctx context.Context) error {
	if b.loadH2 == "" {
		return nil
	}
	s := &loadBench{options: b.options, work: b.work, tool: b.tool, base: strings.TrimRight(b.loadH2, "/"), pids: b.loadH2PIDs}
	n := b.loadN / 16
	ways := []loadWay{
		{defaults, func() (loadTurn, error) { return s.chartlift(ctx, s.base, families, n) }},
		{batches, func() (loadTurn, error) {
			return s.fixed(ctx, s.base, lanes{at: 1, entries: 100, form: batched}, n)
		}},
	}
	for range 4 { // what comes first is compiled by the server while it is measured
		for _, w := range ways {
			if _, err := w.run(); err != nil {
				return fmt.Errorf("warm up the server with its database in memory: %w", err)
			}
		}
	}
	return b.rounds(inMemory, b.runs, ways)
}
