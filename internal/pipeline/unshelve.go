package pipeline

import (
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/internal/shards"
	"chartlift/mappings"
	"chartlift/transform"
)

// decoder reads what encoder wrote. A frame has been compared with its
// checksum: what is wrong in it is our own fault, and bad says so.
type decoder struct {
	maps      []*mappings.Map
	in        *Input
	rows      string
	resources []byte
	bad       bool
	old       leftover          // memory of a batch before
	records   *[]extract.Record // likewise; nil where there is none
	built     []transform.Built // of all rows
}

func (d *decoder) uint() int {
	var n uint64
	for shift := 0; shift < 64 && len(d.rows) > 0; shift += 7 {
		c := d.rows[0]
		d.rows = d.rows[1:]
		if n |= uint64(c&0x7f) << shift; c < 0x80 {
			return int(n)
		}
	}
	d.bad = true
	return 0
}

func (d *decoder) varint() int64 {
	n := d.uint()
	return int64(uint64(n)>>1) ^ -int64(n&1)
}

func (d *decoder) byte() byte {
	if len(d.rows) == 0 {
		d.bad = true
		return 0
	}
	c := d.rows[0]
	d.rows = d.rows[1:]
	return c
}

func (d *decoder) text() string {
	n := d.uint()
	if n < 0 || n > len(d.rows) {
		d.bad = true
		return ""
	}
	s := d.rows[:n]
	d.rows = d.rows[n:]
	return s
}

func (d *decoder) json() []byte {
	n := d.uint()
	if n < 0 || n > len(d.resources) {
		d.bad = true
		return nil
	}
	b := d.resources[:n:n]
	d.resources = d.resources[n:]
	return b
}

// count reads how many things follow, each of which takes at least a byte.
func (d *decoder) count() int {
	n := d.uint()
	if n < 0 || n > len(d.rows) {
		d.bad = true
		return 0
	}
	return n
}

// product reads a batch back into w.
func (d *decoder) product(w work) (product, error) {
	n := d.count()
	first := int64(d.uint())
	p := product{work: w, rows: slices.Grow(d.old.rows, n)[:n]}
	p.batch = &extract.Batch{Seq: w.seq}
	if d.records != nil {
		p.batch.Records = (*d.records)[:0]
	}
	p.batch.Records = slices.Grow(p.batch.Records, n)[:n]
	d.built = d.old.built
	schema, line := d.in.Schema, int64(0)
	for i := range p.rows {
		line += d.varint()
		rec := &p.batch.Records[i]
		*rec = extract.Record{Schema: schema, Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: first + int64(i), Line: line}}
		of := d.row(&p.rows[i], rec)
		if of.verdict == transform.Unique {
			continue
		}
		if p.twins == nil {
			p.twins = make([]twin, n)
		}
		p.twins[i] = of
	}
	p.built = d.built
	if d.bad || len(d.rows)+len(d.resources) > 0 {
		return p, fmt.Errorf("rows of %s from %d on: %w", schema.Source, first, shards.ErrBroken)
	}
	return p, nil
}

func (d *decoder) row(o *outcome, rec *extract.Record) (of twin) {
	flags := d.byte()
	if flags&rowFiltered != 0 {
		o.Filtered = d.text()
	}
	if flags&rowRejected != 0 {
		o.Rejected = d.text()
	}
	if flags&rowTwin != 0 {
		of = twin{transform.Verdict(d.uint()), int64(d.uint())}
	}
	o.Spare, o.Stop = flags&rowSpare != 0, flags&rowStop != 0
	if flags&rowInvalid != 0 {
		for range d.count() {
			o.invalid = append(o.invalid, d.text())
		}
	}
	if flags&rowGroups != 0 {
		d.groups(o, rec)
	}
	if n := d.count(); n > 0 {
		start := len(d.built)
		for range n {
			d.built = append(d.built, d.resource(flags&rowProvenance != 0))
		}
		o.built, o.marks = d.built[start:len(d.built):len(d.built)], d.text()
	}
	return of
}

func (d *decoder) groups(o *outcome, rec *extract.Record) {
	for range d.count() {
		o.Groups = append(o.Groups, d.uint())
	}
	rec.Values = make([]extract.Value, len(rec.Schema.Columns))
	for i := range rec.Values {
		v := &rec.Values[i]
		if v.Kind = extract.Kind(d.byte()); !v.Missing() {
			v.Text = d.text()
		}
	}
}

func (d *decoder) resource(proven bool) (b transform.Built) {
	at := d.uint()
	if at < 0 || at >= len(d.maps) {
		d.bad = true
		return b
	}
	b.Map = d.maps[at]
	b.Resource = fhir.Resource{Type: b.Map.Resource, ID: d.text(), JSON: d.json()}
	if !proven {
		return b
	}
	if id := d.text(); id != "" {
		b.Provenance = &fhir.Resource{Type: "Provenance", ID: id, JSON: d.json()}
	}
	return b
}
