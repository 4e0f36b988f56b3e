package validate

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"chartlift/fhir/profile"
)

// MustSupport counts how often the elements that profiles mark as must-support
// are filled. Its zero value is ready, and it is safe for concurrent use.
type MustSupport struct {
	mu     sync.Mutex
	counts map[*profile.Node]*Filled
}

// Filled says how often an element was there: in Have of the Of values of its
// parent that were checked.
type Filled struct {
	Profile string // its id
	Element string // id of the ElementDefinition
	Have    int64
	Of      int64
}

// note counts one element of one parent.
func (m *MustSupport) note(p *profile.Profile, n *profile.Node, there bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[*profile.Node]*Filled{}
	}
	f := m.counts[n]
	if f == nil {
		f = &Filled{Profile: p.Title, Element: n.ID}
		m.counts[n] = f
	}
	f.Of++
	if there {
		f.Have++
	}
}

// List returns the counts by profile, the emptiest element first.
func (m *MustSupport) List() []Filled {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Filled, 0, len(m.counts))
	for _, f := range m.counts {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Filled) int {
		return cmp.Or(strings.Compare(a.Profile, b.Profile), cmp.Compare(a.Have*b.Of, b.Have*a.Of), strings.Compare(a.Element, b.Element))
	})
	return all
}

// Take returns the counts in no order and begins anew. What it returns is the
// caller's.
func (m *MustSupport) Take() []Filled {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Filled, 0, len(m.counts))
	for _, f := range m.counts {
		all = append(all, *f)
	}
	clear(m.counts)
	return all
}

// supported counts an element or slice that the profile marks as must-support.
func (c *checker) supported(n *profile.Node, there bool) {
	if !n.MustSupport || c.trials > 0 {
		return
	}
	if c.support != nil {
		c.support.note(c.current, n, there)
	} else if c.options.MustSupport != nil {
		c.options.MustSupport.note(c.current, n, there)
	}
}
