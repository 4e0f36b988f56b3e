package load

import (
	"context"
	"net"
	"time"
)

// Sleep waits, or returns ctx's error where that is done before.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Clock is the time seam for tests of sinks that wait for each other's answers.
// Every nil member is the real thing.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// OrReal returns the clock with the real thing in place of what is nil.
func (c Clock) OrReal() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = Sleep
	}
	return c
}

// Loopback reports whether a host, without its port, is this machine: it may be
// spoken to without TLS.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
