package hl7v2

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
)

// maxSpaces bounds what \.sk9999999\ can ask for.
const maxSpaces = 256

// unescape decodes the escape sequences of HL7 v2.5.1 section 2.7. What is none
// is kept as it stands: Windows paths are common in text.
func unescape(text string, s separators, d decoder) string {
	if s.escape == 0 || strings.IndexByte(text, s.escape) < 0 {
		return text
	}
	u := unescaper{decoder: d}
	for {
		before, after, found := cutAt(text, s.escape)
		u.write(before)
		if !found {
			break
		}
		body, rest, closed := cutAt(after, s.escape)
		if closed && u.sequence(body, s) {
			text = rest
			continue
		}
		u.write(string(rune(s.escape)))
		text = after
	}
	u.flush()
	return u.out.String()
}

// unescaper gathers decoded text.
type unescaper struct {
	decoder
	out strings.Builder
	raw []byte // of neighbouring \X..\: a character may be spread over several
}

func (u *unescaper) write(text string) {
	if text != "" {
		u.flush()
		u.out.WriteString(text)
	}
}

func (u *unescaper) flush() {
	if len(u.raw) > 0 {
		text, _ := u.decode(u.raw)
		u.out.WriteString(text)
		u.raw = u.raw[:0]
	}
}

// sequence writes what stands between two escape characters; it returns false
// where that is no sequence.
func (u *unescaper) sequence(body string, s separators) bool {
	text, raw, known := meaning(body, s)
	u.write(text)
	u.raw = append(u.raw, raw...)
	return known
}

// meaning returns what the sequence between two escape characters stands for:
// text, or bytes in the message's character set.
func meaning(body string, s separators) (plain string, raw []byte, known bool) {
	if body == "" {
		return "", nil, false
	}
	switch body {
	case "F":
		return string(rune(s.field)), nil, true
	case "S":
		return string(rune(s.component)), nil, s.component != 0
	case "R":
		return string(rune(s.repetition)), nil, s.repetition != 0
	case "E":
		return string(rune(s.escape)), nil, true
	case "T":
		return string(rune(s.sub)), nil, s.sub != 0
	case "P":
		return string(rune(s.truncation)), nil, s.truncation != 0
	case "H", "N": // highlighted and normal text
		return "", nil, true
	}
	switch body[0] {
	case 'X':
		raw, err := hex.DecodeString(body[1:])
		raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		if err != nil || len(body) == 1 {
			return "", nil, false
		}
		return "", raw, true
	case '.':
		plain, known = formatting(body[1:])
		return plain, nil, known
	}
	return "", nil, false
}

// formatting returns the text of a command of formatted text (section 2.7.6).
func formatting(command string) (string, bool) {
	if len(command) < 2 {
		return "", false
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimLeft(command[2:], "+ ")))
	if rest := strings.TrimSpace(command[2:]); rest != "" && err != nil {
		return "", false
	}
	n = min(max(n, 1), maxSpaces)
	switch command[:2] {
	case "br", "ce":
		return "\n", true
	case "sp":
		return strings.Repeat("\n", n), true
	case "sk":
		return strings.Repeat(" ", n), true
	case "in", "ti", "fi", "nf":
		return "", true
	}
	return "", false
}
