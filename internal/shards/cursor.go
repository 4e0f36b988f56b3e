package shards

import "encoding/binary"

// cursor reads numbers and bytes; bad says that there were none.
type cursor struct {
	text []byte
	bad  bool
}

func (c *cursor) uint() uint64 {
	v, n := binary.Uvarint(c.text)
	c.skip(n)
	return v
}

func (c *cursor) int() int64 {
	v, n := binary.Varint(c.text)
	c.skip(n)
	return v
}

func (c *cursor) byte() byte {
	if len(c.text) == 0 {
		c.bad = true
		return 0
	}
	b := c.text[0]
	c.text = c.text[1:]
	return b
}

// bytes reads a length and so many bytes.
func (c *cursor) bytes() []byte {
	n := c.uint()
	if c.bad || n > uint64(len(c.text)) {
		c.bad = true
		return nil
	}
	out := c.text[:n]
	c.text = c.text[n:]
	return out
}

// skip leaves out a number of n bytes; 0 and less say that it was none.
func (c *cursor) skip(n int) {
	if n <= 0 {
		c.bad, c.text = true, nil
		return
	}
	c.text = c.text[n:]
}
