package transform

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/clean"
)

// namespace is the UUID under which all ids are made (RFC 4122 section 4.3). It
// must never change.
const namespace = "\x8e\x1f\x6a\x52\x0c\x7b\x5d\x3e\x9a\x41\x6b\x2d\xc0\x57\x31\xf8"

// ID returns the id that the map gives to the resource with this key: a UUID of
// version 5 over site, resource type, map and key, the same in every run and on
// every machine.
func ID(site string, m *mappings.Map, key []string) string {
	h := idPrefix(site, m)
	for _, part := range key {
		h = appendPart(h, part)
	}
	id := uuid5(h)
	return string(id[:])
}

// idPrefix is what all keys of a map are hashed behind.
func idPrefix(site string, m *mappings.Map) []byte {
	h := append(make([]byte, 0, 256), namespace...)
	for _, part := range [...]string{site, m.Resource, m.Name} {
		h = appendPart(h, part)
	}
	return h
}

// appendPart appends a part of what is hashed, with its length before it: parts
// must not run into each other.
func appendPart(h []byte, part string) []byte {
	h = append(strconv.AppendInt(h, int64(len(part)), 10), ':')
	return append(h, part...)
}

// uuid5 writes the UUID of the bytes, namespace first.
func uuid5(h []byte) (out [36]byte) {
	sum := sha1.Sum(h)
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	hex.Encode(out[:8], sum[:4])
	hex.Encode(out[9:13], sum[4:6])
	hex.Encode(out[14:18], sum[6:8])
	hex.Encode(out[19:23], sum[8:10])
	hex.Encode(out[24:], sum[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return out
}

// usable reports whether a source's own id can be kept: a valid FHIR id that is
// not digits only, which some servers refuse.
func usable(id string) bool {
	if fhir.CheckPrimitive("id", id) != nil {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c != '.' && (c < '0' || c > '9') {
			return true
		}
	}
	return false
}

// identity makes ids of a map's keys.
type identity struct {
	prefix []byte      // of what is hashed
	keep   int         // index in the key of the part whose own value is kept as id, -1 none
	stages []stageFunc // of the map's id pipe
}

func newIdentity(site string, m *mappings.Map) (identity, error) {
	id := identity{prefix: idPrefix(site, m), keep: -1}
	if m.ID == nil {
		return id, nil
	}
	for i, name := range m.Key {
		if name == m.ID.Start.Column {
			id.keep = i
		}
	}
	var err error
	id.stages, err = pureStages(m.ID.Stages)
	return id, err
}

// of returns the id for the key at hand.
func (d *identity) of(w *Worker, k *key) string {
	if d.keep >= 0 {
		v := clean.Of(k.parts[d.keep])
		for _, stage := range d.stages {
			if v.Set {
				v, _ = stage(v, nil)
			}
		}
		if v.Set && usable(v.Text) {
			return v.Text
		}
	}
	id := uuid5(k.hashed)
	return w.ids.add(id[:])
}

// key is the key of a resource, in parts and as it is hashed, behind the prefix
// of its map's identity.
type key struct {
	parts  []string // of _line: the table only
	hashed []byte
}

func (k *key) begin(of *identity) {
	k.parts, k.hashed = k.parts[:0], append(k.hashed[:0], of.prefix...)
}

func (k *key) add(part string) {
	k.parts, k.hashed = append(k.parts, part), appendPart(k.hashed, part)
}

// addLine adds the row itself. Its number is no text, so that it costs no
// memory.
func (k *key) addLine(o issue.Origin) {
	k.add(o.Table)
	var digits [20]byte
	number := strconv.AppendInt(digits[:0], o.Row, 10)
	k.hashed = append(append(strconv.AppendInt(k.hashed, int64(len(number)), 10), ':'), number...)
}

// texts keeps many short texts in few pieces of memory.
type texts struct{ b strings.Builder }

// textsAtOnce is the size of a piece: small, because one text keeps all of it
// alive.
const textsAtOnce = 4 << 10

// add returns b as a string.
func (t *texts) add(b []byte) string {
	if t.b.Cap()-t.b.Len() < len(b) {
		t.b.Reset()
		t.b.Grow(max(textsAtOnce, len(b)))
	}
	start := t.b.Len()
	t.b.Write(b)
	return t.b.String()[start:]
}

// key reads the map's key from the row; it returns false where a part is empty.
func (m *boundMap) key(w *Worker, into *key) bool {
	into.begin(&m.id)
	for i, get := range m.keyCols {
		if get == nil { // _line
			into.addLine(w.rec.Origin)
			continue
		}
		v := get(w)
		if !v.Set {
			w.refuse(issue.Issue{
				Code: "key-missing", Type: "required", Rule: m.def.Name, Column: m.def.Key[i],
				Message: "the key column " + strconv.Quote(m.def.Key[i]) + " is empty: this row cannot be told from others; fill it in the source",
			})
			return false
		}
		into.add(v.Text)
	}
	return true
}

// cellReader reads a cell as the source's trim and nulls say.
type cellReader struct {
	trim    bool
	nulls   []string
	lengths uint64 // bit n: a null token has n bytes (63: or more)
}

func newCellReader(s *mappings.Source) cellReader {
	r := cellReader{trim: s.Trim, nulls: s.Nulls}
	for _, n := range s.Nulls {
		r.lengths |= 1 << min(len(n), 63)
	}
	return r
}

func (r *cellReader) read(v extract.Value) clean.Value {
	if v.Missing() {
		return clean.Value{}
	}
	text := v.Text
	if r.trim {
		text = trim(text)
	}
	if r.lengths&(1<<min(len(text), 63)) != 0 && slices.Contains(r.nulls, text) {
		return clean.Value{}
	}
	return clean.Value{Text: text, Set: true}
}

// trim removes blanks, tabs, line ends and no-break spaces from both ends.
func trim(text string) string {
	if n := len(text); n > 0 && graphic(text[0]) && graphic(text[n-1]) {
		return text // as nearly every cell
	}
	for len(text) > 0 && blank(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	if len(text) > 1 && (text[0] == 0xc2 && text[1] == 0xa0 || text[len(text)-2] == 0xc2 && text[len(text)-1] == 0xa0) {
		return trimNoBreak(text)
	}
	return text
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// graphic reports whether c is an ASCII character that can be seen.
func graphic(c byte) bool { return c-'!' <= '~'-'!' }

func trimNoBreak(text string) string {
	const space = "\u00a0"
	for len(text) >= 2 && text[:2] == space {
		text = trim(text[2:])
	}
	for len(text) >= 2 && text[len(text)-2:] == space {
		text = trim(text[:len(text)-2])
	}
	return text
}
