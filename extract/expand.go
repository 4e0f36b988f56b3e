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

	"chartlift/internal/disk"
)

// Expand returns the files behind one --source: for a folder all files in it
// and below, hidden ones left out, for a zip or tar archive its members, for a
// pattern such as '*.csv' what it matches, each sorted; otherwise path itself.
// Paths are returned with slashes on every system, as mappings name files. An
// archive that is damaged stands for itself, behind those of its members that
// can be read; opening it says what is wrong. Members are opened with the same
// archives, which may be nil where nothing is. The error is an *OpenError where
// the user can do something about it.
func Expand(ctx context.Context, path string, archives *Archives) (all []string, err error) {
	if archives == nil {
		archives = NewArchives("")
		defer func() { err = errors.Join(err, archives.Close()) }()
	}
	all, err = expander{archives}.expand(ctx, path)
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

// expander finds the files behind sources.
type expander struct{ archives *Archives }

func (e expander) expand(ctx context.Context, path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	stat, err := os.Stat(path)
	if err != nil && isPattern(path) {
		return e.pattern(ctx, path)
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
		return e.file(ctx, path, everything)
	}
	var all []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return openError(name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return e.entry(ctx, path, name, entry, &all)
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

// pattern returns what the files, folders and members that match stand
// for.
func (e expander) pattern(ctx context.Context, pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	if archive, member, ok := cutArchive(pattern); err == nil && len(found) == 0 && ok && exists(archive) {
		return e.members(ctx, pattern, archive, member)
	}
	if err != nil {
		return nil, &OpenError{Code: "no-such-file", Path: pattern, Message: "no pattern of file names; a [ needs its ]"}
	}
	var all []string
	for _, name := range found {
		if strings.HasPrefix(filepath.Base(name), ".") {
			continue // hidden, as in a folder
		}
		files, err := e.expand(ctx, name)
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

// members returns the members of an archive whose path or file name matches.
func (e expander) members(ctx context.Context, pattern, archive, member string) ([]string, error) {
	all, err := e.file(ctx, archive, func(name string) bool {
		whole, _ := path.Match(member, name)
		last, _ := path.Match(member, path.Base(name))
		return whole || last
	})
	if err == nil && len(all) == 0 {
		err = noMatch(pattern)
	}
	return all, err
}

func noMatch(pattern string) error {
	return &OpenError{Code: "no-such-file", Path: pattern, Message: "no file matches the pattern"}
}

// entry adds what one entry of a folder stands for.
func (e expander) entry(ctx context.Context, root, name string, entry fs.DirEntry, all *[]string) error {
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
	files, err := e.file(ctx, name, everything)
	*all = append(*all, files...)
	return err
}

func everything(string) bool { return true }

// file returns those members of an archive that are wanted, or the file itself.
// Of an archive that is damaged the files beside it are read.
func (e expander) file(ctx context.Context, name string, wanted func(member string) bool) ([]string, error) {
	if !IsArchiveName(name) {
		return []string{name}, nil
	}
	kind, members, err := e.archives.inspect(ctx, name, wanted)
	if ctx.Err() != nil || disk.Full(err) {
		return nil, err
	}
	if kind != plainZip && kind != plainTar {
		return []string{name}, nil
	}
	files := make([]string, 0, len(members)+1)
	for _, m := range members {
		if wanted(m) {
			files = append(files, name+"!"+m)
		}
	}
	slices.Sort(files)
	files = slices.Compact(files) // an archive may hold two files of one name
	if err != nil {
		files = append(files, name)
	}
	return files, nil
}
