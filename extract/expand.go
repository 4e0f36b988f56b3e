package extract

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Expand returns the files behind one --source: for a folder all files in it
// and below, hidden ones left out, for a zip or tar archive its members, for a
// pattern such as '*.csv' what it matches, each sorted; otherwise path itself.
// Paths are returned with slashes on every system, as mappings name files. The
// error is an *OpenError where the user can do something about it.
func Expand(ctx context.Context, path string) ([]string, error) {
	all, err := expand(ctx, path)
	for i := range all {
		all[i] = slashed(all[i])
	}
	return all, err
}

// slashed returns the path with slashes. The name of an archive's member stays
// as the archive has it.
func slashed(path string) string {
	if archive, member, ok := cutArchive(path); ok {
		return filepath.ToSlash(archive) + "!" + member
	}
	return filepath.ToSlash(path)
}

func expand(ctx context.Context, path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	stat, err := os.Stat(path)
	if err != nil && isPattern(path) {
		return expandPattern(ctx, path)
	}
	if archive, _, ok := cutArchive(path); err != nil && ok {
		if _, err = os.Stat(archive); err == nil {
			return []string{path}, nil
		}
	}
	if err != nil {
		return nil, openError(path, err)
	}
	if !stat.IsDir() {
		return expandFile(path), nil
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

// isPattern reports whether path has a character that a shell would have
// expanded; a file of that very name goes before.
func isPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// expandPattern returns what the files, folders and members that match stand
// for.
func expandPattern(ctx context.Context, pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	if archive, member, ok := cutArchive(pattern); err == nil && len(found) == 0 && ok && exists(archive) {
		return expandMembers(pattern, archive, member)
	}
	if err != nil {
		return nil, &OpenError{Code: "no-such-file", Path: pattern, Message: "no pattern of file names; a [ needs its ]"}
	}
	var all []string
	for _, name := range found {
		if strings.HasPrefix(filepath.Base(name), ".") {
			continue // hidden, as in a folder
		}
		files, err := expand(ctx, name)
		var known *OpenError
		if errors.As(err, &known) && known.Code == "empty-file" {
			continue // a folder with nothing in it
		}
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	if len(all) == 0 {
		return nil, noMatch(pattern)
	}
	return all, nil
}

// expandMembers returns the members of an archive whose path or file name
// matches.
func expandMembers(pattern, archive, member string) ([]string, error) {
	files := expandFile(archive)
	var all []string
	for _, f := range files {
		name := strings.TrimPrefix(f, archive+"!")
		whole, _ := path.Match(member, name)
		last, _ := path.Match(member, path.Base(name))
		if whole || last {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, noMatch(pattern)
	}
	return all, nil
}

func noMatch(pattern string) error {
	return &OpenError{Code: "no-such-file", Path: pattern, Message: "no file matches the pattern"}
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
	// A link counts when it leads to a file; links to folders are not followed,
	// so there are no loops. One that leads nowhere stands for itself: opening
	// it says what is wrong, and a share that is not mounted is not taken for
	// no rows.
	stat, err := os.Stat(name)
	switch {
	case err != nil && entry.Type()&fs.ModeSymlink != 0:
		*all = append(*all, name)
		return nil
	case err != nil || !stat.Mode().IsRegular():
		return nil
	}
	*all = append(*all, expandFile(name)...)
	return nil
}

// expandFile returns the members of an archive, or the file itself. An archive
// that is damaged stands for itself: opening it says what is wrong, and the
// files beside it are read.
func expandFile(name string) []string {
	kind, members, err := inspectArchive(name)
	if err != nil || kind != plainZip && kind != plainTar || !IsArchiveName(name) {
		return []string{name}
	}
	files := make([]string, 0, len(members))
	for _, m := range members {
		files = append(files, name+"!"+m)
	}
	slices.Sort(files)
	return slices.Compact(files) // a tar archive may hold two files of one name
}
