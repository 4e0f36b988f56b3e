package profile

// dictionary counts the values of a column exactly, up to a bound.
type dictionary struct {
	entries []entry
	slots   []uint32 // open addressing, index + 1 of an entry
}

// entry is a value with what it looks like.
type entry struct {
	hash  uint64
	size  int // of the whole value, of which text may be the beginning
	text  string
	count int64
	look  look
}

// find returns the place of text among the entries, or -1.
func (d *dictionary) find(h uint64, text string) int {
	if len(d.slots) == 0 {
		return -1
	}
	mask := uint64(len(d.slots) - 1)
	for i := h & mask; d.slots[i] != 0; i = (i + 1) & mask {
		if e := &d.entries[d.slots[i]-1]; e.hash == h && e.size == len(text) && text[:len(e.text)] == e.text {
			return int(d.slots[i] - 1)
		}
	}
	return -1
}

// insert adds a value, of whose text it keeps a copy, or of its beginning: the
// text at hand is part of a read buffer.
func (d *dictionary) insert(r *run, l look) {
	if 2*(len(d.entries)+1) > len(d.slots) {
		d.grow()
	}
	d.entries = append(d.entries, entry{hash: r.hash, size: len(r.text), text: kept(r.text), count: r.rows, look: l})
	d.place(r.hash, uint32(len(d.entries)))
}

// place puts an entry into the first free slot behind its hash.
func (d *dictionary) place(h uint64, index uint32) {
	mask := uint64(len(d.slots) - 1)
	i := h & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	d.slots[i] = index
}

// grow begins small: a dump may have two hundred tables of a few rows.
func (d *dictionary) grow() {
	d.slots = make([]uint32, max(16, 4*len(d.slots)))
	for i := range d.entries {
		d.place(d.entries[i].hash, uint32(i+1))
	}
}

// filter tells of most values that a full dictionary lacks them, without a look
// into it: its entries stand all over a megabyte, the filter's bits near each
// other (Bloom 1970, with one hash). Of the values that are not there one in
// sixteen passes.
type filter [mostCounted * 16 / 64]uint64

// add notes that a value with this hash is there.
func (f *filter) add(h uint64) {
	h >>= 32
	f[h/64%uint64(len(f))] |= 1 << (h % 64)
}

// may reports whether a value with this hash can be there.
func (f *filter) may(h uint64) bool {
	h >>= 32
	return f[h/64%uint64(len(f))]&(1<<(h%64)) != 0
}
