package dedupe

import "encoding/binary"

// dict numbers texts from 1 and keeps them in one piece of memory; 0 stands for
// no value. The zero value is not usable; newDict makes one.
type dict struct {
	text   []byte   // until freeze
	frozen string   // after it
	ends   []uint32 // ends[id] is where the text of id ends
	hashes []uint64
	table  []uint32
}

func newDict() *dict {
	return &dict{ends: []uint32{0}, hashes: []uint64{0}, table: make([]uint32, 1<<8)}
}

// len returns the number of texts, 0 counted as one.
func (d *dict) len() int { return len(d.ends) }

// freeze ends the adding of texts: from now on they can be looked at, by many
// goroutines.
func (d *dict) freeze() {
	if d.text != nil {
		d.frozen, d.text, d.table = string(d.text), nil, nil
	}
}

// at returns the text of id, after freeze.
func (d *dict) at(id uint32) string {
	if id == 0 {
		return ""
	}
	return d.frozen[d.ends[id-1]:d.ends[id]]
}

// id returns the number of text, giving it one where it is new. An empty text
// is 0.
func (d *dict) id(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	h := hash(text)
	mask := uint64(len(d.table) - 1)
	slot := h & mask
	for ; d.table[slot] != 0; slot = (slot + 1) & mask {
		id := d.table[slot]
		if d.hashes[id] == h && string(d.text[d.ends[id-1]:d.ends[id]]) == string(text) {
			return id
		}
	}
	id := uint32(len(d.ends))
	d.text = append(d.text, text...)
	d.ends = append(d.ends, uint32(len(d.text)))
	d.hashes = append(d.hashes, h)
	d.table[slot] = id
	if len(d.ends)*4 > len(d.table)*3 {
		d.grow()
	}
	return id
}

func (d *dict) grow() {
	d.table = make([]uint32, 2*len(d.table))
	mask := uint64(len(d.table) - 1)
	for id := 1; id < len(d.ends); id++ {
		slot := d.hashes[id] & mask
		for d.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.table[slot] = uint32(id)
	}
}

// hash is the same on every machine and in every run: samples and cluster ids
// follow from it.
func hash(text []byte) uint64 {
	h := uint64(len(text)) * 0x9e3779b97f4a7c15
	for len(text) >= 8 {
		h = mix(h, binary.LittleEndian.Uint64(text))
		text = text[8:]
	}
	var tail [8]byte
	copy(tail[:], text)
	return mix(mix(h, binary.LittleEndian.Uint64(tail[:])), 0x2545f4914f6cdd1d)
}

// mix joins two hashes (the finaliser of MurmurHash3, Appleby, public domain).
// It never returns 0, which means no key.
func mix(a, b uint64) uint64 {
	h := a ^ (b + 0x9e3779b97f4a7c15 + a<<6 + a>>2)
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return max(h, 1)
}
