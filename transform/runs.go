package transform

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"io"
	"slices"
)

// entry is something under the key by which it is sorted. Of those with one
// key, that with the lowest seq stands first.
type entry struct {
	key  []byte
	seq  int64
	body []byte
}

func (a entry) compare(b entry) int {
	return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
}

// size returns about how much memory an entry takes.
func (a entry) size() int { return len(a.key) + len(a.body) + 64 }

// appendTo writes an entry as cutEntry reads it.
func (a entry) appendTo(text []byte) []byte {
	text = binary.AppendUvarint(text, uint64(len(a.key)))
	text = binary.AppendUvarint(text, uint64(a.seq))
	text = binary.AppendUvarint(text, uint64(len(a.body)))
	return append(append(text, a.key...), a.body...)
}

// cutEntry returns the first entry of a block, which stays in its memory, and
// what follows. The block is as it was written: spill has seen to that.
func cutEntry(text []byte) (e entry, rest []byte) {
	var numbers [3]uint64
	for i := range numbers {
		n, size := binary.Uvarint(text)
		numbers[i], text = n, text[size:]
	}
	keyed := text[numbers[0]:]
	return entry{text[:numbers[0]], int64(numbers[1]), keyed[:numbers[2]]}, keyed[numbers[2]:]
}

// runBlock is how long the blocks of runs are: a merge holds one of each run.
const runBlock = 16 << 10

// runs are entries that are sorted although they do not fit in memory: in runs,
// each of which is sorted, and which are merged when they are read.
type runs struct {
	spill
	ends []int // of each run, the number of its last block and one
}

// add writes entries as one more run. They are sorted afterwards.
func (r *runs) add(list []entry) error {
	slices.SortFunc(list, entry.compare)
	text := make([]byte, 0, runBlock+runBlock/4)
	for i := range list {
		if text = list[i].appendTo(text); len(text) < runBlock && i < len(list)-1 {
			continue
		}
		if err := r.put(text); err != nil {
			return err
		}
		text = text[:0]
	}
	r.ends = append(r.ends, len(r.blocks))
	return nil
}

// merge begins to read all runs together with the entries of a list, which is
// sorted afterwards.
func (r *runs) merge(list []entry) (*merge, error) {
	slices.SortFunc(list, entry.compare)
	m := &merge{}
	at := 0
	sources := []func() (entry, error){func() (entry, error) {
		if at == len(list) {
			return entry{}, io.EOF
		}
		at++
		return list[at-1], nil
	}}
	begin := 0
	for _, end := range r.ends {
		sources = append(sources, r.reader(begin, end))
		begin = end
	}
	for _, next := range sources {
		first, err := next()
		if err == io.EOF {
			continue
		}
		if err != nil {
			return nil, err
		}
		heap.Push(m, mergeHead{first, next})
	}
	return m, nil
}

// reader returns what reads the entries of some blocks, and then io.EOF.
func (r *runs) reader(from, to int) func() (entry, error) {
	var text []byte
	return func() (e entry, err error) {
		if len(text) == 0 {
			if from == to {
				return entry{}, io.EOF
			}
			if text, err = r.get(from, nil); err != nil { // the entries of the block before are still in use
				return entry{}, err
			}
			from++
		}
		e, text = cutEntry(text)
		return e, nil
	}
}

// merge gives the entries of sorted runs in order.
type merge struct{ heads []mergeHead }

type mergeHead struct {
	entry entry
	more  func() (entry, error)
}

func (m *merge) Len() int           { return len(m.heads) }
func (m *merge) Less(i, j int) bool { return m.heads[i].entry.compare(m.heads[j].entry) < 0 }
func (m *merge) Swap(i, j int)      { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

// Push implements heap.Interface.
func (m *merge) Push(x any) { m.heads = append(m.heads, x.(mergeHead)) }

// Pop implements heap.Interface.
func (m *merge) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

// next returns the next entry, and io.EOF behind the last.
func (m *merge) next() (entry, error) {
	if len(m.heads) == 0 {
		return entry{}, io.EOF
	}
	e := m.heads[0].entry
	following, err := m.heads[0].more()
	switch {
	case err == io.EOF:
		heap.Pop(m)
	case err != nil:
		return e, err
	default:
		m.heads[0].entry = following
		heap.Fix(m, 0)
	}
	return e, nil
}
