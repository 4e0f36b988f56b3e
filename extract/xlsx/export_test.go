package xlsx

import (
	"errors"
	"io"
)

// Number reads a numeric cell shown by a custom format.
func Number(text, format string) string {
	return number(text, formatClock(0, format), false).Text
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
