package extract

import (
	"encoding/binary"
	"os"
	"sync"

	"github.com/zeebo/xxh3"

	"chartlift/internal/disk"
)

// Kept is what was made of files by much work, such as the rows of documents,
// to be there when it is asked for again. It is in one temporary file, which
// nobody else can read and which is gone with the process at the latest, and
// not in memory. Where there is no room for it all of it is given up: whoever
// asks does the work again, as where it comes back changed. It is safe for
// concurrent use. A nil Kept keeps nothing.
type Kept struct {
	dir string

	mu   sync.Mutex
	file *os.File // nil until something is kept
	end  int64
	over bool // there was no room, or it is closed
}

// NewKept returns a Kept whose temporary file is made in dir, "" being the
// system's folder for them. The caller closes it.
func NewKept(dir string) *Kept { return &Kept{dir: dir} }

// sumSize is the length of the hash behind each text.
const sumSize = 8

// Add keeps a text, which it takes over, and returns where it is; ok is false
// where it is not kept.
func (k *Kept) Add(text []byte) (at int64, ok bool) {
	if k == nil {
		return 0, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over {
		return 0, false
	}
	var err error
	if k.file == nil {
		k.file, err = disk.Temp(k.dir, "rows-*")
	}
	if err == nil {
		_, err = k.file.WriteAt(binary.LittleEndian.AppendUint64(text, xxh3.Hash(text)), k.end)
	}
	if err != nil { // others need the room, who cannot do without it
		_ = k.giveUp()
		return 0, false
	}
	at = k.end
	k.end += int64(len(text)) + sumSize
	return at, true
}

// Read returns a text of this length that was kept there; ok is false where it
// is there no longer.
func (k *Kept) Read(at int64, length int) (text []byte, ok bool) {
	k.mu.Lock()
	file := k.file
	k.mu.Unlock()
	if file == nil {
		return nil, false
	}
	text = make([]byte, length+sumSize)
	if _, err := file.ReadAt(text, at); err != nil {
		return nil, false
	}
	text, sum := text[:length], text[length:]
	return text, binary.LittleEndian.Uint64(sum) == xxh3.Hash(text)
}

// giveUp gives the room back.
func (k *Kept) giveUp() error {
	k.over = true
	if k.file == nil {
		return nil
	}
	f := k.file
	k.file = nil
	return f.Close()
}

// Close frees the temporary file. It may be called again.
func (k *Kept) Close() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.giveUp()
}
