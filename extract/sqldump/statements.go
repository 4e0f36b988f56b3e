package sqldump

import (
	"context"
	"strconv"
	"strings"
)

// class is what the type of a column says about its values.
type class uint8

const (
	other class = iota
	dates
	flag   // bit(1)
	binary // of fixed length, such as a UUID
	blob   // bytes that may be text
)

// column is one column of a CREATE TABLE.
type column struct {
	name  string
	class class
}

// visitor is told of the statements that matter.
type visitor struct {
	until  int64 // the offset of the last statement of interest, 0: all are
	create func(table string, columns []column)
	// insert is called behind VALUES with the column list, nil where there is none. It reads
	// the tuples itself; where it returns false nothing was read and the statement is skipped.
	insert func(table string, columns []string) (bool, error)
	// trouble is told of an INSERT that was left out; table is "" where it is not known.
	trouble func(table string, line int64, message string)
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
		conditional := l.conditional
		l.statement = place{offset: l.base + int64(l.pos), line: l.line, delimiter: l.delimiter}
		if v.until > 0 && l.statement.offset > v.until {
			return nil
		}
		switch verb := strings.ToUpper(l.word()); {
		case verb == "DELIMITER":
			err = l.setDelimiter()
			if err != nil {
				return err
			}
			continue
		case verb == "CREATE" && !conditional:
			err = l.createTable(v)
		case verb == "INSERT", verb == "REPLACE":
			err = l.insert(v)
		}
		if err == nil {
			err = l.skipStatement()
		}
		if err != nil {
			return err
		}
	}
}

// nextWord reads the word behind blanks, in capitals.
func (l *lexer) nextWord() (string, error) {
	_, err := l.space()
	return strings.ToUpper(l.word()), err
}

// createTable reads the columns of a table. What stands inside /*! is a
// stand-in for a view and is passed over by walk.
func (l *lexer) createTable(v visitor) error {
	word, err := l.nextWord()
	if word == "TEMPORARY" && err == nil {
		word, err = l.nextWord()
	}
	if word != "TABLE" || err != nil {
		return err
	}
	table, err := l.name()
	if strings.EqualFold(table, "IF") && err == nil {
		if _, err = l.nextWord(); err == nil { // NOT
			_, err = l.nextWord() // EXISTS
		}
		if err == nil {
			table, err = l.name()
		}
	}
	if err != nil {
		return err
	}
	if c, err := l.space(); err != nil || c != '(' {
		return err
	}
	l.pos++
	columns, err := l.columns()
	if err == nil && len(columns) > 0 {
		v.create(table, columns)
	}
	return err
}

// columns reads the list behind CREATE TABLE t ( up to its closing bracket.
func (l *lexer) columns() ([]column, error) {
	var all []column
	for {
		c, err := l.space()
		if err != nil {
			return nil, err
		}
		quoted := c == '`' || c == '"'
		name, err := l.name()
		if err != nil {
			return nil, err
		}
		if name != "" && (quoted || !isConstraint(name)) {
			kind, err := l.nextWord()
			if err != nil {
				return nil, err
			}
			all = append(all, column{name: name, class: l.classOf(kind)})
		}
		more, err := l.skipItem()
		if err != nil || !more {
			return all, err
		}
	}
}

// isConstraint tells keys and constraints from columns.
func isConstraint(word string) bool {
	switch strings.ToUpper(word) {
	case "PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FOREIGN", "FULLTEXT", "SPATIAL", "CHECK", "PERIOD":
		return true
	}
	return false
}

func (l *lexer) classOf(kind string) class {
	switch {
	case kind == "DATE" || kind == "DATETIME" || kind == "TIMESTAMP":
		return dates
	case kind == "BIT" && (l.starts("(1)") || l.peek() != '('):
		return flag
	case kind == "BINARY":
		return binary
	case kind == "VARBINARY" || strings.HasSuffix(kind, "BLOB"):
		return blob
	}
	return other
}

// skipItem moves behind the comma or bracket that ends an item of a list, and reports whether it was a comma.
func (l *lexer) skipItem() (bool, error) {
	for depth := 0; ; {
		c, err := l.space()
		switch {
		case err != nil:
			return false, err
		case c == 0 && !l.need(1):
			return false, l.cut()
		case c == '\'' || c == '"' || c == '`':
			if err := l.skipQuoted(); err != nil {
				return false, err
			}
			continue
		case c == ',' && depth == 0:
			l.pos++
			return true, nil
		case c == ')':
			if depth == 0 {
				l.pos++
				return false, nil
			}
			depth--
		case c == '(':
			depth++
		}
		l.pos++
	}
}

// insert reads an INSERT or REPLACE up to VALUES and hands it to v.
func (l *lexer) insert(v visitor) error {
	line := l.line
	table := ""
	for table == "" {
		c, err := l.space()
		if err != nil {
			return err
		}
		name, err := l.name()
		if err != nil {
			return err
		}
		if bare := isWord(c); name == "" || !bare || !isModifier(name) {
			table = name
			break
		}
	}
	if table == "" {
		v.trouble("", line, "an INSERT without a table; the statement was left out")
		return nil
	}
	columns, err := l.columnList()
	if err != nil {
		return err
	}
	word, err := l.nextWord()
	if err != nil {
		return err
	}
	if word != "VALUES" && word != "VALUE" {
		v.trouble(table, line, "an INSERT without VALUES was left out; export the rows it would make")
		return nil
	}
	_, err = v.insert(table, columns)
	return err
}

func isModifier(word string) bool {
	switch strings.ToUpper(word) {
	case "INTO", "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED":
		return true
	}
	return false
}

// columnList reads (a, b) where it comes next.
func (l *lexer) columnList() ([]string, error) {
	if c, err := l.space(); err != nil || c != '(' {
		return nil, err
	}
	l.pos++
	var all []string
	for {
		name, err := l.name()
		if err != nil {
			return nil, err
		}
		if name != "" {
			all = append(all, name)
		}
		more, err := l.skipItem()
		if err != nil || !more {
			return all, err
		}
	}
}

// countTuple counts the values of the tuple that comes next.
func (l *lexer) countTuple() (int, error) {
	if c, err := l.space(); err != nil || c != '(' {
		return 0, err
	}
	l.pos++
	for n := 1; ; n++ {
		more, err := l.skipItem()
		if err != nil || !more {
			return n, err
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
