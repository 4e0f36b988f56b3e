package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"chartlift/internal/courier"
	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// bar is a promise of delivery with what was measured of it.
type bar struct{ what, wanted, measured string }

// counterparts measures the bars that are about a server's words: against
// servers in this process, as no real one has all these limits.
func (b *loadBench) counterparts(ctx context.Context) error {
	var throttled, tokens bar
	g, waiting := errgroup.WithContext(ctx) // both wait most of the time
	g.Go(func() (err error) { throttled, err = b.throttled(waiting); return err })
	g.Go(func() (err error) { tokens, err = b.tokens(waiting); return err })
	if err := g.Wait(); err != nil {
		return err
	}
	b.took(throttled)
	b.took(tokens)
	for _, measure := range []func(context.Context) (bar, error){b.oneBad, b.unknownLimits, b.journal, b.million} {
		got, err := measure(ctx)
		if err != nil {
			return err
		}
		b.took(got)
	}
	return nil
}

func (b *loadBench) took(got bar) {
	fmt.Fprintf(os.Stderr, "  %s: %s\n", got.what, got.measured)
	b.bars = append(b.bars, got)
}

// visit is a load into a counterpart.
type visit struct {
	name string // of its folder
	kind loadKind
	n    int
	args []string
	env  []string
}

// deliver loads into a counterpart by a process of chartlift's. That not
// everything arrived is an error.
func (b *loadBench) deliver(ctx context.Context, c *counterpart, v visit) (arrivals, cost, error) {
	base := c.start()
	defer c.Close()
	dir, project := filepath.Join(b.work, v.name), filepath.Join(b.work, v.name+".project")
	defer os.RemoveAll(dir)
	defer os.RemoveAll(project)
	if err := writeLoad(dir, "c-", v.kind, v.n); err != nil {
		return arrivals{}, cost{}, err
	}
	args := append([]string{b.tool, "load", dir, "--to", base + "/fhir", "--project", project, "-q", "--fail-on", "never"}, v.args...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "BASE", base)
	}
	spent, err := measure(ctx, args, v.env)
	seen, want := c.seen(), v.n
	if c.bad != "" {
		want--
	}
	if err == nil && seen.stored() != want {
		err = fmt.Errorf("%d of %d resources are stored", seen.stored(), want)
	}
	if err != nil {
		return seen, spent, fmt.Errorf("load %s: %w", v.name, err)
	}
	return seen, spent, nil
}

const allowed = 5 // requests a second

// throttled loads into a server that takes five requests a second and says so
// by 429.
func (b *loadBench) throttled(ctx context.Context) (bar, error) {
	seen, _, err := b.deliver(ctx, &counterpart{perSecond: allowed}, visit{name: "throttled", kind: families, n: 6000})
	taken := float64(seen.writes - seen.delayed - allowed) // the first second's are there at once
	return bar{
		fmt.Sprintf("429 at %d requests a second: share of that rate, all stored", allowed), "≥ 0.9, none before Retry-After",
		fmt.Sprintf("%.2f; %d early of %d that were told to wait", taken/allowed/seen.last.Sub(seen.first).Seconds(), seen.early, seen.delayed),
	}, err
}

// tokens loads for several lives of a token. A token is taken for spent after
// four fifths of its life.
func (b *loadBench) tokens(ctx context.Context) (bar, error) {
	const life = 3 * time.Second
	seen, _, err := b.deliver(ctx, &counterpart{life: life}, visit{
		name: "tokens", kind: families, n: 6000, env: []string{"CHARTLIFT_CLIENT_SECRET=bench"},
		args: []string{"--rate", "5", "--client-id", "bench", "--token-url", "BASE/token"},
	})
	lasted := seen.last.Sub(seen.first)
	lives := 1 + int(lasted/(life*4/5))
	return bar{
		"tokens of 3 s: requests for one", "one each life of 2.4 s, no request refused",
		fmt.Sprintf("%d in %d lives; %d refused", seen.tokens, lives, seen.denied),
	}, err
}

// oneBad loads ten thousand resources of which the server refuses one.
func (b *loadBench) oneBad(ctx context.Context) (bar, error) {
	const n = 10_000
	seen, _, err := b.deliver(ctx, &counterpart{bad: "Patient/c-p7777"}, visit{name: "bad", kind: patientsOnly, n: n})
	return bar{"one bad resource in 10,000: requests more than without it, all others stored", "≤ 10", fmt.Sprint(seen.writes - n/100)}, err
}

