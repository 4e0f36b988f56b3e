package extract

import "chartlift/internal/issue"

// spareSlabs is how many batches' memory may wait to be written again: more
// than are under way in a run.
const spareSlabs = 16

// Slabs lends the memory of the batches of one table, and takes it back by
// their Spent: a table of a million rows is read in the memory of the few
// batches that are under way at a time. It is safe for concurrent use.
type Slabs struct {
	schema *Schema
	rows   int
	spare  chan []Record
}

// NewSlabs returns what lends memory for batches of up to so many rows of the
// table.
func NewSlabs(schema *Schema, rows int) *Slabs {
	return &Slabs{schema: schema, rows: rows, spare: make(chan []Record, spareSlabs)}
}

// Take returns as many records as a batch may have. Their Schema, their
// Origin's Source and Table and the room for their Values are those of the
// table; all else, the values too, is left from an earlier batch.
func (s *Slabs) Take() []Record {
	select {
	case records := <-s.spare:
		return records[:s.rows]
	default:
		return s.fresh()
	}
}

// fresh returns records that were in no batch yet.
func (s *Slabs) fresh() []Record {
	width := len(s.schema.Columns)
	records, values := make([]Record, s.rows), make([]Value, s.rows*width)
	for i := range records {
		records[i] = Record{
			Schema: s.schema, Values: values[i*width : (i+1)*width : (i+1)*width],
			Origin: issue.Origin{Source: s.schema.Source, Table: s.schema.Table},
		}
	}
	return records
}

// Spent returns what takes records back, of those that Take returned the first
// ones or all: the Spent of the batch that was made of them.
func (s *Slabs) Spent(records []Record) func() {
	return func() {
		select {
		case s.spare <- records:
		default:
		}
	}
}
