package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// setResult is what chartlift profile made of a set.
type setResult struct {
	dataSet `json:"-"`
	Tables  int64
	Read    int64
	Want    int64
	Unread  []string // files that were not read
	Cost    cost
}

// setCommand makes this program one that profiles one set: a process counts the
// memory of the one that started it as its own peak, and this one grows when it
// counts rows.
const setCommand = "set"

// realSets profiles every set below the folder of real data.
func realSets(ctx context.Context, a *arena, o options) (section, error) {
	dir := o.sets
	if !usable(dir) {
		return section{body: "The sets are not here (`-sets`): nothing was measured.\n"}, nil
	}
	var all []setResult
	for _, s := range dataSets() {
		fmt.Fprintln(os.Stderr, "set:", s.name)
		_, text, err := measureText(ctx, []string{a.self, setCommand, a.tool, a.work, s.name, filepath.Join(dir, strings.Fields(s.name)[0])}, nil)
		if err != nil {
			return section{}, fmt.Errorf("profile %s: %w", s.name, err)
		}
		r := setResult{}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return section{}, fmt.Errorf("profile %s: %w", s.name, err)
		}
		r.dataSet = s
		all = append(all, r)
	}
	var b strings.Builder
	setTable(&b, all)
	return section{body: b.String()}, nil
}

// setMain profiles one set and prints the result as JSON: set TOOL WORK NAME
// DIR.
func setMain(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("set takes TOOL WORK NAME DIR")
	}
	at := slices.IndexFunc(dataSets(), func(s dataSet) bool { return s.name == args[2] })
	if at < 0 {
		return fmt.Errorf("set %s: there is none of that name", args[2])
	}
	r, err := profileSet(ctx, args[0], args[1], dataSets()[at], args[3])
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// profileSet profiles first and counts then.
func profileSet(ctx context.Context, tool, work string, s dataSet, dir string) (setResult, error) {
	r := setResult{dataSet: s}
	files, err := setFiles(s, dir, work)
	if err != nil {
		return r, err
	}
	given := files
	if s.inner != "" {
		given = []string{filepath.Join(files[0], s.inner)}
	}
	var text string
	if r.Cost, text, err = measureText(ctx, append([]string{tool, "profile", "--json", "-q"}, given...), nil); err != nil {
		return r, err
	}
	var report struct {
		Tables []struct {
			Table string `json:"table"`
			Rows  int64  `json:"rows"`
		} `json:"tables"`
		Problems []struct {
			Source string `json:"source"`
		} `json:"problems"`
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		return r, fmt.Errorf("read profile: %w", err)
	}
	for _, t := range report.Tables {
		if s.table == "" || s.table == t.Table {
			r.Tables, r.Read = r.Tables+1, r.Read+t.Rows
		}
	}
	for _, p := range report.Problems {
		r.Unread = append(r.Unread, p.Source)
	}
	if r.Want, err = s.rows(dir, files); err != nil {
		return r, fmt.Errorf("count rows: %w", err)
	}
	return r, nil
}

// setFiles returns the files of a set; an archive that chartlift does not open
// is unpacked.
func setFiles(s dataSet, dir, work string) ([]string, error) {
	var files []string
	for _, pattern := range s.files {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("find %s: there is none, %w", pattern, errors.Join(err, os.ErrNotExist))
		}
		files = append(files, found...)
	}
	for i, f := range files {
		if !strings.HasSuffix(f, ".tar.gz") {
			continue
		}
		files[i] = filepath.Join(work, "unpacked", filepath.Base(dir))
		if err := untar(f, files[i]); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", filepath.Base(f), err)
		}
	}
	return files, nil
}

// untar unpacks the regular files of a .tar.gz into dir, which no name in it
// can leave.
func untar(name, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case h.Typeflag != tar.TypeReg:
			continue
		}
		content, err := io.ReadAll(io.LimitReader(t, 64<<20))
		if err == nil {
			err = errors.Join(root.MkdirAll(path.Dir(h.Name), 0o700), root.WriteFile(h.Name, content, 0o600))
		}
		if err != nil {
			return err
		}
	}
}
