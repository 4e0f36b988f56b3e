package sqldump

import (
	"context"
	"strconv"
	"strings"
)

// form is how a statement writes its rows.
type form uint8

const (
	noRows  form = iota
	tuples       // VALUES (…), (…)
	selects      // SELECT … UNION ALL SELECT …, behind the first SELECT
	lines        // COPY: one line each, columns between tabs
)

// visitor is told of the statements that matter.
type visitor struct {
	until  int64 // the offset of the last statement of interest, 0: all are
	create func(id ident, t definition)
	// insert is called where the rows begin, with the column list, nil where
	// there is none. It reads the rows itself; where it returns false nothing
	// was read and the statement is skipped.
	insert func(id ident, columns []string, f form) (bool, error)
	// trouble is told of rows that were left out; the name is "" where it is
	// not known.
	trouble func(id ident, line int64, message string)
}

// walk reads the dump statement by statement.
func (l *lexer) walk(ctx context.Context, v visitor) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := l.space()
		switch {
		case err != nil:
			return err
		case c == 0 && !l.need(1):
			return nil
		}
		l.statement = l.here()
		if v.until > 0 && l.statement.offset > v.until {
			return nil
		}
		if err := l.one(c, v); err != nil {
			return err
		}
	}
}

// one reads the statement that begins with c.
func (l *lexer) one(c byte, v visitor) error {
	if l.again(c) {
		if _, err := v.insert(l.header.id, l.header.columns, tuples); err != nil {
			return err
		}
		return l.skipStatement()
	}
	code := !l.inside // what stands inside /*! is a stand-in for a view
	verb := strings.ToUpper(l.word())
	done, err := l.command(c, verb, v)
	if err != nil || done {
		return err
	}
	switch verb {
	case "CREATE", "ALTER":
		if code && (verb == "CREATE" || l.has(batches)) {
			done, err = l.create(v)
		}
	case "INSERT", "REPLACE":
		err = l.insert(v)
	case "COPY":
		if l.has(copies) {
			return l.copyFrom(v)
		}
	case "SET", "USE":
		l.header = header{}
		err = l.set(verb)
	}
	if err != nil || done {
		return err
	}
	return l.skipStatement()
}

// command reads what is no statement, or one that ends in its own way, and
// reports whether it was such.
func (l *lexer) command(c byte, verb string, v visitor) (bool, error) {
	switch {
	case l.has(batches):
		return l.batchCommand(verb, v)
	case l.has(clientLines):
		return l.clientCommand(c, verb)
	case c == '\\' && l.has(copies): // psql's own
		return true, l.skipLine()
	case verb == "DELIMITER" && l.has(databases):
		return true, l.setDelimiter()
	}
	return false, nil
}

// batchCommand is command for SQL Server.
func (l *lexer) batchCommand(verb string, v visitor) (bool, error) {
	switch verb {
	case "GO":
		return true, l.batch(v)
	case "BEGIN": // the statements inside are read like any
		return true, nil
	case "GRANT", "DENY", "REVOKE": // GRANT INSERT ON …
		return true, l.skipLine()
	case "MERGE": // … WHEN NOT MATCHED THEN INSERT …;
		return true, l.skipPast(";")
	}
	return false, nil
}

// clientCommand is command for Oracle. The commands of SQL*Plus end with their
// line (SQL*Plus User's Guide, Command Reference).
func (l *lexer) clientCommand(c byte, verb string) (bool, error) {
	switch verb {
	case "BEGIN": // the statements inside are read like any
		return true, nil
	case "DECLARE":
		return true, l.skipRoutine()
	case "REM", "REMARK", "PROMPT", "SET", "SPOOL", "WHENEVER", "COLUMN", "EXIT", "QUIT", "PAUSE", "ACCEPT", "DEFINE", "UNDEFINE", "CONNECT", "CONN", "HOST", "START", "SHOW", "CLEAR", "VARIABLE", "VAR", "TTITLE", "BTITLE":
		return true, l.skipLine()
	}
	switch c {
	case '@':
		return true, l.skipLine()
	case '/':
		l.pos++
		return true, nil
	}
	return false, nil
}

// set obeys PostgreSQL's SET search_path and standard_conforming_strings, and
// MySQL's USE and SET sql_mode.
func (l *lexer) set(verb string) error {
	switch {
	case verb == "USE" && l.has(databases):
		name, _, err := l.name()
		l.mode.schema = name
		return err
	case l.has(databases):
		return l.sqlMode()
	case !l.has(copies):
		return nil
	}
	name, err := l.nextWord()
	if err != nil || name != "SEARCH_PATH" && name != "STANDARD_CONFORMING_STRINGS" {
		return err
	}
	for {
		c, err := l.space()
		if err != nil || c == 0 || c == ';' {
			return err
		}
		value, err := l.setting(c)
		if err != nil || l.obey(name, value) {
			return err
		}
	}
}

