package extract

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Expand returns the files behind one --source: for a folder all files in it
// and below, hidden ones left out, for a zip archive its members, each sorted;
// otherwise path itself. The error is an *OpenError where the user can do something about it.
func Expand(ctx context.Context, path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	stat, err := os.Stat(path)
	if archive, _, ok := cutArchive(path); err != nil && ok {
		if _, err = os.Stat(archive); err == nil {
			return []string{path}, nil
		}
	}
	if err != nil {
		return nil, openError(path, err)
	}
	if !stat.IsDir() {
		return expandFile(path)
	}
	var all []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return openError(name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return expandEntry(path, name, entry, &all)
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, &OpenError{Code: "empty-file", Path: path, Message: "the folder has no files in it"}
	}
	return all, nil
}

// expandEntry adds what one entry of a folder stands for.
func expandEntry(root, name string, entry fs.DirEntry, all *[]string) error {
	hidden := strings.HasPrefix(entry.Name(), ".") && name != root
	switch {
	case hidden && entry.IsDir():
		return fs.SkipDir
	case hidden || entry.IsDir():
		return nil
	}
	// A link counts when it leads to a file; links to folders are not followed, so there are no loops.
	if stat, err := os.Stat(name); err != nil || !stat.Mode().IsRegular() {
		return nil
	}
	files, err := expandFile(name)
	*all = append(*all, files...)
	return err
}

// expandFile returns the members of an archive, or the file itself.
func expandFile(name string) ([]string, error) {
	kind, members, err := inspectZip(name)
	if err != nil {
		return nil, openError(name, err)
	}
	if kind != plainZip || !strings.HasSuffix(strings.ToLower(name), ".zip") {
		return []string{name}, nil
	}
	files := make([]string, 0, len(members))
	for _, m := range members {
		files = append(files, name+"!"+m)
	}
	return files, nil
}
