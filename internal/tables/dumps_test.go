package tables_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/tables"
)

// clinic is a mapping of one dump's two tables.
const clinic = `chartlift: 1
id: t
sources:
  person: { sql_dump: { path: "*.sql", table: person }, key: [id] }
  visit: { sql_dump: { path: "*.sql", table: visit }, key: [id] }
maps:
  person:
    from: person
    resource: Patient
    elements: { gender: $sex | gender }
  visit:
    from: visit
    resource: Encounter
    elements: { status: finished, class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: AMB }, subject: ref patient($person) }
`

const (
	personTable = "CREATE TABLE `person` (\n  `id` int NOT NULL,\n  `sex` char(1),\n  PRIMARY KEY (`id`)\n);\n"
	personRows  = "INSERT INTO `person` VALUES (1,'F'),(2,'M');\n"
	visitTable  = "CREATE TABLE `visit` (\n  `id` int NOT NULL,\n  `person` int\n);\n"
	visitRows   = "INSERT INTO `visit` VALUES (9,1);\n"
	dumpHead    = "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: clinic\n"
	dumpEnd     = "-- Dump completed on 2026-01-02  3:04:05\n"
)

// read returns the cells of a table, a row each, by "," between them.
func read(t *testing.T, set *tables.Set, name string) []string {
	t.Helper()
	var out []string
	for _, table := range set.Tables {
		if table.Source.Name != name {
			continue
		}
		for _, in := range table.Inputs {
			for b, err := range in.Source.Read(context.Background(), in.Schema.Table, silent) {
				if err != nil {
					t.Fatal(err)
				}
				for _, rec := range b.Records {
					var cells []string
					for i, v := range rec.Values {
						cells = append(cells, rec.Schema.Columns[i]+"="+v.Text)
					}
					out = append(out, strings.Join(cells, ","))
				}
			}
		}
	}
	return out
}

func TestRowsGetTheColumnsOfADefinitionInAnotherDump(t *testing.T) {
	mapping := strings.Replace(clinic, "ref patient", "ref person", 1)
	set := open(t, mapping, map[string]string{
		"schema.sql": dumpHead + personTable + visitTable + dumpEnd,
		"data.sql":   dumpHead + "INSERT INTO `person` VALUES (1,'F'),(2,'M');\nINSERT INTO `visit` VALUES (9,1);\n" + dumpEnd,
	})
	if got := lines(set.Findings); len(got) != 0 {
		t.Fatalf("findings %v", got)
	}
	if got := read(t, set, "person"); !slices.Equal(got, []string{"id=1,sex=F", "id=2,sex=M"}) {
		t.Errorf("person: %v", got)
	}
	if got := read(t, set, "visit"); !slices.Equal(got, []string{"id=9,person=1"}) {
		t.Errorf("visit: %v", got)
	}
}

func TestADumpThatEndsTooEarlyNamesWhatMayStandBehindItsEnd(t *testing.T) {
	mapping := strings.Replace(clinic, "ref patient", "ref person", 1)
	set := open(t, mapping, map[string]string{"clinic.sql": dumpHead + personTable + "LOCK TABLES `person` WRITE;\n" + personRows})
	incomplete := set.Incomplete()
	if len(incomplete) != 1 || !strings.Contains(incomplete[0], "clinic.sql") || !strings.HasSuffix(incomplete[0], "not reached: visit") {
		t.Errorf("incomplete: %q; unread %v", incomplete, lines(set.Unread))
	}
	if !set.Damaged() || set.Unwhole() != 1 {
		t.Errorf("damaged %v, %d files not whole", set.Damaged(), set.Unwhole())
	}
}

func TestAWholeDumpIsNotSaidToBeCut(t *testing.T) {
	mapping := strings.Replace(clinic, "ref patient", "ref person", 1)
	set := open(t, mapping, map[string]string{"clinic.sql": dumpHead + personTable + personRows + visitTable + visitRows + dumpEnd})
	if got := set.Incomplete(); len(got) != 0 || set.Damaged() || len(set.Findings) != 0 {
		t.Errorf("incomplete %q, unread %v, findings %v", got, lines(set.Unread), lines(set.Findings))
	}
}

func TestADumpWithoutBytesIsAnErrorAndATableWithoutRowsIsNone(t *testing.T) {
	mapping := strings.Replace(clinic, "ref patient", "ref person", 1)
	set := open(t, mapping, map[string]string{"clinic.sql": dumpHead + personTable + visitTable + dumpEnd, "other.sql": ""})
	if got := set.Incomplete(); len(got) != 1 || !strings.Contains(got[0], "export it again") {
		t.Errorf("incomplete %q", got)
	}
	if len(set.Tables) != 2 {
		t.Errorf("tables %v", names(set))
	}
}

// systems is a mapping of two systems that both have a table person.
const systems = `chartlift: 1
id: t
sources:
  old: { sql_dump: { path: "*lab*.sql", table: person }, key: [id] }
  new: { sql_dump: { path: "*chart*.sql", table: person }, key: [uuid] }
maps:
  old: { from: old, resource: Patient, elements: { gender: $sex | gender } }
  new: { from: new, resource: Patient, elements: { gender: $sex | gender } }
`

const chartPerson = "CREATE TABLE `person` (\n  `uuid` char(36) NOT NULL,\n  `sex` char(1)\n);\nINSERT INTO `person` VALUES ('a-1','F');\n"

func TestDumpsWhoseNamesDoNotTellTheirSystemAreRefusedBeforeOneIsOpened(t *testing.T) {
	set := open(t, systems, map[string]string{"lab.sql": dumpHead + personTable + personRows + dumpEnd, "chart.sql": dumpHead + chartPerson + dumpEnd})
	if got := lines(set.Findings); len(got) != 0 || len(set.Tables) != 2 {
		t.Errorf("names that tell: findings %v", got)
	}
	set = open(t, systems, map[string]string{"lab.sql": dumpHead + chartPerson + dumpEnd, "chart.sql": dumpHead + personTable + personRows + dumpEnd})
	got := wantLine(t, lines(set.Findings), "error E0214")
	if !strings.Contains(got, "are the names exchanged?") || !strings.Contains(got, "lab.sql") || !strings.Contains(got, "chart.sql") {
		t.Errorf("finding %s", got)
	}
}