// obey gives a setting its value, and reports whether it was one: TO is none.
func (l *lexer) obey(name, value string) bool {
	switch {
	case name == "SEARCH_PATH":
		// What the dump creates goes to the first schema that is not one of the
		// server's making.
		if value == "$user" || value == "TO" {
			return false
		}
		l.mode.schema = value
	case strings.EqualFold(value, "off"):
		// Before PostgreSQL 9.1 strings had escapes unless this was on.
		l.mode.traits |= backslash
	case value == "TO":
		return false
	default:
		l.mode.traits &^= backslash
	}
	return true
}

// setting reads a name, a string or a sign that begins with c.
func (l *lexer) setting(c byte) (string, error) {
	switch c {
	case '=', ',':
		l.pos++
		return "TO", nil
	case '\'':
		b, err := l.quoted(nil, noEscapes)
		return string(b), err
	}
	value, quoted, err := l.name()
	if !quoted && strings.EqualFold(value, "to") {
		value = "TO"
	}
	return value, err
}

// batch reads the rest of a line GO. GO 100 runs the statements before it that
// often.
func (l *lexer) batch(v visitor) error {
	for l.peek() == ' ' || l.peek() == '\t' {
		l.pos++
	}
	if n, err := strconv.Atoi(l.word()); err == nil && n > 1 && l.batchOf.name != "" {
		v.trouble(l.batchOf, l.line, "GO "+strconv.Itoa(n)+" repeats the rows before it; they were read once; export the table with plain values")
	}
	l.batchOf = ident{}
	return l.skipLine()
}

// setDelimiter obeys the client's command DELIMITER, whose argument ends with
// the line.
func (l *lexer) setDelimiter() error {
	var b []byte
	for c := l.peek(); c != 0 && c != '\n' && len(b) < maxWord; c = l.peek() {
		b = append(b, c)
		l.pos++
	}
	if l.mode.delimiter = strings.TrimSpace(string(b)); l.mode.delimiter == "" {
		l.mode.delimiter = ";"
	}
	return l.failure()
}

// insert reads an INSERT or REPLACE up to its rows and hands it to v.
func (l *lexer) insert(v visitor) error {
	line := l.line
	id, all, err := l.target()
	for err == nil {
		var read bool
		if read, err = l.insertInto(id, line, all, v); err != nil || !all {
			return err
		}
		// INSERT ALL: further INTO t VALUES (…) up to a SELECT.
		if !read {
			err = l.skipTuple()
		}
		word := ""
		if err == nil {
			word, err = l.nextWord()
		}
		if err != nil || word != "INTO" {
			return err
		}
		id, err = l.ident()
	}
	return err
}

// insertInto reads the rest of an INSERT behind its table. It reports whether
// the rows were read.
func (l *lexer) insertInto(id ident, line int64, all bool, v visitor) (bool, error) {
	if id.name == "" {
		v.trouble(id, line, "an INSERT without a table; the statement was left out")
		return false, nil
	}
	l.batchOf = id
	columns, f, err := l.beforeRows()
	if err != nil {
		return false, err
	}
	if f == noRows {
		v.trouble(id, line, "an INSERT without VALUES was left out; export the rows it would make")
		return false, nil
	}
	if _, err := l.space(); err != nil {
		return false, err
	}
	if f == tuples && !all {
		l.remember(id, columns)
	}
	return v.insert(id, columns, f)
}

// target reads what stands between INSERT and the table, and the table. It
// reports whether it was INSERT ALL.
func (l *lexer) target() (id ident, all bool, err error) {
	for {
		c, err := l.space()
		if err != nil {
			return id, all, err
		}
		id, err = l.ident()
		if err != nil || id.name == "" || !isWord(c) {
			return id, all, err
		}
		switch strings.ToUpper(id.name) {
		case "ALL":
			all = true
		case "INTO", "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "OR", "REPLACE", "ABORT", "FAIL", "ROLLBACK":
		default:
			return id, all, nil
		}
	}
}

// beforeRows reads the column list and the word before the rows.
func (l *lexer) beforeRows() ([]string, form, error) {
	columns, err := l.columnList()
	for err == nil {
		word := ""
		if word, err = l.nextWord(); err != nil {
			break
		}
		switch word {
		case "OVERRIDING", "SYSTEM", "USER": // … VALUE, of pg_dump --inserts
		case "VALUE": // MySQL takes it for VALUES
			if c, err := l.space(); err != nil || c == '(' {
				return columns, tuples, err
			}
		case "VALUES":
			return columns, tuples, nil
		case "SELECT":
			return columns, selects, nil
		default:
			return columns, noRows, nil
		}
	}
	return columns, noRows, err
}

// columnList reads (a, b) where it comes next.
func (l *lexer) columnList() ([]string, error) {
	if c, err := l.space(); err != nil || c != '(' {
		return nil, err
	}
	l.pos++
	all := []string{}
	for {
		name, _, err := l.name()
		if err != nil {
			return nil, err
		}
		if name != "" {
			all = append(all, name)
		}
		more, err := l.skipItem(0, nil)
		if err != nil || !more {
			return all, err
		}
	}
}

// numbered returns columns named 1 to n.
func numbered(n int) []column {
	all := make([]column, n)
	for i := range all {
		all[i].name = strconv.Itoa(i + 1)
	}
	return all
}
