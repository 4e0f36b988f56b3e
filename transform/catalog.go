package transform

import (
	"bytes"
	"io"
	"sort"
)

// catalogBlock is how long blocks of a catalog are: one is read for a key that
// was not looked for lately.
const catalogBlock = 8 << 10

// catalog is rows on the disk in the order of their keys. In memory is the
// first key of each block: some fifty bytes for 8 KB. Rows are looked for in
// the order of another table, which is often that of the keys, or near it: the
// next one then stands in a block that was just read.
type catalog struct {
	spill
	firsts []byte // first keys of the blocks, one behind the other
	ends   []int  // of these
	text   []byte // of the block that is being filled
}

// newCatalog writes the rows that a merge gives.
func newCatalog(dir string, m *merge) (*catalog, error) {
	c := &catalog{spill: spill{dir: dir, name: "lookups"}}
	for {
		e, err := m.next()
		if err == nil {
			err = c.add(e)
		} else if err == io.EOF {
			err = c.flush()
			c.text = nil
			return c, err
		}
		if err != nil {
			return c, err
		}
	}
}

func (c *catalog) add(e entry) error {
	if len(c.text) == 0 {
		c.firsts = append(c.firsts, e.key...)
		c.ends = append(c.ends, len(c.firsts))
	}
	if c.text = e.appendTo(c.text); len(c.text) < catalogBlock {
		return nil
	}
	return c.flush()
}

func (c *catalog) flush() error {
	if len(c.text) == 0 {
		return nil
	}
	err := c.put(c.text)
	c.text = c.text[:0]
	return err
}

// first returns the key with which a block begins.
func (c *catalog) first(n int) []byte {
	begin := 0
	if n > 0 {
		begin = c.ends[n-1]
	}
	return c.firsts[begin:c.ends[n]]
}

// blocksAtHand is how many blocks of a catalog a worker keeps, a power of two.
const blocksAtHand = 8

// catalogReader finds rows in a catalog. It is for one goroutine.
type catalogReader struct {
	*catalog
	at [blocksAtHand]struct {
		number int // of the block and one; 0: none
		text   []byte
	}
}

// find appends the rows of a key, in their order.
func (r *catalogReader) find(key []byte, found []line) ([]line, error) {
	// Rows with the key may begin in the block before the first one that begins
	// with it.
	from := max(0, sort.Search(len(r.ends), func(n int) bool { return bytes.Compare(r.first(n), key) >= 0 })-1)
	for n := from; n < len(r.ends) && bytes.Compare(r.first(n), key) <= 0; n++ {
		text, err := r.block(n)
		if err != nil {
			return nil, err
		}
		for len(text) > 0 {
			var e entry
			if e, text = cutEntry(text); bytes.Equal(e.key, key) {
				found = append(found, line(e.body))
			}
		}
	}
	return found, nil
}

// block returns a block, good until the next call.
func (r *catalogReader) block(n int) ([]byte, error) {
	at := &r.at[n%blocksAtHand]
	if at.number == n+1 {
		return at.text, nil
	}
	at.number = 0
	text, err := r.get(n, at.text)
	if err != nil {
		return nil, err
	}
	at.number, at.text = n+1, text
	return text, nil
}
