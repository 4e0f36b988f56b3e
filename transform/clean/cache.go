package clean

import (
	"strings"
	"sync"
	"sync/atomic"
)

// maxCached bounds each cache. A full cache is emptied: that is simpler than
// ageing, and columns with more different values gain little from any cache.
const maxCached = 4096

// recentSlots is how many of the last results are found without a lock, by
// length and ends of their texts: a power of two.
const recentSlots = 32

// cache remembers the results of a slow pure function of a text. It is safe for
// concurrent use.
type cache[T any] struct {
	recent [recentSlots]atomic.Pointer[result[T]]
	mu     sync.RWMutex
	seen   map[string]*result[T]
}

// result is what the function made of a text. It does not change.
type result[T any] struct {
	of   string
	made T
}

// get returns f(s), from memory where that is possible.
func (c *cache[T]) get(s string, f func(string) T) T {
	at := uint(len(s))
	if s != "" {
		at += uint(s[0])*3 + uint(s[len(s)-1])*7
	}
	slot := &c.recent[at%recentSlots]
	if r := slot.Load(); r != nil && r.of == s {
		return r.made
	}
	r := c.remembered(s, f)
	slot.Store(r)
	return r.made
}

// remembered returns what get does for a text that is not among the last.
func (c *cache[T]) remembered(s string, f func(string) T) *result[T] {
	c.mu.RLock()
	r, ok := c.seen[s]
	c.mu.RUnlock()
	if ok {
		return r
	}
	// s may be a slice of a whole batch of rows, which must not stay in memory.
	r = &result[T]{of: strings.Clone(s), made: f(s)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || len(c.seen) >= maxCached {
		c.seen = make(map[string]*result[T])
	}
	c.seen[r.of] = r
	return r
}
