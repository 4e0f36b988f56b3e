package xlsx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	// spillTexts is how much shared text is held in memory; a workbook with
	// more keeps it in a temporary file.
	spillTexts = 64 << 20
	// maxTexts bounds the number of shared texts, each of which takes eight
	// bytes of memory.
	maxTexts = 1 << 25
)

// texts are the shared strings of a workbook (ECMA-376 part 1, 18.4), one
// behind the other. It is safe for concurrent use.
type texts struct {
	blob string
	file *os.File // holds them instead of blob where there are many
	ends []int64
	long map[int]bool // those that were cut at maxText
}

// readTexts reads xl/sharedStrings.xml: one text for each <si>, rich or not.
// Beyond spill bytes it goes to a file in tempDir.
func readTexts(r io.Reader, tempDir string, spill int) (*texts, error) {
	t := &texts{}
	w := &textWriter{texts: t, tempDir: tempDir, spill: spill}
	if err := w.readAll(newScanner(r)); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// textWriter fills texts.
type textWriter struct {
	texts   *texts
	memory  strings.Builder
	out     *bufio.Writer
	size    int64
	tempDir string
	spill   int
}

func (w *textWriter) readAll(s *scanner) error {
	var text []byte
	for {
		kind, err := s.next()
		if errors.Is(err, io.EOF) {
			return w.finish()
		}
		if err != nil {
			return err
		}
		if kind != startTag || string(s.name) != "si" {
			continue
		}
		long := false
		if text, long, err = richText(s, text[:0]); err != nil {
			return err
		}
		if err := w.add(text, long); err != nil {
			return err
		}
	}
}

// richText reads up to </si>. Phonetic hints (<rPh>) are no text.
func richText(s *scanner, text []byte) (_ []byte, long bool, err error) {
	inside, phonetic := false, false
	for {
		kind, err := s.next()
		if err != nil {
			return text, long, cut(err)
		}
		switch name := string(s.name); {
		case kind == startTag:
			phonetic = phonetic || name == "rPh"
			inside = name == "t"
		case kind == charData && inside && !phonetic:
			text, long = appendBounded(s, text, 0, long)
		case kind == endTag && name == "si":
			return unescape(text), long, nil
		case kind == endTag:
			inside = false
			phonetic = phonetic && name != "rPh"
		}
	}
}

// appendBounded appends the text at hand. What begins at start may become
// maxText long; long tells whether there was more.
func appendBounded(s *scanner, text []byte, start int, long bool) ([]byte, bool) {
	if long {
		return text, true
	}
	if text = s.appendText(text); len(text)-start <= maxText {
		return text, false
	}
	end := start + maxText
	for end > start && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], true
}

func (w *textWriter) add(text []byte, long bool) error {
	t := w.texts
	if len(t.ends) == maxTexts {
		return fmt.Errorf("more than %d shared strings", maxTexts)
	}
	if long {
		if t.long == nil {
			t.long = map[int]bool{}
		}
		t.long[len(t.ends)] = true
	}
	w.size += int64(len(text))
	t.ends = append(t.ends, w.size)
	if w.out == nil && w.size > int64(w.spill) {
		if err := w.toFile(); err != nil {
			return err
		}
	}
	if w.out != nil {
		_, err := w.out.Write(text)
		return err
	}
	w.memory.Write(text)
	return nil
}

func (w *textWriter) toFile() error {
	f, err := os.CreateTemp(w.tempDir, "chartlift-*")
	if err != nil {
		return err
	}
	w.texts.file = f
	w.out = bufio.NewWriterSize(f, 1<<20)
	_, err = w.out.WriteString(w.memory.String())
	w.memory = strings.Builder{}
	return err
}

func (w *textWriter) finish() error {
	w.texts.blob = w.memory.String()
	if w.out == nil {
		return nil
	}
	return w.out.Flush()
}

// get returns the text with the number i; ok is false where there is none.
func (t *texts) get(i int, c *textCache) (text string, ok bool, err error) {
	if i < 0 || i >= len(t.ends) {
		return "", false, nil
	}
	start := int64(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	if t.file == nil {
		return t.blob[start:t.ends[i]], true, nil
	}
	if text, ok := c.get(i); ok {
		return text, true, nil
	}
	b := make([]byte, t.ends[i]-start)
	if _, err := t.file.ReadAt(b, start); err != nil {
		return "", false, fmt.Errorf("read shared string: %w", err)
	}
	text = string(b)
	c.put(i, text)
	return text, true, nil
}

// close removes the file. It may be called again.
func (t *texts) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	err := t.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return errors.Join(err, os.Remove(t.file.Name()))
}

// textCache holds texts that one reader looked up lately.
type textCache struct {
	numbers []int // plus one
	texts   []string
}

const cachedTexts = 1 << 13

func (c *textCache) get(i int) (string, bool) {
	at := i % cachedTexts
	if c.numbers == nil || c.numbers[at] != i+1 {
		return "", false
	}
	return c.texts[at], true
}

func (c *textCache) put(i int, text string) {
	if c.numbers == nil {
		c.numbers, c.texts = make([]int, cachedTexts), make([]string, cachedTexts)
	}
	c.numbers[i%cachedTexts], c.texts[i%cachedTexts] = i+1, text
}
