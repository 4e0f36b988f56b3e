package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"chartlift/load/handover"
)

// resourceFiles puts the files of resources in the place of folders that were
// named, sorted. Files of these folders that are passed over are returned with
// their paths: who takes a folder for valid must know what of it nobody looked
// at.
func resourceFiles(names []string) (all []string, passed []handover.Unread, err error) {
	for _, name := range names {
		if stat, err := os.Stat(name); name == "-" || err != nil || !stat.IsDir() {
			all = append(all, name) // what is wrong with it is said when it is opened
			continue
		}
		files, unread, err := handover.Find(name)
		if errors.Is(err, handover.ErrNoFiles) {
			return nil, nil, refuse("is-a-directory", "%s: there are no .json, .ndjson or .jsonl files in this folder", name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("look into %s: %w", name, err)
		}
		for _, f := range files {
			all = append(all, f.Path)
		}
		for _, u := range unread {
			u.Name = filepath.Join(name, u.Name)
			passed = append(passed, u)
		}
	}
	return all, passed, nil
}

// notValidated is how validate tells of files in a folder that it does not
// read.
func notValidated() unreadKind {
	return unreadKind{handover.NotLoaded, "not-read", "not read", "only .ndjson, .jsonl and .json are, plain, .gz or .zst; whether they are valid nobody knows"}
}

// unreadJSON is a file that was passed over, as --json tells it.
type unreadJSON struct {
	File     string `json:"file"`
	Severity string `json:"severity"` // information: hardly resources, such as a README
}

// notRead prints, where files were passed over and --json is given, a last
// object with all of them.
func (w *validation) notRead() error {
	if len(w.passed) == 0 || !w.s.json {
		return nil
	}
	out := struct {
		NotRead []unreadJSON `json:"notRead"`
	}{}
	for _, u := range w.passed {
		out.NotRead = append(out.NotRead, unreadJSON{u.Name, u.Severity.String()})
	}
	return json.NewEncoder(w.out).Encode(out)
}
