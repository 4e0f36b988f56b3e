package xlsx

import (
	"errors"
	"io"

	"chartlift/extract"
)

// Number reads a numeric cell shown by a custom format.
func Number(text, format string) string {
	out, _ := appendNumber(nil, []byte(text), formatClock(0, format), false)
	return string(out)
}

// Serial reads a day number shown as a date.
func Serial(text string, epoch1904 bool) (string, extract.Kind) {
	out, kind := appendNumber(nil, []byte(text), day, epoch1904)
	return string(out), kind
}

// Sheet reads a worksheet part and returns the columns of all cells.
func Sheet(r io.Reader) ([]int, error) {
	s := newSheet(r)
	var columns []int
	for {
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			return columns, nil
		}
		if err != nil {
			return columns, err
		}
		for _, c := range cells {
			columns = append(columns, c.column)
		}
	}
}

// Texts reads shared strings, holding up to spill bytes in memory, and returns
// those with the numbers given.
func Texts(r io.Reader, dir string, spill int, numbers []int) (found []string, long map[int]bool, remove func() error, err error) {
	t, err := readTexts(r, dir, spill)
	if err != nil {
		return nil, nil, nil, err
	}
	var c textCache
	for _, i := range numbers {
		text, ok, err := t.get(i, &c)
		if err != nil {
			return nil, nil, nil, err
		}
		if !ok {
			text = "none"
		}
		found = append(found, text)
	}
	return found, t.long, t.close, nil
}
