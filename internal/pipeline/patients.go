package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

// patients puts resources aside until all tables are mapped, and then delivers
// them patient by patient: what belongs to nobody (organizations, medications)
// first, then each patient with everything that is about them. The resources
// wait in a file; of each, some 300 bytes are kept in memory. It is filled by
// one goroutine at a time.
type patients struct {
	file    *os.File
	size    int64
	kept    []kept
	owner   map[string]int32 // of a resource, by its reference; 0 is nobody
	patient int32            // patients so far
}

// kept is a resource that waits.
type kept struct {
	in     *Input
	typ    string
	id     string
	origin issue.Origin
	rows   []slot
	offset int64
	length int
	owner  int32
	joined bool // it must be in the bundle of the one before it
}

// newPatients makes the file in which resources wait.
func newPatients(dir string) (*patients, error) {
	f, err := os.CreateTemp(dir, "patients-*.ndjson") // makes it 0600
	if err != nil {
		return nil, fmt.Errorf("put resources aside: %w", err)
	}
	return &patients{file: f, owner: map[string]int32{}}, nil
}

func (p *patients) add(in *Input, e load.Entry, rows []slot) error {
	if _, err := p.file.Write(e.Resource.JSON); err != nil {
		return fmt.Errorf("put resources aside: %w", err)
	}
	k := kept{
		in: in, typ: e.Resource.Type, id: e.Resource.ID, origin: e.Origin, rows: slices.Clone(rows),
		offset: p.size, length: len(e.Resource.JSON), owner: p.ownerOf(e.Resource),
	}
	p.size += int64(k.length)
	p.owner[e.Resource.Ref()] = k.owner
	p.kept = append(p.kept, k)
	return nil
}

// together adds resources that must be in one bundle: records of one person,
// and what tells of them. They have one owner.
func (p *patients) together(entries []addressed) error {
	owner := int32(0)
	for i, a := range entries {
		ref := a.entry.Resource.Ref()
		if a.entry.Resource.Type == "Patient" && len(entries) > 1 {
			if owner == 0 {
				owner = p.numbered(ref)
			}
			p.owner[ref] = owner
		}
		if err := p.add(a.in, a.entry, a.rows); err != nil {
			return err
		}
		p.kept[len(p.kept)-1].joined = i > 0
	}
	return nil
}

// ownerOf returns the number of the patient whom a resource is about: itself,
// the one that it names as its subject, the first one that it refers to, or the
// patient of the first resource that it refers to and that has one (a
// Provenance, a specimen's container).
func (p *patients) ownerOf(r fhir.Resource) int32 {
	if r.Type == "Patient" {
		return p.numbered(r.Ref())
	}
	for _, key := range []string{"subject", "patient", "beneficiary", "for", "individual"} {
		if ref := firstReference(r.JSON, `"`+key+`":{"reference":"Patient/`); ref != "" {
			return p.numbered("Patient/" + ref)
		}
	}
	if ref := firstReference(r.JSON, `"reference":"Patient/`); ref != "" {
		return p.numbered("Patient/" + ref)
	}
	for json := r.JSON; ; {
		const key = `"reference":"`
		at := bytes.Index(json, []byte(key))
		if at < 0 {
			return 0
		}
		if owner := p.owner[firstReference(json, key)]; owner > 0 {
			return owner
		}
		json = json[at+len(key):]
	}
}

// firstReference returns what stands between the first head and the next quote.
func firstReference(json []byte, head string) string {
	at := bytes.Index(json, []byte(head))
	if at < 0 {
		return ""
	}
	rest := json[at+len(head):]
	if end := bytes.IndexByte(rest, '"'); end >= 0 {
		return string(rest[:end])
	}
	return ""
}

// numbered numbers patients in the order in which they are first met, which is
// the same in every run.
func (p *patients) numbered(ref string) int32 {
	if n := p.owner[ref]; n > 0 {
		return n
	}
	p.patient++
	p.owner[ref] = p.patient
	return p.patient
}

