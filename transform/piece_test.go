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

// pieced makes n resources of about 1 KB each with one worker, and returns what
// it made. after is told of each.
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

// A row may go on in the next piece before anybody looked at what it wrote into
// the last one.
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
