package clean

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// appendJSON appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendJSON(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < ' ':
			out = append(out, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}

// appendMember appends "name":"text" and a comma before it where one is due. An
// empty text adds nothing.
func appendMember(out []byte, name, text string) []byte {
	if text == "" {
		return out
	}
	return appendJSON(appendName(out, name), text)
}

// appendName appends "name": and a comma before it where one is due.
func appendName(out []byte, name string) []byte {
	if last := out[len(out)-1]; last != '{' {
		out = append(out, ',')
	}
	return append(appendJSON(out, name), ':')
}
