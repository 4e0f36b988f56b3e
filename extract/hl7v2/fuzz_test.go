package hl7v2_test

import (
	"strings"
	"testing"

	"chartlift/extract"
)

// FuzzMessages looks for panics, for keys that are there twice, and for text
// that is lost: each line that is a segment is a row.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		adt, "\x0b" + adt + "\x1c\r", "MSH", "MSH|", "MSH||", "MSH|^~\\&", "MSH#*!?%#a\rPID###1*2!3", "FHS|^~\\&|x\rBHS|^~\\&|y\rMSH|^~\\&|a\rBTS|2\rFTS|1\r",
		"PID|1\rOBX|1\r", "MSH|^~\\&|a\rNTE|1||\\X41\\\\.br\\\\F\\\\\r\n\ntext\nOBR|\rOBX|||^&&~~^\r", "\xff\xfeM\x00S\x00H\x00|\x00",
		"MSH|^~\\&|a\rPID|||M\xfcller\rORC|\rOBR|\rSPM|\rOBX|\rORC|\r", "\x1c\x1c\x0b\x0b\r\n\n\r", "MSH|^~\\&|a||||||A|1|P|2|||||||ISO IR87\rPID|\x1b$B;3ED\x1b(B\r",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := readFile(string(content), extract.Options{Encoding: "utf-8"})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		rows := 0
		for _, table := range got.Tables {
			rows += len(table)
			for _, row := range table {
				if seen[row["_key"]] || row["_key"] == "" {
					t.Errorf("the key %q is there twice or empty", row["_key"])
				}
				seen[row["_key"]] = true
			}
		}
		if want := strings.Count("\r"+string(content), "\rMSH|^~\\&|"); rows < want {
			t.Errorf("%d rows of %d messages", rows, want)
		}
		if _, err := readFile(string(content), extract.Options{Table: "PID.3", Columns: []string{"PID-3.1", "PID-3.4.2"}}); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"XCN", "PL"} {
			typed, err := readFile(string(content), extract.Options{Table: table, Columns: []string{"1", "2.1", "_value"}})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, row := range typed.Tables[table] {
				if seen[row["_key"]] || row["_value"] == "" {
					t.Errorf("the row %q of %s is there twice or empty", row["_key"], table)
				}
				seen[row["_key"]] = true
			}
		}
		if _, err := readFile(string(content), extract.Options{}); err != nil {
			t.Fatal(err)
		}
	})
}
