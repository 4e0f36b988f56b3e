package clean

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxRTFDepth bounds nested groups; deeper ones are read as if they were not
// nested.
const maxRTFDepth = 200

// rtfText returns the text of an RTF document (Rich Text Format 1.9.1). Broken
// RTF gives what text it has; other text is returned as it is.
func rtfText(s string) (Value, *Problem) {
	if !strings.HasPrefix(s, `{\rtf`) {
		return of(s)
	}
	r := rtfReader{in: s, unicodeSkip: 1, page: charmap.Windows1252}
	for r.at < len(r.in) {
		r.step()
	}
	text := strings.TrimSpace(r.out.String())
	if r.lost && text != "" {
		return warn(text, "lossy-text", "the document is in a code page that is not known here, and its letters beyond ASCII are lost; save it as Unicode RTF or as plain text")
	}
	return of(text)
}

// rtfPage returns the code page of \ansicpgN, nil for those of several bytes a
// letter and others that are not known.
func rtfPage(n int) *charmap.Charmap {
	return map[int]*charmap.Charmap{
		437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 855: charmap.CodePage855, 866: charmap.CodePage866,
		874: charmap.Windows874, 1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253,
		1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258,
		10000: charmap.Macintosh,
	}[n]
}

type rtfReader struct {
	in          string
	at          int
	out         strings.Builder
	depth       int
	hidden      int              // depth of the group whose text is not shown, 0 none
	unicodeSkip int              // \ucN: how many characters stand in for a \u character
	skip        int              // how many of them are still to be passed over
	high        rune             // first half of a surrogate pair
	page        *charmap.Charmap // of \'hh; nil: not known
	lost        bool             // a letter of that page was there
}

// step reads one brace, control or character. Line breaks of the file mean
// nothing in RTF.
func (r *rtfReader) step() {
	c := r.in[r.at]
	r.at++
	switch c {
	case '{':
		r.depth = min(r.depth+1, maxRTFDepth)
	case '}':
		if r.depth <= r.hidden {
			r.hidden = 0
		}
		r.depth = max(r.depth-1, 0)
	case '\\':
		r.control()
	case '\r', '\n':
	default:
		char, size := utf8.DecodeRuneInString(r.in[r.at-1:])
		r.at += size - 1
		r.text(char)
	}
}

// text shows one character.
func (r *rtfReader) text(c rune) {
	switch {
	case r.skip > 0:
		r.skip--
	case r.hidden == 0 && c != 0:
		r.out.WriteRune(c)
	}
}

// control reads what follows a backslash.
func (r *rtfReader) control() {
	if r.at >= len(r.in) {
		return
	}
	c := r.in[r.at]
	if !isLetter(c) {
		r.at++
		r.symbol(c)
		return
	}
	start := r.at
	for r.at < len(r.in) && isLetter(r.in[r.at]) {
		r.at++
	}
	name := r.in[start:r.at]
	start = r.at
	for r.at < len(r.in) && (isDigit(r.in[r.at]) || (r.at == start && r.in[r.at] == '-')) {
		r.at++
	}
	n, _ := strconv.Atoi(r.in[start:r.at])
	if r.at < len(r.in) && r.in[r.at] == ' ' {
		r.at++
	}
	r.word(name, n)
}

// symbol obeys a control symbol: \'hh, \~, \*, or an escaped character.
func (r *rtfReader) symbol(c byte) {
	switch c {
	case '\'':
		if r.at+2 <= len(r.in) {
			n, err := strconv.ParseUint(r.in[r.at:r.at+2], 16, 8)
			r.at += 2
			if err == nil {
				r.text(r.letter(byte(n)))
			}
		}
	case '~':
		r.text(' ')
	case '_':
		r.text('-')
	case '*':
		r.hide()
	case '\\', '{', '}':
		r.text(rune(c))
	}
}

// letter reads a byte of the document's code page.
func (r *rtfReader) letter(b byte) rune {
	switch {
	case b < utf8.RuneSelf:
		return rune(b)
	case r.page == nil:
		r.lost = r.lost || r.skip == 0 && r.hidden == 0
		return utf8.RuneError
	}
	return r.page.DecodeByte(b)
}

// word obeys a control word.
func (r *rtfReader) word(name string, n int) {
	switch name {
	case "par", "line", "row", "sect", "page":
		r.text('\n')
	case "tab", "cell":
		r.text('\t')
	case "emdash", "endash":
		r.text('–')
	case "lquote", "rquote":
		r.text('\'')
	case "ldblquote", "rdblquote":
		r.text('"')
	case "bullet":
		r.text('•')
	case "ansicpg":
		r.page = rtfPage(n)
	case "mac":
		r.page = charmap.Macintosh
	case "pc":
		r.page = charmap.CodePage437
	case "pca":
		r.page = charmap.CodePage850
	case "uc":
		r.unicodeSkip = min(max(n, 0), 16)
	case "u":
		r.unicode(rune(uint16(n)))
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata",
		"header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf":
		r.hide()
	}
}

// unicode shows a \uN character, joining surrogate pairs.
func (r *rtfReader) unicode(c rune) {
	if utf16.IsSurrogate(c) {
		if pair := utf16.DecodeRune(r.high, c); pair != utf8.RuneError {
			r.text(pair)
			r.high, r.skip = 0, r.unicodeSkip
			return
		}
		r.high, r.skip = c, r.unicodeSkip
		return
	}
	r.text(c)
	r.skip = r.unicodeSkip
}

// hide leaves out the text of the group that is open.
func (r *rtfReader) hide() {
	if r.hidden == 0 {
		r.hidden = r.depth
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
