package extract

// spareSlabs is how many batches' memory may wait to be written again: more than are under way in a run.
const spareSlabs = 16

// Slab is the memory of one batch: room for its records, and the values of all its rows, each of them Absent.
type Slab struct {
	Records []Record
	Values  []Value
}

// Slabs lends the memory of the batches of one table, and takes it back by their Spent: a table of a million rows is read in
// the memory of the few batches that are under way at a time. It is safe for concurrent use.
type Slabs struct {
	rows, width int
	spare       chan Slab
}

// NewSlabs returns what lends memory for batches of up to so many rows, each of so many values.
func NewSlabs(rows, width int) *Slabs {
	return &Slabs{rows: rows, width: width, spare: make(chan Slab, spareSlabs)}
}

// Take returns memory without records, whose values are Absent.
func (s *Slabs) Take() Slab {
	select {
	case b := <-s.spare:
		clear(b.Values)
		return Slab{b.Records[:0], b.Values}
	default:
		return Slab{make([]Record, 0, s.rows), make([]Value, s.rows*s.width)}
	}
}

// Spent returns what takes b back: the Spent of the batch that was made of it.
func (s *Slabs) Spent(b Slab) func() {
	return func() {
		select {
		case s.spare <- b:
		default:
		}
	}
}
