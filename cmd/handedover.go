package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"chartlift/internal/issue"
	"chartlift/load/handover"
	"chartlift/load/ndjson"
)

// unchanged refuses folders of a hand-over in which files are not what
// chartlift wrote: lost on the way, cut off, or edited.
func (l *loading) unchanged(ctx context.Context, paths []string) error {
	for _, path := range paths {
		if stat, err := os.Stat(path); err != nil || !stat.IsDir() {
			continue // opening it says what is wrong
		}
		changes, err := ndjson.Changes(ctx, path)
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			return refuse("handover-changed", "%w", err)
		}
		var told []string
		for _, c := range changes {
			how := " was changed"
			if c.Gone {
				how = " is gone"
			}
			told = append(told, c.Name+how)
		}
		if len(told) == 0 {
			continue
		}
		what := firstFew(told, 5)
		if !l.o.changed {
			return refuse("handover-changed", "%s is not what was written there: %s. Write or copy the folder again, or say --allow-changed to load it as it is", path, what)
		}
		l.s.message("warning handover-changed %s is not what was written there: %s", path, what)
	}
	return nil
}

// firstFew names the first n, and says where there are more.
func firstFew(names []string, n int) string {
	what := strings.Join(names[:min(len(names), n)], ", ")
	if len(names) > n {
		what += ", …"
	}
	return what
}

// mostUnread bounds the names of files in one finding.
const mostUnread = 20

// unread returns what is to be said of files that give nothing to send: an
// issue for each kind, which names them.
func (l *loading) unread() (all []issue.Issue) {
	for _, kind := range []unreadKind{
		{handover.NotLoaded, handover.NotLoaded, "not loaded", "only .ndjson, .jsonl and .json are, plain, .gz or .zst; convert tables and documents by a mapping, have FHIR in XML written as JSON, unpack archives"},
		{handover.NoResources, handover.NoResources, "without a resource", "see whether the export was cut short"},
	} {
		if i, any := kind.told(l.set.Unread); any {
			all = append(all, i)
		}
	}
	return all
}

// unreadKind is how files are told of that give no resource.
type unreadKind struct {
	of   string // code that they were found with
	code string // code that they are told with
	what string // what they are
	fix  string // what to do
}

// told names the files of the kind in one sentence, as grave as the gravest of
// them; any is false where there are none.
func (k unreadKind) told(unread []handover.Unread) (i issue.Issue, any bool) {
	var names []string
	i = issue.Issue{Code: k.code, Type: "incomplete"}
	for _, u := range unread {
		if u.Code == k.of {
			names, i.Severity = append(names, u.Name), max(i.Severity, u.Severity)
		}
	}
	i.Message = fmt.Sprintf("%s %s: %s; %s", issue.Count(int64(len(names)), "file"), k.what, firstFew(names, mostUnread), k.fix)
	return i, len(names) > 0
}
