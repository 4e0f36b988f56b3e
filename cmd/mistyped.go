package cmd

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// hostLike is what a host looks like that is no address in digits: names with
// dots between them, the last one of letters alone.
var hostLike = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*\.)+[A-Za-z]{2,}$`)

var drive = regexp.MustCompile(`^[A-Za-z]$`)

// mistyped reports whether a path looks like the address of a server, as with a
// slash left out: charts that seem to be delivered would lie in a folder where
// nobody looks for them. A folder that is there already below dir is meant, and
// so is what is written ./NAME.
func mistyped(path, dir string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
	if first == "" || strings.HasPrefix(first, ".") { // absolute, ./, ../ or hidden
		return false
	}
	if stat, err := os.Stat(filepath.Join(dir, first)); err == nil && stat.IsDir() {
		return false
	}
	if head, _, colon := strings.Cut(first, ":"); colon {
		return !drive.MatchString(head)
	}
	if _, err := netip.ParseAddr(first); err == nil {
		return true
	}
	return first == "localhost" || hostLike.MatchString(first)
}
