package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// loadBench measures delivery into a FHIR server: chartlift load as users call
// it, beside the Medplum command line, a loader that puts one resource after
// the other, and loaders with a fixed number of lanes and entries.
type loadBench struct {
	options
	work string
	tool string    // chartlift
	base string    // address of the server, /fhir below it
	pids processes // of the server and its database, for their processor time
	turn atomic.Int64
	rows []loadRow
	bars []bar // beside those that the rows tell
}

// loadRow is what one way took, in all its turns. Seconds are those of the
// slowest clock: the wall's.
type loadRow struct {
	name, network string
	turns         []loadTurn
}

// loadTurn is one load.
type loadTurn struct {
	resources int
	took      time.Duration
	server    time.Duration // processor time of the server
	loader    cost          // of the loader's process, zero where it is ours
}

func (t loadTurn) rate() float64 { return float64(t.resources) / t.took.Seconds() }

// benchLoad measures and writes the page.
func benchLoad(ctx context.Context, o options) error {
	return benchServer(ctx, o, o.load, o.loadOut, (*loadBench).all, (*loadBench).markdown)
}

// benchServer measures delivery into the server at base and writes a page.
func benchServer(ctx context.Context, o options, base, out string, all func(*loadBench, context.Context) error, page func(*loadBench, *report) string) error {
	work, err := os.MkdirTemp("", "chartlift-load-*")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	b := &loadBench{options: o, work: work, base: strings.TrimRight(base, "/"), pids: o.loadPIDs}
	if b.tool, err = buildTool(ctx, work); err != nil {
		return err
	}
	r := newReport(ctx, o)
	if err := all(b, ctx); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(page(b, r)), 0o644)
}

// all runs everything, what is compared side by side in one round.
func (b *loadBench) all(ctx context.Context) error {
	if err := b.warmUp(ctx); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	for _, delay := range []time.Duration{0, 50 * time.Millisecond} {
		if err := b.network(ctx, delay); err != nil {
			return err
		}
	}
	if err := b.faults(ctx); err != nil {
		return err
	}
	if err := b.crash(ctx); err != nil {
		return err
	}
	return b.counterparts(ctx)
}

// warmUp lets the server compile what it runs often: without that, whoever
// comes later is faster, for some 30,000 resources. The Patients are for the
// plans of its searches.
func (b *loadBench) warmUp(ctx context.Context) error {
	for range 12 {
		if _, err := b.fixed(ctx, b.base, lanes{at: 4, entries: 100}, 2500); err != nil {
			return err
		}
		if _, err := b.chartlift(ctx, b.base, patientsOnly, 500); err != nil {
			return err
		}
	}
	return nil
}

// network measures with so much delay: a sweep first, whose two best settings
// then run beside the defaults.
func (b *loadBench) network(ctx context.Context, delay time.Duration) error {
	base, name := b.base, delay.String()
	if delay > 0 {
		p, err := delaying(b.base, delay)
		if err != nil {
			return err
		}
		defer p.Close()
		base = p.base
	}
	best, err := b.sweep(ctx, base, name)
	if err != nil {
		return err
	}
	ways := b.ways(ctx, base, delay, best)
	if err := b.rounds(name, b.runs, ways); err != nil || delay > 0 {
		return err
	}
	return b.rounds(name, b.moreTurns(), ways[:1+len(best)])
}

// moreTurns are the turns beside the best fixed settings that come after those
// of everybody, where no network waits: both sides take the processors whole
// there, and one turn of a shared machine is a tenth faster or slower than the
// next. The middle of five would be that of chance.
func (b *loadBench) moreTurns() int { return 2 * b.runs }

// rounds lets all ways run, so many times. Each begins once: what one leaves to
// the server to clear up, the next pays for.
func (b *loadBench) rounds(name string, n int, ways []loadWay) error {
	for round := range n {
		fmt.Fprintf(os.Stderr, "round %d of %d, network %s\n", round+1, n, name)
		for i := range ways {
			w := ways[(i+round)%len(ways)]
			t, err := w.run()
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			b.add(w.name, name, t)
		}
	}
	return nil
}

