package transform_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// pieced makes n resources of about 1 KB each with one worker, and returns what it made. after is told of each.
func pieced(t *testing.T, n int, after func(i int, b transform.Built)) (texts []string, built []transform.Built) {
	t.Helper()
	const mapping = `{chartlift: 1, id: x, sources: {s: {csv: {path: s.csv}, key: [ID]}}, maps: {m: {from: s, resource: Patient, elements: {name: [{text: $NAME}]}}}}`
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(mapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatal(findings)
	}
	schema := &extract.Schema{Source: "s.csv", Table: "s", Columns: []string{"ID", "NAME"}}
	b, err := transform.New(prog, nil).Bind(prog.Sources[0], schema)
	if err != nil {
		t.Fatal(err)
	}
	w := b.Worker(transform.Hooks{Report: func(i issue.Issue) { t.Error(i) }})
	for i := range n {
		cells := []extract.Value{{Text: fmt.Sprint("p", i), Kind: extract.Text}, {Text: fmt.Sprintf("%01000d", i), Kind: extract.Text}}
		row := w.Row(&extract.Record{Schema: schema, Values: cells, Origin: issue.Origin{Row: int64(i + 1)}})
		if len(row.Built) != 1 {
			t.Fatalf("row %d: %+v", i, row)
		}
		made := row.Built[0]
		made.Members = nil
		texts, built = append(texts, string(made.Resource.JSON)), append(built, made)
		after(i, made)
	}
	return texts, built
}

// intact fails where a resource is no longer what it was.
func intact(t *testing.T, texts []string, built []transform.Built, done func(i int) bool) (changed int) {
	t.Helper()
	for i, b := range built {
		if string(b.Resource.JSON) == texts[i] {
			continue
		}
		if changed++; !done(i) {
			t.Errorf("resource %d was written over", i)
		}
	}
	return changed
}

func TestResourcesStayUntilAllOfTheirPieceAreDone(t *testing.T) {
	t.Parallel()
	const n = 1000
	done := func(i int) bool { return i%100 != 0 } // each piece has one left, or most have
	texts, built := pieced(t, n, func(i int, b transform.Built) {
		if done(i) {
			b.Piece.Done(1)
		}
	})
	intact(t, texts, built, done)
	if built[0].Piece == built[n-1].Piece {
		t.Error("all resources stand in one piece: nothing is shown")
	}
}

func TestAPieceIsWrittenAgainWhenAllOfItIsDone(t *testing.T) {
	t.Parallel()
	all := func(int) bool { return true }
	texts, built := pieced(t, 1000, func(_ int, b transform.Built) { b.Piece.Done(1) })
	if intact(t, texts, built, all) < 900 {
		t.Error("pieces are not used again")
	}
	pieces := map[*transform.Piece]bool{}
	for _, b := range built {
		pieces[b.Piece] = true
	}
	if len(pieces) > 2 {
		t.Errorf("%d pieces were needed for what is done with at once", len(pieces))
	}
}

func TestAPieceOfWhichSomethingIsKeptIsNeverWrittenAgain(t *testing.T) {
	t.Parallel()
	texts, built := pieced(t, 1000, func(_ int, b transform.Built) {
		b.Piece.Keep()
		b.Piece.Done(1)
	})
	if n := intact(t, texts, built, func(int) bool { return false }); n > 0 {
		t.Errorf("%d resources are gone", n)
	}
	var none *transform.Piece
	none.Keep()
	none.Done(1) // a resource of nobody's
}

// A row may go on in the next piece before anybody looked at what it wrote into the last one.
func TestAPieceCanBeKeptAfterTheWorkerLeftIt(t *testing.T) {
	t.Parallel()
	const n, behind = 1000, 100 // a piece holds some sixty
	var under []transform.Built
	texts, built := pieced(t, n, func(i int, b transform.Built) {
		under = append(under, b)
		if i == behind {
			under[0].Piece.Keep()
		}
		if i >= behind {
			under[i-behind].Piece.Done(1)
		}
	})
	kept := func(i int) bool { return built[i].Piece == built[0].Piece }
	if changed := intact(t, texts, built, func(i int) bool { return i < n-behind && !kept(i) }); changed == 0 || kept(behind) {
		t.Errorf("%d resources written over: nothing is shown", changed)
	}
}

// Whoever writes what a worker made takes stretches of it, and no resource by itself.
func TestResourcesOfAPieceStandBehindEachOther(t *testing.T) {
	t.Parallel()
	texts, built := pieced(t, 40, func(int, transform.Built) {})
	stretches := 0
	var run []byte
	for i, b := range built {
		within := b.Piece.Within(b.Resource.JSON)
		if string(within) != texts[i] {
			t.Fatalf("%d: %.40q, not %.40q", i, within, texts[i])
		}
		if n := len(run); cap(run)-n >= len(within) && n > 0 && &run[:n+1][n] == &within[0] {
			run = run[:n+len(within)]
			if string(run[n:]) != texts[i] {
				t.Fatalf("%d: behind it stands %.40q", i, run[n:])
			}
			continue
		}
		run = within
		stretches++
	}
	if stretches > 2 { // of 64 KB
		t.Errorf("%d stretches of %d resources", stretches, len(built))
	}
}

func TestWhatStandsOutsideAPieceIsReturnedAsItIs(t *testing.T) {
	t.Parallel()
	mem := make([]byte, 10, 20)
	p := transform.NewPiece(mem, 1, nil)
	for _, row := range []struct {
		name string
		text []byte
		cap  int
	}{
		{"at its beginning", mem[0:4:4], 20},
		{"in its middle", mem[6:8:8], 14},
		{"at its end", mem[:20][17:20:20], 3},
		{"in other memory", make([]byte, 3, 5), 5},
		{"nothing", mem[3:3:3], 0},
	} {
		if got := p.Within(row.text); len(got) != len(row.text) || cap(got) != row.cap {
			t.Errorf("%s: %d bytes with room for %d, not %d with %d", row.name, len(got), cap(got), len(row.text), row.cap)
		}
	}
	if got := (*transform.Piece)(nil).Within(mem[:2:2]); len(got) != 2 || cap(got) != 2 {
		t.Errorf("without a piece: %d, %d", len(got), cap(got))
	}
}
