package xlsx_test

import (
	"testing"

	"chartlift/extract"
)

// A sheet that somebody pasted together from several has a header in each place
// where they meet.
func TestARowThatRepeatsTheHeaderIsNoRow(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]layoutCase{
		"pasted together": {
			sheet: rowsXML("id|name", "n:1|Ann", "id|name", "n:2|Bob"),
			line:  1, columns: []string{"id", "name"}, rows: []string{"1|Ann", "id|name", "2|Bob"}, codes: []string{"line 3 repeated-header"},
		},
		"right below itself, and at the end": {
			sheet: rowsXML("id|name", "id|name", "n:2|Bob", "id|name"),
			line:  1, columns: []string{"id", "name"}, rows: []string{"id|name", "2|Bob", "id|name"}, codes: []string{"line 2 repeated-header", "line 4 repeated-header"},
		},
		"spaces around its names": {
			sheet: rowsXML("id | name", "n:1|Ann", " id|name "),
			line:  1, columns: []string{"id", "name"}, rows: []string{"1|Ann", " id|name "}, codes: []string{"line 3 repeated-header"},
		},
		"years as names": {
			sheet: rowsXML("place|n:2019|n:2020", "A|n:1|n:2", "place|n:2019|n:2020"),
			line:  1, columns: []string{"place", "2019", "2020"}, rows: []string{"A|1|2", "place|2019|2020"}, codes: []string{"line 3 repeated-header"},
		},
		"a column without a name": {
			sheet: rowsXML("|id|name", "n:0|P1|Ann", "|id|name", "n:1|P2|Bob"),
			line:  1, columns: []string{"1", "id", "name"}, rows: []string{"0|P1|Ann", "|id|name", "1|P2|Bob"}, codes: []string{"line 3 repeated-header"},
		},
		"both rows of a header": {
			sheet: merged(rowsXML("id|Vital signs|", "|BP|pulse", "n:1|120/80|n:70", "id|Vital signs|", "|BP|pulse", "n:2|130/80|n:60"), "A1:A2", "B1:C1"),
			line:  1, columns: []string{"id", "Vital signs / BP", "Vital signs / pulse"},
			rows: []string{"1|120/80|70", "id|Vital signs|", "|BP|pulse", "2|130/80|60"}, codes: []string{"line 4 repeated-header", "line 5 repeated-header"},
		},
		"a group's title alone is a remark": {
			sheet: merged(rowsXML("|Vital signs|", "id|BP|pulse", "n:1|120/80|n:70", "|Vital signs|"), "B1:C1"),
			line:  1, columns: []string{"id", "Vital signs / BP", "Vital signs / pulse"}, rows: []string{"1|120/80|70", "|Vital signs|"},
		},
		"a name among values": {
			sheet: rowsXML("id|name", "n:1|name", "id|Ann"),
			line:  1, columns: []string{"id", "name"}, rows: []string{"1|name", "id|Ann"},
		},
		"part of the header": {
			sheet: rowsXML("id|name|ward", "n:1|Ann|A", "id|name"),
			line:  1, columns: []string{"id", "name", "ward"}, rows: []string{"1|Ann|A", "id|name|"},
		},
		"a sheet without header": {
			sheet:   rowsXML("id|name", "n:1|Ann", "id|name"),
			options: extract.Options{Header: -1},
			columns: []string{"1", "2"}, rows: []string{"id|name", "1|Ann", "id|name"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			checkLayout(t, c)
		})
	}
}
