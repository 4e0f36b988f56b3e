package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"

	"chartlift/internal/issue"
)

// asciiScan is how far a file that begins with nothing but ASCII is searched
// for its first accent: a table of patients often has it late.
const asciiScan = 16 << 20

const bom = "\xef\xbb\xbf"

// Charset is how the bytes of a text file become characters. The zero Charset
// is UTF-8.
type Charset struct {
	Name    string // IANA name in lower case
	Guessed bool   // nothing in the file proves it
	decode  encoding.Encoding
}

// LookupCharset returns the charset with the IANA name, or an *OpenError.
func LookupCharset(name string) (Charset, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return Charset{Name: "utf-8"}, nil
	case "utf-16": // RFC 2781: without a BOM it is big-endian
		return Charset{Name: lower, decode: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	}
	e, err := ianaindex.IANA.Encoding(lower)
	if err != nil || e == nil {
		return Charset{}, &OpenError{Code: "unknown-encoding", Path: "encoding " + name, Message: "not known; use an IANA name such as windows-1252"}
	}
	return Charset{Name: lower, decode: e}, nil
}

// Charset returns the charset that o asks for, or finds it out from the bytes.
func (in *Input) Charset(o Options) (Charset, error) {
	if o.Encoding != "" && o.Encoding != "auto" {
		return LookupCharset(o.Encoding)
	}
	if len(in.Head) < headSize || firstHigh(in.Head) >= 0 || bytes.IndexByte(in.Head, 0) >= 0 {
		return DetectCharset(in.Head), nil
	}
	sample, err := in.highSample()
	if err != nil {
		return Charset{}, err
	}
	return DetectCharset(sample), nil
}

// highSample returns a stretch of the file that begins at its first byte above
// ASCII, or nothing where there is none in the first 16 MiB.
func (in *Input) highSample() ([]byte, error) {
	r, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	buf := make([]byte, headSize)
	for read := 0; read < asciiScan; {
		n, err := io.ReadFull(r, buf)
		if i := firstHigh(buf[:n]); i >= 0 {
			rest := make([]byte, headSize)
			m, _ := io.ReadFull(r, rest)
			return append(bytes.Clone(buf[i:n]), rest[:m]...), nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrDamaged) {
				return nil, nil // whoever reads the rows comes to the damage again
			}
			return nil, err
		}
		read += n
	}
	return nil, nil
}

// DetectCharset finds the charset of the beginning of a file: a BOM, zero bytes
// of UTF-16, UTF-8 where the sequences are valid, else Windows-1252, or
// ISO-8859-1 where 0x80 to 0x9F never occur; the last two are guesses.
func DetectCharset(head []byte) Charset {
	if c, ok := detectUTF16(head); ok {
		return c
	}
	good, bad, c1 := countSequences(head)
	switch {
	// A few stray bytes do not turn a UTF-8 file into another: text in
	// Windows-1252 hardly ever forms a valid sequence, so one is more telling
	// than a broken one.
	case bad == 0 || good > bad:
		return Charset{Name: "utf-8"}
	case c1 == 0:
		return Charset{Name: "iso-8859-1", Guessed: true, decode: charmap.ISO8859_1}
	}
	return Charset{Name: "windows-1252", Guessed: true, decode: charmap.Windows1252}
}

// detectUTF16 looks for a BOM, then for the zero bytes that Latin text has in
// every second place.
func detectUTF16(head []byte) (Charset, bool) {
	little := Charset{Name: "utf-16le", decode: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}
	big := Charset{Name: "utf-16be", decode: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return little, true
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return big, true
	}
	var zeros [2]int
	for i, b := range head[:min(len(head), 4096)] {
		if b == 0 {
			zeros[i&1]++
		}
	}
	half := min(len(head), 4096) / 2
	switch {
	case half == 0 || zeros[0]+zeros[1] == 0:
		return Charset{}, false
	case zeros[1]*10 > half*4 && zeros[0]*10 < half:
		return little, true
	case zeros[0]*10 > half*4 && zeros[1]*10 < half:
		return big, true
	}
	return Charset{}, false
}

