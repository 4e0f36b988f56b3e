package sqldump

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"chartlift/extract"
)

// traits is a set of ways in which dialects differ.
type traits uint32

// The ways in which dialects differ.
const (
	backslash   traits = 1 << iota // \ escapes inside strings
	hashComment                    // # begins a comment
	spacedDash                     // -- begins one only before white space
	conditional                    // /*! … */ is code
	nested                         // comments nest
	databases                      // USE names the schema of what follows, DELIMITER the end of statements
	bitNumbers                     // b'101' is a number
	dollars                        // $tag$ … $tag$ is a string
	eStrings                       // E'…' has escapes
	copies                         // COPY … FROM stdin, and psql's own commands
	brackets                       // [name]
	batches                        // GO ends a batch, statements need no end
	plusJoins                      // + joins strings
	quirks                         // q'[…]' is a string
	clientLines                    // SQL*Plus: REM, PROMPT and others fill a line, / ends a block
	bodies                         // BEGIN … END holds statements
)

// openingSize is where the opening words of a dump have to stand.
const openingSize = 256

// dialect is how one database writes its dumps. A further database is a
// further line of dialects.
type dialect struct {
	name    string
	aliases []string
	traits  traits
	strings string   // the characters that enclose strings
	names   string   // the characters that enclose names
	schema  string   // of names without one
	hidden  string   // tables whose names begin so are the database's own
	opening []string // how the tools that also write closing begin a dump
	closing string
	marks   []string // what tells the dialect, in lower case
}

// dialects lists what is understood. The first is taken where nothing tells.
func dialects() []dialect {
	return []dialect{
		{
			name: "mysql", aliases: []string{"mariadb"},
			traits:  backslash | hashComment | spacedDash | conditional | databases | bitNumbers,
			strings: `'"`, names: "`",
			opening: []string{"-- MySQL dump", "-- MariaDB dump"}, closing: "-- Dump completed",
			marks: []string{"-- mysql dump", "-- mariadb dump", "phpmyadmin", "engine=", "/*!40", "insert into `", "create table `", "auto_increment", "set names", `\'`},
		},
		{
			name: "postgres", aliases: []string{"postgresql", "pg"},
			traits: nested | dollars | eStrings | copies | bodies, strings: `'`, names: `"`,
			opening: []string{"-- PostgreSQL database dump"}, closing: "-- PostgreSQL database dump complete",
			marks: []string{"-- postgresql database", "from stdin;", "set search_path", "pg_catalog", "standard_conforming_strings", "client_encoding", "::", "character varying", "bytea", "insert into public."},
		},
		{
			name: "mssql", aliases: []string{"sqlserver", "tsql"},
			traits: nested | brackets | batches | plusJoins, strings: `'"`, names: `"[`, schema: "dbo",
			marks: []string{"set identity_insert", "\ngo\n", "\ngo\r\n", "insert [", "insert into [", "create table [", "set ansi_nulls", "set quoted_identifier", "set nocount", "dbo.", "[dbo]", ",n'", " n'", "nvarchar", " as datetime"},
		},
		{
			name: "sqlite", aliases: []string{"sqlite3"},
			traits: brackets | bodies, strings: `'"`, names: "\"[`'", hidden: "sqlite_",
			opening: []string{"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;"}, closing: "COMMIT;",
			marks: []string{"pragma ", "begin transaction;", "sqlite_sequence", "autoincrement", "char(10))", "without rowid", "unistr('"},
		},
		{
			name: "oracle", aliases: []string{"plsql"},
			traits: quirks | clientLines, strings: `'`, names: `"`,
			marks: []string{"rem inserting into", "set define off", "varchar2", "to_date(", "to_timestamp(", "to_clob(", "from dual", "insert all", " number(", "\nprompt ", "\n/\n", "sysdate", "alter session set"},
		},
	}
}

