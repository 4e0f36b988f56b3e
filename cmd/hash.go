package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
)

// fileSum is the hash and size of a source file.
type fileSum struct {
	hash string
	size int64
}

// hashAll hashes the files whose sums are not known, several at once: one file
// keeps one processor busy. A file that cannot be read gets no sum: whoever
// wants it reads it again and says what is wrong, in the order of the tables.
func hashAll(ctx context.Context, sums map[string]fileSum, paths []string) {
	var mu sync.Mutex // guards sums
	var all sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	asked := map[string]bool{"-": true}
	for path := range sums {
		asked[path] = true
	}
	for _, path := range paths {
		if asked[path] {
			continue
		}
		asked[path] = true
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if sum, err := hashFile(ctx, path); err == nil {
				mu.Lock()
				defer mu.Unlock()
				sums[path] = sum
			}
		})
	}
	all.Wait()
}

// hashFile returns the sum of the file as it lies on the disk.
func hashFile(ctx context.Context, path string) (fileSum, error) {
	f, err := os.Open(path)
	if err != nil {
		return fileSum{}, fmt.Errorf("hash source: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	var size int64
	for err == nil {
		var n int64
		n, err = io.CopyN(h, f, 8<<20)
		size += n
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	if !errors.Is(err, io.EOF) {
		return fileSum{}, fmt.Errorf("hash source: %w", err)
	}
	return fileSum{hash: hex.EncodeToString(h.Sum(nil)), size: size}, nil
}
