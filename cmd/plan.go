package cmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/load/fhirserver"
	"chartlift/load/mllp"
)

// planJSON is what run --plan --json prints.
type planJSON struct {
	Target   string         `json:"target"`
	Software string         `json:"software,omitempty"`
	Types    []typePlanJSON `json:"types"`
}

type typePlanJSON struct {
	Type    string `json:"type"`
	Way     string `json:"way"`
	Carrier string `json:"carrier"`
	Update  bool   `json:"update"`
	Says    string `json:"says"`
}

// lost reports whether the target takes no resource of the type.
func (p typePlanJSON) lost() bool { return p.Way == string(fhirserver.Refused) }

// plan says how resources of these types will be written, in the order of their names; nothing where it is files.
func (t *target) plan(counts map[string]int64) []typePlanJSON {
	out := []typePlanJSON{}
	if t.server != nil {
		for _, p := range t.server.Plan(counts) {
			out = append(out, typePlanJSON{p.Type, string(p.Way), string(p.Carrier), p.Update, p.Explain()})
		}
	}
	if t.posts {
		for _, typ := range slices.Sorted(maps.Keys(counts)) {
			out = append(out, typePlanJSON{Type: typ, Way: "post", Carrier: "bundle", Update: true, Says: "posted in transaction bundles of PUT entries; what the listener does with it, it does not say"})
		}
	}
	if t.engine == nil {
		return out
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		p := typePlanJSON{Type: typ, Way: "message", Carrier: "mllp", Update: true, Says: mllp.Carries(typ)}
		if p.Says == "" {
			p = typePlanJSON{Type: typ, Way: string(fhirserver.Refused), Carrier: "mllp", Says: "NOT TAKEN: no HL7 v2 message carries it"}
		}
		out = append(out, p)
	}
	return out
}

// planOptions say whether the plan is printed, and which types may be lost.
type planOptions struct {
	show    bool
	without []string
}

// checkPlan asks the target's statement how each type of the mapping will be written.
func (m *migration) checkPlan(o runOptions) error {
	counts := map[string]int64{}
	for _, def := range m.prog.Maps {
		counts[def.Resource] = 0
	}
	return checkPlan(m.s, m.target, counts, planOptions{o.plan, o.without})
}

// checkPlan prints how each type will be written where that was asked for, and stops where resources would be lost.
func checkPlan(s *settings, t *target, counts map[string]int64, o planOptions) error {
	plan := t.plan(counts)
	if o.show {
		if err := printPlan(s, t, plan, counts); err != nil {
			return err
		}
	}
	var lost []string
	for _, p := range plan {
		if p.lost() && !slices.Contains(o.without, p.Type) {
			lost = append(lost, p.Type)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	why := "by its capability statement"
	if t.engine != nil {
		why = "as no HL7 v2 message carries them"
	}
	return refuse("types-not-taken", "%s takes no new %s, %s: they would be lost. Map them to a type that it takes (DocumentReference), "+
		"write them to a folder by a run of their own, or say --without %s to go on and find their rows among the rejected ones",
		t.name, strings.Join(lost, ", "), why, strings.Join(lost, ","))
}

func printPlan(s *settings, t *target, plan []typePlanJSON, counts map[string]int64) error {
	out := s.streams.Out
	told := planJSON{Target: t.name, Types: plan}
	if t.server != nil {
		told.Software = t.server.Client().Capability().Software
	}
	if s.json {
		if err := json.NewEncoder(out).Encode(told); err != nil {
			return fmt.Errorf("print plan: %w", err)
		}
		return nil
	}
	fmt.Fprintf(out, "target %s", told.Target)
	if told.Software != "" {
		fmt.Fprintf(out, " (%s)", told.Software)
	}
	fmt.Fprintln(out)
	if t.files {
		fmt.Fprintf(out, "  files: all %d resource types are written\n", len(counts))
	}
	width := 0
	for _, p := range told.Types {
		width = max(width, len(p.Type))
	}
	for _, p := range told.Types {
		fmt.Fprintf(out, "  %-*s  %s\n", width, p.Type, p.Says)
	}
	return nil
}
