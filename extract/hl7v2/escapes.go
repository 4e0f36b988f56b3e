package hl7v2

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
)

// maxSpaces bounds what \.sk9999999\ can ask for.
const maxSpaces = 256

// unescape decodes the escape sequences of HL7 v2.5.1 section 2.7. What is none is kept as it stands: Windows paths are common in text.
func unescape(text string, s separators, decode func([]byte) (string, bool)) string {
	if s.escape == 0 || strings.IndexByte(text, s.escape) < 0 {
		return text
	}
	var out strings.Builder
	var raw []byte // of neighbouring \X..\: a character may be spread over several
	flush := func() {
		if len(raw) > 0 {
			plain, _ := decode(raw)
			out.WriteString(plain)
			raw = raw[:0]
		}
	}
	for {
		before, after, found := cutAt(text, s.escape)
		if before != "" {
			flush()
			out.WriteString(before)
		}
		if !found {
			break
		}
		body, rest, closed := cutAt(after, s.escape)
		plain, bytes, known := "", []byte(nil), false
		if closed {
			plain, bytes, known = meaning(body, s)
		}
		switch {
		case !known:
			flush()
			out.WriteByte(s.escape)
			text = after
			continue
		case bytes != nil:
			raw = append(raw, bytes...)
		default:
			flush()
			out.WriteString(plain)
		}
		text = rest
	}
	flush()
	return out.String()
}

// meaning returns what the sequence between two escape characters stands for: text, or bytes in the message's character set.
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
		raw = bytes.ReplaceAll(raw, []byte{0}, nil)
		raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		return "", append(make([]byte, 0, len(raw)), raw...), err == nil && len(body) > 1
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
