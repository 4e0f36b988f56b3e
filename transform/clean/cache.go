package clean

import (
	"strings"
	"sync"
)

// maxCached bounds each cache. A full cache is emptied: that is simpler than
// ageing, and columns with more different values gain little from any cache.
const maxCached = 4096

// cache remembers the results of a slow pure function of a text. It is safe for
// concurrent use.
type cache[T any] struct {
	mu   sync.RWMutex
	seen map[string]T
}

// get returns f(s), from memory where that is possible.
func (c *cache[T]) get(s string, f func(string) T) T {
	c.mu.RLock()
	v, ok := c.seen[s]
	c.mu.RUnlock()
	if ok {
		return v
	}
	v = f(s)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || len(c.seen) >= maxCached {
		c.seen = make(map[string]T)
	}
	// s may be a slice of a whole batch of rows, which must not stay in memory.
	c.seen[strings.Clone(s)] = v
	return v
}
