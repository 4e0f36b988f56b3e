package transform

import (
	"encoding/binary"
	"unsafe"
)

// pageSize is how long pages of lines are, but for one that holds a longer
// line.
const pageSize = 256 << 10

// pages keeps lines behind each other in memory without a pointer to each: the
// collector need not look at millions of them.
type pages struct {
	list  [][]byte // none is written again where it was written, before all are emptied
	spare [][]byte // to be filled
	bytes int
}

// empty forgets all lines. Nothing may refer to them any more: their memory is
// used again, rather than left to the collector while as much is filled.
func (p *pages) empty() {
	p.spare = append(p.spare, p.list...)
	p.list, p.bytes = nil, 0
}

// page returns an empty page that has room for so much.
func (p *pages) page(need int) []byte {
	if last := len(p.spare) - 1; last >= 0 && cap(p.spare[last]) >= need {
		page := p.spare[last][:0]
		p.spare = p.spare[:last]
		return page
	}
	return make([]byte, 0, max(pageSize, need))
}

// address is where a line stands.
type address struct{ page, at uint32 }

// add keeps a copy of a line.
func (p *pages) add(text []byte) address {
	last := len(p.list) - 1
	need := len(text) + binary.MaxVarintLen32
	if last < 0 || cap(p.list[last])-len(p.list[last]) < need {
		p.list = append(p.list, p.page(need))
		last++
	}
	page := p.list[last]
	at := address{uint32(last), uint32(len(page))}
	page = append(binary.AppendUvarint(page, uint64(len(text))), text...)
	p.list[last] = page
	p.bytes += len(page) - int(at.at)
	return at
}

// text returns the line at an address, where it stands in its page.
func (p *pages) text(at address) []byte {
	page := p.list[at.page][at.at:]
	n, size := binary.Uvarint(page)
	return page[size : size+int(n)]
}

// line returns the same as a line.
func (p *pages) line(at address) line {
	text := p.text(at)
	return line(unsafe.String(unsafe.SliceData(text), len(text)))
}
