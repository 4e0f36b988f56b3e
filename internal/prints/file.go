package prints

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unsafe"
)

// ErrDamaged means that something else was written than a table.
var ErrDamaged = errors.New("these are not the prints that were written")

// headSize is how many bytes stand before the slots of a table.
const headSize = 16

// Size returns how many bytes Save writes of a table without values.
func Size(t *Table[struct{}]) int64 { return headSize + 8*int64(t.slots()) }

// Save writes a table without values as it lies in memory: how many homes and
// how many slots it has, 8 bytes each, then the slots, 8 bytes each, the low
// one first. Whoever loads it looks for no place again. The table must not
// change meanwhile.
func Save(t *Table[struct{}], w io.Writer) error {
	buf := make([]byte, 0, 8*pageSlots)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(t.homes))
	buf = binary.LittleEndian.AppendUint64(buf, uint64(t.slots()))
	for _, page := range t.pages {
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("write prints: %w", err)
		}
		buf = buf[:0]
		for i := range page {
			buf = binary.LittleEndian.AppendUint64(buf, page[i].print())
		}
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("write prints: %w", err)
	}
	return nil
}

// Load takes what Save wrote from the beginning of the text, in the place of
// what is in the table, and returns what stands behind it. The slots are not
// copied where the text stands as they do in memory: it is the table's from
// then on. What was damaged so that a search would go astray is ErrDamaged;
// that no print was changed, whoever keeps the file sees to.
func Load(t *Table[struct{}], text []byte) (rest []byte, err error) {
	if len(text) < headSize {
		return nil, fmt.Errorf("read prints: %w", ErrDamaged)
	}
	homes, slots := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	text = text[headSize:]
	if slots > uint64(len(text))/8 || homes > slots || homes == 0 && slots > 0 {
		return nil, fmt.Errorf("read prints: %w", ErrDamaged)
	}
	raw, rest := text[:8*slots], text[8*slots:]
	*t = Table[struct{}]{homes: int(homes), pages: make([][]slot[struct{}], 0, slots/pageSlots+1)}
	if t.n = inOrder(raw, homes); t.n < 0 {
		return nil, fmt.Errorf("read prints: %w", ErrDamaged)
	}
	for all := slotsIn(raw); len(all) > 0; {
		n := min(len(all), pageSlots)
		t.pages = append(t.pages, all[:n:n])
		all = all[n:]
	}
	return rest, nil
}

// inOrder returns how many prints are in the slots, -1 where one does not stand
// behind all smaller ones, or before its home.
func inOrder(raw []byte, homes uint64) (n int) {
	before := uint64(0)
	for i := 0; i+8 <= len(raw); i += 8 {
		print := binary.LittleEndian.Uint64(raw[i:])
		if print == 0 {
			continue
		}
		if home, _ := bits.Mul64(print, homes); print <= before || home > uint64(i/8) {
			return -1
		}
		before = print
		n++
	}
	return n
}

// slotsIn returns the slots that raw holds: raw itself where the processor
// writes numbers as the file does and may read them from there.
func slotsIn(raw []byte) []slot[struct{}] {
	if len(raw) == 0 {
		return nil
	}
	const align = uintptr(unsafe.Alignof(slot[struct{}]{}))
	one := [2]byte{1, 0}
	if at := unsafe.Pointer(unsafe.SliceData(raw)); uintptr(at)%align == 0 && binary.NativeEndian.Uint16(one[:]) == 1 {
		return unsafe.Slice((*slot[struct{}])(at), len(raw)/8)
	}
	all := make([]slot[struct{}], len(raw)/8)
	for i := range all {
		all[i] = slotOf(binary.LittleEndian.Uint64(raw[8*i:]), struct{}{})
	}
	return all
}
