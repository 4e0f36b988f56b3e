package hl7v2

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"chartlift/extract"
)

// charsets translates the names of HL7 table 0211 (MSH-18) to IANA's. The
// UNICODE ones without a form, and ASCII, say nothing that the bytes do not say
// better.
func charsets() map[string]string {
	return map[string]string{
		"8859/1": "iso-8859-1", "8859/2": "iso-8859-2", "8859/3": "iso-8859-3", "8859/4": "iso-8859-4", "8859/5": "iso-8859-5",
		"8859/6": "iso-8859-6", "8859/7": "iso-8859-7", "8859/8": "iso-8859-8", "8859/9": "iso-8859-9", "8859/15": "iso-8859-15",
		"UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8",
		"ISO IR6": "", "ISO IR14": "iso-2022-jp", "ISO IR87": "iso-2022-jp", "ISO IR159": "iso-2022-jp",
		"GB 18030-2000": "gb18030", "BIG-5": "big5", "KS X 1001": "euc-kr", "CNS 11643-1992": "",
	}
}

// decoder makes text of the bytes of one message.
type decoder struct {
	charset extract.Charset
	forced  bool // the user named it: no second thoughts
}

// declared returns the decoder that MSH-18 asks for; ok is false where it names
// none that is known.
func declared(name string) (d decoder, ok bool) {
	if name == "" {
		return decoder{}, false
	}
	iana := charsets()[strings.ToUpper(strings.TrimSpace(name))]
	if iana == "" {
		return decoder{}, false
	}
	c, err := extract.LookupCharset(iana)
	return decoder{charset: c}, err == nil
}

// decode makes text of b; good is false where some bytes are no characters.
func (d decoder) decode(b []byte) (text string, good bool) {
	switch {
	case plainASCII(b):
		return string(b), true
	case d.charset.Name == "utf-8", strings.HasPrefix(d.charset.Name, "utf-16"):
		// UTF-16 was decoded before the lines were cut.
		return strings.ToValidUTF8(string(b), "\uFFFD"), !d.charset.Damaged(string(b))
	case !d.forced && multibyte(b) && !strings.HasPrefix(d.charset.Name, "iso-2022"):
		// Senders that changed to UTF-8 often go on saying 8859/1, whose text
		// hardly ever forms a valid sequence.
		return string(b), true
	}
	r, err := d.charset.Reader(bytes.NewReader(b))
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), false
	}
	plain, err := io.ReadAll(r)
	text = string(plain)
	return text, err == nil && !d.charset.Damaged(text)
}

// multibyte reports whether b is valid UTF-8 with characters above ASCII.
func multibyte(b []byte) bool { return utf8.Valid(b) && !plainASCII(b) }

// plainASCII counts the escape character as above ASCII: ISO 2022 begins its
// other characters with it.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c == 0x1b {
			return false
		}
	}
	return true
}
