package shards

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"

	"chartlift/extract"
)

// Keys are the resources of a map that rows of shards may refer to. Expected
// means that their rows announced them, as happens where tables refer to each
// other or to themselves; whether they were made is known when the shards are
// put together.
type Keys struct {
	Map      string `json:"map"` // of the mapping that made them
	Expected bool   `json:"expected,omitempty"`
	N        int    `json:"n"`     // how many there are
	Bytes    int64  `json:"bytes"` // how many bytes they take in the file
}

// WriteKeys writes the file of keys into a plan's folder: one set behind the
// other, in this order, each of which save writes, and the size of which it
// says beforehand. It returns the checksum for the plan.
func WriteKeys(dir string, sets []Keys, save func(of Keys, to io.Writer) error) (sum string, err error) {
	f, err := os.OpenFile(KeysPath(dir), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("write keys: %w", err)
	}
	h := xxh3.New()
	out := bufio.NewWriterSize(io.MultiWriter(f, h), 1<<16)
	for _, k := range sets {
		if err == nil {
			err = save(k, out)
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("write keys: %w", err)
	}
	return extract.PartSum(h), nil
}

// ReadKeys hands out the sets of the plan one after the other: text is the
// whole of each, and the receiver's. It was compared with the checksum of the
// plan before.
func (p *Plan) ReadKeys(dir string, load func(of Keys, text []byte) error) error {
	path := KeysPath(dir)
	text, err := p.keysFile(path)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	h := xxh3.New()
	_, _ = h.Write(text)
	if extract.PartSum(h) != p.KeysSum {
		return fmt.Errorf("read keys %s: they are not those of the plan: plan again", path)
	}
	for _, k := range p.Keys {
		if err := load(k, text[:k.Bytes:k.Bytes]); err != nil {
			return fmt.Errorf("%s: %w: plan again", path, err)
		}
		text = text[k.Bytes:]
	}
	return nil
}

// keysFile reads the file of keys in one piece, as large as the plan says: each
// process of a run does, and takes the keys as they stand in it.
func (p *Plan) keysFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := int64(0)
	for _, k := range p.Keys {
		if k.Bytes < 0 || size+k.Bytes < size {
			return nil, fmt.Errorf("%s: the plan is damaged: plan again", path)
		}
		size += k.Bytes
	}
	if stat.Size() != size {
		return nil, fmt.Errorf("%s: it is not that of the plan: plan again", path)
	}
	text := make([]byte, size)
	_, err = io.ReadFull(f, text)
	return text, err
}
