package extract

import (
	"context"
	"encoding/hex"
	"errors"
	"iter"

	"github.com/zeebo/xxh3"

	"chartlift/internal/issue"
)

// Part is a stretch of a table that can be read without what stands before it.
// The parts of a table, one after the other, are the table: every row is in one
// of them.
type Part struct {
	From int64 `json:"from"` // bytes of the file, as it lies on disk
	To   int64 `json:"to"`
	Row  int64 `json:"row"`  // number of its first row, 1 for the table's first
	Line int64 `json:"line"` // physical line at From, from 1
	Rows int64 `json:"rows"`
	Last bool  `json:"last,omitempty"` // nothing comes after it

	Sum string `json:"sum,omitempty"` // of its bytes; see PartSum
}

// ErrChanged means that a part does not have the bytes that it was cut from.
var ErrChanged = errors.New("the file has changed since it was cut")

// PartSum returns what a Part says of its bytes, when all were written to h. It
// is XXH3 of 128 bits, in hexadecimal, which runs at the pace of memory: it
// tells what changed by accident from what did not, and no forger is meant.
func PartSum(h *xxh3.Hasher) string {
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

// Cutter is a Source some of whose tables can be cut into parts.
type Cutter interface {
	// Cut cuts the table behind the first records that end at or after these
	// places of the file, in ascending order. Places that fall into one record
	// make one cut. It returns nil where the file cannot be read from the
	// middle: it is compressed, or in a charset in which a byte does not tell
	// where a character begins.
	Cut(ctx context.Context, table string, places []int64) ([]Part, error)
	// ReadPart yields the records of the part, as Read would: with the same
	// numbers, faults and issues. What is to be said of the whole file is said
	// with its first part, of its end with the last. A part that has a Sum is
	// compared with it as it is read, and ErrChanged comes behind its records:
	// they are not to be used then.
	ReadPart(ctx context.Context, table string, part Part, report issue.Reporter) iter.Seq2[*Batch, error]
}
