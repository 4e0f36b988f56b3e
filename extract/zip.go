package extract

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// lookThroughZip tells what a file is that is not called as tar archives are,
// with the members where it is an archive.
func lookThroughZip(name string) (*archive, error) {
	magic, err := peek(func() (io.ReadCloser, error) { return os.Open(name) }, 4)
	if err != nil || string(magic) != "PK\x03\x04" {
		return &archive{}, err
	}
	a, err := readZip(name)
	if err != nil {
		return nil, err
	}
	if a.kind == notZip {
		a.kind = plainZip
		return a, nil
	}
	return &archive{kind: a.kind}, nil // one file for our purpose
}

// readZip reads the directory of a zip file, whatever stands before it. Of
// members of one name the last counts, as for programs that unpack them.
func readZip(name string) (*archive, error) {
	stat, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	file := &lent{path: name, was: stat}
	if err := file.borrow(); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(file, stat.Size())
	if err = errors.Join(err, file.giveBack()); err != nil {
		return nil, fmt.Errorf("read zip directory (the file is damaged or was cut short): %w", err)
	}
	a := &archive{members: make(map[string]member, len(z.File))}
	for _, f := range z.File {
		switch {
		case a.kind != notZip:
		case f.Name == "xl/workbook.xml" || f.Name == "[Content_Types].xml":
			a.kind = officeZip
		case f.Name == "mimetype":
			a.kind = openDocZip
		case realMember(f):
			a.names = append(a.names, f.Name)
		}
		a.members[f.Name] = zipped(file, f)
	}
	return a, nil
}

// realMember tells the user's files from folders, hidden files and the forks
// that macOS adds.
func realMember(f *zip.File) bool {
	return f.Mode().IsRegular() && !strings.HasPrefix(f.Name, "__MACOSX/") &&
		!strings.HasPrefix(path.Base(f.Name), ".") && !strings.HasSuffix(f.Name, "/")
}

// zipped returns the member that the directory of a zip file names.
func zipped(file *lent, f *zip.File) member {
	shown := file.path + "!" + f.Name
	size := int64(f.CompressedSize64)
	return member{size: size, open: func() (io.ReadCloser, error) {
		if f.Flags&1 != 0 {
			return nil, &OpenError{Code: "password", Path: shown, Message: "protected by a password; unpack it: unzip -P PASSWORD " + file.path}
		}
		return file.lend(func() (io.ReadCloser, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			return readCloser{LimitGrowth(sound{r}, size, shown), r.Close}, nil
		})
	}}
}
