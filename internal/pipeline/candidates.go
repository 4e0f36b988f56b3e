package pipeline

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/dedupe"
	"chartlift/transform/golden"
)

// candidate is a Patient that is compared with others.
type candidate struct {
	id, key, updated string
	m                int // of the program's maps
	origin           issue.Origin
	size             int // how much it says
	values           []golden.Value
}

// candidates are the Patients of a run, on disk, with what is known of their
// columns and identifiers.
type candidates struct {
	prog   *mappings.Program
	rules  *mappings.Match
	file   *spill
	n      int
	seen   *transform.KeySet
	filled map[string]int // values by column

	seed    maphash.Seed
	systems map[string]*system
	numbers []number
}

// system is a system of identifiers.
type system struct {
	name       string
	index      uint32
	filled     int
	government bool
	within     bool                // some number stands in two records of one map: it is a person's, not a record's
	across     map[uint64]struct{} // numbers, hashed, that stand in several records
}

// number is one identifier.
type number struct {
	hash   uint64
	system uint32
	m      int32
}

func newCandidates(prog *mappings.Program, rules *mappings.Match, dir string) (*candidates, error) {
	file, err := newSpill(dir)
	return &candidates{
		prog: prog, rules: rules, file: file, seen: transform.NewKeySet(), filled: map[string]int{},
		seed: maphash.MakeSeed(), systems: map[string]*system{},
	}, err
}

// add takes a Patient. The second one with an id is left out: the run will
// refuse it.
func (c *candidates) add(b transform.Built, origin issue.Origin) error {
	if !c.seen.Add(b.Resource.ID) {
		return nil
	}
	at := slices.Index(c.prog.Maps, b.Map)
	k := candidate{id: b.Resource.ID, key: b.Key, updated: b.Updated, m: at, origin: origin, size: golden.Size(b.Resource.JSON)}
	for _, v := range golden.Values(b.Resource.JSON) {
		if v.System == "" {
			c.filled[v.Column]++
		} else if slices.Contains(c.rules.Fields, "identifier") {
			c.number(v, at)
		}
		k.values = append(k.values, v)
	}
	c.n++
	_, err := c.file.add(k.encode(nil))
	return err
}

func (c *candidates) number(v golden.Value, m int) {
	s := c.systems[v.System]
	if s == nil {
		s = &system{name: v.System, index: uint32(len(c.systems))}
		s.government = golden.Government(v.System) || slices.Contains(c.rules.GovernmentIDs, v.System)
		c.systems[v.System] = s
	}
	s.filled++
	s.government = s.government || v.Type
	c.numbers = append(c.numbers, number{hash: maphash.String(c.seed, v.Text), system: s.index, m: int32(m)})
}

// repeats finds the numbers that stand in several records.
func (c *candidates) repeats() {
	byIndex := make([]*system, len(c.systems))
	for _, s := range c.systems {
		byIndex[s.index], s.across = s, map[uint64]struct{}{}
	}
	slices.SortFunc(c.numbers, func(a, b number) int {
		return cmp.Or(cmp.Compare(a.system, b.system), cmp.Compare(a.hash, b.hash), cmp.Compare(a.m, b.m))
	})
	for i := 1; i < len(c.numbers); i++ {
		a, b := c.numbers[i-1], c.numbers[i]
		if a.system != b.system || a.hash != b.hash {
			continue
		}
		s := byIndex[a.system]
		s.across[a.hash] = struct{}{}
		s.within = s.within || a.m == b.m
	}
	c.numbers = nil
}

// mostSystems bounds the systems of identifiers that are compared: with all
// else that is, dedupe has room for no more.
const mostSystems = 6

// fields chooses the columns that are compared: those that have values, the
// government id that most records have, and identifiers that stand in several
// records. What every record has for itself, such as its number, says nothing
// of the person.
func (c *candidates) fields() []dedupe.Field {
	c.repeats()
	var out []dedupe.Field
	for _, col := range golden.Columns(c.rules.Fields) {
		if c.filled[col.Name] > 0 {
			out = append(out, dedupe.Field{Column: col.Name, Kind: dedupe.Kind(col.Kind), Arg: col.Arg})
		}
	}
	var used []*system
	for _, s := range c.systems {
		if s.government || len(s.across) > 0 {
			used = append(used, s)
		}
	}
	slices.SortFunc(used, func(a, b *system) int {
		return cmp.Or(cmp.Compare(truth(b.government), truth(a.government)), cmp.Compare(b.filled, a.filled), cmp.Compare(a.name, b.name))
	})
	for i, s := range used[:min(len(used), mostSystems)] {
		f := dedupe.Field{Column: s.name, Kind: dedupe.Identifier, Arg: s.name}
		if i == 0 && s.government {
			f.Kind, f.Arg = dedupe.SSN, ""
		}
		out = append(out, f)
	}
	if slices.ContainsFunc(c.rules.UniqueIDs, func(name string) bool { return c.systems[name] != nil }) {
		out = append(out, dedupe.Field{Column: uniqueNumber, Kind: dedupe.MRN, Arg: "unique"}, dedupe.Field{Column: uniqueSystem, Kind: dedupe.SourceSystem})
	}
	return out
}

