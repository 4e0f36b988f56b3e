package tables

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// mostUnreached bounds the tables that are named behind a cut.
const mostUnreached = 12

// ended notes that a dump, or a compressed feed, ends too early.
func (t *Set) ended(path string, src extract.Source) {
	if s, ok := src.(extract.Short); ok && t.short[path] == nil {
		if short := s.Shortfall(); short != nil {
			t.short[path] = short
		}
	}
}

// endings says once of each such file that it ends too early, with the tables
// that may stand behind its end.
func (t *Set) endings() {
	for _, path := range slices.Sorted(maps.Keys(t.short)) {
		short := *t.short[path]
		if short.Code == extract.DumpCut {
			short.Message = short.Origin.Source + ": " + short.Message
		}
		var tables []string
		for _, s := range t.Absent {
			if s.View == nil && s.MatchesFile(path) {
				tables = append(tables, s.Read.Table)
			}
		}
		if len(tables) > 0 {
			slices.Sort(tables)
			tables = slices.Compact(tables)
			more := ""
			if n := len(tables) - mostUnreached; n > 0 {
				tables, more = tables[:mostUnreached], fmt.Sprintf(" and %d more", n)
			}
			short.Message += "; not reached: " + strings.Join(tables, ", ") + more
		}
		t.Unread = append(t.Unread, short)
	}
}

// leaveEmpty notes a file without bytes. One of many tables may be empty; a
// dump is never, for even that of an empty database says what made it.
func (t *Set) leaveEmpty(s *mappings.Source, path string, err error) {
	if t.empty[path] {
		return
	}
	t.leave(path, err)
	if s.Format == "sql_dump" {
		last := &t.Unread[len(t.Unread)-1]
		last.Severity = issue.Error
		last.Message += "; a dump says at least what made it: export it again"
	}
}

// Incomplete returns what is said of dumps and feeds that are not whole.
func (t *Set) Incomplete() (all []string) {
	for _, i := range t.Unread {
		if i.Severity == issue.Error && (i.Code == extract.DumpCut || i.Code == extract.FileDamaged || i.Code == "empty-file") {
			all = append(all, i.Message)
		}
	}
	return all
}

// Unwhole counts the files that were not read to their end. A set is nil where
// files are delivered that were converted before.
func (t *Set) Unwhole() int {
	if t == nil {
		return 0
	}
	n := len(t.Cut)
	for _, i := range t.Unread {
		if i.Severity == issue.Error {
			n++
		}
	}
	return n
}
