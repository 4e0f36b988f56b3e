package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"time"

	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/reports"
)

// ErrMoved says that the sources make other bundles than when the comparison
// was stopped: what it had looked at cannot be told from what it had not. It
// must begin again.
var ErrMoved = errors.New("the sources have changed since the comparison was stopped")

// TypeCount is how many resources of a type there are on each side, and what
// became of those that were compared. Server is -1 where it does not say.
type TypeCount struct {
	Type                    string
	Source, Journal, Server int64
	Population              int64 // delivered as the source makes them
	Compared, Differ        int64
	Uncompared              int64 // there, and its content could not be compared
}

// Bound is the highest share of what can be compared of the type that may
// differ, with 95 % confidence.
func (t TypeCount) Bound() float64 {
	return bound(t.Differ, t.Compared, t.Population-t.Uncompared)
}

// evenSample is the part of the sample that was drawn with the same chance from
// all resources: where small types are looked at more closely, the whole sample
// would tell too much about them and too little about the others.
type evenSample struct{ differ, compared int64 }

// Bound is the highest share of all that can be compared that may differ, with
// 95 % confidence: the share itself where all of them were.
func (r *Result) Bound() float64 {
	if comparable := r.Population - r.Uncompared; r.Compared >= comparable {
		return bound(r.Differ, r.Compared, comparable)
	}
	return compare.Bound(r.even.differ, r.even.compared)
}

// bound is exact where nothing was left out. Of none in n it is about 3/n, the
// rule of three; of nothing looked at, it is anything.
func bound(differ, compared, population int64) float64 {
	if compared >= population {
		return float64(differ) / max(1, float64(population))
	}
	return compare.Bound(differ, compared)
}

// shares says how much of each type is compared: its share of the resources, or
// what Least asks for.
func (o Options) shares(counts map[string]int64) map[string]float64 {
	shares := map[string]float64{}
	for typ, n := range counts {
		shares[typ] = max(o.Share, float64(o.Least)/float64(max(n, 1)))
	}
	return shares
}

func (c *Checker) share(typ string) float64 {
	if s, ok := c.shares[typ]; ok {
		return s
	}
	return c.o.Share
}

// chosen reports whether a resource is part of a sample of this share. A larger
// share chooses the same ones and more.
func chosen(ref string, share float64) bool {
	sum := reports.SumOf([]byte(ref))
	return share >= 1 || float64(binary.BigEndian.Uint64(sum[:8]))/(1<<64) < share
}

// State is how far a comparison has come, to go on with it later.
type State struct {
	Bundle   int64            `json:"bundle"`   // the last one that was compared
	Trail    []byte           `json:"trail"`    // hash of the bundles up to it
	Compared map[string]int64 `json:"compared"` // resources, by type

	Uncompared map[string]int64 `json:"uncompared,omitempty"` // that are there and could not be compared

	Even     int64    `json:"even"`     // of these, in the sample that is even over all types
	Suspects []string `json:"suspects"` // references that differed
}

// The state is saved after so many bundles, or so much time: with a low rate a
// bundle may take long.
const (
	saveEvery = 20
	saveAfter = 2 * time.Second
)

// due reports whether the state is to be saved.
func (c *Checker) due(seq int64) bool {
	return c.o.Save != nil && seq > c.o.From.Bundle && (seq%saveEvery == 0 || time.Since(c.saved) > saveAfter)
}

func (c *Checker) save() error {
	c.saved = time.Now()
	s := c.state
	s.Suspects, s.Compared, s.Uncompared = nil, maps.Clone(c.state.Compared), maps.Clone(c.state.Uncompared)
	for _, x := range c.suspects {
		s.Suspects = append(s.Suspects, x.resource.Ref())
	}
	for _, d := range c.result.Differences {
		if d.Kind == Missing || d.Kind == Altered || d.Kind == Drifted {
			s.Suspects = append(s.Suspects, d.Type+"/"+d.ID)
		}
	}
	return c.o.Save(s)
}

// follow hashes what has come so far. Where an earlier comparison is gone on
// with, its bundles must have been the same.
func (c *Checker) follow(b *load.Bundle) error {
	h := sha256.New()
	h.Write(c.state.Trail)
	for _, e := range b.Entries {
		sum := sha256.Sum256(e.Resource.JSON)
		h.Write([]byte(e.Resource.Ref()))
		h.Write(sum[:])
	}
	c.state.Trail, c.state.Bundle = h.Sum(nil), b.Seq
	if b.Seq == c.o.From.Bundle {
		if !bytes.Equal(c.state.Trail, c.o.From.Trail) {
			return ErrMoved
		}
		c.resumed = true
	}
	return nil
}
