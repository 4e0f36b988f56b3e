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
	out := shipped()
	for i := range out {
		file := "library/" + out[i].Name + "/" + out[i].File
		text, err := library.ReadFile(file)
		if err != nil {
			continue
		}
		var ignored findings
		if t := parse(file, text, &ignored).get("title"); t != nil {
			out[i].Title = t.text
		}
	}
	return out
}

// Names returns the names of the shipped mappings, sorted. Unlike List it reads
// none of them: that takes a fifth of a second, and every start of the program
// would have to wait for it.
func Names() []string {
	var names []string
	for _, s := range shipped() {
		names = append(names, s.Name)
	}
	return names
}

// shipped lists the mappings without their titles.
func shipped() []Shipped {
	files, err := fs.Glob(library, "library/*/*.yaml")
	if err != nil {
		return nil
	}
	out := make([]Shipped, len(files))
	for i, f := range files {
		out[i] = Shipped{Name: path.Base(path.Dir(f)), File: path.Base(f)}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Open returns the folder and the file name of the shipped mapping called name.
func Open(name string) (fs.FS, string, error) {
	for _, s := range shipped() {
		if s.Name == name {
			dir, err := fs.Sub(library, "library/"+name)
			return dir, s.File, err
		}
	}
	return nil, "", fmt.Errorf("open shipped mapping %q: %w", name, fs.ErrNotExist)
}
