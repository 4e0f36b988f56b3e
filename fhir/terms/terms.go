// Package terms knows the codes of the code systems that HL7 publishes with
// FHIR R4, of the value sets that R4 binds elements to, and of the systems that
// are rules rather than lists: UCUM, BCP 47, ISO 3166 and 4217, media types.
//
// Read [Set] and [Check] first.
//
//	switch set.Check("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB") {
//	case terms.Absent: … // no such code
//	case terms.Unknown: … // nobody can tell here
//	}
package terms

import (
	"cmp"
	_ "embed" // the table
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// table has a line for each system (S) and value set (V), sorted by kind and
// address, so that it is looked up where it lies in the program: a start costs
// nothing, and a run reads the few lines that its resources ask for.
//
//go:embed terms_gen.txt
var table string

// Verdict is what is known of a code.
type Verdict uint8

// The verdicts. Unknown is neither good nor bad: the system or value set is not
// at hand.
const (
	Unknown Verdict = iota
	Present
	Absent
)

// Set is a set of code systems and value sets. Its zero value knows none; R4
// returns the one of HL7. It is safe for concurrent use after the last Add.
type Set struct {
	table   string
	systems sync.Map // address → *codes, of those asked for; nil where there is no such system
	sets    sync.Map // address → []group, of those asked for
	missing atomic.Int32
}

// codes are the codes of a system.
type codes struct {
	list []string            // sorted
	all  map[string]struct{} // of what was added
}

// group is the part of a value set that comes from one system.
type group struct {
	system string
	codes  []string // sorted; "*" alone is all of the system
}

// R4 returns the code systems of FHIR R4 4.0.1, and the value sets that it and
// US Core 6.1.0 bind elements to.
func R4() *Set { return &Set{table: table} }

// maxMissing bounds the systems that are remembered as not there: data may make
// them up by the thousand.
const maxMissing = 1000

// system returns the codes of a system, nil where it is not at hand.
func (s *Set) system(address string) *codes {
	if c, ok := s.systems.Load(address); ok {
		return c.(*codes)
	}
	var c *codes
	switch line, found := find(s.table, "S", address); {
	case found:
		c = &codes{list: strings.Split(line, "\t")}
	case s.missing.Load() >= maxMissing:
		return nil
	default:
		s.missing.Add(1)
	}
	kept, _ := s.systems.LoadOrStore(strings.Clone(address), c)
	return kept.(*codes)
}

// valueSet returns the parts of a value set, nil where it is not at hand.
func (s *Set) valueSet(address string) []group {
	if all, ok := s.sets.Load(address); ok {
		return all.([]group)
	}
	line, found := find(s.table, "V", address)
	if !found {
		return nil
	}
	kept, _ := s.sets.LoadOrStore(strings.Clone(address), groups(line))
	return kept.([]group)
}

// find returns what the table's line of this kind and address has behind them.
func find(table, kind, address string) (rest string, found bool) {
	for from, to := 0, len(table); from < to; {
		middle := from + (to-from)/2
		start := from + strings.LastIndexByte(table[from:middle], '\n') + 1
		line, _, _ := strings.Cut(table[start:to], "\n")
		k, rest, _ := strings.Cut(line, "\t")
		a, rest, _ := strings.Cut(rest, "\t")
		switch order := cmp.Or(strings.Compare(kind, k), strings.Compare(address, a)); {
		case order == 0:
			return rest, true
		case order < 0:
			to = start
		default:
			from = start + len(line) + len("\n")
		}
	}
	return "", false
}

func groups(line string) []group {
	var all []group
	for _, cell := range strings.Split(line, "\t") {
		if system, opens := strings.CutPrefix(cell, "|"); opens {
			all = append(all, group{system: system})
		} else if last := len(all) - 1; last >= 0 {
			all[last].codes = append(all[last].codes, cell)
		}
	}
	return all
}

// Add adds codes to a system, and makes it known where it was not. It must not
// be called while others ask.
func (s *Set) Add(system string, list ...string) {
	c := s.system(system)
	if c == nil {
		c = &codes{}
		s.systems.Store(system, c)
	}
	if c.all == nil {
		c.all = map[string]struct{}{}
	}
	for _, code := range list {
		c.all[code] = struct{}{}
	}
}

func (c *codes) has(code string) bool {
	if _, found := slices.BinarySearch(c.list, code); found {
		return true
	}
	_, found := c.all[code]
	return found
}

// versionTwo begins the names of the tables of HL7 v2. Their code systems do
// not say that the case of a code matters, so that it does not: feeds write
// both.
const versionTwo = "http://terminology.hl7.org/CodeSystem/v2-"

// hasFold is has, whatever the case. It looks at all codes, which are few, and
// only where the code is not there as it is written.
func (c *codes) hasFold(code string) bool {
	return slices.ContainsFunc(c.list, func(known string) bool { return strings.EqualFold(known, code) })
}

// Check says whether the system has the code.
func (s *Set) Check(system, code string) Verdict {
	if c := s.system(system); c != nil {
		return verdict(c.has(code) || strings.HasPrefix(system, versionTwo) && c.hasFold(code))
	}
	return byRule(system, code)
}

// InSet says whether the value set has the code; system "" is any.
func (s *Set) InSet(valueSet, system, code string) Verdict {
	all := s.valueSet(valueSet)
	if all == nil {
		return Unknown
	}
	for _, g := range all {
		if system != "" && g.system != system {
			continue
		}
		if len(g.codes) == 1 && g.codes[0] == "*" {
			if s.Check(g.system, code) == Present {
				return Present
			}
		} else if _, found := slices.BinarySearch(g.codes, code); found {
			return Present
		}
	}
	return Absent
}

// Has reports whether the value set is at hand.
func (s *Set) Has(valueSet string) bool { return s.valueSet(valueSet) != nil }

func verdict(present bool) Verdict {
	if present {
		return Present
	}
	return Absent
}
