package extract_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"chartlift/extract"
	"chartlift/extract/formats"
)

func TestTheFormatOfAFileIsNamedWithoutReadingIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"a.csv":    {"id,name\n1,Ana\n2,Hugo\n", "csv"},
		"b.sql":    {"CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (1);\n", "sql_dump"},
		"c.hl7":    {"MSH|^~\\&|A|B|||20190307||ADT^A01|1|P|2.5\rPID|1||77\r", "hl7v2"},
		"d.bin":    {"\x00\x01\x02\x03\x04\x05\x06\x07", ""},
		"none.csv": {"", ""},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := extract.Recognise(t.Context(), formats.All(), path, extract.Options{}); err != nil || got != c.want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, c.want)
		}
	}
	var open *extract.OpenError
	if _, err := extract.Recognise(t.Context(), formats.All(), filepath.Join(dir, "gone.csv"), extract.Options{}); !errors.As(err, &open) || open.Code != "no-such-file" {
		t.Errorf("a missing file: %v", err)
	}
}
