package reports

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
)

// A packed line of the journal is two columns: resources is a list of [type,
// fate, version] in JSON, and packed has 33 bytes of each resource: which of
// the list it is of (two decimal digits, as hex() prints them: the view
// v_resource reads them so), the 16 bytes of its id, which is a UUID, and the
// 16 of its sum. The same in JSON has three times as many bytes, and the
// journal is most of the run database.
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

// pack returns a packed line. ok is false where it cannot be told in that form:
// ids that are no UUIDs in small letters, ids that the server gave, and a fate
// that is none: the list would be no JSON.
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
		if last >= mostKinds || d.Fate < 'a' || d.Fate > 'z' || d.ServerID != "" || !packUUID(one[1:17], d.ID) {
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

// storedLine is a line of the journal as it is stored. packed is nil where all
// is in resources.
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

// packUUID writes the 16 bytes of a UUID in small letters (RFC 9562, section
// 4), and reports whether id is one. It is asked for every resource: eight
// digits are read at a time.
func packUUID(to []byte, id string) bool {
	var text [36]byte
	if copy(text[:], id); len(id) != len(text) || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	le := binary.LittleEndian
	ok := true
	for i, digits := range [4]uint64{
		le.Uint64(text[:]),
		uint64(le.Uint32(text[9:])) | uint64(le.Uint32(text[14:]))<<32,
		uint64(le.Uint32(text[19:])) | uint64(le.Uint32(text[24:]))<<32,
		le.Uint64(text[28:]),
	} {
		four, hexadecimal := eightDigits(digits)
		le.PutUint32(to[4*i:], four)
		ok = ok && hexadecimal
	}
	return ok
}

// eightDigits returns the four bytes that eight hexadecimal digits stand for,
// the first in the lowest byte of both. ok is false where one is no digit, or a
// capital: what is made of the value again must be the digits.
func eightDigits(digits uint64) (four uint32, ok bool) {
	const each = 0x0101010101010101
	letters := digits >> 6 & each // 'a' to 'f' are 0x61 to 0x66, '0' to '9' 0x30 to 0x39
	values := digits&(15*each) + 9*letters
	again := values + '0'*each + (values+6*each)>>4&each*('a'-10-'0')
	ok = again == digits && values&(0xf0*each) == 0
	pairs := (values<<4 | values>>8) & 0x00ff00ff00ff00ff
	pairs = (pairs | pairs>>8) & 0x0000ffff0000ffff
	return uint32(pairs | pairs>>16), ok
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
