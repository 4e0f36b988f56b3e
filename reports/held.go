package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Held is what a target holds of the runs of this project, by the journal: some
// 40 bytes of memory a resource. Of each resource the latest word counts. It is
// for one goroutine.
type Held struct {
	rows  []heldRow // sorted by key
	types []string
	db    *DB
	from  []string // runs, the earliest first
	scope string
	all   bool // see SendAll
	doubt map[[16]byte]doubtful
}

// doubtful is what was sent last without an answer: the target may have it.
type doubtful struct {
	made  bool // Look was asked for it: a row makes it
	stood bool // the target had it before, so that it has it still, with one content or the other
}

// heldRow is one resource. Its name is kept as a hash: names are read again
// where they are needed.
type heldRow struct {
	key  [16]byte
	sum  Sum
	fate Fate
	typ  uint8
	ours bool // its latest run has the scope asked for
	seen bool
}

// Vanished is a resource that the target holds and that no row makes any more.
type Vanished struct {
	Delivered
	Run string // that delivered it last
}

func heldKey(typ, id string) [16]byte {
	full := sha256.Sum256([]byte(typ + "/" + id))
	return [16]byte(full[:16])
}

// Held returns what the target holds, nil where no run has delivered to it.
// scope is the one of the coming run.
func (db *DB) Held(ctx context.Context, target, scope string) (*Held, error) {
	h := &Held{db: db, scope: scope}
	err := db.each(ctx, `SELECT run_id FROM delivery d JOIN run USING (run_id) WHERE d.target = ? AND (kind = 'server' OR complete) ORDER BY run_no`, []any{target}, func(scan scanner) error {
		var run string
		err := scan(&run)
		h.from = append(h.from, run)
		return err
	})
	if err != nil || len(h.from) == 0 {
		return nil, err
	}
	known := map[string]uint8{}
	err = h.each(ctx, func(_ string, ours bool, d Delivered) error {
		if d.Fate == Dead {
			return nil // the target holds what it held before
		}
		at, ok := known[d.Type]
		if !ok {
			if len(h.types) == 255 {
				return fmt.Errorf("more than 255 resource types")
			}
			at = uint8(len(h.types))
			known[d.Type], h.types = at, append(h.types, d.Type)
		}
		h.rows = append(h.rows, heldRow{key: heldKey(d.Type, d.ID), sum: d.Sum, fate: d.Fate, typ: at, ours: ours})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what %s holds: %w", target, err)
	}
	h.compact()
	return h, nil
}

// compact sorts the rows and keeps the last word on each resource.
func (h *Held) compact() {
	slices.SortStableFunc(h.rows, func(a, b heldRow) int { return bytes.Compare(a.key[:], b.key[:]) })
	out := h.rows[:0]
	h.doubt = map[[16]byte]doubtful{}
	stood, key := false, [16]byte{}
	for i, r := range h.rows {
		stands := r.fate == Created || r.fate == Updated || r.fate == Unchanged
		if r.key != key || r.fate != Sent {
			stood, key = stands, r.key
		}
		if i+1 < len(h.rows) && h.rows[i+1].key == r.key {
			continue
		}
		if stands || r.fate == Retired {
			out = append(out, r)
		} else if r.fate == Sent {
			h.doubt[r.key] = doubtful{stood: stood}
		}
	}
	h.rows = slices.Clip(out)
}

// each hands out every resource of every run, the earliest first.
func (h *Held) each(ctx context.Context, do func(run string, ours bool, d Delivered) error) error {
	for _, run := range h.from {
		d, _, err := h.db.DeliveryOf(ctx, run)
		if err != nil {
			return err
		}
		err = h.db.each(ctx, "SELECT resources, packed FROM journal WHERE run_id = ? ORDER BY seq", []any{run}, func(scan scanner) error {
			var line storedLine
			if err := scan(&line.resources, &line.packed); err != nil {
				return err
			}
			all, err := line.delivered()
			for _, x := range all {
				if err == nil {
					err = do(run, d.Scope == h.scope, x)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *Held) find(typ, id string) *heldRow {
	key := heldKey(typ, id)
	at, found := slices.BinarySearchFunc(h.rows, key, func(r heldRow, key [16]byte) int { return bytes.Compare(r.key[:], key[:]) })
	if !found {
		return nil
	}
	return &h.rows[at]
}

// Same reports whether the target holds the resource with this content, and
// takes down that it has not vanished.
func (h *Held) Same(typ, id string, resource []byte) bool {
	r := h.find(typ, id)
	if r == nil {
		return false
	}
	r.seen = true
	return r.fate != Retired && !h.all && SameContent(r.sum, resource)
}

// SendAll makes Same answer no from now on: the target is not believed to hold
// anything. What vanished is still found.
func (h *Held) SendAll() { h.all = true }

// Counts returns how many resources of each type the target should have at
// least.
func (h *Held) Counts() map[string]int64 {
	counts := map[string]int64{}
	for _, r := range h.rows {
		counts[h.types[r.typ]]++
	}
	return counts
}

// Vanished hands out the resources of the same scope that were not asked for by
// Same, each once. Those marked already are left out.
func (h *Held) Vanished(ctx context.Context, each func(Vanished) error) error {
	last := map[[16]byte]Vanished{}
	err := h.each(ctx, func(run string, _ bool, d Delivered) error {
		if r := h.find(d.Type, d.ID); r != nil && !r.seen && r.ours && r.fate != Retired && d.Fate != Dead {
			last[r.key] = Vanished{Delivered: d, Run: run}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list what vanished: %w", err)
	}
	for _, r := range h.rows {
		if v, ok := last[r.key]; ok {
			if err := each(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Look returns the content that the target should hold of a resource, and takes
// down that it has not vanished. ok is false where nothing of it was delivered.
func (h *Held) Look(typ, id string) (sum Sum, ok bool) {
	r := h.find(typ, id)
	if r == nil {
		h.doubted(typ, id)
		return sum, false
	}
	r.seen = true
	return r.sum, true
}

// doubted takes down that a row makes what was sent without an answer.
func (h *Held) doubted(typ, id string) {
	if len(h.doubt) == 0 {
		return
	}
	key := heldKey(typ, id)
	if was, sent := h.doubt[key]; sent {
		h.doubt[key] = doubtful{made: true, stood: was.stood}
	}
}

// Knows reports whether the target holds the resource of earlier runs, or may
// hold it: what a killed run left without an answer counts where Look was asked
// for it, as a row makes it still.
func (h *Held) Knows(typ, id string) bool {
	return h.find(typ, id) != nil || h.doubt[heldKey(typ, id)].made
}

// IDs hands out the ids of the resources of a type that the target holds of the
// same scope, some of them more than once. What it held and was then sent again
// without an answer is among them.
func (h *Held) IDs(ctx context.Context, typ string, each func(id string)) error {
	err := h.each(ctx, func(_ string, ours bool, d Delivered) error {
		if d.Type != typ || !ours {
			return nil
		}
		if r := h.find(d.Type, d.ID); r != nil && r.fate != Retired || r == nil && h.doubt[heldKey(d.Type, d.ID)].stood {
			each(d.ID)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list what the target holds: %w", err)
	}
	return nil
}

// Seen reports whether the target holds the resource of earlier runs, and Same
// or Look was asked for it: a row makes it still.
func (h *Held) Seen(typ, id string) bool {
	r := h.find(typ, id)
	return r != nil && r.seen
}

// Recall returns the last word of the journal on resources, by reference.
func (h *Held) Recall(ctx context.Context, refs map[string]bool) (map[string]Delivered, error) {
	found := map[string]Delivered{}
	err := h.each(ctx, func(_ string, _ bool, d Delivered) error {
		if ref := d.Type + "/" + d.ID; d.Fate != Dead && refs[ref] {
			found[ref] = d
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recall what was delivered: %w", err)
	}
	return found, nil
}
