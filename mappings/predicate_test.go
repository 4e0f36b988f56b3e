package mappings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// where returns the condition of a map, as a text that shows how it was read.
func where(t *testing.T, condition string) string {
	t.Helper()
	return tree(mustCompile(t, mapWhere(condition)).Maps[0].Where.Expr)
}

func mapWhere(condition string) string {
	return "chartlift: 1\nid: t\nsources: { pat: { csv: { path: p.csv }, key: [ID] }, tel: { csv: { path: t.csv } } }\nmaps:\n  p:\n" +
		"    from: pat\n    resource: Patient\n    lookup: { one: { in: tel, on: { PID: $ID } } }\n    elements: { active: true }\n" +
		"    where: '" + strings.ReplaceAll(condition, "'", "''") + "'\n"
}

func tree(e *mappings.Expr) string {
	names := []string{
		"", "", "", "NULL", "and", "or", "not", "=", "<>", "<", "<=", ">", ">=", "in", "like", "null?", "upper", "lower", "trim", "length", "coalesce",
	}
	switch e.Op {
	case mappings.OpColumn:
		if e.Operand.Meta != "" {
			return "#" + e.Operand.Meta
		}
		return strings.TrimPrefix(e.Operand.Alias+"."+e.Operand.Column, ".")
	case mappings.OpText:
		return fmt.Sprintf("%q", e.Text)
	case mappings.OpNumber:
		return e.Text
	case mappings.OpNull:
		return "NULL"
	}
	var args []string
	for _, a := range e.Args {
		args = append(args, tree(a))
	}
	return "(" + strings.Join(append([]string{names[e.Op]}, args...), " ") + ")"
}

func TestConditionsAreReadAsSQLReadsThem(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		"A = 'x'":                              `(= A "x")`,
		"A == 'x' AND B != 'y' AND C <> 'z'":   `(and (and (= A "x") (<> B "y")) (<> C "z"))`,
		"A = 1 OR B = 2 AND C = 3":             `(or (= A 1) (and (= B 2) (= C 3)))`,
		"(A = 1 OR B = 2) AND C = 3":           `(and (or (= A 1) (= B 2)) (= C 3))`,
		"NOT A = 1 AND B = 2":                  `(and (not (= A 1)) (= B 2))`,
		"NOT (A = 1 AND B = 2)":                `(not (and (= A 1) (= B 2)))`,
		"NOT NOT A = 1":                        `(not (not (= A 1)))`,
		"not a in ('x') or b is null":          `(or (not (in a "x")) (null? b))`,
		"A NOT IN ('x', 2, -3.5)":              `(not (in A "x" 2 -3.5))`,
		"A IS NOT NULL":                        `(not (null? A))`,
		"A LIKE 'a%' OR A NOT LIKE '_b'":       `(or (like A "a%") (not (like A "_b")))`,
		"A BETWEEN 1 AND 5 AND B = 2":          `(and (and (>= A 1) (<= A 5)) (= B 2))`,
		"A NOT BETWEEN '1' AND C":              `(not (and (>= A "1") (<= A C)))`,
		`"Date of Birth" < '2000'`:             `(< Date of Birth "2000")`,
		"`Größe` >= 1.5":                       `(>= Größe 1.5)`,
		`"a""b" = 'it''s'`:                     `(= a"b "it's")`,
		"UPPER(TRIM(A)) = 'X'":                 `(= (upper (trim A)) "X")`,
		"LENGTH(A)>3 AND lower(B)<='b'":        `(and (> (length A) 3) (<= (lower B) "b"))`,
		"COALESCE(A, B, 'none') = 'none'":      `(= (coalesce A B "none") "none")`,
		"UPPER = 'a column with this name'":    `(= UPPER "a column with this name")`,
		"one.STATE = 'Y' OR one.\"x y\" = 'Z'": `(or (= one.STATE "Y") (= one.x y "Z"))`,
		"_line > 10":                           `(> #row 10)`,
		"A":                                    `A`,
		"A = NULL OR B = 1":                    `(or (= A NULL) (= B 1))`,
		"A\n=\t'x'":                            `(= A "x")`,
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, where(t, condition)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryColumnOfAConditionIsNeeded(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, mapWhere(`UPPER(A) = 'X' AND "Date of Birth" IS NULL AND COALESCE(B, one.STATE) = 'y'`))
	var got []string
	for _, s := range prog.Sources {
		for _, u := range s.Uses {
			got = append(got, s.Name+"."+u.Name)
		}
	}
	want := []string{"pat.ID", "pat.A", "pat.Date of Birth", "pat.B", "tel.PID", "tel.STATE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConditionsThatWouldGrowWithoutBoundAreRefused(t *testing.T) {
	t.Parallel()
	between := "A"
	for range 60 {
		between = "(" + between + " BETWEEN 1 AND 2)"
	}
	for name, condition := range map[string]string{
		"nested brackets":  strings.Repeat("(", 5000) + "A" + strings.Repeat(")", 5000),
		"nested NOT":       strings.Repeat("NOT ", 5000) + "A",
		"nested functions": strings.Repeat("UPPER(", 5000) + "A" + strings.Repeat(")", 5000),
		"nested BETWEEN":   between,
		"BETWEEN in calls": strings.Repeat("COALESCE((", 30) + "A" + strings.Repeat(" BETWEEN 1 AND 2), A)", 30) + " = 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			_, findings := compile(mapWhere(condition))
			if len(findings) != 1 || findings[0].Code != "E0301" {
				t.Errorf("want E0301, got\n%s", show(findings))
			}
			if took := time.Since(started); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{"A = 'x'", "A.", "A BETWEEN 1 AND", "NOT (A IN ('x', 1))", "COALESCE(A, one.B) LIKE '%é_'", "`", "\"a\"\"b\" <> -1.5", "((((A))))"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, condition string) {
		if strings.ContainsAny(condition, "\n\r\x00\\") {
			return // YAML would make another text of it
		}
		prog, findings := compile(mapWhere(condition))
		if (prog == nil) == (len(findings) == 0) {
			t.Errorf("program %v with\n%s", prog != nil, show(findings))
		}
		if prog != nil && prog.Maps[0].Where != nil {
			tree(prog.Maps[0].Where.Expr)
		}
	})
}
