package mappings

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sort"
)

//go:embed library
var library embed.FS

// Shipped names a mapping that comes with the program.
type Shipped struct {
	Name  string // the name to give to --mapping
	File  string // its file in the library
	Title string
}

// List returns the shipped mappings, sorted by name.
func List() []Shipped {
	files, err := fs.Glob(library, "library/*/*.yaml")
	if err != nil {
		return nil
	}
	var out []Shipped
	for _, f := range files {
		text, err := library.ReadFile(f)
		if err != nil {
			continue
		}
		var ignored findings
		root := parse(f, text, &ignored)
		s := Shipped{Name: path.Base(path.Dir(f)), File: path.Base(f)}
		if t := root.get("title"); t != nil {
			s.Title = t.text
		}
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Open returns the folder and the file name of the shipped mapping called name.
func Open(name string) (fs.FS, string, error) {
	for _, s := range List() {
		if s.Name == name {
			dir, err := fs.Sub(library, "library/"+name)
			return dir, s.File, err
		}
	}
	return nil, "", fmt.Errorf("open shipped mapping %q: %w", name, fs.ErrNotExist)
}
