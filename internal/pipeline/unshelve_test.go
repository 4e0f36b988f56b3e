package pipeline_test

import (
	"errors"
	"testing"

	"chartlift/extract"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/mappings"
)

// What stands in a frame has a checksum; yet nothing in it may end the program,
// or take memory that is not there.
func FuzzUnshelve(f *testing.F) {
	f.Add([]byte{1, 1, 2, 0, 1, 0, 1, 'a', 2}, []byte("{}"))
	f.Add([]byte{2, 1, 2, 16, 1, 0, 2, 1, 'x', 1, 0, 0, 0, 0}, []byte(""))
	f.Add([]byte{1, 1, 2, 0xff, 1, 'w', 1, 'r', 1, 2, 3, 1, 'p', 0, 0, 0, 1, 0, 1, 'a', 1, 1, 'q', 1}, []byte("{}"))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, []byte(""))
	maps := []*mappings.Map{{Name: "m", Resource: "Patient"}}
	schema := &extract.Schema{Source: "x.csv", Table: "x", Columns: []string{"A", "B"}}
	f.Fuzz(func(t *testing.T, rows, resources []byte) {
		n, err := pipeline.Unshelve(maps, schema, rows, resources)
		if err != nil && !errors.Is(err, shards.ErrBroken) {
			t.Error(err)
		}
		if n > len(rows) {
			t.Errorf("%d rows of %d bytes", n, len(rows))
		}
	})
}
