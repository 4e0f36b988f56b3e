package sqldump

import "strings"

// class is what the type of a column says about its values.
type class uint8

const (
	other class = iota
	dates
	numbers
	truths
	flag  // bit(1)
	fixed // bytes of fixed length, such as a UUID
	blob  // bytes that may be text
	bytea // the same, as PostgreSQL writes it
)

// column is one column of a CREATE TABLE.
type column struct {
	name     string
	class    class
	computed bool // by SQL Server; it has no values
	identity bool // numbered by SQL Server, unless the INSERT names it
}

// definition is what CREATE TABLE says.
type definition struct {
	columns []column
	parents []ident // PostgreSQL: whose columns come before them
}

// create reads a CREATE, or an ALTER that makes a routine anew. It reports
// whether the statement is over.
func (l *lexer) create(v visitor) (bool, error) {
	for {
		word, err := l.nextWord()
		if err != nil {
			return false, err
		}
		switch word {
		case "TABLE":
			return false, l.createTable(v)
		case "OR", "REPLACE", "ALTER", "TEMPORARY", "TEMP", "GLOBAL", "LOCAL", "PRIVATE", "UNLOGGED", "FOREIGN", "EDITIONABLE", "NONEDITIONABLE", "FORCE", "NO", "CONSTRAINT":
		case "FUNCTION", "PROCEDURE", "PROC", "TRIGGER", "PACKAGE":
			routine := l.has(bodies | batches | clientLines)
			if !routine {
				return false, nil
			}
			return true, l.skipRoutine()
		case "TYPE":
			if l.has(clientLines) {
				return true, l.skipRoutine()
			}
			return false, nil
		case "VIEW":
			if l.has(batches) {
				return true, l.skipRoutine()
			}
			return false, nil
		default:
			return false, nil
		}
	}
}

// createTable reads the columns of a table.
func (l *lexer) createTable(v visitor) error {
	id, err := l.ident()
	// A table called if is quoted by every tool, and by anyone whose script
	// ever ran.
	if strings.EqualFold(id.name, "IF") && err == nil {
		if _, err = l.nextWord(); err == nil { // NOT
			_, err = l.nextWord() // EXISTS
		}
		if err == nil {
			id, err = l.ident()
		}
	}
	if err != nil {
		return err
	}
	c, err := l.space()
	if err != nil {
		return err
	}
	d := definition{}
	switch {
	case c == '(':
		l.pos++
		if d.columns, err = l.columns(); err == nil {
			d.parents, err = l.parents("INHERITS", "(")
		}
	case c|0x20 == 'p':
		if d.parents, err = l.parents("PARTITION", "OF"); d.parents == nil {
			return err
		}
	default: // made of a query, or like another: the rows tell the columns
		return nil
	}
	if err == nil {
		v.create(id, d)
	}
	return err
}

// parents reads the tables behind INHERITS ( or PARTITION OF, where that comes
// next.
func (l *lexer) parents(word, mark string) ([]ident, error) {
	c, err := l.space()
	if err != nil || c&^0x20 != word[0] || !l.startsWord(word) {
		return nil, err
	}
	l.pos += len(word)
	if _, err := l.space(); err != nil || !l.starts(mark) {
		return nil, err
	}
	l.pos += len(mark)
	var all []ident
	for {
		id, err := l.ident()
		if err != nil || id.name == "" {
			return all, err
		}
		all = append(all, id)
		if c, err := l.space(); err != nil || c != ',' {
			return all, err
		}
		l.pos++
	}
}

// columns reads the list behind CREATE TABLE t ( up to its closing bracket.
func (l *lexer) columns() ([]column, error) {
	var all []column
	for {
		name, quoted, err := l.name()
		if err != nil {
			return nil, err
		}
		c := column{name: name}
		isColumn := name != "" && (quoted || !isConstraint(name))
		if isColumn {
			if err := l.columnType(&c); err != nil {
				return nil, err
			}
		}
		more, err := l.skipItem(0, func(word string) {
			c.identity = c.identity || l.has(batches) && strings.EqualFold(word, "IDENTITY")
		})
		if isColumn && !c.computed {
			all = append(all, c)
		}
		if err != nil || !more {
			return all, err
		}
	}
}

// columnType reads what a column holds.
func (l *lexer) columnType(c *column) error {
	kind, _, err := l.name()
	if err == nil && l.peek() == '.' { // a type of a schema
		l.pos++
		kind, _, err = l.name()
	}
	c.class = l.classOf(kind)
	c.computed = l.has(batches) && strings.EqualFold(kind, "AS")
	return err
}

// isConstraint tells keys and constraints from columns.
func isConstraint(word string) bool {
	switch strings.ToUpper(word) {
	case "PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FOREIGN", "FULLTEXT", "SPATIAL", "CHECK", "PERIOD", "EXCLUDE", "SUPPLEMENTAL", "LIKE":
		return true
	}
	return false
}

// classOf returns the class of a type, behind whose name the lexer stands.
func (l *lexer) classOf(kind string) class {
	switch kind = strings.ToUpper(kind); kind {
	case "TIMESTAMP", "ROWVERSION":
		if l.has(batches) { // SQL Server's timestamp is a counter
			return blob
		}
		return dates
	case "DATE", "DATETIME", "DATETIME2", "SMALLDATETIME", "DATETIMEOFFSET", "TIMESTAMPTZ":
		return dates
	case "BIT":
		if l.starts("(1)") || l.peek() != '(' {
			return flag
		}
	case "BOOLEAN", "BOOL":
		return truths
	case "BINARY":
		return fixed
	case "BYTEA":
		return bytea
	case "VARBINARY", "IMAGE", "RAW":
		return blob
	case "NUMERIC", "DECIMAL", "NUMBER", "FLOAT", "DOUBLE", "REAL", "SERIAL", "BIGSERIAL", "SMALLSERIAL", "OID", "FLOAT4", "FLOAT8", "MONEY", "SMALLMONEY",
		"INT", "INTEGER", "TINYINT", "SMALLINT", "MEDIUMINT", "BIGINT", "INT2", "INT4", "INT8":
		return numbers
	}
	if strings.HasSuffix(kind, "BLOB") {
		return blob
	}
	return other
}
