package profile_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"chartlift/fhir/profile"
)

const packages = "../../../shared/data/fhir-r4/packages/hl7.fhir.us.core-"

// files returns the JSON files of a package by name.
func files(t *testing.T, version string) map[string][]byte {
	t.Helper()
	f, err := os.Open(packages + version + ".tgz")
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s%s.tgz is absent", packages, version)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for in := tar.NewReader(unzipped); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if dir, name := path.Split(head.Name); dir == "package/" && strings.HasPrefix(name, "StructureDefinition-") {
			if all[name], err = io.ReadAll(in); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// without returns the definition without one of its views.
func without(t *testing.T, definition []byte, view string) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(definition, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, view)
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// statements lists what a profile says, one line for each element and aspect.
func statements(n *profile.Node) []string {
	var all []string
	say := func(aspect string, value any) { all = append(all, fmt.Sprintf("%s %s %v", n.ID, aspect, value)) }
	if n.Min != profile.Unset {
		say("min", n.Min)
	}
	if n.Max != profile.Unset {
		say("max", n.Max)
	}
	for _, t := range n.Types {
		slices.Sort(t.Targets)
		say("type", t.Code+fmt.Sprint(t.Profiles, t.Targets))
	}
	if n.Fixed != nil {
		say("fixed", n.Fixed)
	}
	if n.Pattern != nil {
		say("pattern", n.Pattern)
	}
	if n.Binding != nil {
		url, _, _ := strings.Cut(n.Binding.ValueSet, "|")
		say("binding", n.Binding.Strength+" "+url)
	}
	if n.MustSupport {
		say("mustSupport", "")
	}
	if n.Slicing != nil {
		say("slicing", fmt.Sprint(n.Slicing.Discriminators, n.Slicing.Rules, n.Slicing.Ordered))
	}
	for _, i := range n.Invariants {
		say("invariant", i.Key)
	}
	for _, c := range n.Children {
		all = append(all, statements(c)...)
	}
	for _, s := range n.Slices {
		all = append(all, statements(s)...)
	}
	return all
}

// TestSnapshotsMadeFromDifferentialsSayWhatShippedOnesSay compares cardinality,
// types, fixed and pattern values, bindings, slicing, mustSupport and
// invariants. The tools of 2020 that made 3.1.1 closed the slicing of every
// choice of which a differential names one branch; those of today do so for
// required branches only.
func TestSnapshotsMadeFromDifferentialsSayWhatShippedOnesSay(t *testing.T) {
	for version, want := range map[string][2]int{"3.1.1": {668, 26}, "6.1.0": {1427, 0}, "7.0.0": {1563, 0}} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			shipped, made := profile.New(), profile.New()
			for name, text := range files(t, version) {
				if err := errors.Join(shipped.Add(name, without(t, text, "differential")), made.Add(name, without(t, text, "snapshot"))); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(shipped.Check(), made.Check()); err != nil {
				t.Fatal(err)
			}
			total, differ := 0, 0
			for _, p := range shipped.Profiles() {
				m, err := made.Profile(p.URL)
				if errors.Is(err, profile.ErrUnknown) && strings.Contains(err.Error(), "uv/sdc") {
					continue // it derives from a profile of another guide
				}
				if err != nil {
					t.Fatal(err)
				}
				want, got := statements(p.Root), statements(m.Root)
				total += len(want)
				for _, s := range want {
					if !slices.Contains(got, s) {
						differ++
						t.Logf("%s: only in the shipped snapshot: %s", p.Title, s)
					}
				}
				for _, s := range got {
					if !slices.Contains(want, s) {
						differ++
						t.Logf("%s: only in the one that was made: %s", p.Title, s)
					}
				}
			}
			t.Logf("%d statements of %d profiles and extensions, %d differ", total, len(shipped.Profiles()), differ)
			if total < want[0] || differ != want[1] {
				t.Errorf("%d statements, %d differ; want %v", total, differ, want)
			}
		})
	}
}
