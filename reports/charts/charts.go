// Package charts samples charts for people to look at: what stood in the old
// system beside what the new one gets, patient by patient.
//
// Read [Sampler] first: a sink that keeps the resources of few patients, chosen
// by a seed, while a run goes through it. The caller adds the cells of the rows
// that they came from and hands the charts to the page.
//
//	s := charts.New(charts.Options{Patients: 10, Seed: 1})
//	// … run into s …
//	for _, c := range s.Charts(troubled) { … }
package charts

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports"
)

// Options say which charts are kept.
type Options struct {
	Patients int    // by chance; half as many more of those with most resources and of those with findings
	Seed     uint64 // the same seed chooses the same patients of the same sources
}

// pool is how many patients are kept for each that is asked for by chance:
// those with most resources and with findings are chosen among them.
const pool = 16

// maxEntries bounds the resources of one chart that are shown.
const maxEntries = 25

// Sampler is a sink that takes everything and keeps the charts of few patients.
// It is safe for concurrent use.
type Sampler struct {
	o    Options
	mu   sync.Mutex
	kept map[string]*patient
	most uint64 // the highest rank among those kept, once the pool is full
}

// patient is a chart while it comes in.
type patient struct {
	id      string
	rank    uint64
	entries []load.Entry
	n       int
}

// New returns a sampler.
func New(o Options) *Sampler { return &Sampler{o: o, kept: map[string]*patient{}, most: ^uint64(0)} }

// Send keeps what belongs to a patient of the sample and says that all was
// taken.
func (s *Sampler) Send(_ context.Context, b *load.Bundle) ([]load.Outcome, error) {
	out := make([]load.Outcome, len(b.Entries))
	for i, e := range b.Entries {
		out[i] = load.Outcome{Status: 201, Created: true}
		if id := patientOf(e); id != "" {
			s.take(id, e)
		}
	}
	return out, nil
}

// Commit does nothing.
func (s *Sampler) Commit() error { return nil }

// Close does nothing.
func (s *Sampler) Close() error { return nil }

// patientOf returns the id of the patient whom the resource is about: the first
// that it refers to.
func patientOf(e load.Entry) string {
	if e.Resource.Type == "Patient" {
		return e.Resource.ID
	}
	_, rest, ok := bytes.Cut(e.Resource.JSON, []byte(`"reference":"Patient/`))
	if !ok {
		return ""
	}
	id, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(id)
}

// take keeps an entry if its patient is among those with the lowest ranks so
// far. Who is among them at the end was at every moment before, so that no
// chart of the sample lacks anything, whatever comes first.
func (s *Sampler) take(id string, e load.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.kept[id]
	if p == nil {
		rank := s.rank(id)
		if len(s.kept) >= s.o.Patients*pool && rank >= s.most {
			return
		}
		p = &patient{id: id, rank: rank}
		s.kept[id] = p
		s.shrink()
	}
	p.n++
	if len(p.entries) < maxEntries || e.Resource.Type == "Patient" || e.Resource.Type == "AllergyIntolerance" {
		e.Resource.JSON = bytes.Clone(e.Resource.JSON)
		p.entries = append(p.entries, e)
	}
}

// shrink lets the patient of the highest rank go where there are more than the
// pool holds.
func (s *Sampler) shrink() {
	for len(s.kept) > s.o.Patients*pool {
		last := s.last()
		delete(s.kept, last.id)
	}
	if len(s.kept) == s.o.Patients*pool && len(s.kept) > 0 {
		s.most = s.last().rank
	}
}

func (s *Sampler) last() *patient {
	var last *patient
	for _, p := range s.kept {
		if last == nil || p.rank > last.rank || p.rank == last.rank && p.id > last.id {
			last = p
		}
	}
	return last
}

// rank is a number that depends on seed and id alone.
func (s *Sampler) rank(id string) uint64 {
	h := fnv.New64a()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], s.o.Seed)
	h.Write(seed[:])    //nolint:errcheck // a hash never fails
	h.Write([]byte(id)) //nolint:errcheck // likewise
	x := h.Sum64()
	x ^= x >> 33 // FNV leaves the high bits of short ids alike
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// Chart is one patient of the sample, with the reason for which it was chosen.
type Chart struct {
	Patient, Stratum string
	Resources        int // of the patient, also those that are not shown
	Entries          []load.Entry
}

// Charts returns the sample: as many as were asked for by chance, then half as
// many with findings and half as many with most resources, each once. troubled
// reports whether a row has findings.
func (s *Sampler) Charts(troubled func(issue.Origin) bool) []Chart {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*patient
	for _, p := range s.kept {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *patient) int { return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.id, b.id)) })
	var out []Chart
	taken := map[string]bool{}
	pick := func(n int, stratum string, of []*patient) {
		for _, p := range of {
			if n > 0 && !taken[p.id] {
				taken[p.id] = true
				n--
				out = append(out, p.chart(stratum))
			}
		}
	}
	pick(s.o.Patients, "by chance", all)
	half := (s.o.Patients + 1) / 2
	pick(half, "with findings", slices.DeleteFunc(slices.Clone(all), func(p *patient) bool {
		return !slices.ContainsFunc(p.entries, func(e load.Entry) bool { return troubled(e.Origin) })
	}))
	slices.SortStableFunc(all, func(a, b *patient) int { return cmp.Compare(b.n, a.n) })
	pick(half, "with most resources", all)
	return out
}

// reading is the order in which a clinician reads a chart; other types follow.
func reading() []string {
	return []string{"Patient", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Condition", "Immunization", "Procedure", "Observation", "DiagnosticReport", "Encounter"}
}

func (p *patient) chart(stratum string) Chart {
	place := func(e load.Entry) int {
		if at := slices.Index(reading(), e.Resource.Type); at >= 0 {
			return at
		}
		return len(reading())
	}
	entries := slices.Clone(p.entries)
	slices.SortStableFunc(entries, func(a, b load.Entry) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.Resource.ID, b.Resource.ID))
	})
	return Chart{Patient: p.id, Stratum: stratum, Resources: p.n, Entries: entries[:min(len(entries), maxEntries)]}
}

// Beside lays the cells of the row that an entry came from beside its fields.
// What stands on one side as it does on the other is Same.
func Beside(e load.Entry, columns, cells []string) (reports.ChartEntry, error) {
	fields, err := fieldsOf(e.Resource.JSON)
	if err != nil {
		return reports.ChartEntry{}, err
	}
	out := reports.ChartEntry{Type: e.Resource.Type, ID: e.Resource.ID, Source: e.Origin.Source, Table: e.Origin.Table, Row: e.Origin.Row}
	left, right := map[string]bool{}, map[string]bool{}
	for _, f := range fields {
		right[plain(f.Value)] = true
	}
	for i, cell := range cells {
		left[plain(cell)] = true
		if i < len(columns) && strings.TrimSpace(cell) != "" {
			out.Cells = append(out.Cells, reports.ChartValue{Name: columns[i], Value: cell, Same: right[plain(cell)]})
		}
	}
	for _, f := range fields {
		f.Same = left[plain(f.Value)]
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

// plain is a value without what no reader takes for a difference: capitals and
// white space.
func plain(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }
