package hl7v2_test

import (
	"strings"
	"testing"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
)

const visit = "MSH|^~\\&|LAB|H|||20190307||ADT^A01|42|P|2.5\r" +
	"PID|1||77^^^A||Duck^Ana~Drake^Anna|||F\r" +
	"PV1|1|I|4E^136^B&9.8&ISO^GHH^^^Main^2||||12^Woolf^Kay^^^Dr^^^LAB&1.2.3&ISO~13^Poe|\"\"|||||||||14^Hand|||||||||||||||||||||||||^^^GHH\r" +
	"ORC|RE||||||||||^^12\r" +
	"OBX|1|ST|1^x|||||||||||||12^Woolf^Kay^^^Dr^^^LAB&1.2.3&ISO\r"

func TestAllValuesOfADataTypeAreATable(t *testing.T) {
	t.Parallel()
	f := mustRead(t, visit, extract.Options{Table: "xcn", Columns: []string{"1", "2.1", "9.2", "_value", "_place"}})
	same(t, []string{"XCN"}, f.Order)
	same(t, []string{"PV1-7", "PV1-7", "PV1-17", "ORC-11", "OBX-16"}, f.cells("XCN", "_field"))
	same(t, []string{"12", "13", "14", "<null>", "12"}, f.cells("XCN", "1"))
	same(t, []string{"Woolf", "Poe", "Hand", "<null>", "Woolf"}, f.cells("XCN", "2.1"))
	same(t, []string{"1.2.3", "", "", "", "1.2.3"}, f.cells("XCN", "9.2"))
	same(t, []string{"f#1.PV11-7", "f#1.PV11-7", "f#1.PV11-17", "f#1.ORC1-11", "f#1.OBX1-16"}, f.cells("XCN", "_place"))
	same(t, []string{"f#1.PV11-7~1", "f#1.PV11-7~2", "f#1.PV11-17~1", "f#1.ORC1-11~1", "f#1.OBX1-16~1"}, f.cells("XCN", "_key"))
	same(t, []string{"f#1.PV11", "f#1.PV11", "f#1.PV11", "f#1.ORC1", "f#1.OBX1"}, f.cells("XCN", "_parent"))
	same(t, []string{"1", "2", "1", "1", "1"}, f.cells("XCN", "_rep"))
	same(t, []string{"77^A", "77^A", "77^A", "77^A", "77^A"}, f.cells("XCN", "_patient_id"))
	first := f.Tables["XCN"][0]["_value"]
	if first != "12^Woolf^Kay^^^Dr^^^LAB&1.2.3&ISO" || first != f.Tables["XCN"][4]["_value"] {
		t.Errorf("one person is %q", first)
	}
	names := mustRead(t, visit, extract.Options{Table: "XPN"})
	same(t, keys("_rep", "_field", "_place", "_value", "1", "2"), names.columns(t, "XPN"))
	same(t, []string{"Ana", "Anna"}, names.cells("XPN", "2"))
}

// columns lists the columns of a table in the order in which the format gives
// them.
func (f found) columns(t *testing.T, table string) []string {
	t.Helper()
	if len(f.Schemas[table]) == 0 {
		t.Fatalf("no table %s", table)
	}
	return f.Schemas[table]
}

func TestAPlaceHasARowForEachLevelOfItsPath(t *testing.T) {
	t.Parallel()
	f := mustRead(t, visit, extract.Options{Table: "PL", Columns: []string{"1", "2", "3"}})
	same(t, []string{"facility", "building", "floor", "point-of-care", "room", "bed", "facility"}, f.cells("PL", "_level"))
	same(t, []string{"GHH", "Main", "2", "4E", "136", "B", "GHH"}, f.cells("PL", "1"))
	same(t, []string{"", "", "", "", "", "9.8", ""}, f.cells("PL", "2"))
	same(t, []string{"", "", "", "", "", "ISO", ""}, f.cells("PL", "3"))
	rows := f.Tables["PL"]
	for i, row := range rows[1:6] {
		if row["_up"] != rows[i]["_value"] {
			t.Errorf("%s hangs on %q", row["_level"], row["_up"])
		}
	}
	same(t, "facility=GHH/building=Main/floor=2/point-of-care=4E/room=136/bed=B&9.8&ISO", rows[5]["_value"])
	same(t, []string{"", "", "", "", "", "f#1.PV11-3", "f#1.PV11-42"}, f.cells("PL", "_place"))
	if rows[0]["_value"] != rows[6]["_value"] {
		t.Errorf("one facility is %q and %q", rows[0]["_value"], rows[6]["_value"])
	}
}

