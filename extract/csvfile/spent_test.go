package csvfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

// mixedRows returns rows of three columns: full ones, quoted ones, and ones
// with too few or too many cells, with escapes, with damage.
func mixedRows(rows int) string {
	kinds := []string{
		"%d,plain,%[1]d\n", "%d,\"a, b\",\"%[1]d\"\n", "%d,,\\N\n", "%d\n", "%d,1,2,3\n", "%d,\"say \"\"ah\"\"\",x\n", "%d,\"no\" end,\"\"\n", "%d,M\xfcller & Co,\x00\n",
	}
	var b strings.Builder
	b.WriteString("id,name,note\n")
	for n := range rows {
		kind := kinds[0]
		// Every batch has other kinds of rows at other places than the one
		// before; in some all are plain.
		if batch := n / 512; batch%3 > 0 {
			kind = kinds[(n+batch)%len(kinds)]
		}
		fmt.Fprintf(&b, kind, n)
	}
	return b.String()
}

func TestABatchInMemoryOfASpentOneHasNothingLeftOfIt(t *testing.T) {
	t.Parallel()
	for _, ragged := range []extract.Ragged{extract.RaggedReject, extract.RaggedPad} {
		o := extract.Options{Encoding: "utf-8", Ragged: ragged}
		src, table := openCSV(t, []byte(mixedRows(10_000)), o)
		want := whole(t, src, table) // nothing is spent
		faults := 0
		var got pieces
		memory := map[*extract.Record]bool{}
		for b, err := range src.Read(t.Context(), table, got.report) {
			if err != nil {
				t.Fatal(err)
			}
			memory[&b.Records[0]] = true
			for _, rec := range b.Records {
				rec.Values = slices.Clone(rec.Values)
				got.Records = append(got.Records, rec)
				if rec.Fault != nil {
					faults++
				}
			}
			b.Spent()
		}
		if diff := cmp.Diff(want, got, compared); diff != "" {
			t.Errorf("ragged %d: (-all memory new +used again):\n%s", ragged, diff)
		}
		if len(memory) != 1 || len(got.Records) != 10_000 || faults < 500 {
			t.Errorf("ragged %d: %d pieces of memory, %d rows, %d faults", ragged, len(memory), len(got.Records), faults)
		}
	}
}
