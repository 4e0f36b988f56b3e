package batches_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/population"
	"chartlift/transform/batches"
	"chartlift/transform/dedupe"
)

// people are the fields of the small tests.
func people() []dedupe.Field {
	return []dedupe.Field{
		{Column: "given", Kind: dedupe.Given},
		{Column: "family", Kind: dedupe.Family},
		{Column: "dob", Kind: dedupe.DOB},
		{Column: "ssn", Kind: dedupe.SSN},
		{Column: "zip", Kind: dedupe.Zip},
	}
}

func open(t *testing.T, path string, o batches.Options) *batches.Index {
	t.Helper()
	x, err := batches.Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// deliver matches one batch against the index at path, rows with the id first,
// and keeps it.
func deliver(t *testing.T, path string, o batches.Options, d dedupe.Options, rows ...[]string) *batches.Linked {
	t.Helper()
	x := open(t, path, o)
	b := x.Batch()
	for _, r := range rows {
		if err := b.Add(r[0], r[1:]); err != nil {
			t.Fatal(err)
		}
	}
	l, err := b.Link(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Commit(context.Background()), x.Close()); err != nil {
		t.Fatal(err)
	}
	return l
}

func greta(id, given, ssn string) []string {
	return []string{id, given, "VOSS", "1988-02-14", ssn, "01002"}
}

func index(t *testing.T) string { return filepath.Join(t.TempDir(), "people.idx") }

func TestAClusterKeepsItsIDWhenItGrows(t *testing.T) {
	t.Parallel()
	for _, whole := range []int{0, 1} { // by looking at all, and by keys
		path, o := index(t), batches.Options{Fields: people(), Whole: whole}
		first := deliver(t, path, o, dedupe.Options{}, greta("5", "GRETA", "611-22-3344"), greta("6", "GRETA", "611-22-3344"), greta("7", "MARK", ""))
		id := first.ClusterOf("5")
		if id == "" || first.ClusterOf("6") != id || first.ClusterOf("7") == id {
			t.Fatalf("whole %d: the first batch is in %s, %s, %s", whole, id, first.ClusterOf("6"), first.ClusterOf("7"))
		}
		var moved []batches.Move
		for i := range 6 { // some of these ids have smaller hashes than those before
			l := deliver(t, path, o, dedupe.Options{Largest: 50}, greta(fmt.Sprint("new", i), "GRETA", "611-22-3344"))
			moved = append(moved, l.Moved...)
			if got := l.ClusterOf(fmt.Sprint("new", i)); got != id {
				t.Fatalf("whole %d: record %d of the next batches is in %s, not in %s", whole, i, got, id)
			}
		}
		if len(moved) != 0 {
			t.Errorf("whole %d: moved: %v", whole, moved)
		}
	}
}

func TestWhereTwoClustersMeetTheLargerKeepsItsID(t *testing.T) {
	t.Parallel()
	path, o := index(t), batches.Options{Fields: people()}
	before := deliver(t, path, o, dedupe.Options{},
		greta("1", "GRETA", "611-22-3344"), greta("2", "GRETA", "611-22-3344"), []string{"3", "ROSALIND", "MOOR", "1944-01-31", "", "99501"})
	small, large := before.ClusterOf("3"), before.ClusterOf("1")
	now := deliver(t, path, o, dedupe.Options{Decisions: []dedupe.Decision{{L: "3", R: "2", Same: true}}}, greta("4", "GRETA", "611-22-3344"))
	if got := now.ClusterOf("3"); got != large {
		t.Errorf("what was decided to be one is in %s and %s", got, large)
	}
	if diff := cmp.Diff([]batches.Move{{ID: "3", From: small, To: large}}, now.Moved); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	if again := deliver(t, path, o, dedupe.Options{}, greta("4", "GRETA", "611-22-3344")); again.ClusterOf("3") == large {
		t.Error("without the decision they are still one")
	}
}

func TestWhatIsDeliveredTwiceIsKnownAndNotCountedAgain(t *testing.T) {
	t.Parallel()
	path, o := index(t), batches.Options{Fields: people(), Whole: 1}
	rows := [][]string{greta("1", "GRETA", "611-22-3344"), greta("2", "GRETA", "611-22-3344"), greta("3", "MARK", "")}
	deliver(t, path, o, dedupe.Options{}, rows...)
	first := deliver(t, path, o, dedupe.Options{}, rows...)
	for range 5 {
		l := deliver(t, path, o, dedupe.Options{}, rows...)
		if l.Again != 3 || l.Earlier != 0 || l.Records != 3 || len(l.Moved) != 0 {
			t.Fatalf("again %d, earlier %d, of %d, moved %v", l.Again, l.Earlier, l.Records, l.Moved)
		}
		if diff := cmp.Diff(pairs(first), pairs(l)); diff != "" {
			t.Fatalf("the same batch has other pairs (-first +now):\n%s", diff)
		}
	}
}

func pairs(l *batches.Linked) []dedupe.Pair {
	var all []dedupe.Pair
	for p := range l.Pairs() {
		all = append(all, p)
	}
	return all
}

func TestARecordThatComesAgainWithOtherValuesTakesThePlaceOfTheOld(t *testing.T) {
	t.Parallel()
	path, o := index(t), batches.Options{Fields: people(), Whole: 1}
	was := deliver(t, path, o, dedupe.Options{}, greta("1", "GRETA", "611-22-3344"), []string{"2", "ANA", "LIND", "1951-01-02", "", "60601"}).ClusterOf("2")
	now := deliver(t, path, o, dedupe.Options{}, greta("2", "GRETA", "611-22-3344"))
	if now.ClusterOf("2") == was || now.ClusterOf("2") != now.ClusterOf("1") || now.Records != 2 {
		t.Errorf("2 was in %s, is in %s; 1 in %s; %d records", was, now.ClusterOf("2"), now.ClusterOf("1"), now.Records)
	}
	x := open(t, path, o)
	if n, err := x.Records(context.Background()); n != 2 || err != nil {
		t.Errorf("the index has %d records, %v", n, err)
	}
}

func TestNothingIsKeptWithoutCommit(t *testing.T) {
	t.Parallel()
	path, o := index(t), batches.Options{Fields: people(), Name: "north"}
	deliver(t, path, o, dedupe.Options{}, greta("1", "GRETA", ""))
	x := open(t, path, batches.Options{Fields: people(), Name: "other"})
	b := x.Batch()
	if err := b.Add("2", greta("", "MARK", "")[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Link(context.Background(), dedupe.Options{}); err != nil {
		t.Fatal(err)
	}
	x.Close()
	again := open(t, path, o)
	if n, err := again.Records(context.Background()); n != 1 || err != nil || again.Name() != "north" {
		t.Errorf("%d records of %q, %v", n, again.Name(), err)
	}
}

func TestIDsOfABatchMustBeThereAndUnique(t *testing.T) {
	t.Parallel()
	b := open(t, index(t), batches.Options{Fields: people()}).Batch()
	if err := b.Add("1", make([]string, 5)); err != nil {
		t.Fatal(err)
	}
	var id *dedupe.IDError
	if err := b.Add("1", make([]string, 5)); !errors.As(err, &id) || !id.Twice || id.Row != 2 {
		t.Errorf("twice: %v", err)
	}
	if err := b.Add("", make([]string, 5)); !errors.As(err, &id) || id.Twice {
		t.Errorf("none: %v", err)
	}
}

func TestAnIndexThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	o := batches.Options{Fields: people()}
	good := index(t)
	var rows [][]string
	for i := range 400 {
		rows = append(rows, greta(fmt.Sprint(i), fmt.Sprint("GRETA", i), ""))
	}
	deliver(t, good, o, dedupe.Options{}, rows...)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := os.Stat(good); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	holes := append([]byte{}, whole...)
	for i := len(holes) / 3; i < len(holes)/3+9000; i++ {
		holes[i] = 0x55
	}
	newer := append([]byte{}, whole...)
	newer[63] = 99 // the version stands in bytes 60 to 63 of SQLite's header
	for name, c := range map[string]struct {
		text   []byte
		fields []dedupe.Field
		want   error
	}{
		"cut short":      {whole[:len(whole)/2], people(), batches.ErrDamaged},
		"bytes replaced": {holes, people(), batches.ErrDamaged},
		"another file":   {[]byte("id,name\n1,Greta\n2,Mark, who has a long name\n"), people(), batches.ErrDamaged},
		"a newer one":    {newer, people(), batches.ErrNewer},
		"other fields":   {whole, people()[1:], batches.ErrOtherFields},
	} {
		path := index(t)
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := batches.Open(context.Background(), path, batches.Options{Fields: c.fields})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil {
			x.Close()
		}
	}
	open(t, good, o)
	if _, err := batches.Open(context.Background(), good, o); !errors.Is(err, batches.ErrBusy) {
		t.Errorf("two processes at once: %v", err)
	}
}

// TestBatchesComeToWhatAllTogetherCome delivers a population in four batches,
// looking at earlier records by keys alone.
func TestBatchesComeToWhatAllTogetherCome(t *testing.T) {
	t.Parallel()
	records := population.Make(population.Options{Persons: 3000, Seed: 21})
	truth := map[string]string{}
	var f []dedupe.Field
	for i, column := range population.Columns() {
		field, err := dedupe.ParseField(column, population.Kinds()[i])
		if err != nil {
			t.Fatal(err)
		}
		f = append(f, field)
	}
	path, clusters := index(t), map[string]string{}
	quarter := (len(records) + 3) / 4
	for from := 0; from < len(records); from += quarter {
		var rows [][]string
		for _, r := range records[from:min(from+quarter, len(records))] {
			truth[r.ID] = r.Person
			rows = append(rows, append([]string{r.ID}, r.Values()...))
		}
		l := deliver(t, path, batches.Options{Fields: f, Whole: 1}, dedupe.Options{}, rows...)
		if from > 0 && l.Earlier > from*9/10 {
			t.Errorf("%d of %d earlier records were looked at", l.Earlier, from)
		}
		for id := range l.Result.IDs() {
			clusters[id] = l.ClusterOf(id)
		}
	}
	s := dedupe.Score(clusters, truth)
	t.Logf("%+v", s)
	if s.Precision < .998 || s.F1 < .97 {
		t.Errorf("precision %.4f, F1 %.4f", s.Precision, s.F1)
	}
}
