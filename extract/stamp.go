package extract

import (
	"fmt"
	"os"
)

// Stamp tells a file on disk from what it was: as long as it is equal, what was
// made of the file holds.
type Stamp struct{ size, written int64 }

// Stamp returns the stamp of the file, or of the archive that it is in. It is
// always the same for what is in memory.
func (in *Input) Stamp() (Stamp, error) {
	if in.local == "" {
		return Stamp{}, nil
	}
	stat, err := os.Stat(in.local)
	if err != nil {
		return Stamp{}, fmt.Errorf("open %s: %w", in.Path, err)
	}
	return Stamp{stat.Size(), stat.ModTime().UnixNano()}, nil
}
