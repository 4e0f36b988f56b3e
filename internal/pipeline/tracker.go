package pipeline

import (
	"slices"
	"sync"

	"chartlift/reports"
)

// tracker follows every row from the moment it is read until everything that it
// should become has an answer. Rows of a batch share a page; a page whose rows
// are all decided goes to the run database as ranges. It is safe for concurrent
// use.
type tracker struct {
	mu     sync.Mutex
	emit   func(in *Input, ranges []reports.RowRange)
	pages  map[*Input][]*page // only where rows are found again by number: tables with groups
	keep   bool
	hold   bool // pages stay open until release: views still add to what becomes of their rows
	open   map[*page]struct{}
	reason []string
	index  map[string]uint16
}

// page is the state of the rows of one batch.
type page struct {
	owner   *tracker
	in      *Input
	first   int64 // number of the first row
	pending []uint32
	outcome []reports.Outcome
	reason  []uint16
	merged  map[int]int64
	refused map[int]struct{} // by the target, and by nobody else
	left    int              // rows with something pending
	known   int              // rows that went through decide, from the first on
	sealed  bool
}

// slot is one row of a page.
type slot struct {
	page *page
	row  int
}

func newTracker(keep bool, emit func(*Input, []reports.RowRange)) *tracker {
	return &tracker{
		emit: emit, keep: keep, pages: map[*Input][]*page{}, open: map[*page]struct{}{},
		reason: []string{""}, index: map[string]uint16{"": 0},
	}
}

// page opens the state of n rows from first on.
func (t *tracker) page(in *Input, first int64, n int) *page {
	p := &page{owner: t, in: in, first: first, pending: make([]uint32, n), outcome: make([]reports.Outcome, n), reason: make([]uint16, n)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[p] = struct{}{}
	if t.keep {
		t.pages[in] = append(t.pages[in], p)
	}
	return p
}

// decide sets what is known of a row when it leaves the mapping; pending things
// may still make it Rejected.
func (t *tracker) decide(s slot, o reports.Outcome, reason string, merged int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.page.outcome[s.row], s.page.reason[s.row] = o, t.code(reason)
	s.page.known = max(s.page.known, s.row+1)
	if merged > 0 {
		if s.page.merged == nil {
			s.page.merged = map[int]int64{}
		}
		s.page.merged[s.row] = merged
	}
}

// loaded says that rows which waited for their group, or for the others of
// their person, became part of a resource.
func (t *tracker) loaded(slots []slot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range slots {
		o, reason := s.page.outcome[s.row], s.page.reason[s.row]
		if o == reports.Filtered || o == reports.Merged && (reason == t.code(samePerson) || reason == t.code(repeated)) {
			s.page.outcome[s.row], s.page.reason[s.row] = reports.Loaded, 0
			delete(s.page.merged, s.row)
		}
	}
}

// merged says that rows which waited for their group became part of what
// another one made, and nothing else so far.
func (t *tracker) merged(slots []slot, reason string, into int64) {
	for _, s := range slots {
		if t.filtered(s) {
			t.decide(s, reports.Merged, reason, into)
		}
	}
}

func (t *tracker) filtered(s slot) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.page.outcome[s.row] == reports.Filtered
}

// each calls do for the rows of each tracker.
func each(slots []slot, do func(t *tracker, slots []slot)) {
	for len(slots) > 0 {
		owner, n := slots[0].page.owner, 1
		for n < len(slots) && slots[n].page.owner == owner {
			n++
		}
		do(owner, slots[:n])
		slots = slots[n:]
	}
}

// answer takes one answer for each row, whichever table it is of.
func answer(slots []slot, reason string) {
	each(slots, func(t *tracker, slots []slot) { t.answer(slots, reason, false) })
}

// answerOf takes the target's answer for each row; reason "" is good news.
func answerOf(slots []slot, reason string) {
	each(slots, func(t *tracker, slots []slot) { t.answer(slots, reason, true) })
}