// findDialect returns the dialect that o names, or the one most of whose marks
// the head shows, or the first: dumps kept by hand may show none.
func findDialect(head []byte, o extract.Options) (dialect, error) {
	asked := strings.ToLower(o.Dialect)
	names := make([]string, 0, len(dialects()))
	best, most := dialects()[0], 0
	lower := bytes.ToLower(head)
	for _, d := range dialects() {
		if d.name == asked {
			return d, nil
		}
		for _, alias := range d.aliases {
			if alias == asked {
				return d, nil
			}
		}
		names = append(names, d.name)
		if n := d.count(lower); n > most {
			best, most = d, n
		}
	}
	if asked != "" && asked != "auto" {
		return dialect{}, fmt.Errorf("dialect %q is not known; use one of %s", o.Dialect, strings.Join(names, ", "))
	}
	return best, nil
}

// count returns how many of the dialect's marks lower shows. The words a tool
// opens its dumps with outweigh whatever the data says.
func (d dialect) count(lower []byte) int {
	n := 0
	if d.opened(lower) {
		n = 100
	}
	for _, m := range d.marks {
		if bytes.Contains(lower, []byte(m)) {
			n++
		}
	}
	return n
}

// opened reports whether a dump begins with the words of one of the dialect's
// tools, in any case.
func (d dialect) opened(head []byte) bool {
	head = bytes.ToLower(head[:min(len(head), openingSize)])
	for _, words := range d.opening {
		if bytes.Contains(head, bytes.ToLower([]byte(words))) {
			return true
		}
	}
	return false
}

var setNames = regexp.MustCompile(`(?i)SET (?:NAMES|client_encoding\s*(?:=|TO)) *'?(\w+)`)

// charset returns the encoding of the dump: the one given, the one it sets
// itself, or what the bytes show. What it sets counts before the bytes, because
// binary columns hold any bytes.
func charset(in *extract.Input, o extract.Options) (extract.Charset, error) {
	if o.Encoding == "" || o.Encoding == "auto" {
		if m := setNames.FindSubmatch(in.Head); m != nil {
			if name := charsetName(strings.ToLower(string(m[1]))); name != "" {
				return extract.LookupCharset(name)
			}
		}
	}
	return in.Charset(o)
}

// charsetNames are the IANA names of encodings that are called otherwise. Those
// of several bytes a character matter most: the second byte may look like a
// quote's escape, so that a wrong guess loses rows.
var charsetNames = map[string]string{
	"utf8": "utf-8", "utf8mb3": "utf-8", "utf8mb4": "utf-8", "unicode": "utf-8",
	"latin1": "windows-1252", // MySQL's is Windows-1252, and PostgreSQL's is a part of it
	"latin2": "iso-8859-2", "latin3": "iso-8859-3", "latin4": "iso-8859-4", "latin5": "iso-8859-9", "latin6": "iso-8859-10", "latin7": "iso-8859-13",
	"latin8": "iso-8859-14", "latin9": "iso-8859-15", "latin10": "iso-8859-16", "greek": "iso-8859-7", "hebrew": "iso-8859-8",
	"iso_8859_5": "iso-8859-5", "iso_8859_6": "iso-8859-6", "iso_8859_7": "iso-8859-7", "iso_8859_8": "iso-8859-8",
	"koi8r": "koi8-r", "koi8u": "koi8-u", "cp850": "ibm850", "cp852": "ibm852", "cp866": "ibm866", "win866": "ibm866", "win874": "windows-874",
	"tis620": "windows-874", "macroman": "macintosh",
	"gbk": "gbk", "gb2312": "gbk", "euc_cn": "gbk", "gb18030": "gb18030", "big5": "big5", "sjis": "shift_jis", "cp932": "shift_jis",
	"ujis": "euc-jp", "eucjpms": "euc-jp", "euc_jp": "euc-jp", "euckr": "euc-kr", "euc_kr": "euc-kr", "uhc": "euc-kr",
}

// charsetName returns the IANA name of what MySQL (manual, Character Sets) and
// PostgreSQL (manual, Character Set Support) call an encoding, "" where the
// bytes have to tell.
func charsetName(name string) string {
	if iana, known := charsetNames[name]; known {
		return iana
	}
	for _, prefix := range []string{"win", "cp"} {
		if page, ok := strings.CutPrefix(name, prefix); ok && len(page) == 4 && page[:2] == "12" {
			return "windows-" + page
		}
	}
	return ""
}
