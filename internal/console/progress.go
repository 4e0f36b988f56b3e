package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is how often a stage says a line where there is no terminal.
const plainEvery = 5 * time.Second

// Progress shows one bar for each stage on a terminal, a line every few seconds
// elsewhere, nothing when quiet. It is safe for concurrent use.
type Progress struct {
	mu     sync.Mutex
	w      io.Writer
	mode   mode
	stages map[string]*stage
	now    func() time.Time
}

type mode uint8

const (
	silent mode = iota
	lines
	bars
)

// stage is one stage under way.
type stage struct {
	started, said time.Time
	rows          int64
	share         float64
	bar           *progressbar.ProgressBar
}

// NewProgress returns a progress that writes to w.
func NewProgress(w io.Writer, quiet bool) *Progress {
	p := &Progress{w: w, mode: lines, stages: map[string]*stage{}, now: time.Now}
	if quiet {
		p.mode = silent
	} else if Terminal(w) {
		p.mode = bars
	}
	return p
}

// Start begins a stage.
func (p *Progress) Start(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &stage{started: p.now(), said: p.now()}
	p.stages[name] = s
	if p.mode == bars {
		s.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(fmt.Sprintf("%-18s", name)),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetWidth(24), progressbar.OptionSpinnerType(14),
		)
	}
}

// Add says that rows more rows are done, and which share of the stage's input
// is read, 0 where that is not known.
func (p *Progress) Add(name string, rows int64, share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stages[name]
	if s == nil || p.mode == silent {
		return
	}
	s.rows += rows
	s.share = max(s.share, share)
	if s.bar != nil {
		if s.share > 0.01 {
			s.bar.ChangeMax64(max(s.rows+1, int64(float64(s.rows)/s.share)))
		}
		_ = s.bar.Set64(s.rows) // a bar that cannot be drawn is no reason to stop a run
		return
	}
	if p.now().Sub(s.said) >= plainEvery {
		s.said = p.now()
		fmt.Fprintf(p.w, "%s: %s\n", name, p.figures(s))
	}
}

// figures returns "12000 rows, 2400 rows/s, 40 % read, 9s left".
func (p *Progress) figures(s *stage) string {
	took := p.now().Sub(s.started)
	text := fmt.Sprintf("%d rows, %.0f rows/s", s.rows, float64(s.rows)/max(took.Seconds(), 0.001))
	if s.share > 0.01 {
		left := time.Duration(float64(took) * (1 - s.share) / s.share).Round(time.Second)
		text += fmt.Sprintf(", %.0f %% read, %s left", s.share*100, left)
	}
	return text
}

// End ends a stage.
func (p *Progress) End(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stages[name]
	if s == nil {
		return
	}
	delete(p.stages, name)
	switch {
	case p.mode == silent:
	case s.bar != nil:
		s.bar.ChangeMax64(s.rows)
		_ = s.bar.Finish()
		fmt.Fprintln(p.w)
	default:
		fmt.Fprintf(p.w, "%s: %d rows in %s\n", name, s.rows, p.now().Sub(s.started).Round(10*time.Millisecond))
	}
}
