package ndjson

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chartlift/internal/disk"
	"chartlift/load"
)

const (
	manifestName = ".chartlift-manifest.json"
	maxManifest  = 256 << 20 // a bundle file a line, some 120 bytes each
)

// Names that we write. A manifest is a file like any other: names of another
// form in it are not believed.
var (
	ours      = load.Pattern(`^([A-Z][A-Za-z]{0,63}\.ndjson(\.gz|\.zst)?|bundles/[0-9]{8,12}\.json)$`)
	temporary = load.Pattern(`^\.([A-Z][A-Za-z]{0,63}\.ndjson(\.gz|\.zst)?\.tmp|bundles\.tmp|bundles\.old|chartlift-manifest\.json\.tmp)$`)
)

// manifest lists the files that are ours.
type manifest struct {
	Files []written `json:"files"`
	names map[string]bool
}

// written is one finished file.
type written struct {
	Name      string `json:"name"` // with slashes, relative to the folder
	SHA256    string `json:"sha256"`
	Resources int64  `json:"resources"`
}

func byName(a, b written) int { return strings.Compare(a.Name, b.Name) }

// readManifest returns an empty manifest where there is none.
func readManifest(dir string) (manifest, error) {
	m := manifest{names: map[string]bool{}}
	f, err := os.Open(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := json.NewDecoder(io.LimitReader(f, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("read manifest %s: %w; remove it and the files that it lists", f.Name(), err)
	}
	for _, w := range m.Files {
		if !ours().MatchString(w.Name) {
			return manifest{}, fmt.Errorf("read manifest %s: it lists %q, which is no name of ours", f.Name(), w.Name)
		}
		m.names[w.Name] = true
	}
	return m, nil
}

// Earlier returns the names of the files of an earlier run that a folder holds,
// with slashes and relative to it; none where there is no such folder.
func Earlier(dir string) ([]string, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, w := range m.Files {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(w.Name))); err == nil {
			names = append(names, w.Name)
		}
	}
	return names, nil
}

// writeManifest replaces the manifest in one step.
func writeManifest(dir string, m manifest) error {
	path := filepath.Join(dir, temporaryName(strings.TrimPrefix(manifestName, ".")))
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := os.Rename(path, filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return disk.SyncFolder(dir)
}

// with returns a manifest that owns the files of both. A name may be in it
// twice, with two sums.
func (m manifest) with(more manifest) manifest {
	return manifest{Files: append(append([]written(nil), m.Files...), more.Files...)}
}

// mayReplace returns ErrForeign where name exists and is not ours.
func (m manifest) mayReplace(dir, name string) error {
	if m.names[name] {
		return nil
	}
	_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = ErrForeign
	}
	return fmt.Errorf("replace %s: %w", filepath.Join(dir, name), err)
}

// removeStale removes the files of m that now does not have. A file that
// somebody changed since is no longer ours and stays.
func (m manifest) removeStale(dir string, now manifest) error {
	keep := map[string]bool{}
	for _, w := range now.Files {
		keep[w.Name] = true
	}
	for _, w := range m.Files {
		path := filepath.Join(dir, filepath.FromSlash(w.Name))
		if keep[w.Name] {
			continue
		}
		sum, err := sumFile(path)
		if errors.Is(err, fs.ErrNotExist) || sum != w.SHA256 && err == nil {
			continue
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	if len(m.Files) > 0 && filepath.Dir(m.Files[0].Name) == bundlesDir {
		_ = os.Remove(filepath.Join(dir, bundlesDir)) // goes only when it is empty
	}
	return nil
}

func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return sumOf(f)
}

func sumOf(in io.Reader) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
