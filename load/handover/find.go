package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// ErrTable says that a file is of a legacy system.
var ErrTable = errors.New("this is a table and holds no FHIR resources; convert it by a mapping: chartlift run")

// ErrXML says that a file is XML: of a legacy system, or resources in the other
// form of FHIR.
var ErrXML = errors.New("this is XML, of which no resources are loaded; convert documents by a mapping (chartlift run), and have FHIR resources written as JSON or NDJSON")

// ErrNoFiles says that a folder has nothing to deliver.
var ErrNoFiles = errors.New("no .ndjson or .json file is in it, plain, .gz or .zst")

// Find returns the files of a folder that may hold resources, in the order of
// their names, and those that it passes over. It is ErrNoFiles where there are
// none of the first kind; nothing is read yet.
func Find(folder string) ([]File, []Unread, error) {
	var s Set
	err := s.find(folder)
	return s.Files, s.Unread, err
}

// find adds a file, or the files of a folder in the order of their names. A
// folder may be named by a link.
func (s *Set) find(path string) error {
	stat, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("find files to load: %w", err)
	}
	if !stat.IsDir() {
		if err := foreign(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		s.Files = append(s.Files, File{Path: path, Name: filepath.Base(path)})
		return nil
	}
	before := len(s.Files)
	if path, err = filepath.EvalSymlinks(path); err == nil { // WalkDir does not follow a link
		err = s.walk(path)
	}
	if err == nil && len(s.Files) == before {
		err = ErrNoFiles
	}
	if err != nil {
		return fmt.Errorf("find files to load in %s: %w", path, err)
	}
	return nil
}

// walk adds the files of a folder and of those below it. What it passes over is
// noted, each file: what somebody sent and nobody loaded is found missing in
// the new system else.
func (s *Set) walk(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case d.IsDir() && hidden(d.Name()) && path != root:
			s.pass(name+"/", issue.Information)
			return fs.SkipDir
		case d.IsDir():
		case hidden(d.Name()):
			if !strings.HasPrefix(d.Name(), ours) {
				s.pass(name, issue.Information)
			}
		case !readable(d.Name()):
			s.pass(name, weight(d.Name()))
		case regular(path):
			s.Files = append(s.Files, File{Path: path, Name: name})
		default: // a pipe, or a link to a folder or to nothing
			s.pass(name, issue.Warning)
		}
		return nil
	})
}

// ours begins the names of hidden files that we write ourselves into a folder
// for hand-over.
const ours = ".chartlift-"

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// regular reports whether a path leads to a file, be it by a link.
func regular(path string) bool {
	stat, err := os.Stat(path)
	return err == nil && stat.Mode().IsRegular()
}

// Unread is a file that gives nothing to send: one of a folder that is passed
// over (NotLoaded), or one without a resource (NoResources).
type Unread struct {
	Name     string // as of File, with a slash at the end where it is a folder
	Code     string
	Severity issue.Severity
}

// pass notes a file that is not loaded.
func (s *Set) pass(name string, severity issue.Severity) {
	s.Unread = append(s.Unread, Unread{name, NotLoaded, severity})
}

// tellEmpty notes a file that has been read and holds no row. An export that
// broke off leaves such files.
func (s *Set) tellEmpty(f File) {
	if f.Rows == 0 {
		s.Unread = append(s.Unread, Unread{f.Name, NoResources, issue.Warning})
	}
}

// weight returns how much it means that a file is not loaded: a README beside
// the resources is no loss.
func weight(name string) issue.Severity {
	if slices.Contains([]string{"", ".md", ".txt", ".log", ".html", ".pdf", ".sha256", ".md5"}, filepath.Ext(strings.ToLower(name))) {
		return issue.Information
	}
	return issue.Warning
}

// foreign returns ErrTable or ErrXML for the name of a table or document, nil
// for any other: somebody takes load for run.
func foreign(name string) error {
	ext := filepath.Ext(PlainName(name))
	switch {
	case ext == ".xml":
		return ErrXML
	case slices.Contains([]string{".csv", ".tsv", ".xlsx", ".xlsm", ".sql", ".hl7"}, ext):
		return ErrTable
	}
	return nil
}

// readable reports whether a file of this name in a folder is meant.
func readable(name string) bool {
	return slices.Contains([]string{".ndjson", ".jsonl", ".json"}, filepath.Ext(PlainName(name)))
}
