package sqldump

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"chartlift/extract"
)

// dialect is how one database writes its dumps. A further database is a
// further line of dialects.
type dialect struct {
	name      string
	backslash bool   // \ escapes inside strings
	hash      bool   // # begins a comment
	strings   string // the characters that enclose strings
	names     string // the characters that enclose names
	marks     []string
}

// dialects lists what is understood, in the order in which the marks are looked for.
func dialects() []dialect {
	return []dialect{
		{
			name: "mysql", backslash: true, hash: true, strings: `'"`, names: "`",
			marks: []string{"-- MySQL dump", "-- MariaDB dump", "ENGINE=", "/*!40", "INSERT INTO `", "CREATE TABLE `"},
		},
	}
}

// findDialect returns the dialect that o names, or the one whose marks the
// head shows, or the first: dumps kept by hand show none.
func findDialect(head []byte, o extract.Options) (dialect, error) {
	names := make([]string, 0, len(dialects()))
	for _, d := range dialects() {
		if d.name == strings.ToLower(o.Dialect) || o.Dialect == "mariadb" && d.name == "mysql" {
			return d, nil
		}
		names = append(names, d.name)
	}
	if o.Dialect != "" && o.Dialect != "auto" {
		return dialect{}, fmt.Errorf("dialect %q is not known; use one of %s", o.Dialect, strings.Join(names, ", "))
	}
	for _, d := range dialects() {
		for _, m := range d.marks {
			if bytes.Contains(head, []byte(m)) {
				return d, nil
			}
		}
	}
	return dialects()[0], nil
}

// foreign tells of dumps that would be misread, and what to do about them.
func foreign(head []byte) string {
	switch {
	case bytes.Contains(head, []byte("PostgreSQL database dump")), bytes.Contains(head, []byte(" FROM stdin;")):
		return "a PostgreSQL dump, which is not read yet; export the tables: psql -c '\\copy TABLE to TABLE.csv csv header'"
	case bytes.Contains(head, []byte("SET IDENTITY_INSERT")), bytes.Contains(head, []byte("INSERT [")):
		return "a SQL Server script, which is not read yet; export the tables as CSV: bcp DATABASE.dbo.TABLE out TABLE.csv -c -t, -T"
	}
	return ""
}

var setNames = regexp.MustCompile(`(?i)SET NAMES '?(\w+)`)

// charset returns the encoding of the dump: the one given, the one of its SET
// NAMES, or what the bytes show. SET NAMES counts before the bytes, because
// binary columns hold any bytes.
func charset(in *extract.Input, o extract.Options) (extract.Charset, error) {
	if o.Encoding == "" || o.Encoding == "auto" {
		if m := setNames.FindSubmatch(in.Head); m != nil {
			switch strings.ToLower(string(m[1])) {
			case "utf8", "utf8mb3", "utf8mb4":
				return extract.LookupCharset("utf-8")
			case "latin1": // MySQL's latin1 is Windows-1252
				return extract.LookupCharset("windows-1252")
			}
		}
	}
	return in.Charset(o)
}
