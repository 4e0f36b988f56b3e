package ccda_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/ccda"
	"chartlift/extract/extracttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const samples = "../../testdata/ccda/"

// line is one row: its columns that are not NULL.
type line map[string]string

// readTables reads every table of a document. err is the first error of a
// table.
func readTables(t *testing.T, name string, content []byte, o extract.Options) (tables map[string][]line, order []string, err error) {
	t.Helper()
	ctx := context.Background()
	src, err := ccda.Format().Open(ctx, extract.FromBytes(name, content), o)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = src.Close() }()
	schemas, err := src.Tables(ctx)
	tables = map[string][]line{}
	for _, schema := range schemas {
		order = append(order, schema.Table)
		for batch, broken := range src.Read(ctx, schema.Table, nil) {
			if broken != nil {
				err = broken
				break
			}
			for _, rec := range batch.Records {
				row := line{}
				for i, v := range rec.Values {
					if v.Kind == extract.Text {
						row[schema.Columns[i]] = v.Text
					}
				}
				tables[schema.Table] = append(tables[schema.Table], row)
			}
		}
	}
	return tables, order, err
}

func readSample(t *testing.T, o extract.Options) map[string][]line {
	t.Helper()
	tables, _, err := readTables(t, "summary.xml", sample(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func sample(t testing.TB) []byte {
	t.Helper()
	content, err := os.ReadFile(samples + "summary.xml")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestEveryValueOfTheSampleIsWhereItIsDocumented(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(readSample(t, extract.Options{}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join(samples, "summary.out")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractOfSourcesIsKept(t *testing.T) {
	t.Parallel()
	var golden map[string][]line
	content, err := os.ReadFile(samples + "summary.out")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	src, err := ccda.Format().Open(context.Background(), extract.FromBytes("summary.xml", sample(t)), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := extracttest.Sample{Name: "summary.xml", Content: sample(t)}
	for _, schema := range schemas {
		table := extracttest.Table{Name: schema.Table, Columns: schema.Columns}
		for _, row := range golden[schema.Table] {
			values := make([]extract.Value, len(schema.Columns))
			for i, column := range schema.Columns {
				values[i].Kind = extract.Null
				if text, ok := row[column]; ok {
					values[i] = extract.Value{Text: text, Kind: extract.Text}
				}
			}
			table.Rows = append(table.Rows, values)
		}
		want.Tables = append(want.Tables, table)
	}
	extracttest.Run(t, ccda.Format(), want)
	want.Options.Kept = keptIn(t, t.TempDir())
	t.Run("kept", func(t *testing.T) { extracttest.Run(t, ccda.Format(), want) })
}
