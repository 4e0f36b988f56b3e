package sqldump

import (
	"context"
	"strconv"
	"strings"
)

// form is how a statement writes its rows.
type form uint8

const (
	tuples  form = iota // VALUES (…), (…)
	selects             // SELECT … UNION ALL SELECT …, behind the first SELECT
	lines               // COPY: one line each, columns between tabs
)

// visitor is told of the statements that matter.
type visitor struct {
	until  int64 // the offset of the last statement of interest, 0: all are
	create func(id ident, t definition)
	// insert is called where the rows begin, with the column list, nil where there is none. It reads
	// the rows itself; where it returns false nothing was read and the statement is skipped.
	insert func(id ident, columns []string, f form) (bool, error)
	// trouble is told of rows that were left out; the name is "" where it is not known.
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
	switch {
	case c == '\\' && l.has(copies), c == '@' && l.has(clientLines):
		return l.skipLine()
	case c == '/' && l.has(clientLines):
		l.pos++
		return nil
	}
	if l.again(c) {
		if _, err := v.insert(l.header.id, l.header.columns, tuples); err != nil {
			return err
		}
		return l.skipStatement()
	}
	code := !l.inside // what stands inside /*! is a stand-in for a view
	verb := strings.ToUpper(l.word())
	switch {
	case verb == "GO" && l.has(batches):
		return l.batch(v)
	case verb == "DELIMITER" && l.has(databases):
		return l.setDelimiter()
	case l.has(clientLines) && clientCommand(verb):
		return l.skipLine()
	case verb == "BEGIN" && l.has(clientLines|batches): // the statements inside are read like any
		return nil
	case verb == "COPY" && l.has(copies):
		return l.copyFrom(v)
	}
	done, err := false, error(nil)
	switch {
	case verb == "CREATE" && code, verb == "ALTER" && l.has(batches):
		done, err = l.create(v)
	case verb == "INSERT", verb == "REPLACE" && !l.has(batches|copies|clientLines):
		err = l.insert(v)
	case verb == "SET" && l.has(copies), verb == "USE" && l.has(databases):
		l.header = header{}
		err = l.set(verb)
	case verb == "DECLARE" && l.has(clientLines):
		return l.skipRoutine()
	case l.has(batches) && (verb == "GRANT" || verb == "DENY" || verb == "REVOKE"): // GRANT INSERT ON …
		return l.skipLine()
	case verb == "MERGE" && l.has(batches): // … WHEN NOT MATCHED THEN INSERT …;
		return l.skipPast(";")
	}
	if err != nil || done {
		return err
	}
	return l.skipStatement()
}

// clientCommand tells the commands of SQL*Plus, which end with their line (SQL*Plus User's Guide, Command Reference).
func clientCommand(verb string) bool {
	switch verb {
	case "REM", "REMARK", "PROMPT", "SET", "SPOOL", "WHENEVER", "COLUMN", "EXIT", "QUIT", "PAUSE", "ACCEPT", "DEFINE", "UNDEFINE", "CONNECT", "CONN", "HOST", "START", "SHOW", "CLEAR", "VARIABLE", "VAR", "TTITLE", "BTITLE":
		return true
	}
	return false
}

// set obeys PostgreSQL's SET search_path and standard_conforming_strings, and MySQL's USE.
func (l *lexer) set(verb string) error {
	name, err := "", error(nil)
	if verb == "SET" {
		name, err = l.nextWord()
	}
	if err != nil || verb == "SET" && name != "SEARCH_PATH" && name != "STANDARD_CONFORMING_STRINGS" {
		return err
	}
	for {
		c, err := l.space()
		if err != nil || c == 0 || c == ';' {
			return err
		}
		if c == '=' || c == ',' {
			l.pos++
			continue
		}
		value, err := l.setting(c)
		switch {
		case err != nil:
			return err
		case name == "" || name == "SEARCH_PATH" && value != "$user" && value != "TO":
			l.mode.schema = value
			return nil
		case strings.EqualFold(value, "off"):
			l.mode.traits |= backslash
			return nil
		case strings.EqualFold(value, "on") || value == "":
			l.mode.traits &^= backslash
			return nil
		}
	}
}

// setting reads a name or a string that begins with c.
func (l *lexer) setting(c byte) (string, error) {
	if c == '\'' {
		b, err := l.quoted(nil, noEscapes)
		return string(b), err
	}
	value, _, err := l.name()
	return value, err
}

// batch reads the rest of a line GO. GO 100 runs the statements before it that often.
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

// setDelimiter obeys the client's command DELIMITER, whose argument ends with the line.
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
		if id.name == "" {
			v.trouble(id, line, "an INSERT without a table; the statement was left out")
			return nil
		}
		l.batchOf = id
		columns, f, err := l.beforeRows()
		if err != nil {
			return err
		}
		if f < 0 {
			v.trouble(id, line, "an INSERT without VALUES was left out; export the rows it would make")
			return nil
		}
		if form(f) == tuples && !all {
			if _, err := l.space(); err != nil {
				return err
			}
			l.remember(id, columns)
		}
		read, err := v.insert(id, columns, form(f))
		if err != nil || !all {
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
		if err != nil {
			return err
		}
	}
	return err
}

// target reads what stands between INSERT and the table, and the table. It reports whether it was INSERT ALL.
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

// beforeRows reads the column list and the word before the rows. The form is -1 where no rows follow.
func (l *lexer) beforeRows() (columns []string, f int, err error) {
	columns, err = l.columnList()
	for err == nil {
		word := ""
		if word, err = l.nextWord(); err != nil {
			break
		}
		switch word {
		case "OVERRIDING", "SYSTEM", "USER", "VALUE":
			if c, _ := l.space(); word != "VALUE" || c != '(' {
				continue // OVERRIDING SYSTEM VALUE, of pg_dump --inserts
			}
			return columns, int(tuples), err
		case "VALUES":
			return columns, int(tuples), err
		case "SELECT":
			return columns, int(selects), err
		}
		return columns, -1, nil
	}
	return columns, -1, err
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