// ways are what is compared in a round.
func (b *loadBench) ways(ctx context.Context, base string, delay time.Duration, best []lanes) []loadWay {
	ways := []loadWay{{defaults, func() (loadTurn, error) { return b.chartlift(ctx, base, families, b.loadN) }}}
	for _, l := range best {
		ways = append(ways, loadWay{"fixed: " + l.String(), func() (loadTurn, error) { return b.fixed(ctx, base, l, b.loadN) }})
	}
	single := 150
	if delay > 0 { // the network decides: few tell as much
		single = 60
	}
	ways = append(ways, loadWay{simple, func() (loadTurn, error) { return b.oneByOne(ctx, base, single) }})
	if delay > 0 {
		return ways
	}
	ways = append(ways,
		loadWay{postPatients, func() (loadTurn, error) {
			return b.fixed(ctx, base, lanes{at: 4, entries: 100, kind: patientsOnly, form: posts}, b.loadN/4)
		}},
		loadWay{batches, func() (loadTurn, error) {
			return b.fixed(ctx, base, lanes{at: 4, entries: 100, form: batched}, b.loadN/16)
		}},
		loadWay{ownPatients, func() (loadTurn, error) { return b.chartlift(ctx, base, patientsOnly, b.loadN/4) }})
	if b.medplum != "" {
		ways = append(ways, loadWay{medplumPeople, func() (loadTurn, error) { return b.medplumImport(ctx, base, b.loadN/4) }})
	}
	return ways
}

// loadWay is one way of loading.
type loadWay struct {
	name string
	run  func() (loadTurn, error)
}

func (b *loadBench) add(name, network string, t loadTurn) {
	fmt.Fprintf(os.Stderr, "  %-32s %7.1f resources/s, server %.1f ms each\n", name, t.rate(), 1000*t.server.Seconds()/float64(t.resources))
	for i := range b.rows {
		if b.rows[i].name == name && b.rows[i].network == network {
			b.rows[i].turns = append(b.rows[i].turns, t)
			return
		}
	}
	b.rows = append(b.rows, loadRow{name, network, []loadTurn{t}})
}

// sweep tries fixed settings and returns the two best. Each runs twice, the
// second time in the opposite order, so that none profits from when it came.
func (b *loadBench) sweep(ctx context.Context, base, name string) ([]lanes, error) {
	var all []lanes
	for _, c := range []int{1, 2, 4, 8} {
		for _, size := range []int{17, 100, 500} {
			all = append(all, lanes{at: c, entries: size})
		}
	}
	took := map[lanes]time.Duration{}
	for range 2 {
		for _, l := range all {
			t, err := b.fixed(ctx, base, l, b.loadN/8)
			if err != nil {
				return nil, fmt.Errorf("sweep: %w", err)
			}
			b.add("sweep: "+l.String(), name, t)
			took[l] += t.took
		}
		slices.Reverse(all)
	}
	slices.SortStableFunc(all, func(x, y lanes) int { return cmp.Compare(took[x], took[y]) })
	return all[:2], nil
}

// prefix returns ids that were never used on this server.
func (b *loadBench) prefix() string {
	return "b" + strconv.FormatInt(time.Now().UnixNano()%1e12, 36) + "x" + strconv.FormatInt(b.turn.Add(1), 10) + "-"
}

// loadKind is what is loaded.
type loadKind int

const (
	families     loadKind = iota // a patient with three observations
	bulky                        // patients of 30 KB
	patientsOnly                 // what the Medplum command line can load in one go: it gives new ids, and references would lead nowhere
)

// chartlift loads as a user does, by a process of its own with a journal.
func (b *loadBench) chartlift(ctx context.Context, base string, k loadKind, n int) (loadTurn, error) {
	dir := filepath.Join(b.work, "in")
	if err := writeLoad(dir, b.prefix(), k, n); err != nil {
		return loadTurn{}, err
	}
	project := filepath.Join(b.work, "project")
	if err := os.RemoveAll(project); err != nil {
		return loadTurn{}, err
	}
	before := b.pids.spent()
	got, err := measure(ctx, []string{b.tool, "load", dir, "--to", base + "/fhir", "--project", project, "-q"}, nil)
	return loadTurn{resources: n, took: got.Wall, server: b.pids.spent() - before, loader: got}, err
}

// medplumImport loads by the Medplum command line.
func (b *loadBench) medplumImport(ctx context.Context, base string, n int) (loadTurn, error) {
	dir := filepath.Join(b.work, "medplum")
	if err := writeLoad(dir, b.prefix(), patientsOnly, n); err != nil {
		return loadTurn{}, err
	}
	before := b.pids.spent()
	got, said, err := measureText(ctx, []string{
		"node", b.medplum, "bulk", "import", filepath.Join(dir, "Patient.ndjson"), "--base-url", base + "/", "--fhir-url-path", "fhir/",
	}, []string{"HOME=" + b.work})
	if err == nil && strings.Count(said, "201 Created") < n {
		err = fmt.Errorf("the Medplum command line made %d of %d", strings.Count(said, "201 Created"), n)
	}
	return loadTurn{resources: n, took: got.Wall, server: b.pids.spent() - before, loader: got}, err
}
