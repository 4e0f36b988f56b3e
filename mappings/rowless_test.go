package mappings_test

import (
	"testing"

	"chartlift/mappings"
)

func TestAViewWithoutItsTablesHasNoRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sql, gone string
		want      bool
	}{
		{"SELECT * FROM a", "a", true},
		{"SELECT * FROM a", "b", false},
		{"SELECT a.ID FROM a JOIN b ON a.ID = b.ID", "b", true},
		{"SELECT a.ID FROM a INNER JOIN b ON a.ID = b.ID", "b", true},
		{"SELECT a.ID FROM a, b", "b", true},
		{"SELECT a.ID FROM a LEFT JOIN b ON a.ID = b.ID", "b", false},
		{"SELECT a.ID FROM a left outer join b ON a.ID = b.ID", "b", false},
		{"SELECT a.ID FROM a LEFT JOIN b ON a.ID = b.ID", "a", true},
		{"SELECT b.ID FROM a RIGHT JOIN b ON a.ID = b.ID", "a", false},
		{"SELECT ID FROM a UNION ALL SELECT ID FROM b", "a", false},
		{"SELECT ID FROM a UNION ALL SELECT a.ID FROM a JOIN b USING (ID)", "a", true},
		{"SELECT ID FROM a UNION SELECT ID FROM b", "a", false},
		{"SELECT ID FROM inner_view", "a", true},
		{"SELECT ID FROM b WHERE EXISTS (SELECT 1 FROM a)", "a", false},                   // cannot be told: what stands in WHERE is not looked at
		{"WITH x AS (SELECT ID FROM b) SELECT x.ID FROM x JOIN A USING (ID)", "a", false}, // WITH is not followed
		{"SELECT count(*) AS ID FROM a", "a", false},                                      // one row, of nothing
	} {
		prog, findings := compileBeside(`chartlift: 1
id: t
sources: { a: { key: ID, csv: { path: a.csv } }, b: { key: ID, csv: { path: b.csv } } }
views:
  inner_view: { key: [ID], sql: "SELECT ID FROM a" }
  v: { key: [ID], sql: "`+c.sql+`" }
maps: { p: { from: v, resource: Patient, elements: { gender: male } } }
`, nil)
		if prog == nil {
			t.Fatalf("%s: findings\n%s", c.sql, show(findings))
		}
		got := prog.Maps[0].From.Rowless(func(s *mappings.Source) bool { return s.Name == c.gone })
		if got != c.want {
			t.Errorf("without %s, %q has no rows: %v, want %v", c.gone, c.sql, got, c.want)
		}
	}
}
