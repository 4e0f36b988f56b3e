package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/load/fhirserver"
	"chartlift/load/mllp"
)

// planJSON is what run --plan --json prints.
type planJSON struct {
	Target    string         `json:"target"`
	Software  string         `json:"software,omitempty"`
	Types     []typePlanJSON `json:"types"`
	Rows      int64          `json:"rows,omitempty"`
	Rejected  int64          `json:"rows_rejected,omitempty"`
	Unchanged int64          `json:"unchanged,omitempty"` // resources that the target holds already
}

type typePlanJSON struct {
	Type    string `json:"type"`
	Way     string `json:"way"`
	Carrier string `json:"carrier"`
	Update  bool   `json:"update"`
	Count   int64  `json:"count"`
	Bytes   int64  `json:"bytes,omitempty"`
	Dragged int64  `json:"refer_to_not_taken,omitempty"` // of these, those that refer to what the target does not take
	Says    string `json:"says"`
}

// lost reports whether the target takes no resource of the type.
func (p typePlanJSON) lost() bool { return p.Way == string(fhirserver.Refused) }

// plan says how resources of these types will be written, in the order of their
// names; nothing where it is files.
func (t *target) plan(counts map[string]int64) []typePlanJSON {
	out := []typePlanJSON{}
	if t.server != nil {
		for _, p := range t.server.Plan(counts) {
			out = append(out, typePlanJSON{Type: p.Type, Way: string(p.Way), Carrier: string(p.Carrier), Update: p.Update, Count: p.Count, Says: p.Explain()})
		}
	}
	if t.posts {
		for _, typ := range slices.Sorted(maps.Keys(counts)) {
			out = append(out, typePlanJSON{Type: typ, Way: "post", Carrier: "bundle", Update: true, Count: counts[typ], Says: "posted in transaction bundles of PUT entries; what the listener does with it, it does not say"})
		}
	}
	if t.engine == nil {
		return out
	}
	carrier := "mllp"
	if strings.HasPrefix(t.name, "http") {
		carrier = "http"
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		p := typePlanJSON{Type: typ, Way: "message", Carrier: carrier, Update: true, Count: counts[typ], Says: mllp.Carries(typ)}
		if p.Says == "" {
			p = typePlanJSON{Type: typ, Way: string(fhirserver.Refused), Carrier: carrier, Count: counts[typ], Says: "NOT TAKEN: no HL7 v2 message carries it"}
		}
		out = append(out, p)
	}
	return out
}

// planOptions say whether the plan is printed, which types may be lost, and
// what is known of the resources.
type planOptions struct {
	show    bool
	without []string
	refers  map[string][]string // types that resources of a type refer to
	send    *toSend             // nil: not counted
}

// checkPlan asks the target's statement how each type of the mapping will be
// written. With --plan everything is counted before.
func (m *migration) checkPlan(ctx context.Context, o runOptions) error {
	counts, p := m.ownTypes(), planOptions{show: o.plan, without: o.without, refers: m.refers()}
	if o.plan {
		var err error
		if p.send, err = m.count(ctx, o); err != nil {
			return err
		}
		for typ, n := range p.send.types {
			counts[typ] = n.resources
		}
	}
	return checkPlan(m.s, m.target, counts, p)
}

// checkPlan prints how each type will be written where that was asked for, and
// stops where resources would be lost.
func checkPlan(s *settings, t *target, counts map[string]int64, o planOptions) error {
	plan := t.plan(counts)
	if o.show {
		if err := printPlan(s, t, plan, o); err != nil {
			return err
		}
	}
	var lost, left []string
	for _, p := range plan {
		if p.lost() {
			left = append(left, p.Type)
			if !slices.Contains(o.without, p.Type) {
				lost = append(lost, p.Type)
			}
		}
	}
	if len(lost) == 0 {
		if also := t.dragged(left, o); also != "" {
			s.message("left out: %s%s", strings.Join(left, ", "), also)
		}
		return nil
	}
	why := "by its capability statement"
	if t.engine != nil {
		why = "as no HL7 v2 message carries them"
	}
	return refuse("types-not-taken", "%s takes no new %s, %s: they would be lost%s. Map them to a type that it takes (DocumentReference), "+
		"write them to a folder by a run of their own, or say --without %s to go on and find their rows among the rejected ones",
		t.name, strings.Join(lost, ", "), why, t.dragged(lost, o), strings.Join(lost, ","))
}

