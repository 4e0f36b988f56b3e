package reports

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
)

// A packed line of the journal is two columns: resources is a list of [type, fate, version] in JSON, and packed has 33 bytes of each
// resource: which of the list it is of (two decimal digits, as hex() prints them: the view v_resource reads them so), the 16 bytes of its
// id, which is a UUID, and the 16 of its sum. The same in JSON has three times as many bytes, and the journal is most of the run database.
const (
	packedRecord = 1 + 16 + 16
	mostKinds    = 100 // of one line: as many as two digits tell apart
)

// errPacked says that a packed line is damaged.
var errPacked = errors.New("the packed line is damaged")

// packedKind is what many resources of a bundle have in common.
type packedKind struct {
	typ     string
	fate    Fate
	version string
}

func (k packedKind) of(d *Delivered) bool {
	return k.fate == d.Fate && k.typ == d.Type && k.version == d.Version
}

// pack returns a packed line. ok is false where it cannot be told in that form: ids that are no UUIDs in small letters, and ids that the
// server gave.
func pack(all []Delivered) (line storedLine, ok bool) {
	var kinds []packedKind
	last := -1
	line.packed = make([]byte, len(all)*packedRecord)
	for i := range all {
		d := &all[i]
		if last < 0 || !kinds[last].of(d) {
			last = slices.IndexFunc(kinds, func(k packedKind) bool { return k.of(d) })
		}
		if last < 0 {
			last = len(kinds)
			kinds = append(kinds, packedKind{d.Type, d.Fate, d.Version})
		}
		one := line.packed[i*packedRecord:][:packedRecord]
		if last >= mostKinds || d.ServerID != "" || !packUUID(one[1:17], d.ID) {
			return storedLine{}, false
		}
		one[0] = byte(last/10<<4 | last%10)
		copy(one[17:], d.Sum[:])
	}
	line.resources = listKinds(kinds)
	return line, len(all) > 0
}

// listKinds writes the list that a packed line refers to.
func listKinds(kinds []packedKind) string {
	list := []byte{'['}
	for i, k := range kinds {
		if i > 0 {
			list = append(list, ',')
		}
		list = appendQuoted(append(list, '['), k.typ)
		list = append(list, ',', '"', byte(k.fate), '"', ',')
		list = append(appendQuoted(list, k.version), ']')
	}
	return string(append(list, ']'))
}

// storedLine is a line of the journal as it is stored. packed is nil where all is in resources.
type storedLine struct {
	resources string
	packed    []byte
}

// delivered reads the line.
func (l storedLine) delivered() ([]Delivered, error) {
	if l.packed == nil {
		return readDelivered(l.resources)
	}
	var kinds [][3]string
	if err := json.Unmarshal([]byte(l.resources), &kinds); err != nil {
		return nil, errors.Join(errPacked, err)
	}
	if len(l.packed)%packedRecord != 0 {
		return nil, errPacked
	}
	out := make([]Delivered, 0, len(l.packed)/packedRecord)
	for one := range slices.Chunk(l.packed, packedRecord) {
		at := int(one[0]>>4)*10 + int(one[0]&15)
		if at >= len(kinds) || len(kinds[at][1]) != 1 {
			return nil, errPacked
		}
		k := kinds[at]
		out = append(out, Delivered{Type: k[0], ID: uuidText(one[1:17]), Sum: Sum(one[17:]), Fate: Fate(k[1][0]), Version: k[2]})
	}
	return out, nil
}

// packUUID writes the 16 bytes of a UUID in small letters (RFC 9562, section 4), and reports whether id is one.
func packUUID(to []byte, id string) bool {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return false
	}
	var bad byte
	for i, at := range [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := nibble(id[at]), nibble(id[at+1])
		bad |= high | low
		to[i] = high<<4 | low
	}
	return bad < 16
}

// nibble returns what a hexadecimal digit in small letters stands for, 255 for another sign.
func nibble(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c-'a' < 6:
		return c - 'a' + 10
	}
	return 255
}

// uuidText is packUUID the other way round.
func uuidText(b []byte) string {
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}
