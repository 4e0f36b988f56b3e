package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
)

// What the server with its database in memory holds, in rows for those of the
// network: next to nothing, and about as many resources as the server
// had taken in all where the bar about batches was set. Transactions of updates look ids up by reading a whole
// table, and batches pay for what is there even more.
const (
	nearlyEmpty = "0s, H2 nearly empty"
	filled      = "0s, H2 filled"
	filling     = 60_000
)

// benchBatches compares loads with batches at a server that has its database in
// memory, where the bar about them was set, by one sender as there.
func benchBatches(ctx context.Context, o options) error {
	return benchServer(ctx, o, o.loadH2, o.batchesOut, (*loadBench).besideBatches, (*loadBench).batchesPage)
}

func (b *loadBench) besideBatches(ctx context.Context) error {
	n := b.loadN / 16
	ways := []loadWay{
		{defaults, func() (loadTurn, error) { return b.chartlift(ctx, b.base, families, n) }},
		{batches, func() (loadTurn, error) { return b.fixed(ctx, b.base, lanes{at: 1, entries: 100, form: batched}, n) }},
	}
	for range 4 { // what comes first is compiled by the server while it is measured
		for _, w := range ways {
			if _, err := w.run(); err != nil {
				return fmt.Errorf("warm up: %w", err)
			}
		}
	}
	if err := b.rounds(nearlyEmpty, b.runs, ways); err != nil {
		return err
	}
	if _, err := b.fixed(ctx, b.base, lanes{at: 2, entries: 100}, filling-(4+b.runs)*len(ways)*n); err != nil {
		return fmt.Errorf("fill the server: %w", err)
	}
	return b.rounds(filled, b.runs, ways)
}

// batchesPage writes the page about them.
func (b *loadBench) batchesPage(r *report) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# Delivery beside batches, measured\n\nWritten by `make bench-load`; do not edit.\n\n"+
		"%s, %d processors (%s), %s. Load average at the start: %s. The server is HAPI FHIR JPA with its database in memory (H2), on the same machine. "+
		"Each load has %d resources of new ids, families (a Patient with three Observations). Chartlift is the whole process, with journal and ledger; batches are sent one after the other by a loader of a few lines, 100 updates in each. "+
		"They take turns, after four warm-up rounds, %d times with next to nothing in the server and as often when it holds %d resources, about as many as the server had taken in all where the bar was set. The middle counts, and ratios are those within a round; on PostgreSQL: [load-measured.md](load-measured.md).\n\n",
		r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.load, b.loadN/16, b.runs, filling)
	b.rowsTable(&s)
	s.WriteString(barsHead)
	for _, held := range []struct{ network, words string }{{filled, fmt.Sprintf("%d resources there", filling)}, {nearlyEmpty, "nearly empty"}} {
		barLine(&s, "the server's processor time beside batches, "+held.words, "≤ 0.4", b.ratio(defaults, batches, held.network, loadTurn.work), "%.2f")
	}
	if busy(r.load) {
		s.WriteString(busyWords)
	}
	return s.String()
}