// loadedAll says that rows became resources, whichever table they are of.
func loadedAll(slots []slot) {
	each(slots, func(t *tracker, slots []slot) { t.loaded(slots) })
}

// expectAll says that one more answer decides each row, whichever table it is
// of.
func expectAll(slots []slot) {
	for _, s := range slots {
		s.page.owner.expect(s, 1)
	}
}

func (t *tracker) code(reason string) uint16 {
	if reason == "" { // of most rows: loaded
		return 0
	}
	at, ok := t.index[reason]
	if !ok {
		at = uint16(len(t.reason))
		t.reason, t.index[reason] = append(t.reason, reason), at
	}
	return at
}

// expect says that n more answers decide the row.
func (t *tracker) expect(s slot, n int) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.page.pending[s.row] == 0 {
		s.page.left++
	}
	s.page.pending[s.row] += uint32(n)
}

// answer takes one answer for each slot. reason "" is good news. What our side
// refuses counts more than what the target does: that may take it after all,
// and then the row must not pass for loaded.
func (t *tracker) answer(slots []slot, reason string, byTarget bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range slots {
		p := s.page
		_, targets := p.refused[s.row]
		if reason != "" && (p.outcome[s.row] != reports.Rejected || targets && !byTarget) {
			p.outcome[s.row], p.reason[s.row] = reports.Rejected, t.code(reason)
			if delete(p.refused, s.row); byTarget {
				p.refuse(s.row)
			}
		}
		if p.pending[s.row]--; p.pending[s.row] == 0 {
			p.left--
			t.finish(p)
		}
	}
}

// refuse notes that nobody but the target refused something of the row.
func (p *page) refuse(row int) {
	if p.refused == nil {
		p.refused = map[int]struct{}{}
	}
	p.refused[row] = struct{}{}
}

// seal says that all rows of the page went through decide.
func (t *tracker) seal(p *page) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.sealed = !t.hold
	t.finish(p)
}

// finish emits a page whose rows are all decided.
func (t *tracker) finish(p *page) {
	if !p.sealed || p.left > 0 {
		return
	}
	t.emit(p.in, p.ranges(t.reason))
	delete(t.open, p)
	p.pending, p.outcome, p.reason, p.merged, p.refused = nil, nil, nil, nil, nil
}

// flush emits the decided rows of pages that will not be finished: the run ends
// early.
func (t *tracker) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range t.open {
		if t.hold && !p.sealed {
			continue // what a view would have made of the rows is not known
		}
		t.emit(p.in, p.ranges(t.reason))
		delete(t.open, p)
	}
}

// release seals the pages of an input that was held.
func (t *tracker) release(in *Input) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pages[in] {
		p.sealed = true
		t.finish(p)
	}
	delete(t.pages, in)
}

// ranges joins neighbouring rows of the same outcome; rows with something
// pending are left out.
func (p *page) ranges(reasons []string) []reports.RowRange {
	var out []reports.RowRange
	for i := range p.known {
		if p.pending[i] > 0 {
			continue
		}
		row := p.first + int64(i)
		g := reports.RowRange{First: row, Last: row, Outcome: p.outcome[i], Reason: reasons[p.reason[i]], MergedInto: p.merged[i]}
		if n := len(out); n > 0 && out[n-1].Last == row-1 && out[n-1].Outcome == g.Outcome && out[n-1].Reason == g.Reason && g.MergedInto == 0 && out[n-1].MergedInto == 0 {
			out[n-1].Last = row
			continue
		}
		out = append(out, g)
	}
	return out
}

// find returns the slot of a row of a table with groups.
func (t *tracker) find(in *Input, row int64) slot {
	t.mu.Lock()
	defer t.mu.Unlock()
	pages := t.pages[in]
	at, found := slices.BinarySearchFunc(pages, row, func(p *page, row int64) int { return int(p.first - row) })
	if !found {
		at--
	}
	return slot{page: pages[at], row: int(row - pages[at].first)}
}
