package cmd

import (
	"context"
	"errors"
	"os"
	"strings"

	"chartlift/load/ndjson"
)

// unchanged refuses folders of a hand-over in which files are not what chartlift wrote: lost on the way, cut off, or edited.
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
		what := strings.Join(told[:min(len(told), 5)], ", ")
		if len(told) > 5 {
			what += ", …"
		}
		if !l.o.changed {
			return refuse("handover-changed", "%s is not what was written there: %s. Write or copy the folder again, or say --allow-changed to load it as it is", path, what)
		}
		l.s.message("warning handover-changed %s is not what was written there: %s", path, what)
	}
	return nil
}