// unknownLimits loads into servers with limits of which their statements say
// nothing.
func (b *loadBench) unknownLimits(ctx context.Context) (bar, error) {
	const n = 2000
	var all []string
	for i, c := range []*counterpart{{entries: 50}, {entries: 8, assigns: true}, {entries: 300}, {entries: 500}, {bytes: 1_000_000}} {
		v := visit{name: fmt.Sprintf("limit-%d", i), kind: families, n: n}
		if c.bytes > 0 {
			v.kind, v.n = bulky, n/4
		}
		seen, _, err := b.deliver(ctx, c, v)
		if err != nil {
			return bar{}, err
		}
		all = append(all, fmt.Sprint(seen.wasted))
	}
	return bar{
		"unknown limits (50 entries, 8 conditional creates, 300, 500, 1 MB): requests in vain, all stored", fmt.Sprintf("≤ %d = log2(%d)", int(math.Log2(n)+0.5), n), strings.Join(all, ", "),
	}, nil
}

// million is the memory of a load of so many resources, of families.
func (b *loadBench) million(ctx context.Context) (bar, error) {
	got := bar{fmt.Sprintf("memory of a load of %d resources", b.loadMemory), "≤ 150 MB", "not measured"}
	if b.loadMemory == 0 {
		got.what = "memory of a load of a million resources"
		return got, nil
	}
	_, spent, err := b.deliver(ctx, &counterpart{}, visit{name: "million", kind: families, n: b.loadMemory})
	got.measured = fmt.Sprintf("%.0f MB (%.0f s of processor time)", float64(spent.RSS)/(1<<20), spent.CPU.Seconds())
	return got, err
}

// journal compares loads with and without one, by turns, into a server that
// takes two milliseconds for an entry, as HAPI does: the share that its own
// noise would hide.
func (b *loadBench) journal(ctx context.Context) (bar, error) {
	const n, turns = 2000, 3
	var ratios []float64
	for turn := range turns {
		var took [2]time.Duration
		for i := range took {
			kept := (i+turn)%2 == 0
			c := &counterpart{each: 2 * time.Millisecond}
			base := c.start()
			spent, err := b.inside(ctx, base, n, kept)
			c.Close()
			if err != nil {
				return bar{}, fmt.Errorf("load in this process: %w", err)
			}
			if stored := c.seen().stored(); stored != n {
				return bar{}, fmt.Errorf("load in this process: %d of %d are stored", stored, n)
			}
			if kept {
				took[0] = spent
			} else {
				took[1] = spent
			}
		}
		ratios = append(ratios, took[1].Seconds()/took[0].Seconds())
	}
	slices.Sort(ratios)
	return bar{"speed with journal beside the same loader without", "≥ 0.95", fmt.Sprintf("%.2f", ratios[turns/2])}, nil
}

// inside loads by the rooms themselves, with a journal or without.
func (b *loadBench) inside(ctx context.Context, base string, n int, kept bool) (took time.Duration, err error) {
	sink, err := fhirserver.Open(ctx, fhirserver.Options{Base: base + "/fhir", HTTP: &http.Client{}})
	if err != nil {
		return 0, err
	}
	defer sink.Close()
	send := sink.Send
	if kept {
		dir, err := os.MkdirTemp(b.work, "journal-*")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		db, err := reports.Open(filepath.Join(dir, "runs.db"))
		if err != nil {
			return 0, err
		}
		defer db.Close()
		rec, err := db.Begin(ctx, reports.RunInfo{Command: "load", Target: base})
		if err != nil {
			return 0, err
		}
		if err := rec.Deliver(reports.Delivery{Target: base}); err != nil {
			return 0, err
		}
		send = (&courier.Courier{Sink: sink, Recorder: rec, Announce: true}).Send
	}
	began := time.Now()
	err = sendAll(ctx, n, send)
	return time.Since(began), err
}

// sendAll sends families by as many senders as a load has.
func sendAll(ctx context.Context, n int, send func(context.Context, *load.Bundle) ([]load.Outcome, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	const size = 100
	for seq := range (n + size - 1) / size {
		bundle := &load.Bundle{Seq: int64(seq + 1), Atomic: true}
		for i := seq * size; i < min(n, (seq+1)*size); i++ {
			bundle.Entries = append(bundle.Entries, load.Entry{Resource: loadResource("j-", families, i)})
		}
		g.Go(func() error {
			_, err := send(ctx, bundle)
			return err
		})
	}
	return g.Wait()
}
