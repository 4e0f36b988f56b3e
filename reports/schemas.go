package reports

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// schemaFile is one migration: schema.sql is the first, schemaN.sql the one to
// version N.
type schemaFile struct {
	name    string
	version int
}

// schemaFiles returns the migrations of a folder in the order of their numbers:
// as names, schema10.sql would come before schema2.sql. A number that is
// missing or there twice is an error: databases would differ by who wrote them.
func schemaFiles(dir fs.FS) ([]schemaFile, error) {
	names, err := fs.Glob(dir, "schema*.sql")
	if err != nil {
		return nil, err
	}
	var all []schemaFile
	for _, name := range names {
		number := strings.TrimSuffix(strings.TrimPrefix(name, "schema"), ".sql")
		if number == "" {
			number = "1"
		}
		n, err := strconv.Atoi(number)
		if err != nil || strconv.Itoa(n) != number {
			return nil, fmt.Errorf("schema file %s: its name has no plain number", name)
		}
		all = append(all, schemaFile{name, n})
	}
	slices.SortFunc(all, func(a, b schemaFile) int { return cmp.Compare(a.version, b.version) })
	for i, f := range all {
		if f.version != i+1 {
			return nil, fmt.Errorf("schema file %s: number %d stands where %d should", f.name, f.version, i+1)
		}
	}
	return all, nil
}