// dragged says which types refer to those that are lost, and so may be refused
// with them, "" where none does; how many of how many, where that was counted.
// Messages carry no such references.
func (t *target) dragged(lost []string, o planOptions) string {
	also := dependants(lost, o.refers)
	if o.send != nil {
		also = slices.DeleteFunc(also, func(typ string) bool { return o.send.types[typ] == nil || o.send.types[typ].dragged == 0 })
	}
	if t.server == nil || len(also) == 0 {
		return ""
	}
	plan := t.plan(zero(also))
	if o.send != nil {
		for i, typ := range also {
			also[i] = fmt.Sprintf("%s (%d of %d)", typ, o.send.types[typ].dragged, o.send.types[typ].resources)
		}
	}
	if !slices.ContainsFunc(plan, typePlanJSON.linked) {
		return "; what refers to them may be refused as well: of " + strings.Join(also, ", ")
	}
	return "; what refers to them is refused as well: of " + strings.Join(also, ", ")
}

// linked reports whether references are changed to ids of the server: what it
// does not have cannot be referred to.
func (p typePlanJSON) linked() bool { return p.Way != string(fhirserver.Put) && !p.lost() }

// zero makes a count of nothing for each type.
func zero(types []string) map[string]int64 {
	counts := map[string]int64{}
	for _, typ := range types {
		counts[typ] = 0
	}
	return counts
}

func printPlan(s *settings, t *target, plan []typePlanJSON, o planOptions) error {
	told := planJSON{Target: t.name, Types: plan}
	if t.server != nil {
		told.Software = t.server.Client().Capability().Software
	}
	if o.send != nil {
		told.Rows, told.Rejected, told.Unchanged = o.send.sum.Read, o.send.sum.Rejected, o.send.sum.Unchanged
		for i, p := range plan {
			if n := o.send.types[p.Type]; n != nil {
				plan[i].Bytes, plan[i].Dragged = n.bytes, n.dragged
			}
		}
	}
	if s.json {
		if err := json.NewEncoder(s.streams.Out).Encode(told); err != nil {
			return fmt.Errorf("print plan: %w", err)
		}
		return nil
	}
	told.print(s, t, o)
	return nil
}

// print shows the plan to a person.
func (p planJSON) print(s *settings, t *target, o planOptions) {
	out := s.streams.Out
	fmt.Fprintf(out, "target %s", p.Target)
	if p.Software != "" {
		fmt.Fprintf(out, " (%s)", p.Software)
	}
	fmt.Fprintln(out)
	shown := p.Types
	if t.files {
		fmt.Fprintln(out, "  files: all resource types are written")
		for _, typ := range slices.Sorted(maps.Keys(o.send.types)) {
			shown = append(shown, typePlanJSON{Type: typ, Count: o.send.types[typ].resources})
		}
	}
	width, digits := 0, 0
	for _, one := range shown {
		width, digits = max(width, len(one.Type)), max(digits, len(fmt.Sprint(one.Count)))
	}
	for _, one := range shown {
		fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("  %-*s  %*d  %s", width, one.Type, digits, one.Count, one.Says), " "))
		if one.Dragged > 0 {
			fate := "may be"
			if one.linked() {
				fate = "are"
			}
			fmt.Fprintf(out, "  %-*s  %*d  of these refer to what is not taken, and %s refused as well\n", width, "", digits, one.Dragged, fate)
		}
	}
	if o.send != nil {
		p.printRows(s, o.send)
	}
}

// printRows sums up what the rows become.
func (p planJSON) printRows(s *settings, send *toSend) {
	resources, bytes := int64(0), int64(0)
	for _, one := range p.Types {
		if n := send.types[one.Type]; n != nil && one.lost() {
			resources -= n.resources
		} else if one.linked() {
			resources -= one.Dragged
		}
	}
	for _, n := range send.types {
		resources, bytes = resources+n.resources, bytes+n.bytes
	}
	fmt.Fprintf(s.streams.Out, "%s read, %s to send, %s in all", issue.Count(p.Rows, "row"), issue.Count(resources, "resource"), sizeText(bytes))
	if p.Unchanged > 0 {
		fmt.Fprintf(s.streams.Out, "; %s there already", issue.Count(p.Unchanged, "resource"))
	}
	if p.Rejected > 0 {
		fmt.Fprintf(s.streams.Out, "; %s rejected before anything is sent", issue.Count(p.Rejected, "row"))
	}
	fmt.Fprintln(s.streams.Out)
}

// sizeText is a number of bytes as it is said.
func sizeText(bytes int64) string {
	if bytes < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
