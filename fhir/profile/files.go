package profile

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/fhir"
)

// The bounds of a package; the largest published ones have some ten thousand
// files and 200 MB.
const (
	maxFiles   = 100_000
	maxPackage = 1 << 30
)

// ErrTooLarge is in the chain of an error about a package above the bounds.
var ErrTooLarge = errors.New("the package is too large: 100,000 files, 64 MiB a file and 1 GiB in all are read")

// errNoPackage is the error for an archive or folder that holds no definition.
var errNoPackage = errors.New("no definition is in it: an implementation guide is a .tgz with package/*.json, a folder of .json files, or one .json file")

// AddPath takes up the implementation guide at a path: a package as it is
// published (.tgz), a folder of .json files, or one file of JSON or NDJSON. The
// name us-core stands for US Core 6.1.0, which comes along.
func (g *Guide) AddPath(name string) error {
	if BuiltIn(name) {
		return g.addBuiltIn()
	}
	return g.AddFS(os.DirFS(filepath.Dir(name)), filepath.Base(name))
}

// AddFS is AddPath for a path in a file system.
func (g *Guide) AddFS(fsys fs.FS, name string) error {
	if BuiltIn(name) {
		return g.addBuiltIn()
	}
	stat, err := fs.Stat(fsys, name)
	if err != nil {
		return fmt.Errorf("read guide: %w", err)
	}
	before := g.size()
	if stat.IsDir() {
		err = g.addFolder(fsys, name)
	} else {
		err = g.addFile(fsys, name)
	}
	if err == nil && g.size() == before {
		err = errNoPackage
	}
	if err != nil {
		return fmt.Errorf("read guide %s: %w", name, err)
	}
	return nil
}

// size counts what was added.
func (g *Guide) size() int { return len(g.sets) + len(g.systems) + g.count() }

// count counts the definitions of structures, every version of one.
func (g *Guide) count() (n int) {
	for _, all := range g.definitions {
		n += len(all)
	}
	return n
}

func (g *Guide) addFolder(fsys fs.FS, name string) error {
	if stat, err := fs.Stat(fsys, path.Join(name, "package")); err == nil && stat.IsDir() {
		name = path.Join(name, "package") // an unpacked .tgz
	}
	entries, err := fs.ReadDir(fsys, name)
	if err != nil {
		return err
	}
	p := Package{File: name}
	for _, e := range entries {
		if e.Type()&fs.ModeType != 0 || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		text, err := readBounded(fsys, path.Join(name, e.Name()))
		if err != nil {
			return err
		}
		if err := g.member(&p, e.Name(), text); err != nil {
			return err
		}
	}
	g.packages = append(g.packages, p)
	return nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, fhir.MaxSize+1))
	if err == nil && len(text) > fhir.MaxSize {
		err = ErrTooLarge
	}
	return text, err
}

// addFile takes up one file, by what its first bytes are.
func (g *Guide) addFile(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if head, _ := in.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		return g.AddPackage(name, in)
	}
	text, err := readBounded(fsys, name)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(name, ".ndjson") {
		return g.Add(path.Base(name), text)
	}
	for i, line := range bytes.Split(text, []byte{'\n'}) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := g.Add(fmt.Sprintf("%s line %d", path.Base(name), i+1), line); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddPackage takes up a package as it is published: a gzipped tar archive. Only
// package/*.json are read; examples and what lies in other folders is not.
func (g *Guide) AddPackage(name string, archive io.Reader) error {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return fmt.Errorf("%s is no gzip archive: %w", name, err)
	}
	p := Package{File: name}
	total := &io.LimitedReader{R: unzipped, N: maxPackage}
	files := tar.NewReader(total)
	for n := 0; ; n++ {
		head, err := files.Next()
		switch {
		case total.N <= 0 || n > maxFiles:
			return ErrTooLarge
		case errors.Is(err, io.EOF):
			g.packages = append(g.packages, p)
			return nil
		case err != nil:
			return fmt.Errorf("the archive is damaged: %w", err)
		}
		inside, base := path.Split(path.Clean(head.Name))
		if inside != "package/" || head.Typeflag != tar.TypeReg || !strings.HasSuffix(base, ".json") {
			continue
		}
		if err := g.archived(&p, base, files); err != nil {
			return err
		}
	}
}

func (g *Guide) archived(p *Package, name string, in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, fhir.MaxSize+1))
	if err != nil {
		return fmt.Errorf("%s: the archive is damaged: %w", name, err)
	}
	if len(text) > fhir.MaxSize {
		return fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	return g.member(p, name, text)
}

// passed are the kinds of files in packages that hold nothing to validate by;
// they are many, and some are large.
func passed(name string) bool {
	kind, _, _ := strings.Cut(name, "-")
	return name == ".index.json" || slices.Contains([]string{
		"SearchParameter", "CapabilityStatement", "OperationDefinition", "ImplementationGuide", "ConceptMap", "NamingSystem",
	}, kind)
}

// member takes up one file of a package.
func (g *Guide) member(p *Package, name string, text []byte) error {
	if passed(name) {
		return nil
	}
	if name == "package.json" {
		return p.manifest(text)
	}
	before := g.count()
	if err := g.Add(name, text); err != nil {
		return err
	}
	p.Definitions += g.count() - before
	return nil
}

// manifest reads package.json.
func (p *Package) manifest(text []byte) error {
	var tree fhir.Tree
	if err := tree.Parse(text); err != nil {
		return fmt.Errorf("package.json: %w", err)
	}
	d := decoder{tree: &tree}
	p.Name, p.Version = d.text(0, "name"), d.text(0, "version")
	p.Dependencies = map[string]string{}
	if at := tree.Find(0, "dependencies"); at != 0 {
		for n := tree.First(at); n != 0; n = tree.Next(n) {
			p.Dependencies[strings.Clone(tree.Key(n))] = d.string(n)
		}
	}
	for _, key := range []string{"fhirVersions", "fhir-version-list"} {
		if versions := d.texts(0, key); len(versions) > 0 && !slices.ContainsFunc(versions, isR4) {
			return fmt.Errorf("package.json: the guide is made for FHIR %s, not for R4 (4.0.1)", strings.Join(versions, ", "))
		}
	}
	return nil
}

func isR4(version string) bool { return strings.HasPrefix(version, "4.0") }
