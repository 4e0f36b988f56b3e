package cmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chartlift/fhir/profile"
	"chartlift/internal/issue"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/transform"
)

// mappingFile is a mapping as the user named it.
type mappingFile struct {
	fs   fs.FS
	name string
	dir  string // folder as the user gave it, "" for shipped mappings
	// guide holds the implementation guides that the command line names; nil:
	// none.
	guide *profile.Guide
}

// ownMapping finds the mapping that the flags name, and reads the guides.
func (s *settings) ownMapping() (mappingFile, error) {
	file, err := findMapping(s.mapping)
	if err != nil || len(s.guides) == 0 {
		return file, err
	}
	file.guide, err = openGuides(s.guides)
	return file, err
}

// findMapping looks for a file of that name first, then for a shipped mapping.
func findMapping(name string) (mappingFile, error) {
	if name == "" {
		return mappingFile{}, usage("name a mapping: --mapping FILE, or one of the shipped ones: %s", strings.Join(mappings.Names(), ", "))
	}
	stat, err := os.Stat(name)
	if err == nil && stat.IsDir() {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s is a folder; name the mapping file in it", name)
	}
	if err == nil {
		return besideProject(filepath.Dir(name), filepath.Base(name)), nil
	}
	if strings.ContainsAny(name, "/.") {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s: there is no such file", name)
	}
	dir, file, err := mappings.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return mappingFile{}, refuse("no-such-mapping", "--mapping %s is neither a file nor a shipped mapping; shipped are: %s", name, strings.Join(mappings.Names(), ", "))
	}
	return mappingFile{fs: dir, name: file}, err
}

// besideProject reads a mapping in a folder of a project with the project's
// folder as root, so that it may name files beside its own folder:
// ../terms/sex.csv.
func besideProject(dir, base string) mappingFile {
	parent := filepath.Join(dir, "..")
	if !exists(filepath.Join(parent, mappings.ProjectFile)) {
		return mappingFile{fs: worklists{os.DirFS(dir)}, name: base, dir: dir}
	}
	return mappingFile{fs: worklists{os.DirFS(parent)}, name: filepath.Base(tables.Absolute(dir)) + "/" + base, dir: parent}
}

// compile checks the mapping. Positions name files as the user would.
func (m mappingFile) compile(set map[string]string) (*mappings.Program, []issue.Issue) {
	return mappings.Compile(m.fs, m.name, mappings.Options{Cleaners: transform.Signatures(), Set: set, Guide: m.guide})
}

// line returns a line of a file of the mapping, for showing it.
func (m mappingFile) line(at issue.Position) string {
	text, err := mappings.ReadFile(m.fs, at.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[at.Line-1], "\r")
}

// shown returns the path of a mapping's file as the user would write it.
func (m mappingFile) shown(file string) string {
	if m.dir == "" || m.dir == "." || file == "" || strings.HasPrefix(file, mappings.ShippedPrefix) {
		return file
	}
	return filepath.Join(m.dir, file)
}
