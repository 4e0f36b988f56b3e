package csvfile_test

import (
	"strings"
	"testing"

	"chartlift/extract"
	"chartlift/extract/csvfile"
)

func TestTextThatIsNoTableIsLeftToOthers(t *testing.T) {
	t.Parallel()
	letter := "Dear Ann,\n\nthank you for your letter of the first, which I read with great joy.\nThe tests, all of them, came back as we hoped, and so did the picture.\nYours, Bo\n"
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"README.md":     {"| a | b |\n|---|---|\n| 1 | 2 |\n", false},
		"site.yaml":     {"a: 1\nb: 2\n", false},
		"letter.txt":    {letter, false},
		"LICENSE":       {strings.Repeat("Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software\n", 9), false},
		"letter.csv":    {letter, true}, // it calls itself a table
		"codes.txt":     {"code\nI10\nE11.9\n", true},
		"people.txt":    {"id;name\n1;Ann\n2;Bo\n", true},
		"patients":      {"id,name\n1,Ann\n2,Bo\n", true},
		"names":         {"name\nAnn Lee\nBo Ek\n", true},
		"notes.txt":     {"id|note\n1|the patient said that it was all right, more or less\n2|no, not at all, she said\n", true},
		"PATIENTS.001":  {"1,Ann,1980-01-01\n2,Bo,1981-02-03\n", true},
		"wide.txt":      {"\xff\xfei\x00d\x00,\x00n\x00\n\x001\x00,\x00A\x00\n\x00", true},
		"letter16.text": {"\xff\xfe" + strings.Join(strings.Split(letter, ""), "\x00") + "\x00", false},
	} {
		if got := csvfile.Format().Sniff(name, []byte(tt.text)); got != tt.want {
			t.Errorf("sniff %s = %v", name, got)
		}
	}
}

func TestDescribeTellsLineEndsApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a,b\n1,2\n": "end in LF", "a,b\r\n1,2\r\n": "end in CRLF", "a,b\r1,2\r": "end in CR,", "a,b\r\n1,2\n": "end in CRLF and LF",
	} {
		if got := read(t, text, extract.Options{}).source.Describe() + ","; !strings.Contains(got, want) {
			t.Errorf("%q: %s", text, got)
		}
	}
}
