package dedupe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Known is what is known of earlier records that are not all here: a value that
// is rare in a batch may be common among all, and the chance that two records
// are one person falls with their number.
type Known struct {
	Records int            // in all, those here included
	Filled  map[string]int // by name of what is compared: records with a value, those here included
	// Count returns how many of all records have a value, tidied as it is
	// compared. It is asked for values that repeat (names, dates, places)
	// alone: of ids, telephones and addresses all records that share one are
	// brought here by their keys.
	Count func(name, value string) (int, error)
}

// know puts what is known of all records in the place of what was counted here.
func (t *table) know(k *Known) error {
	if k == nil {
		return nil
	}
	for name, s := range t.namedSlots() {
		s.filled = max(s.filled, k.Filled[name])
		if !repeats(name) {
			continue
		}
		for id := 1; id < s.dict.len(); id++ {
			if s.counts[id] == 0 {
				continue // of another slot with the same dictionary
			}
			n, err := k.Count(name, s.dict.at(uint32(id)))
			if err != nil {
				return err
			}
			s.counts[id] = max(s.counts[id], uint32(n))
		}
	}
	return nil
}

// namedSlots are the slots that have a column, by name: the kind, or the kind
// with an issuer or column behind it.
func (t *table) namedSlots() map[string]*slot {
	all := map[string]*slot{}
	for kind, s := range t.plainSlots() {
		all[string(kind)] = s
	}
	for i := range t.idents {
		all[string(Identifier)+" "+t.identNames[i]] = &t.idents[i]
	}
	for i := range t.others {
		all[string(Other)+" "+t.otherNames[i]] = &t.others[i]
	}
	maps.DeleteFunc(all, func(_ string, s *slot) bool { return !s.used() })
	return all
}

func repeats(name string) bool {
	kind, _, _ := strings.Cut(name, " ")
	return Kind(kind).repeats() && Kind(kind) != StreetNumber
}

// among returns the model for so many records: those who are matches, household
// and twins grow with the records, all pairs with their square.
func (m *Model) among(records int) *Model {
	if records <= m.Records || m.Records == 0 {
		return m
	}
	scaled := *m
	share := float64(m.Records) / float64(records)
	scaled.Match, scaled.Household, scaled.Twin = m.Match*share, m.Household*share, m.Twin*share
	return &scaled
}

// complete adds the shipped weights of comparisons that the model does not
// have, because its records had no value in them.
func (m *Model) complete(list []comparison) *Model {
	full := *m
	full.Comparisons = slices.Clone(m.Comparisons)
	for _, c := range list {
		if slices.ContainsFunc(m.Comparisons, func(w Weights) bool { return w.Name == c.name }) {
			continue
		}
		w := Weights{Name: c.name}
		for i, match := range c.shipped.match {
			household := c.shipped.household[i]
			twin := household
			if c.name == "dob" {
				twin = match
			}
			w.Levels = append(w.Levels, LevelWeights{Level: c.levels[i+1], Match: match, Household: household, Twin: twin, Stranger: c.shipped.stranger[i]})
		}
		full.Comparisons = append(full.Comparisons, w)
	}
	return &full
}

// Keyed is a record by its id, with a key.
type Keyed struct {
	Key uint64 // the same for all records that one rule brings together, in every run
	ID  string
}

// Keys ends the adding and calls found with the records that have a key of a
// rule, sorted by key, rule by rule. Records of which none has a key in common
// with another would not be compared with it.
func (l *Linker) Keys(ctx context.Context, found func([]Keyed) error) error {
	l.settle()
	for _, r := range rules(l.t) {
		if r.single {
			continue
		}
		name := hash([]byte(r.name))
		var keys []Keyed
		for row := range uint32(l.t.n) {
			if k := r.key(row); k != 0 {
				keys = append(keys, Keyed{mix(name, k), l.t.id(row)})
			}
		}
		slices.SortFunc(keys, func(a, b Keyed) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := found(keys); err != nil {
			return err
		}
	}
	return nil
}

// Counts ends the adding and returns how many records have a value, by what is
// compared, and calls found with how many have each of the values that repeat.
func (l *Linker) Counts(found func(name, value string, n int) error) (filled map[string]int, err error) {
	l.settle()
	slots := l.t.namedSlots()
	filled = map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		s := slots[name]
		filled[name] = s.filled
		if !repeats(name) {
			continue
		}
		for id := 1; id < s.dict.len(); id++ {
			if s.counts[id] > 0 {
				if err := found(name, s.dict.at(uint32(id)), int(s.counts[id])); err != nil {
					return nil, fmt.Errorf("count values of %s: %w", name, err)
				}
			}
		}
	}
	return filled, nil
}

// CarryOver gives clusters the ids that they had before: an id goes to the
// cluster that most of its records are in now, the larger one first. What is
// new keeps its own id, or gets one that taken does not have. Records that are
// alone are clusters, too: alone names those that are to have an id. It returns
// the id of every record.
func CarryOver(clusters []Cluster, alone []string, before map[string]string, taken func(id string) (bool, error)) (map[string]string, error) {
	var groups [][]string
	for _, c := range clusters {
		var ids []string
		for _, m := range c.Members {
			ids = append(ids, m.ID)
		}
		groups = append(groups, ids)
	}
	for _, id := range alone {
		groups = append(groups, []string{id})
	}
	names := inherited(groups, before)
	used := map[string]bool{}
	for _, name := range names {
		used[name] = name != ""
	}
	out := map[string]string{}
	for i, ids := range groups {
		name := names[i]
		for key := smallestKey(ids); name == ""; key = mix(key, 1) {
			id := clusterID(key)
			known, err := taken(id)
			if err != nil {
				return nil, err
			}
			if !known && !used[id] {
				name, used[id] = id, true
			}
		}
		for _, id := range ids {
			out[id] = name
		}
	}
	return out, nil
}

// smallestKey is what a new cluster's id follows from.
func smallestKey(ids []string) uint64 {
	key := hash([]byte(ids[0]))
	for _, id := range ids[1:] {
		key = min(key, hash([]byte(id)))
	}
	return key
}

// inherited returns the earlier id that each group takes over, "" for none.
func inherited(groups [][]string, before map[string]string) []string {
	type claim struct {
		group, members int
		id             string
	}
	var claims []claim
	for i, ids := range groups {
		votes := map[string]int{}
		for _, id := range ids {
			if was := before[id]; was != "" {
				votes[was]++
			}
		}
		for id, n := range votes {
			claims = append(claims, claim{i, n, id})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(b.members, a.members), cmp.Compare(len(groups[b.group]), len(groups[a.group])), cmp.Compare(a.id, b.id),
			cmp.Compare(slices.Min(groups[a.group]), slices.Min(groups[b.group])))
	})
	names := make([]string, len(groups))
	gone := map[string]bool{}
	for _, c := range claims {
		if names[c.group] == "" && !gone[c.id] {
			names[c.group], gone[c.id] = c.id, true
		}
	}
	return names
}