func TestTheTypedTableOfAFileWithoutItsFieldsIsNotThere(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH|^~\\&|a\rNTE|1||x\r", extract.Options{Table: "XAD"})
	same(t, 0, len(f.Order))
}

func TestTypedTablesKnowOtherSeparators(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "MSH#*!?%#a\rPV1#1#I#Ward*1*A%9.8%ISO####12*Woolf%van!13*Poe\r", extract.Options{Table: "XCN", Columns: []string{"1", "2.2"}})
	same(t, []string{"12", "13"}, f.cells("XCN", "1"))
	same(t, []string{"van", ""}, f.cells("XCN", "2.2"))
	f = mustRead(t, "MSH#*!?%#a\rPV1#1#I#Ward*1*A%9.8%ISO\r", extract.Options{Table: "PL", Columns: []string{"1", "2"}})
	same(t, []string{"Ward", "1", "A"}, f.cells("PL", "1"))
	same(t, []string{"", "", "9.8"}, f.cells("PL", "2"))
}

func TestPatientsAreToldApartByNumberAndAuthority(t *testing.T) {
	t.Parallel()
	for pid3, want := range map[string]string{
		"77": "77", "77^^^A^MR~88^^^B": "77^A", "77^^^A&1.2&ISO": "77^A&1.2&ISO", " 77 ^^^ A ": "77^A", `77^^^""`: "77", `""^^^A`: "<null>", "^^^A": "<null>", "": "<null>", `7\T\7`: "7&7",
	} {
		f := mustRead(t, "MSH|^~\\&|a\rPID|1||"+pid3+"\rPV1|1\r", extract.Options{})
		same(t, []string{want}, f.cells("PID", "_patient_id"))
		same(t, []string{want}, f.cells("PV1", "_patient_id"))
	}
	two := mustRead(t, "MSH|^~\\&|a\rPID|1||1\rOBX|1\rPID|2||2\rOBX|1\rMSH|^~\\&|a\rOBX|1\r", extract.Options{})
	same(t, []string{"1", "2", "<null>"}, two.cells("OBX", "_patient_id"))
}

func TestTablesThatAreThereOnRequestAreKnown(t *testing.T) {
	t.Parallel()
	for table, want := range map[string]bool{"PID": false, "PID.3": true, "XCN": true, "pl": true, "ZXX": false} {
		if hl7v2.OnRequest(table) != want {
			t.Errorf("%s: %v", table, !want)
		}
	}
}

func TestFaultsOfASegmentStandOnTheValuesOfItsFields(t *testing.T) {
	t.Parallel()
	f := mustRead(t, "PV1|1||||||12^Woolf\r", extract.Options{Table: "XCN"})
	same(t, []string{"XCN no-message-header"}, f.Faults)
}

func TestAFileInUTF16OfEitherEndReadsTheSame(t *testing.T) {
	t.Parallel()
	big := "\xfe\xff"
	for _, r := range visit {
		big += string([]byte{byte(r >> 8), byte(r)})
	}
	plain := mustRead(t, visit, extract.Options{Table: "XCN", Columns: []string{"1", "2.1"}})
	for name, content := range map[string]string{"little": "\xff\xfe" + utf16le(visit), "big": big} {
		f := mustRead(t, content, extract.Options{Table: "XCN", Columns: []string{"1", "2.1"}})
		if len(f.Codes) > 0 || len(f.Faults) > 0 {
			t.Errorf("%s end first: %v %v", name, f.Codes, f.Faults)
		}
		same(t, plain.Tables, f.Tables)
	}
}

func TestAMessageThatIsCutOffKeepsWhatCame(t *testing.T) {
	t.Parallel()
	o := extract.Options{Table: "XCN", Columns: []string{"1", "2.1"}}
	whole := map[string]map[string]string{}
	for _, row := range mustRead(t, visit, o).Tables["XCN"] {
		whole[row["_key"]] = row
	}
	for n := range len(visit) {
		for _, row := range mustRead(t, visit[:n], o).Tables["XCN"] {
			want := whole[row["_key"]]
			if want == nil && row["_value"] == `"` { // half of an emptied field
				continue
			}
			value, _, _ := strings.Cut(row["_value"], "\n") // half of a segment's name is a line that was joined
			if row["_place"] != want["_place"] || row["_patient_id"] != want["_patient_id"] || !strings.HasPrefix(want["_value"], value) {
				t.Fatalf("cut at %d: %v", n, row)
			}
		}
	}
}
