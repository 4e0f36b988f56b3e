package reports

import (
	"context"
	"math"
	"time"
)

// The timeline's drawing area, in the units of its viewBox.
const (
	timelineBars   = 96
	timelineWidth  = 960.0
	timelineHeight = 120.0
)

// Timeline is the load over time: how many entries were taken and refused in
// each slice of it. It is empty where nothing was sent.
type Timeline struct {
	Bars     []TimelineBar
	Start    string // clock times in UTC
	End      string
	Peak     int64  // entries in the fullest slice
	PerSlice string // how long a slice is
}

// TimelineBar is one slice; refused stands upon taken. Y counts from the top.
type TimelineBar struct {
	X, Width              float64
	TakenY, TakenHeight   float64
	RefusedY, RefusHeight float64
}

// slice counts the entries of one part of the time.
type slice struct{ taken, refused int64 }

func (db *DB) timeline(ctx context.Context, run string) (Timeline, error) {
	var first, last int64
	err := db.sql.QueryRowContext(ctx, `SELECT coalesce(min(at), 0), coalesce(max(at + ms), 0) FROM (
		SELECT cast(unixepoch(started_at, 'subsec') * 1000 AS INTEGER) AS at, ms FROM unit WHERE run_id = ?)`, run).Scan(&first, &last)
	if err != nil || first == last {
		return Timeline{}, err
	}
	slices := make([]slice, timelineBars)
	span := max((last-first)/timelineBars+1, 1)
	err = db.each(ctx, `SELECT (cast(unixepoch(started_at, 'subsec') * 1000 AS INTEGER) + ms - ?) / ?, sum(n_ok), sum(n_entries - n_ok)
		FROM unit WHERE run_id = ? GROUP BY 1`, []any{first, span, run}, func(scan scanner) error {
		var at, taken, refused int64
		err := scan(&at, &taken, &refused)
		at = min(max(at, 0), timelineBars-1)
		slices[at].taken += taken
		slices[at].refused += refused
		return err
	})
	if err != nil {
		return Timeline{}, err
	}
	t := drawTimeline(slices)
	t.Start, t.End = time.UnixMilli(first).UTC().Format(time.TimeOnly), time.UnixMilli(last).UTC().Format(time.TimeOnly)
	t.PerSlice = durationText(time.Duration(span) * time.Millisecond)
	return t, nil
}

// drawTimeline turns the slices into bars of the drawing area.
func drawTimeline(slices []slice) Timeline {
	var t Timeline
	for _, s := range slices {
		t.Peak = max(t.Peak, s.taken+s.refused)
	}
	width := timelineWidth / float64(len(slices))
	for n, s := range slices {
		if s.taken+s.refused == 0 {
			continue
		}
		unit := timelineHeight / float64(t.Peak)
		b := TimelineBar{X: round2(float64(n) * width), Width: round2(width * 0.8)}
		b.TakenHeight = round2(float64(s.taken) * unit)
		b.TakenY = round2(timelineHeight - b.TakenHeight)
		if s.refused > 0 {
			b.RefusHeight = math.Max(round2(float64(s.refused)*unit), 1)
			b.RefusedY = round2(math.Max(b.TakenY-b.RefusHeight, 0))
		}
		t.Bars = append(t.Bars, b)
	}
	return t
}
