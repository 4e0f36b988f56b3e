package console

import "time"

// SetClock gives p another clock.
func (p *Progress) SetClock(now func() time.Time) { p.now = now }
