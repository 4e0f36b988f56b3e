package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/fhir/profile"
	"chartlift/validate"
)

// runGuided compares verdicts on the examples of a guide, with the profiles
// that they name, and on these broken.
func runGuided(ctx context.Context, o options, judge *oracle, stdout io.Writer) error {
	g := profile.New()
	if err := errors.Join(g.AddPath(o.guide), g.Check()); err != nil {
		return err
	}
	samples, err := profiled(o.guide)
	if err != nil {
		return err
	}
	trials, err := answered(ctx, judge, sampleTrials(samples))
	if err != nil {
		return err
	}
	var broken []trial
	for _, k := range slices.Concat(profileKinds(g), moreProfileKinds(g)) {
		broken = append(broken, k.mutants(sound(trials), o.perKind, o.seed)...)
	}
	broken = append(broken, anyMistake(sound(trials), o)...)
	if broken, err = answered(ctx, judge, broken); err != nil {
		return err
	}
	trials = append(trials, broken...)
	v := validate.New(validate.Options{Guide: g})
	for i := range trials {
		if err := trials[i].judge(v); err != nil {
			return fmt.Errorf("judge a trial: %w", err)
		}
	}
	r := newReport(o, trials)
	r.print(stdout)
	if err := r.write(); err != nil {
		return err
	}
	if !r.passed() {
		return errDisagree
	}
	return nil
}

// anyMistake breaks the examples in all ways that R4 alone knows, a few of
// each: profiles and R4's own rules meet in them.
func anyMistake(pool []sample, o options) []trial {
	all := mutants(pool, max(1, o.perKind/10), o.seed)
	for i := range all {
		all[i].row = "any other mistake"
	}
	return all
}

// profiled returns the examples of a package that name a profile, as they are
// but for their narratives. Bundles are left out.
func profiled(pack string) ([]sample, error) {
	var all []sample
	err := eachInTar(pack, func(file string, text []byte) error {
		if !strings.Contains(file, "/example/") || !strings.HasSuffix(file, ".json") || strings.HasPrefix(filepath.Base(file), ".") {
			return nil
		}
		v, err := parse(text)
		if err != nil || v.get("resourceType") == nil || v.getText("resourceType") == "Bundle" || v.get("meta") == nil || v.get("meta").get("profile") == nil {
			return nil // an index, or what no profile is said of
		}
		v.remove("text")
		all = append(all, sample{"examples of the guide", v.String()})
		return nil
	})
	slices.SortFunc(all, func(a, b sample) int { return strings.Compare(a.text, b.text) })
	return all, err
}
