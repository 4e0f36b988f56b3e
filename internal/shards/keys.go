package shards

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// Keys are the resources of a map that rows of shards may refer to. Expected means that their rows announced them, as happens where
// tables refer to each other or to themselves; whether they were made is known when the shards are put together.
type Keys struct {
	Map      string `json:"map"` // of the mapping that made them
	Expected bool   `json:"expected,omitempty"`
	N        int    `json:"n"`     // how many there are
	Bytes    int64  `json:"bytes"` // how many bytes they take in the file
}

// WriteKeys writes the file of keys into a plan's folder: one set behind the other, in this order, each of which save writes, and
// the size of which it says beforehand. It returns the checksum for the plan.
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
	return sumOf(h), nil
}

// ReadKeys hands out the sets of the plan one after the other: load reads all Bytes of each. What was loaded is not to be used where
// an error is returned.
func (p *Plan) ReadKeys(dir string, load func(of Keys, from io.Reader) error) error {
	f, err := os.Open(KeysPath(dir))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	defer f.Close()
	h := xxh3.New()
	in := io.TeeReader(bufio.NewReaderSize(f, 1<<16), h)
	for _, k := range p.Keys {
		if err := load(k, io.LimitReader(in, k.Bytes)); err != nil {
			return fmt.Errorf("%s: %w: plan again", KeysPath(dir), err)
		}
	}
	if n, err := io.Copy(io.Discard, in); err != nil || n > 0 || sumOf(h) != p.KeysSum {
		return errors.Join(fmt.Errorf("read keys %s: they are not those of the plan: plan again", KeysPath(dir)), err)
	}
	return nil
}
