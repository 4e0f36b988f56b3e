package extract

import (
	"context"
	"fmt"

	"chartlift/internal/issue"
)

// Counter is a Source that can count the rows of several of its tables in one
// pass over the file.
type Counter interface {
	// Count returns how many records Read would yield of each table, those with
	// a Fault as well. With an error, of what stands before it.
	Count(ctx context.Context, tables []string) (map[string]int64, error)
}

// Count returns how many records each of the tables has. The error says why a
// table could not be read to its end; what stands before it is counted, and so
// are the tables behind it as far as they can be read.
func Count(ctx context.Context, src Source, tables []string) (map[string]int64, error) {
	if c, ok := src.(Counter); ok && len(tables) > 1 {
		return c.Count(ctx, tables)
	}
	counts := map[string]int64{}
	var first error
	for _, name := range tables {
		for b, err := range src.Read(ctx, name, func(issue.Issue) {}) {
			if err == nil {
				counts[name] += int64(len(b.Records))
			} else if first == nil {
				first = fmt.Errorf("count rows of %s: %w", name, err)
			}
		}
		if ctx.Err() != nil {
			return counts, ctx.Err()
		}
	}
	return counts, first
}
