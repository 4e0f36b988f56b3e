package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/pflag"

	"chartlift/internal/courier"
	"chartlift/load"
	"chartlift/reports"
)

// deltaOptions are the flags that say what of a later run is sent.
type deltaOptions struct {
	full     bool
	delta    bool
	vanished string
	most     float64
	resumes  string
	missing  []string // sources of the mapping that may be without rows, where an earlier run had some
	moved    []string // maps whose rows are known by number, and may have moved
}

// What is done about resources whose row is gone from the source.
const (
	vanishedReport = "report"
	vanishedLeave  = "leave"
	vanishedRetire = "entered-in-error"
)

func (o *deltaOptions) deltaFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.full, "full", false, "send everything, also what the server holds from an earlier run of this project")
	f.BoolVar(&o.delta, "delta", false, "write to a folder only what changed since the last run into it; servers and engines get no more than that in any case")
	f.StringVar(&o.vanished, "vanished", vanishedReport, "resources on the target whose rows are gone from the source: report, leave (say nothing), or entered-in-error (mark them)")
	f.Float64Var(&o.most, "max-vanished", 10, "mark nothing as entered-in-error where more than this per cent of a type vanished")
	f.StringSliceVar(&o.missing, "allow-missing", nil, "sources of the mapping that may have no rows although an earlier run delivered from them: what refers to them loses its references on the target")
	f.StringSliceVar(&o.moved, "allow-renumbered", nil, "maps with key: [_line] that may run although their file has changed: no row of it has moved")
	f.StringVar(&o.resumes, "resumes", "", "the run that this one goes on with")
	_ = f.MarkHidden("resumes") // resume sets it
}

func (o deltaOptions) check() error {
	if !slices.Contains([]string{vanishedReport, vanishedLeave, vanishedRetire}, o.vanished) {
		return usage("--vanished %s is not known; use %s, %s or %s", o.vanished, vanishedReport, vanishedLeave, vanishedRetire)
	}
	if o.full && o.delta {
		return usage("--full sends everything and --delta only what changed; give one of them")
	}
	return nil
}

// sayDelta tells whoever asks for the changes alone of a target that gets
// nothing else: --delta changes nothing there, and is no reason to stop a
// script that delivers to folders and servers.
func (m *migration) sayDelta(o deltaOptions) {
	if o.delta && !m.target.files {
		m.s.message("--delta changes nothing: %s gets only what changed since the runs before, in any case (--full sends everything)", m.target.name)
	}
}

// scope tells resources of this mapping and site from those that other mappings
// bring to the same target.
func (m *migration) scope() string { return m.prog.ID + "@" + m.prog.Site }

// delivery says where the run delivers to.
func (m *migration) delivery(o deltaOptions) reports.Delivery {
	return reports.Delivery{Target: m.target.key, Files: m.target.files, Scope: m.scope(), Resumes: o.resumes}
}

// held returns what the target holds of earlier runs; nil where that does not
// matter.
func (m *migration) held(ctx context.Context, o deltaOptions) (*reports.Held, error) {
	if m.target.files && !o.delta {
		return nil, nil
	}
	h, err := m.db.Held(ctx, m.target.key, m.scope())
	if h == nil || err != nil {
		return nil, err
	}
	m.target.took(h)
	if o.full {
		h.SendAll()
		return h, nil
	}
	return h, m.compareCounts(ctx, h)
}

// took tells a target that took something in an earlier run: all that a night
// has to send may be what it refused the night before.
func (t *target) took(h *reports.Held) {
	if sink, ok := t.sink.(load.Refusing); ok && len(h.Counts()) > 0 {
		sink.Took()
	}
}

// compareCounts makes sure that a server which lost something, or was set up
// anew for the next rehearsal, gets everything again.
func (m *migration) compareCounts(ctx context.Context, h *reports.Held) error {
	if m.target.server == nil {
		return nil
	}
	counts := h.Counts()
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		has, err := m.target.server.Client().Count(ctx, typ)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		why := ""
		switch {
		case err != nil:
			why = fmt.Sprintf("the server does not say how many %s it has", typ)
		case has < counts[typ]:
			why = fmt.Sprintf("the server has %d %s, %d were delivered", has, typ, counts[typ])
		}
		if why != "" {
			m.s.message("%s: everything is sent again", why)
			h.SendAll()
			return nil
		}
	}
	return nil
}

// letters is the file for what the target refuses.
func (m *migration) letters() *courier.DeadLetters {
	return &courier.DeadLetters{Path: lettersPath(m.s, m.rec.ID())}
}
