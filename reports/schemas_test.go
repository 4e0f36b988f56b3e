package reports

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestMigrationsRunInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	dir := fstest.MapFS{}
	var want []string
	for _, name := range strings.Fields("schema.sql schema2.sql schema3.sql schema4.sql schema5.sql schema6.sql schema7.sql schema8.sql schema9.sql schema10.sql schema11.sql") {
		dir[name] = &fstest.MapFile{}
		want = append(want, name)
	}
	files, err := schemaFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAMigrationThatIsMissingOrThereTwiceIsAnError(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]string{
		"missing": "schema.sql schema3.sql", "first missing": "schema2.sql", "twice": "schema.sql schema1.sql", "no number": "schema.sql schema_two.sql", "padded": "schema.sql schema02.sql",
	} {
		dir := fstest.MapFS{}
		for _, f := range strings.Fields(files) {
			dir[f] = &fstest.MapFile{}
		}
		if got, err := schemaFiles(dir); err == nil {
			t.Errorf("%s: no error but %v", name, got)
		}
	}
}

func TestTheMigrationsOfThisVersionAreWhole(t *testing.T) {
	t.Parallel()
	files, err := schemaFiles(schemas)
	if err != nil || len(files) < 6 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
