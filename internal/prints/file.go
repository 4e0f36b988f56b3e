package prints

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"
)

// ErrDamaged means that something else was written than a table.
var ErrDamaged = errors.New("these are not the prints that were written")

// headSize is how many bytes stand before the slots of a table.
const headSize = 16

// Size returns how many bytes Save writes of a table without values.
func Size(t *Table[struct{}]) int64 { return headSize + 8*int64(t.slots()) }

// Save writes a table without values as it lies in memory: how many homes and how many slots it has, 8 bytes each, then the slots, 8 bytes
// each, the low one first. Whoever loads it looks for no place again. The table must not change meanwhile.
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

// Load reads what Save wrote, at most so many bytes, in the place of what is in the table, and returns how many there were. What was
// damaged so that a search would go astray is ErrDamaged; that no print was changed, whoever keeps the file sees to.
func Load(t *Table[struct{}], r io.Reader, most int64) (size int64, err error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, fmt.Errorf("read prints: %w", err)
	}
	homes, slots := binary.LittleEndian.Uint64(head[:]), binary.LittleEndian.Uint64(head[8:])
	if most -= headSize; most < 0 || slots > uint64(most)/8 || homes > slots || homes == 0 && slots > 0 { // else it would take any amount of memory
		return 0, fmt.Errorf("read prints: %w", ErrDamaged)
	}
	*t = Table[struct{}]{homes: int(homes), pages: make([][]slot[struct{}], 0, slots/pageSlots+1)}
	before := uint64(0)
	for left := int(slots); left > 0; {
		page := make([]slot[struct{}], min(left, pageSlots))
		if before, err = readPage(t, page, r, before); err != nil {
			return 0, fmt.Errorf("read prints: %w", err)
		}
		left -= len(page)
	}
	return headSize + 8*int64(slots), nil
}

// readPage fills the next page, whose prints come after one, and returns the last of them.
func readPage(t *Table[struct{}], page []slot[struct{}], r io.Reader, before uint64) (last uint64, err error) {
	// A slot without a value is 8 bytes.
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(page))), 8*len(page))
	if _, err := io.ReadFull(r, raw); err != nil {
		return 0, err
	}
	at := len(t.pages) * pageSlots
	for i := range page {
		print := binary.LittleEndian.Uint64(raw[8*i:])
		if page[i] = slotOf(print, struct{}{}); print == 0 { // as the processor writes numbers
			continue
		}
		if print <= before || t.home(print) > at+i {
			return 0, ErrDamaged
		}
		before = print
		t.n++
	}
	t.pages = append(t.pages, page)
	return before, nil
}
