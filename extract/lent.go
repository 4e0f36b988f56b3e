package extract

import (
	"errors"
	"io"
	"os"
	"sync"
)

// errChanged says that an archive is not the one that was looked through.
var errChanged = errors.New("the archive changed while it was read")

// lent is a file that is open while somebody reads it: a folder may hold more
// archives than a process can have open. It is safe for concurrent use.
type lent struct {
	path string
	was  os.FileInfo // when it was looked through

	mu      sync.Mutex
	file    *os.File // nil while nobody reads
	readers int
}

// borrow opens the file unless it is open. Each borrow is given back.
func (l *lent) borrow() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readers > 0 {
		l.readers++
		return nil
	}
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	is, err := f.Stat()
	if err == nil && (is.Size() != l.was.Size() || !is.ModTime().Equal(l.was.ModTime())) {
		err = errChanged
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.readers = f, 1
	return nil
}

// giveBack closes the file when nobody reads it any more.
func (l *lent) giveBack() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readers--; l.readers > 0 {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

// ReadAt implements io.ReaderAt, between borrow and giveBack.
func (l *lent) ReadAt(p []byte, off int64) (int, error) {
	l.mu.Lock()
	f := l.file
	l.mu.Unlock()
	return f.ReadAt(p, off)
}

// lend gives reader out, which reads the file, and takes the file back when
// that is closed.
func (l *lent) lend(reader func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	if err := l.borrow(); err != nil {
		return nil, err
	}
	r, err := reader()
	if err != nil {
		return nil, errors.Join(err, l.giveBack())
	}
	return &returned{r, l, sync.Once{}}, nil
}

// returned is a reader of a file that was lent.
type returned struct {
	io.ReadCloser
	file *lent
	once sync.Once
}

// Close implements io.Closer. It may be called again.
func (r *returned) Close() (err error) {
	r.once.Do(func() { err = errors.Join(r.ReadCloser.Close(), r.file.giveBack()) })
	return err
}
