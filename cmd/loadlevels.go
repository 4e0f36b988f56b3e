package cmd

import (
	"context"
	"strings"
	"sync"

	"chartlift/internal/console"
	"chartlift/internal/courier"
	"chartlift/load"
	"chartlift/load/bulkimport"
	"chartlift/load/handover"
)

// levels delivers what others refer to first.
func (l *loading) levels(ctx context.Context, round *courier.Round, importer *bulkimport.Importer, progress *console.Progress) error {
	divide := l.set.Levels
	switch {
	case importer != nil:
		divide = l.set.Depths
	case l.target.engine != nil: // a report goes with all its results in one message, or not at all
		divide = l.set.WithResults
	}
	levels, err := divide()
	if err != nil {
		return err
	}
	bars := &levelBars{progress: progress, levels: levels}
	bars.start()
	defer bars.end()
	round.Passed = bars.passed
	_, elsewhere, _ := l.set.Sought()
	switch {
	case importer != nil:
		return l.imported(ctx, round, levels, importer)
	case elsewhere > 0: // a search, made when a resource is read, may mean one of the level before
		for i := range levels {
			if err := l.send(ctx, round, l.target.senders, levels[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	// The sink has what refers to a resource wait for it: no level needs to
	// wait for all of the one before.
	return l.send(ctx, round, l.target.senders, levels)
}

// imported has the server import one level after the other, and asks what
// became of each.
func (l *loading) imported(ctx context.Context, round *courier.Round, levels []handover.Level, importer *bulkimport.Importer) error {
	for i := range levels {
		imported, err := l.importLevel(ctx, round, &levels[i], importer)
		if err != nil {
			return err
		}
		if err := l.send(ctx, round, 1, levels[i:i+1]); err != nil {
			return err
		}
		if !imported { // the job under way, if there is one, is that of a level to come
			continue
		}
		if err := importer.Forget(); err != nil {
			return err
		}
	}
	return importer.Forget()
}

// send delivers the resources of levels in their order.
func (l *loading) send(ctx context.Context, round *courier.Round, senders int, levels []handover.Level) error {
	at := 0
	return round.Deliver(ctx, senders, func() (courier.Parcel, bool, error) {
		for len(levels) > 0 && at == levels[0].Len() {
			levels, at = levels[1:], 0
		}
		if len(levels) == 0 {
			return courier.Parcel{}, false, nil
		}
		return l.parcel(ctx, &levels[0], &at)
	})
}

// parcel reads the resource at a place of the level and steps on.
func (l *loading) parcel(ctx context.Context, level *handover.Level, at *int) (courier.Parcel, bool, error) {
	if *at == level.Len() {
		return courier.Parcel{}, false, nil
	}
	item, err := level.Item(*at)
	if err != nil {
		return courier.Parcel{}, false, err
	}
	if l.target.server != nil { // before it is written down: what is there is compared with that
		if item.Resource.JSON, err = l.target.server.Resolve(ctx, item.Resource.JSON); err != nil {
			return courier.Parcel{}, false, err
		}
	}
	p := courier.Parcel{SourceID: l.sources[item.File], Entry: load.Entry{Resource: item.Resource, Origin: item.Origin}, Joined: level.Joined(*at)}
	*at++
	return p, true, nil
}

// levelBars shows one level at a time. What is answered for counts for the
// first level that is not full yet: only its last bundles and the first of the
// next are under way together.
type levelBars struct {
	mu       sync.Mutex
	progress *console.Progress
	levels   []handover.Level // the one shown, and those to come
	done     int              // of the one shown
}

func (b *levelBars) name() string { return strings.Join(b.levels[0].Types, ", ") }

// start begins the bar of the first level that is left.
func (b *levelBars) start() {
	if b.done = 0; len(b.levels) > 0 {
		b.progress.Start(b.name())
	}
}

// end ends the bar at hand, where delivery was ended before it was full.
func (b *levelBars) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.levels) > 0 {
		b.progress.End(b.name())
	}
}

// passed counts n resources that need no further work. It is safe for
// concurrent use.
func (b *levelBars) passed(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n > 0 && len(b.levels) > 0 {
		size := b.levels[0].Len()
		part := min(n, size-b.done)
		n, b.done = n-part, b.done+part
		b.progress.Add(b.name(), int64(part), float64(b.done)/float64(size))
		if b.done == size {
			b.progress.End(b.name())
			b.levels = b.levels[1:]
			b.start()
		}
	}
}
