// Package disk holds what systems do in ways of their own with files and disks:
// locks that end with their process, names that outlive a power cut, and how
// they say that there is no room left.
package disk

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// ErrLocked says that another process, or another file of this one, holds the
// lock.
var ErrLocked = errors.New("locked by another process")

// Full reports whether err says that there was no room for what was written: on
// the disk, in the user's share of it, or by a limit of files' size. SQLite
// says it in words of its own (SQLITE_FULL, SQLITE_IOERR).
func Full(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	for _, no := range full() {
		if errors.Is(err, no) || strings.Contains(text, "disk I/O error: "+no.Error()) {
			return true
		}
	}
	return strings.Contains(text, "database or disk is full")
}

// URI names the database file at path for SQLite, with what the query says of
// how it is opened (https://www.sqlite.org/uri.html). A drive of Windows stands
// behind a slash there, or it would be a machine's name.
func URI(path, query string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}