// countSequences counts valid UTF-8 sequences above ASCII, bytes that belong to
// none, and bytes from 0x80 to 0x9F. A sequence cut off at the end is neither.
func countSequences(head []byte) (good, bad, c1 int) {
	for i := 0; i < len(head); {
		if head[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(head[i:])
		switch {
		case r != utf8.RuneError || size > 1:
			good++
		case len(head) == headSize && !utf8.FullRune(head[i:]):
			return good, bad, c1
		default:
			bad++
		}
		for _, b := range head[i : i+size] {
			if b >= 0x80 && b <= 0x9f {
				c1++
			}
		}
		i += size
	}
	return good, bad, c1
}

// firstHigh returns the place of the first byte beyond ASCII, -1 where there is
// none. It looks at all of most files: 32 bytes at once.
func firstHigh(b []byte) int {
	const high = 0x8080808080808080
	at := 0
	for ; len(b)-at >= 32; at += 32 {
		w := b[at : at+32]
		if (binary.LittleEndian.Uint64(w)|binary.LittleEndian.Uint64(w[8:])|binary.LittleEndian.Uint64(w[16:])|binary.LittleEndian.Uint64(w[24:]))&high != 0 {
			break
		}
	}
	for i, c := range b[at:] {
		if c >= utf8.RuneSelf {
			return at + i
		}
	}
	return -1
}

// Reader returns r as UTF-8 without BOM. Where c is UTF-8 the bytes pass
// untouched, invalid ones as well; otherwise those that cannot be decoded
// become U+FFFD.
func (c Charset) Reader(r io.Reader) (io.Reader, error) {
	if c.decode != nil {
		r = c.decode.NewDecoder().Reader(r)
	}
	head := make([]byte, len(bom))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = bytes.TrimPrefix(head[:n], []byte(bom))
	return io.MultiReader(bytes.NewReader(head), r), nil
}

// HeadText returns the head of a file as UTF-8 where it is UTF-16, which a
// format has to know before it can recognise anything; other bytes are returned
// as they are. Half a character at its end is of no matter.
func HeadText(head []byte) []byte {
	c, ok := detectUTF16(head)
	if !ok {
		return head
	}
	r, err := c.Reader(bytes.NewReader(head))
	if err != nil {
		return head
	}
	text, _ := io.ReadAll(r)
	return text
}

// BOM returns how many bytes of a file that begins with head Reader leaves out;
// ok is false where the bytes behind them do not pass untouched, so that a
// place in the text is no place in the file.
func (c Charset) BOM(head []byte) (n int64, ok bool) {
	if bytes.HasPrefix(head, []byte(bom)) {
		n = int64(len(bom))
	}
	return n, c.decode == nil
}

// UTF8 reports whether the bytes pass untouched.
func (c Charset) UTF8() bool { return c.decode == nil }

// Damaged reports whether s, read through Reader, holds bytes that were no
// characters.
func (c Charset) Damaged(s string) bool {
	if c.decode == nil {
		return !utf8.ValidString(s)
	}
	return strings.ContainsRune(s, utf8.RuneError)
}

// WholeRunes returns s without a character that its end cuts: the rest of it is
// still to be read.
func WholeRunes(s string) string {
	for i := len(s) - 1; i >= 0 && i >= len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[:i]
			}
			break
		}
	}
	return s
}

// Issue is the warning that c was guessed; source is the file's name.
func (c Charset) Issue(source, table string) issue.Issue {
	return issue.Issue{
		Severity: issue.Warning, Code: "encoding-guessed", Type: "processing",
		Origin:  issue.Origin{Source: source, Table: table},
		Message: "the encoding was guessed as " + c.Name + "; look at a name with accents and set encoding: (windows-1252, windows-1250, windows-1251, ibm850)",
	}
}
