package extract

import (
	"errors"
	"iter"
)

// DumpCut is the code of the finding that a dump ends too early. A run has it once for the file; a Source that is read alone reports it with each table.
const DumpCut = "dump-cut"

// ErrCut says that a dump ends in the middle of a statement. Everything before is whole and was handed over.
var ErrCut = errors.New("the dump ends inside a statement; it was cut short")

// BeforeCut yields the batches before [ErrCut] and then ends without it. It is for callers that have told the user about
// the file already: what stands before the cut is worth having.
func BeforeCut(batches iter.Seq2[*Batch, error]) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		for b, err := range batches {
			if errors.Is(err, ErrCut) || !yield(b, err) {
				return
			}
		}
	}
}
