package sqldump

import "strings"

// sqlMode obeys MySQL's SET sql_mode = '…', one of several settings or alone:
// under NO_BACKSLASH_ESCAPES a backslash in a string is itself (MySQL manual,
// Server SQL Modes).
func (l *lexer) sqlMode() error {
	named := false
	for {
		c, err := l.space()
		if err != nil || c == 0 || c == l.mode.delimiter[0] {
			return err
		}
		at := l.here()
		value, err := l.setting(c)
		switch {
		case err != nil:
			return err
		case strings.EqualFold(value, "sql_mode"), strings.EqualFold(value, "@@sql_mode"):
			named = true
		case named && (c == '\'' || c == '"'):
			l.mode.traits |= backslash
			if strings.Contains(strings.ToUpper(value), "NO_BACKSLASH_ESCAPES") {
				l.mode.traits &^= backslash
			}
			return nil
		case c == ',', named && c != '=' && c != ':': // another setting, or the mode of before: @OLD_SQL_MODE
			named = false
		}
		if l.here() == at { // a sign that is neither a name nor a string
			l.pos++
		}
	}
}
