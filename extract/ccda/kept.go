package ccda

import (
	"context"
	"encoding/binary"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// kept are the rows of a document, which is parsed once and not for each of the
// twenty tables that a mapping asks for.
type kept struct {
	in     *extract.Kept
	stamp  extract.Stamp // of the file that they were made of
	pieces []piece       // of all tables, those of one in their order
}

// piece is a stretch of what is kept: rows of one table.
type piece struct {
	table *table
	at    int64
	size  int
	rows  int
	first int64 // number of its first row
}

// packer keeps the rows of all tables while a document is parsed. It holds
// batchBytes and one row of them that are not written yet.
type packer struct {
	kept
	source  *Source
	waiting map[string]*waiting
	size    int
	values  []extract.Value
	failed  bool
}

// waiting are rows of one table that are packed and not written.
type waiting struct {
	piece
	text []byte
}

// newPacker returns what keeps the rows of the source, or nil where they are not
// kept.
func (s *Source) newPacker() *packer {
	stamp, err := s.in.Stamp()
	if s.options.Kept == nil || err != nil {
		return nil
	}
	return &packer{kept: kept{in: s.options.Kept, stamp: stamp}, source: s, waiting: map[string]*waiting{}}
}

func (p *packer) add(one row) {
	if p == nil || p.failed {
		return
	}
	w := p.waiting[one.table]
	if w == nil {
		w = &waiting{piece: piece{table: p.source.tables[one.table], first: 1}}
		p.waiting[one.table] = w
	}
	before := len(w.text)
	p.values = w.table.values(one, p.values[:0])
	w.text = pack(binary.AppendUvarint(w.text, uint64(one.node.line)), p.values)
	w.rows++
	if p.size += len(w.text) - before; p.size >= batchBytes {
		p.writeAll()
	} else if w.rows == batchRows {
		p.write(w)
	}
}

// write writes rows of one table.
func (p *packer) write(w *waiting) {
	if w.rows == 0 || p.failed {
		return
	}
	at, ok := p.in.Add(w.text)
	w.at, w.size, p.failed = at, len(w.text), !ok
	p.pieces = append(p.pieces, w.piece)
	p.size -= w.size
	w.first += int64(w.rows)
	w.rows, w.text = 0, nil // or each table would hold what it once had
}

func (p *packer) writeAll() {
	for _, w := range p.waiting {
		p.write(w)
	}
}

// finish returns what was kept, nil where that is not all or the file was
// written to meanwhile.
func (p *packer) finish() *kept {
	if p == nil {
		return nil
	}
	if p.writeAll(); p.failed || !p.sound(p.source.in) {
		return nil
	}
	return &kept{p.in, p.stamp, p.pieces}
}

// sound reports whether the file is the one that the rows were made of.
func (k *kept) sound(in *extract.Input) bool {
	now, err := in.Stamp()
	return err == nil && now == k.stamp
}

// readKept hands out the rows that are kept of a table. done is false where the
// document has to be parsed for the rest of them.
func (s *Source) readKept(ctx context.Context, r *rows) (done bool, err error) {
	s.mu.Lock()
	k := s.kept
	s.mu.Unlock()
	if k == nil || !k.sound(s.in) {
		return false, nil
	}
	for i := range k.pieces {
		p := &k.pieces[i]
		if p.table != r.table {
			continue
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		text, ok := k.in.Read(p.at, p.size)
		if !ok {
			return false, nil
		}
		r.records, r.skip = p.unpack(text), r.skip+int64(p.rows)
		if err := r.flush(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// unpack makes records of a piece.
func (p *piece) unpack(text []byte) []extract.Record {
	schema := p.table.schema
	width := len(schema.Columns)
	records, values := make([]extract.Record, p.rows), make([]extract.Value, p.rows*width)
	for i := range records {
		line, n := binary.Uvarint(text)
		mine := values[i*width : (i+1)*width : (i+1)*width]
		text = unpack(text[n:], mine)
		records[i] = extract.Record{
			Schema: schema, Values: mine,
			Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: p.first + int64(i), Line: int64(line)},
		}
	}
	return records
}

// kindBits is how many bits of a number say of which kind a value is; the others
// are the length of its text, or how many values of a kind without text follow
// each other: most columns of a document are NULL.
const kindBits = 3

// pack appends the texts of values, with their length before them, and what each
// value has of them.
func pack(to []byte, values []extract.Value) []byte {
	size := 0
	for _, v := range values {
		size += len(v.Text)
	}
	to = binary.AppendUvarint(to, uint64(size))
	for _, v := range values {
		to = append(to, v.Text...)
	}
	for i := 0; i < len(values); {
		kind, n := values[i].Kind, len(values[i].Text)
		i++
		if kind <= extract.Null {
			for n = 1; i < len(values) && values[i].Kind == kind; n++ {
				i++
			}
		}
		to = binary.AppendUvarint(to, uint64(n)<<kindBits|uint64(kind))
	}
	return to
}

// unpack fills values, which share one text, and returns what stands behind
// them.
func unpack(from []byte, values []extract.Value) (rest []byte) {
	size, n := binary.Uvarint(from)
	texts := string(from[n : n+int(size)])
	from = from[n+int(size):]
	for i := 0; i < len(values); {
		word, n := binary.Uvarint(from)
		from = from[n:]
		kind, length := extract.Kind(word&(1<<kindBits-1)), int(word>>kindBits)
		if kind <= extract.Null {
			for range length {
				values[i].Kind = kind
				i++
			}
			continue
		}
		values[i] = extract.Value{Text: texts[:length], Kind: kind}
		texts = texts[length:]
		i++
	}
	return from
}
