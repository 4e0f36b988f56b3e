package transform

import "sync/atomic"

// A resource is begun in a new piece of memory where less than roomLeft is left
// of the old one.
const (
	pieceSize = 64 << 10
	roomLeft  = 2 << 10
)

// sparePieces is how many pieces of a table may wait to be written again: about
// as many as are under way.
const sparePieces = 64

// Piece is memory in which one worker writes resources behind each other. When
// all of them are done with, it is written again: what a run makes then stays
// in the processor's cache, and nothing has to be collected. A resource that
// nobody calls done keeps its piece for ever, so that who is not sure says
// nothing. A nil Piece takes no notice.
type Piece struct {
	mem  []byte
	free chan<- *Piece
	made int64        // resources in it; of the worker alone
	kept bool         // likewise: something may refer to its bytes longer than its resources are under way
	left atomic.Int64 // resources not done with; those made are added when the worker leaves it, and it is 0 or less until then
}

// NewPiece returns a piece that holds n resources which somebody else wrote
// into mem. It goes to free when all of them are done with.
func NewPiece(mem []byte, n int, free chan<- *Piece) *Piece {
	p := &Piece{mem: mem, free: free}
	p.left.Store(int64(n))
	return p
}

// Mem returns the memory of a piece that was handed back.
func (p *Piece) Mem() []byte { return p.mem[:0] }

// Keep says that something else refers to the bytes: they are not written
// again. It is called by the goroutine of the worker.
func (p *Piece) Keep() {
	if p != nil {
		p.kept = true
	}
}

// Done says that n of the resources will not be looked at any more, by nobody.
// It is safe for concurrent use.
func (p *Piece) Done(n int) {
	if p != nil && p.left.Add(-int64(n)) == 0 {
		p.spare()
	}
}

// spare hands the piece back, unless it is kept: a row may go on in the next
// piece before somebody looked at what it wrote into this one. It is called
// once for each filling: left comes to 0 by the last Done or by leave,
// whichever is later, and everybody's looking at the bytes happened before
// their Done.
func (p *Piece) spare() {
	if p.kept {
		return
	}
	p.made = 0
	select {
	case p.free <- p:
	default: // enough wait
	}
}

// turn gives the worker a piece with nothing in it.
func (w *Worker) turn() {
	if p := w.piece; p != nil && p.made > 0 && &w.buf[:1][0] == &p.mem[:1][0] && // else it grew, and stands elsewhere
		p.left.Add(p.made) == 0 {
		p.spare()
	}
	select {
	case w.piece = <-w.b.pieces:
	default:
		w.piece = &Piece{mem: make([]byte, 0, pieceSize), free: w.b.pieces}
	}
	w.buf = w.piece.mem
}
