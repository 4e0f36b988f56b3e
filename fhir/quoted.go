package fhir

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted scans a string and returns the bounds of its inside.
func (p *parser) quoted() (start, end int32, escaped bool, err error) {
	p.pos++
	start = int32(p.pos)
	for {
		p.pos += plain(p.src[p.pos:])
		if p.pos >= len(p.src) {
			return 0, 0, false, errEndOfText
		}
		switch p.src[p.pos] {
		case '"':
			p.pos++
			return start, int32(p.pos - 1), escaped, nil
		case '\\':
			escaped = true
			if err := p.escape(); err != nil {
				return 0, 0, false, err
			}
		default:
			return 0, 0, false, errRawControl
		}
	}
}

// escape moves past one escape.
func (p *parser) escape() error {
	if p.pos+1 >= len(p.src) {
		return errEndOfText
	}
	switch p.src[p.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.pos += 2
		return nil
	case 'u':
		if p.pos+6 > len(p.src) {
			return errEndOfText
		}
		if _, ok := hex4(p.tree.text[p.pos+2:]); !ok {
			return errEscape
		}
		p.pos += 6
		return nil
	}
	return errEscape
}

// Words of eight equal bytes, for looking at eight bytes at once.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns how many bytes from the start need no escape in JSON: none is
// a quote, a backslash or below 0x20. It looks at eight bytes at once, by the
// usual test for a zero byte in a word.
func plain(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64(s[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		found := ((w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// hex4 reads four hexadecimal digits.
func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := 0; i < 4; i++ {
		c := s[i]
		switch {
		case isDigit(c):
			c -= '0'
		case (c|0x20)-'a' < 6:
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendUnescaped appends s, whose escapes Parse has checked, without them.
// Half a surrogate pair becomes U+FFFD.
func appendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, size := codePoint(s[i+1:])
			dst = utf8.AppendRune(dst, r)
			i += size
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}

// codePoint decodes the digits after \u, and a second escape where it completes
// a surrogate pair.
func codePoint(s string) (r rune, size int) {
	r, _ = hex4(s)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		low, _ := hex4(s[6:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 10
		}
	}
	return utf8.RuneError, 4
}