// Columns of the numbers of which nobody has two, and of their systems.
const (
	uniqueNumber = "unique id"
	uniqueSystem = "system of the unique id"
)

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// alone reports whether a number of a system that is compared stands in no
// other record, and is left out for that: as far as can be told it is the
// record's number and not the person's.
func (c *candidates) alone(v golden.Value) bool {
	s := c.systems[v.System]
	if s == nil || s.government || s.within || len(s.across) == 0 {
		return false
	}
	_, repeats := s.across[maphash.String(c.seed, v.Text)]
	return !repeats
}

// row puts a candidate's values into the order of the fields.
func (c *candidates) row(k *candidate, at map[string]int, out []string) {
	clear(out)
	for _, v := range k.values {
		column, text := v.Column, v.Text
		if v.System != "" {
			column = v.System
			s := c.systems[column]
			if s == nil {
				continue
			}
			if i, ok := at[uniqueNumber]; ok && out[i] == "" && slices.Contains(c.rules.UniqueIDs, column) {
				out[i], out[at[uniqueSystem]] = text, column
			}
			if c.alone(v) {
				continue // two records of one person always differ in it
			}
		}
		if i, ok := at[column]; ok && out[i] == "" {
			out[i] = text
		}
	}
}

// ref names a candidate as people's decisions do.
func (c *candidates) ref(k *candidate) reports.RecordRef {
	m := c.prog.Maps[k.m]
	out := reports.RecordRef{Source: m.From.Name, Key: k.key}
	for _, other := range c.prog.Maps {
		if other != m && other.From == m.From && other.Resource == m.Resource {
			out.Table = m.Name // two records of one row
		}
	}
	return out
}

// all yields the candidates in the order in which they were added.
func (c *candidates) all() iter.Seq2[*candidate, error] {
	return func(yield func(*candidate, error) bool) {
		if err := c.file.flush(); err != nil {
			yield(nil, err)
			return
		}
		in := bufio.NewReaderSize(io.NewSectionReader(c.file.file, 0, c.file.size), spillBuffer)
		for range c.n {
			var k candidate
			if err := k.decode(in); err != nil {
				yield(nil, fmt.Errorf("read records put aside: %w", err))
				return
			}
			if !yield(&k, nil) {
				return
			}
		}
	}
}

func (k *candidate) encode(out []byte) []byte {
	word := func(s string) { out = append(binary.AppendUvarint(out, uint64(len(s))), s...) }
	for _, n := range []int64{int64(k.m), k.origin.Row, k.origin.Line, int64(k.size), int64(len(k.values))} {
		out = binary.AppendUvarint(out, uint64(n))
	}
	for _, s := range []string{k.id, k.key, k.updated, k.origin.Source, k.origin.Table} {
		word(s)
	}
	for _, v := range k.values {
		word(v.Column)
		word(v.System)
		word(v.Text)
	}
	return out
}

func (k *candidate) decode(in *bufio.Reader) (err error) {
	number := func() int64 {
		n, bad := binary.ReadUvarint(in)
		err = errors.Join(err, bad)
		return int64(n)
	}
	word := func() string {
		var b strings.Builder
		if n := number(); err == nil {
			_, err = io.CopyN(&b, in, n)
		}
		return b.String()
	}
	k.m, k.origin.Row, k.origin.Line, k.size = int(number()), number(), number(), int(number())
	n := int(number())
	k.id, k.key, k.updated, k.origin.Source, k.origin.Table = word(), word(), word(), word(), word()
	for i := 0; i < n && err == nil; i++ {
		k.values = append(k.values, golden.Value{Column: word(), System: word(), Text: word()})
	}
	return err
}
