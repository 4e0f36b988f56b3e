package main

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"
)

// trial is one resource that both validators judge.
type trial struct {
	row    string // of the report: the kind of mistake, or the set of samples
	mutant bool
	text   string
	ours   []issue.Issue // errors and warnings
	theirs answer
}

// mutants breaks n resources of the pool by each kind. The same pool and seed
// give the same mutants.
func mutants(pool []sample, n int, seed uint64) []trial {
	var all []trial
	for _, k := range kinds() {
		all = append(all, k.mutants(pool, n, seed)...)
	}
	return all
}

func (k kind) mutants(pool []sample, n int, seed uint64) []trial {
	h := fnv.New64a()
	h.Write([]byte(k.name))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	var all []trial
	seen := map[string]bool{}
	order := byTurns(pool, rng)
	for try := 0; len(all) < n && try < 6*len(order); try++ {
		s := order[try%len(order)]
		root, err := parse([]byte(s.text))
		if err != nil {
			continue
		}
		m, ok := newMutation(root, rng)
		if !ok || !k.apply(m) {
			continue
		}
		if broken := m.root.String(); broken != s.text && !seen[broken] {
			seen[broken] = true
			all = append(all, trial{row: k.name, mutant: true, text: broken})
		}
	}
	return all
}

// byTurns shuffles the pool so that all types of resources come before one
// comes again: otherwise most mutants would be observations.
func byTurns(pool []sample, rng *rand.Rand) []sample {
	byType := map[string][]sample{}
	var types []string
	for _, i := range rng.Perm(len(pool)) {
		typ := pool[i].typ()
		if byType[typ] == nil {
			types = append(types, typ)
		}
		byType[typ] = append(byType[typ], pool[i])
	}
	var all []sample
	for turn := 0; len(all) < len(pool); turn++ {
		for _, typ := range types {
			if turn < len(byType[typ]) {
				all = append(all, byType[typ][turn])
			}
		}
	}
	return all
}

// made returns resources made from the definitions, n of each type.
func made(n int, seed uint64) []sample {
	var all []sample
	for _, typ := range fhir.ResourceTypes() {
		rng := rand.New(rand.NewPCG(seed, uint64(len(all))))
		for i := range n {
			m := maker{rng: rng, share: []float64{0, 0.1, 0.2, 0.4}[i%4]}
			r := m.resource(typ)
			r.set("id", textOf("made"))
			all = append(all, sample{"made from the definitions", r.String()})
		}
	}
	return append(all, sample{"made from the definitions", allPrimitives})
}

// allPrimitives has the types of values that hardly any resource has.
const allPrimitives = `{"resourceType":"Parameters","id":"made","parameter":[{"name":"a","valueOid":"urn:oid:2.16.840.1.113883"},{"name":"b","valueUuid":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},` +
	`{"name":"c","valueTime":"10:11:12"},{"name":"d","valueUrl":"http://example.org"},{"name":"e","valueBase64Binary":"aGVsbG8="},{"name":"f","valueInstant":"2020-02-29T10:11:12Z"}]}`

// judge lets our validator look at the trial.
func (t *trial) judge(v *validate.Validator) error {
	t.ours = nil
	each := func(it *validate.Item) {
		v.CheckItem(it, func(i issue.Issue) {
			if i.Severity < issue.Warning {
				return
			}
			if it.Entry >= 0 {
				i.Expression = inEntry(it, i.Expression)
			}
			t.ours = append(t.ours, i)
		})
	}
	return validate.Read(context.Background(), "trial.ndjson", strings.NewReader(t.text), each)
}

// errors returns the places of our errors, in the reference validator's way of
// writing.
func (t *trial) errors() []issue.Issue {
	var all []issue.Issue
	for _, i := range t.ours {
		if i.Severity >= issue.Error {
			all = append(all, i)
		}
	}
	return all
}

func (t *trial) theirErrors() []theirsIssue {
	var all []theirsIssue
	for _, i := range t.theirs.Issues {
		if i.isError() {
			all = append(all, i)
		}
	}
	return all
}

// agrees reports whether both call the resource valid, or both invalid.
func (t *trial) agrees() bool { return (len(t.errors()) == 0) == t.theirs.Valid }

// samePlace reports whether both have an error at one place.
func (t *trial) samePlace() bool {
	for _, a := range t.errors() {
		for _, b := range t.theirErrors() {
			if place(a.Expression) == place(b.Expression) {
				return true
			}
		}
	}
	return false
}

// sameID reports whether one of our errors names the message id of one of
// theirs. What their JSON parser says has none, and neither have ours for it.
func (t *trial) sameID() bool {
	for _, a := range t.errors() {
		for _, b := range t.theirErrors() {
			if a.Counterpart == b.Code {
				return true
			}
		}
	}
	return false
}
