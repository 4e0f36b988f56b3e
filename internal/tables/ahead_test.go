package tables

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"chartlift/extract"
	"chartlift/mappings"
	"chartlift/transform"
)

// listed is a source of which only the tables are asked.
type listed struct {
	extract.Source
	tables func() ([]*extract.Schema, error)
}

func (l listed) Tables(context.Context) ([]*extract.Schema, error) { return l.tables() }
func (l listed) Close() error                                      { return nil }

func TestFilesOfOneTableListTheirTablesAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(`chartlift: 1
id: t
sources: { patients: { csv: { path: "patients*.csv" }, key: [ID] } }
maps: { patient: { from: patients, resource: Patient, elements: { gender: $SEX | gender } } }
`)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("%+v", findings)
	}
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"patients-a.csv", "patients-b.csv"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("ID,SEX\n1,F\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	var asked atomic.Int32
	met := make(chan struct{})
	waiting := extract.Format{
		Name:  "csv",
		Sniff: func(string, []byte) bool { return true },
		Open: func(context.Context, *extract.Input, extract.Options) (extract.Source, error) {
			return listed{tables: func() ([]*extract.Schema, error) {
				if asked.Add(1) == 2 {
					close(met)
				}
				select { // the first waits for the second
				case <-met:
					return []*extract.Schema{{Table: "patients", Columns: []string{"ID", "SEX"}}}, nil
				case <-time.After(20 * time.Second):
					return nil, errors.New("nobody asks the second one meanwhile")
				}
			}}, nil
		},
	}
	set := newSet(prog, Options{})
	t.Cleanup(func() { _ = set.Close() })
	set.formats = []extract.Format{waiting}
	if err := set.find(t.Context(), prog.Needed()[0], files); err != nil {
		t.Fatal(err)
	}
	if len(set.Tables) != 1 || len(set.Tables[0].Inputs) != 2 {
		t.Errorf("%d tables", len(set.Tables))
	}
}
