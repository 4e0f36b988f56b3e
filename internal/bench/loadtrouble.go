package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	throughWhole  = "chartlift load, a proxy that spoils nothing"
	throughFaulty = "chartlift load, one request in twenty spoilt"
	afterCrash    = "chartlift load, killed half-way and started again"
)

// troubleTurns is how often loads in trouble run: their bars are no ratios near
// one.
const troubleTurns = 3

// faults loads through a proxy that spoils one request in twenty, beside one
// that spoils none.
func (b *loadBench) faults(ctx context.Context) error {
	for range troubleTurns {
		for _, way := range []struct {
			name  string
			share float64
		}{{throughWhole, 1e-12}, {throughFaulty, 0.05}} {
			p, err := faulty(b.base, way.share)
			if err != nil {
				return err
			}
			t, err := b.chartlift(ctx, p.base, families, b.large())
			p.Close()
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			b.add(way.name, "0s", t)
		}
	}
	return nil
}

// crash kills the loader half-way through and starts it again. The time of both
// together, beside that of a load in one go, is what the crash cost.
func (b *loadBench) crash(ctx context.Context) error {
	whole := time.Duration(float64(b.large()) / b.middle(throughWhole, "0s", loadTurn.rate) * float64(time.Second))
	for range troubleTurns {
		dir, project := filepath.Join(b.work, "in"), filepath.Join(b.work, "project")
		if err := writeLoad(dir, b.prefix(), families, b.large()); err != nil {
			return err
		}
		if err := os.RemoveAll(project); err != nil {
			return err
		}
		args := []string{"load", dir, "--to", b.base + "/fhir", "--project", project, "-q"}
		before, began := b.pids.spent(), time.Now()
		first := exec.CommandContext(ctx, b.tool, args...)
		if err := first.Start(); err != nil {
			return fmt.Errorf("start load: %w", err)
		}
		time.Sleep(whole / 2)
		if err := first.Process.Kill(); err != nil {
			return fmt.Errorf("kill load: %w", err)
		}
		_ = first.Wait() // it says that it was killed
		got, err := measure(ctx, append([]string{b.tool}, args...), nil)
		if err != nil {
			return fmt.Errorf("load after the crash: %w", err)
		}
		b.add(afterCrash, "0s", loadTurn{resources: b.large(), took: time.Since(began), server: b.pids.spent() - before, loader: got})
	}
	return nil
}

// large is the size of loads that meet trouble: what is under way at once is to
// be a small part of it.
func (b *loadBench) large() int { return b.loadN / 4 * 3 }
