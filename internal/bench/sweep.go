package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"chartlift/transform/dedupe"
)

// sweep is what clusters are worth by threshold: who compares two programs at
// their defaults alone compares how well the defaults were chosen.
type sweep struct {
	points []point // by threshold
}

// point is the worth of the clusters of one threshold.
type point struct {
	bits   float64 // the threshold: logarithm to base 2 of the odds
	scores dedupe.Scores
}

// best returns the point with the highest F1 of pairs, of several the one with
// the fewest clusters that hold two people, then the lowest threshold.
func (s sweep) best() (point, bool) {
	if len(s.points) == 0 {
		return point{}, false
	}
	return slices.MinFunc(s.points, func(x, y point) int {
		return cmp.Or(cmp.Compare(y.scores.F1, x.scores.F1), cmp.Compare(x.scores.Mixed, y.scores.Mixed), cmp.Compare(x.bits, y.bits))
	}), true
}

// sweptBits are the thresholds tried, in bits: from one in 64 to where neither
// program has clusters left to lose. One is 0.95.
func sweptBits() []float64 {
	return []float64{-6, -4, -2, 0, 2, math.Log2(.95 / .05), 6, 8, 10, 12, 15, 18, 21, 25, 30}
}

// chance is the probability of odds in bits, never 1: a threshold is below it.
func chance(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }

// sweep clusters a set at every threshold: ours from weights learned once,
// Splink's from its predictions. These runs are not timed.
func (a *arena) sweep(ctx context.Context, set *peopleSet, python string) error {
	fmt.Fprintf(os.Stderr, "%s: thresholds\n", set.name)
	truth, err := readClusters(filepath.Join(a.work, "truth.csv"), "")
	if err != nil {
		return err
	}
	if set.best, err = a.sweepOurs(ctx, truth); err != nil {
		return err
	}
	if set.withoutPeer == "" {
		set.peerBest, err = a.sweepPeer(ctx, truth, python)
	}
	return err
}

func (a *arena) sweepOurs(ctx context.Context, truth map[string]string) (s sweep, err error) {
	out, model := filepath.Join(a.work, "swept.csv"), filepath.Join(a.work, "swept.json")
	defer func() { err = errors.Join(err, os.Remove(model)) }()
	args := []string{a.tool, "dedupe", filepath.Join(a.work, "people.csv"), "--fields", filepath.Join(a.work, "fields.yaml"), "--out", out, "-q"}
	weights := []string{"--model-out", model}
	for _, bits := range sweptBits() {
		if chance(bits) < .01 {
			continue // pairs below are not kept
		}
		at := []string{"--threshold", strconv.FormatFloat(chance(bits), 'g', -1, 64)}
		if _, err := measure(ctx, slices.Concat(args, weights, at), nil); err != nil {
			return s, err
		}
		weights = []string{"--model-in", model}
		if err := s.add(bits, out, truth); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (a *arena) sweepPeer(ctx context.Context, truth map[string]string, python string) (s sweep, err error) {
	out := filepath.Join(a.work, "swept-theirs.csv")
	var names []string
	for _, bits := range sweptBits() {
		names = append(names, strconv.FormatFloat(bits, 'f', 4, 64))
	}
	if _, err = measure(ctx, []string{python, filepath.Join(a.work, "peers", "splink_run.py"), filepath.Join(a.work, "people.csv"), out, strings.Join(names, ",")}, nil); err != nil {
		return s, err
	}
	for i, bits := range sweptBits() {
		if err := s.add(bits, out+"."+names[i], truth); err != nil {
			return s, err
		}
	}
	return s, nil
}

// add scores a file of clusters and removes it.
func (s *sweep) add(bits float64, clusters string, truth map[string]string) error {
	found, err := readClusters(clusters, "")
	if err != nil {
		return err
	}
	s.points = append(s.points, point{bits, dedupe.Score(found, truth)})
	return os.Remove(clusters)
}
