// Package terms knows the codes of the code systems that HL7 publishes with FHIR R4, of the value sets that R4 binds
// elements to, and of the systems that are rules rather than lists: UCUM, BCP 47, ISO 3166 and 4217, media types.
//
// Read [Set] and [Check] first.
//
//	switch set.Check("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB") {
//	case terms.Absent: … // no such code
//	case terms.Unknown: … // nobody can tell here
//	}
package terms

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed terms_gen.txt.gz
var packed []byte

// Verdict is what is known of a code.
type Verdict uint8

// The verdicts. Unknown is neither good nor bad: the system or value set is not at hand.
const (
	Unknown Verdict = iota
	Present
	Absent
)

// Set is a set of code systems and value sets. Its zero value knows none; R4 returns the one of HL7. It is safe for
// concurrent use after the last Add.
type Set struct {
	systems map[string]*codes
	sets    map[string][]group
}

// codes are the codes of a system, as they stand in the table until the first of them is asked for.
type codes struct {
	line string
	once sync.Once
	list []string            // sorted
	all  map[string]struct{} // of what was added
}

// group is the part of a value set that comes from one system.
type group struct {
	system string
	codes  []string // sorted; "*" alone is all of the system
}

// R4 returns the code systems of FHIR R4 4.0.1, and the value sets that it and US Core 6.1.0 bind elements to. The error means that the program
// itself is damaged.
func R4() (*Set, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read the table of codes: %w", err)
	}
	table, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the table of codes: %w", err)
	}
	s := &Set{systems: map[string]*codes{}, sets: map[string][]group{}}
	for line := range strings.Lines(string(table)) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		url, rest, _ := strings.Cut(rest, "\t")
		if kind == "S" {
			s.systems[url] = &codes{line: rest}
		} else {
			s.sets[url] = groups(rest)
		}
	}
	return s, nil
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

// Add adds codes to a system, and makes it known where it was not. It must not be called while others ask.
func (s *Set) Add(system string, list ...string) {
	if s.systems == nil {
		s.systems = map[string]*codes{}
	}
	c := s.systems[system]
	if c == nil {
		c = &codes{}
		s.systems[system] = c
	}
	if c.all == nil {
		c.all = map[string]struct{}{}
	}
	for _, code := range list {
		c.all[code] = struct{}{}
	}
}

func (c *codes) has(code string) bool {
	c.once.Do(func() {
		if c.line != "" {
			c.list = strings.Split(c.line, "\t")
		}
	})
	if _, found := slices.BinarySearch(c.list, code); found {
		return true
	}
	_, found := c.all[code]
	return found
}

// versionTwo begins the names of the tables of HL7 v2. Their code systems do not say that the case of a code matters, so that it does
// not: feeds write both.
const versionTwo = "http://terminology.hl7.org/CodeSystem/v2-"

// hasFold is has, whatever the case. It looks at all codes, which are few, and only where the code is not there as it is written.
func (c *codes) hasFold(code string) bool {
	return slices.ContainsFunc(c.list, func(known string) bool { return strings.EqualFold(known, code) })
}

// Check says whether the system has the code.
func (s *Set) Check(system, code string) Verdict {
	if c := s.systems[system]; c != nil {
		return verdict(c.has(code) || strings.HasPrefix(system, versionTwo) && c.hasFold(code))
	}
	return byRule(system, code)
}

// InSet says whether the value set has the code; system "" is any.
func (s *Set) InSet(valueSet, system, code string) Verdict {
	all, known := s.sets[valueSet]
	if !known {
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
func (s *Set) Has(valueSet string) bool { return s.sets[valueSet] != nil }

func verdict(present bool) Verdict {
	if present {
		return Present
	}
	return Absent
}
