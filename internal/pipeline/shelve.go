package pipeline

import (
	"encoding/binary"
	"fmt"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/shards"
	"chartlift/mappings"
	"chartlift/transform"
)

// What stands in the flags of a row on a shelf. A row without flags made the
// resources that follow, and nothing is to be said of it.
const (
	rowFiltered = 1 << iota
	rowRejected
	rowSpare
	rowStop
	rowGroups // it goes into groups, which are made when all rows are there: its cells follow
	rowInvalid
	rowTwin
	rowProvenance
)

// shelve writes what workers made of a batch, instead of deciding on it: who
// puts all parts together does.
func (c *collector) shelve(p product) error {
	if len(p.rows) == 0 {
		return nil
	}
	for i := range p.rows {
		if err := c.known(&p.rows[i], p.record(i)); err != nil {
			return err
		}
	}
	e := &encoder{maps: c.shelf.maps, rows: c.shelf.rows[:0], resources: c.shelf.to.Room()}
	if err := e.product(p); err != nil {
		return err
	}
	if err := c.shelf.to.Rows(len(p.rows), e.rows, e.resources); err != nil {
		return err
	}
	c.shelf.rows = e.rows
	for i := range p.rows {
		for _, b := range p.rows[i].built {
			b.Piece.Done(1) // it is written
		}
	}
	c.Progress.Add(c.stage, int64(len(p.rows)), p.share())
	return nil
}

// known notes the ids of what a row made, where other tables refer to them, and
// puts it into its groups, which make more.
func (c *collector) known(o *outcome, rec *extract.Record) error {
	if !c.shelf.accepts {
		return nil
	}
	for _, b := range o.built {
		c.Engine.Accept(b.Map, b.Resource.ID)
	}
	for _, g := range o.Groups {
		if err := c.groups[g].Add(rec); err != nil {
			return err
		}
	}
	return nil
}

// writing is where a pass puts what it makes, instead of delivering it.
type writing struct {
	to      *shards.Writer
	maps    map[*mappings.Map]uint64
	accepts bool   // ids are noted: other tables refer to them
	rows    []byte // memory of the batch before
}

// encoder writes products.
type encoder struct {
	maps      map[*mappings.Map]uint64 // their numbers in the program
	rows      []byte
	resources []byte
}

func (e *encoder) uint(n uint64) { e.rows = binary.AppendUvarint(e.rows, n) }
func (e *encoder) text(s string) { e.uint(uint64(len(s))); e.rows = append(e.rows, s...) }

func (e *encoder) json(text []byte) {
	e.uint(uint64(len(text)))
	e.resources = append(e.resources, text...)
}

func (e *encoder) product(p product) error {
	records := p.batch.Records
	e.uint(uint64(len(records)))
	e.uint(uint64(records[0].Origin.Row))
	line := int64(0)
	for i := range p.rows {
		rec := &records[i]
		if rec.Origin.Row != records[0].Origin.Row+int64(i) {
			return fmt.Errorf("%s does not follow row %d", rec.Origin, records[0].Origin.Row+int64(i)-1)
		}
		e.rows = binary.AppendVarint(e.rows, rec.Origin.Line-line)
		line = rec.Origin.Line
		var of twin
		if p.twins != nil {
			of = p.twins[i]
		}
		e.row(&p.rows[i], rec, of)
	}
	return nil
}

func (e *encoder) row(o *outcome, rec *extract.Record, of twin) {
	flags := flagsOf(o, of)
	e.rows = append(e.rows, flags)
	if flags&rowFiltered != 0 {
		e.text(o.Filtered)
	}
	if flags&rowRejected != 0 {
		e.text(o.Rejected)
	}
	if flags&rowTwin != 0 {
		e.uint(uint64(of.verdict))
		e.uint(uint64(of.other))
	}
	if flags&rowInvalid != 0 {
		e.uint(uint64(len(o.invalid)))
		for _, typ := range o.invalid {
			e.text(typ)
		}
	}
	if flags&rowGroups != 0 {
		e.groups(o.Groups, rec)
	}
	e.uint(uint64(len(o.built)))
	for _, b := range o.built {
		e.uint(e.maps[b.Map])
		e.text(b.Resource.ID)
		e.json(b.Resource.JSON)
		if flags&rowProvenance != 0 {
			e.provenance(b.Provenance)
		}
	}
	if len(o.built) > 0 {
		e.text(o.marks)
	}
}

func flagsOf(o *outcome, of twin) byte {
	var flags byte
	set := func(flag byte, is bool) {
		if is {
			flags |= flag
		}
	}
	set(rowFiltered, o.Filtered != "")
	set(rowRejected, o.Rejected != "")
	set(rowSpare, o.Spare)
	set(rowStop, o.Stop)
	set(rowGroups, len(o.Groups) > 0)
	set(rowInvalid, len(o.invalid) > 0)
	set(rowTwin, of.verdict != transform.Unique)
	for _, b := range o.built {
		set(rowProvenance, b.Provenance != nil)
	}
	return flags
}

// groups writes which groups the row goes into, and its cells: the groups are
// sorted and made of them.
func (e *encoder) groups(groups []int, rec *extract.Record) {
	e.uint(uint64(len(groups)))
	for _, g := range groups {
		e.uint(uint64(g))
	}
	for _, v := range rec.Values {
		e.rows = append(e.rows, byte(v.Kind))
		if !v.Missing() {
			e.text(v.Text)
		}
	}
}

// provenance writes the Provenance of a resource. Its id is never empty.
func (e *encoder) provenance(p *fhir.Resource) {
	if p == nil {
		e.text("")
		return
	}
	e.text(p.ID)
	e.json(p.JSON)
}