// deliverPatients sends everything that was put aside. What others refer to
// goes before them: what belongs to nobody before the patients, patients before
// those whose charts refer to theirs, and a patient's bundles one after the
// other. Several senders have a patient each.
func (r *run) deliverPatients(ctx context.Context) error {
	if !r.Program.Output.PerPatient {
		return r.deliverLevels(ctx)
	}
	const stage = "patients"
	p := r.patients
	all, err := p.divide()
	if err != nil {
		return err
	}
	r.Progress.Start(stage)
	defer r.Progress.End(stage)
	from := 0
	if len(p.kept) > 0 && p.kept[0].owner == 0 {
		from = p.ownersEnd(0)
	}
	if err := r.deliverKept(ctx, p.kept[:from]); err != nil {
		return err
	}
	for from < len(p.kept) {
		to, depth := from, all.depth[p.kept[from].owner]
		for to < len(p.kept) && all.depth[p.kept[to].owner] == depth {
			to++
		}
		if err := r.deliverCharts(ctx, from, to, stage); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// deliverCharts sends charts that do not refer to each other, several at once.
func (r *run) deliverCharts(ctx context.Context, from, end int, stage string) error {
	p := r.patients
	g, ctx := errgroup.WithContext(ctx)
	charts := make(chan []kept)
	g.Go(func() error {
		defer close(charts)
		for from < end {
			to := p.ownersEnd(from)
			if err := pass(ctx, charts, p.kept[from:to]); err != nil {
				return err
			}
			r.Progress.Add(stage, int64(to-from), float64(to)/float64(len(p.kept)))
			from = to
		}
		return nil
	})
	for range max(1, r.Senders) {
		g.Go(func() error {
			for chart := range charts {
				if err := r.deliverKept(ctx, chart); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// ownersEnd returns where the resources end whose owner is that of the one at
// from.
func (p *patients) ownersEnd(from int) int {
	to := from
	for to < len(p.kept) && p.kept[to].owner == p.kept[from].owner {
		to++
	}
	return to
}

// deliverKept sends resources in bundles, one after the other.
func (r *run) deliverKept(ctx context.Context, list []kept) error {
	list, err := r.patients.arrange(list)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		n := r.bundleEnd(list)
		if err := r.deliverBundle(ctx, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// bundleEnd returns how many of the resources go into the next bundle.
func (r *run) bundleEnd(list []kept) int {
	n, bytes := 0, 0
	for n < len(list) && (list[n].joined && n > 0 || n < r.Program.Output.MaxEntries && (n == 0 || bytes+list[n].length <= maxBundleBytes)) {
		bytes += list[n].length
		n++
	}
	return n
}

func (r *run) deliverBundle(ctx context.Context, list []kept) error {
	parcel, err := r.parcelOf(list)
	if err != nil {
		return err
	}
	return r.deliver(ctx, parcel)
}

// parcelOf reads resources back.
func (r *run) parcelOf(list []kept) (*parcel, error) {
	out := &parcel{in: list[0].in, mixed: true, bundle: load.Bundle{Seq: r.nextBundle(), Atomic: r.Program.Output.BundleType == "transaction"}}
	for _, k := range list {
		json := make([]byte, k.length)
		if _, err := r.patients.file.ReadAt(json, k.offset); err != nil {
			return nil, fmt.Errorf("read back resources that were put aside: %w", err)
		}
		out.bundle.Entries = append(out.bundle.Entries, load.Entry{Resource: fhir.Resource{Type: k.typ, ID: k.id, JSON: json}, Origin: k.origin})
		out.slots = append(out.slots, k.rows...)
		out.ends = append(out.ends, end{k.in, len(out.slots)})
	}
	return out, nil
}

// nextBundle numbers bundles in the order in which they are sent.
func (r *run) nextBundle() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	return r.seq
}
