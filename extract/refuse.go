package extract

import (
	"bytes"
	"strings"
)

// refused is a kind of file that is recognised by its first bytes and not read.
type refused struct {
	magic  string
	offset int
	advice string // FILE stands for the path
}

// refusals lists the kinds with the command that converts each.
func refusals() []refused {
	return []refused{
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "an old Office file (.xls, .doc); convert it: soffice --headless --convert-to xlsx FILE"},
		{"Standard Jet DB", 4, "an Access database (.mdb); convert it: mdb-tables -1 FILE | while read t; do mdb-export FILE \"$t\" > \"$t.csv\"; done"},
		{"Standard ACE DB", 4, "an Access database (.accdb); convert it: mdb-tables -1 FILE | while read t; do mdb-export FILE \"$t\" > \"$t.csv\"; done"},
		{"PGDMP", 0, "a PostgreSQL dump in custom format; convert it: pg_restore -f dump.sql FILE"},
		{"TAPE", 0, "a SQL Server backup (.bak); restore it into a SQL Server and export the tables: bcp DATABASE.dbo.TABLE out TABLE.csv -c -t, -T"},
		{"%PDF-", 0, "a PDF; export the table as CSV from the program that made it"},
		{"PAR1", 0, "a Parquet file; convert it: duckdb -c \"COPY (FROM 'FILE') TO 'out.csv'\""},
		{"BZh", 0, "bzip2; decompress it: bunzip2 -k FILE"},
		{"\xfd7zXZ\x00", 0, "xz; decompress it: xz -dk FILE"},
		{"7z\xbc\xaf\x27\x1c", 0, "7-Zip; unpack it: 7z x FILE"},
		{"Rar!\x1a\x07", 0, "RAR; unpack it: unrar x FILE"},
		{"ustar", 257, "a tar archive that is not called one; name it FILE.tar, or unpack it: tar -xf FILE"},
		{"\x89PNG\r\n\x1a\n", 0, "a picture (PNG); export the table as CSV"},
		{"\xff\xd8\xff", 0, "a picture (JPEG); export the table as CSV"},
		{"PK\x03\x04", 0, "a zip archive inside another; unpack it: unzip FILE"},
	}
}

// refusal returns what to do about a file of a kind that is not read, or "".
func refusal(head []byte, path string) string {
	for _, r := range refusals() {
		if len(head) >= r.offset && bytes.HasPrefix(head[r.offset:], []byte(r.magic)) {
			return about(r.advice, path)
		}
	}
	return about(markup(head), path)
}

// about names the file of an advice. A member of an archive is no file that a
// command could be given: it is taken out first.
func about(advice, path string) string {
	archive, member, ok := cutArchive(path)
	if !ok || advice == "" {
		return strings.ReplaceAll(advice, "FILE", path)
	}
	take := "unzip " + archive
	if !strings.HasSuffix(strings.ToLower(archive), ".zip") {
		take = "tar -xf " + archive
	}
	return strings.ReplaceAll(advice, "FILE", member) + ", after it was taken out of the archive: " + take
}

// markup returns what to do about a table written as XML or HTML, or "".
func markup(head []byte) string {
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(start) == 0 || start[0] != '<' {
		return ""
	}
	lower := bytes.ToLower(start)
	for _, p := range pages() {
		if bytes.HasPrefix(lower, []byte(p.start)) && bytes.Contains(lower, []byte(p.within)) {
			return p.advice
		}
	}
	return ""
}

// page is a kind of text that programs hand out as .xls, since Excel opens it:
// the beginning of the file in lower case, and what it has further on.
type page struct{ start, within, advice string }

func pages() []page {
	return []page{
		{"<?xml", "urn:schemas-microsoft-com:office:spreadsheet", "an XML spreadsheet of Excel 2003; convert it: soffice --headless --convert-to xlsx FILE"},
		{"<html", "<table", "an HTML page with a table; convert it: soffice --headless --convert-to xlsx FILE"},
		{"<!doctype html", "<table", "an HTML page with a table; convert it: soffice --headless --convert-to xlsx FILE"},
		{"<table", "", "an HTML table; convert it: soffice --headless --convert-to xlsx FILE"},
	}
}

// looksLikeText reports whether the file is of a kind that is not read, but
// that a format might take for text.
func looksLikeText(head []byte) bool {
	pdf := len(head) > 5 && string(head[:5]) == "%PDF-" && head[5] >= '0' && head[5] <= '9'
	return pdf || isTar(head) || markup(head) != ""
}

// isWriting reports whether the file is text, but for JSON and XML, which may
// hold tables that are not read.
func (in *Input) isWriting() bool {
	start := bytes.TrimLeft(bytes.TrimPrefix(in.Head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(start) == 0 || bytes.IndexByte(start, 0) >= 0 || strings.IndexByte("<{[", start[0]) >= 0 {
		return false
	}
	_, bad, _ := countSequences(in.Head)
	return bad == 0
}

// isTar reports whether head is a tar archive: its magic (POSIX.1-1988) behind
// a name padded with NULs.
func isTar(head []byte) bool {
	return len(head) > 262 && string(head[257:262]) == "ustar" && bytes.IndexByte(head[:257], 0) >= 0
}
