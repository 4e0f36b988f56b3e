package sqldump

import (
	"encoding/binary"
	"strings"
	"time"

	"chartlift/extract"
)

// typeName reads a type such as character varying(20)[] and returns its name
// and class.
func (l *lexer) typeName() (string, class, error) {
	id, err := l.ident()
	if err != nil || id.name == "" {
		return "", other, joinSkip(err, func() error { return errExpression })
	}
	c := l.classOf(id.name)
	for {
		next, err := l.space()
		switch {
		case err != nil:
			return id.name, c, err
		case isWord(next) && !l.startsWord("UNION") && !l.startsWord("FROM"): // varying, precision, without time zone
			l.word()
		case next == '(':
			l.pos++
			for more := true; more && err == nil; {
				more, err = l.skipItem(0, nil)
			}
			if err != nil {
				return id.name, c, err
			}
		case next == '[' && l.starts("[]"):
			l.pos += 2
			c = other
		default:
			return id.name, c, nil
		}
	}
}

// cast reads the type behind :: and gives its class to v. Of several, as in
// '72'::varchar::int, the last one that says anything counts.
func (l *lexer) cast(v *literal) error {
	_, c, err := l.typeName()
	if c != other {
		v.class = c
	}
	return err
}

// castCall reads the rest of CAST(value AS type).
func (l *lexer) castCall(arena []byte) (literal, []byte, error) {
	c, err := l.space()
	if err != nil {
		return literal{}, arena, err
	}
	v, arena, err := l.value(c, arena)
	if err != nil {
		return v, arena, err
	}
	if word, err := l.nextWord(); err != nil || word != "AS" {
		return v, arena, joinSkip(err, func() error { return errExpression })
	}
	kind, class, err := l.typeName()
	if err == nil {
		err = l.closeBracket()
	}
	if err != nil {
		return v, arena, err
	}
	return typed(v, arena, kind, class)
}

// converted reads the rest of CONVERT(type, value, style).
func (l *lexer) converted(kind string, class class, arena []byte) (literal, []byte, error) {
	args, arena, err := l.arguments(arena)
	if err == nil && len(args) == 0 {
		err = errExpression
	}
	if err != nil {
		return literal{start: len(arena)}, arena, err
	}
	return typed(args[0], arena[:args[0].end], kind, class)
}

// typed gives v the class of a type. SQL Server writes dates as bytes when it
// scripts for older versions.
func typed(v literal, arena []byte, kind string, c class) (literal, []byte, error) {
	if c == dates && v.bytes {
		text, ok := binaryDate(kind, arena[v.start:v.end])
		if !ok {
			return v, arena, errExpression
		}
		v.bytes = false
		v, arena, _ = replaced(v, arena, text)
	}
	switch {
	case c != other:
		v.class = c
	// A number that is cast to characters is an identifier, and stays as it is
	// written.
	case v.kind == extract.Number && strings.Contains(strings.ToUpper(kind), "CHAR"):
		v.kind = extract.Text
	}
	return v, arena, nil
}

// binaryDate decodes the storage formats of SQL Server: datetime is days since
// 1900 and 1/300 seconds, smalldatetime days and minutes, date days since year
// 1 ([MS-TDS] 2.2.5.5.1.8, Date/Times).
func binaryDate(kind string, b []byte) (string, bool) {
	var t time.Time
	switch kind = strings.ToUpper(kind); {
	case kind == "DATETIME" && len(b) == 8:
		// The halves are big-endian, because the script shows the bytes as a
		// number.
		days, ticks := int32(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
		t = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days)).Add((time.Duration(ticks)*time.Second/300 + 500*time.Microsecond).Truncate(time.Millisecond))
	case kind == "SMALLDATETIME" && len(b) == 4:
		days, minutes := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		t = time.Date(1900, 1, 1, 0, int(minutes), 0, 0, time.UTC).AddDate(0, 0, int(days))
	case kind == "DATE" && (len(b) == 3 || len(b) == 4 && b[3] == 0):
		// A date, being newer, is little-endian.
		days := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		return time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days).Format(time.DateOnly), true
	default:
		return "", false
	}
	return t.Format("2006-01-02T15:04:05.999"), t.Year() > 0 && t.Year() < 10000
}
