package bulkimport

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// job is what must be known of a job to go on with it after the process died.
// It holds no resource, but the address under which the files are offered: it
// is for its owner only.
type job struct {
	Key     string    `json:"key"` // of the level: types, ids and contents
	Status  string    `json:"status"`
	Began   time.Time `json:"began,omitzero"`
	Address string    `json:"address,omitempty"` // where the files were offered
	Token   string    `json:"token,omitempty"`   // part of the address; where a storage holds the files, of their names
}

// readJob returns the job that an earlier run left, the zero job where there is
// none. A file that cannot be understood is as none: the worst that follows is
// a second job with the same content.
func readJob(path string) (job, error) {
	var j job
	if path == "" {
		return j, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return j, fmt.Errorf("read job under way: %w", err)
	}
	if json.Unmarshal(text, &j) != nil {
		return job{}, nil
	}
	return j, nil
}

// write makes the job known to the next run, or forgets it where it is the zero
// job.
func (j job) write(path string) error {
	if path == "" {
		return nil
	}
	if j == (job{}) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget job: %w", err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write down job: %w", err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write down job: %w", err)
	}
	return replace(path, append(text, '\n'))
}

// replace writes a file so that whoever reads it finds the old content or the
// new one.
func replace(path string, text []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write down job: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		return fmt.Errorf("write down job: %w", err)
	}
	return nil
}
