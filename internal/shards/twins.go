package shards

import (
	"cmp"
	"encoding/binary"
)

// Twin says which row of the table duplicates which other one. Verdict is
// transform's; Other is counted over all files of the table.
type Twin struct {
	Row     int64 // in its file
	Verdict uint8
	Other   int64
}

// PackTwins packs twins in the order of their rows, some five bytes each.
func PackTwins(twins []Twin) []byte {
	var out []byte
	row := int64(0)
	for _, t := range twins {
		out = binary.AppendUvarint(out, uint64(t.Row-row))
		out = append(out, t.Verdict)
		out = binary.AppendUvarint(out, uint64(t.Other))
		row = t.Row
	}
	return out
}

// UnpackTwins undoes PackTwins; ok is false where something else was packed.
func UnpackTwins(packed []byte) (twins map[int64]Twin, ok bool) {
	twins = map[int64]Twin{}
	row := int64(0)
	for c := (cursor{text: packed}); len(c.text) > 0; {
		row += int64(c.uint())
		t := Twin{Row: row, Verdict: c.byte(), Other: int64(c.uint())}
		if c.bad {
			return nil, false
		}
		twins[row] = t
	}
	return twins, true
}

// Compare orders twins by their rows.
func (t Twin) Compare(row int64) int { return cmp.Compare(t.Row, row) }
