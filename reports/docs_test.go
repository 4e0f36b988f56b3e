package reports_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryTableAndColumnIsDocumented(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	rows, err := raw(t, path).Query(`SELECT m.name, group_concat(c.name, ' ') FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type IN ('table', 'view') GROUP BY m.name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string]string{}
	for rows.Next() {
		var table, columns string
		if err := rows.Scan(&table, &columns); err != nil {
			t.Fatal(err)
		}
		schema[table] = columns
	}
	if diff := cmp.Diff(schema, documented(t)); diff != "" {
		t.Errorf("docs/run-database.md differs from the schema (-schema +document):\n%s", diff)
	}
}

// documented returns the columns that the document lists under each heading.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/run-database.md")
	if err != nil {
		t.Fatal(err)
	}
	column := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|")
	tables := map[string]string{}
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		var columns []string
		for _, m := range column.FindAllStringSubmatch(body, -1) {
			columns = append(columns, m[1])
		}
		tables[name] = strings.Join(columns, " ")
	}
	return tables
}

func TestStatementsOfTheDocumentRun(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	text, err := os.ReadFile("../docs/run-database.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```sql\n")
	block, _, _ = strings.Cut(block, "```")
	for _, statement := range strings.Split(strings.TrimSpace(block), ";\n") {
		rows, err := raw(t, path).Query(statement)
		if err != nil {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		rows.Close()
	}
}
