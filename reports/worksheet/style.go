package worksheet

import (
	"slices"

	"github.com/xuri/excelize/v2"
)

// look is how a cell looks and what may be done with it.
type look struct {
	title, marked, editable, fixed, quoted bool
	digits                                 int // as of Cell
}

// The colours, as hexadecimal RGB: pale enough that black text on them is read
// easily, also in print.
const (
	titleFill    = "D9E2EC"
	editableFill = "FFF8DC"
	markedFill   = "FFD9B3"
)

// textFormat is Excel's number format "@": what is typed into such a cell stays
// a text, 007 as well as =1+1.
const textFormat = 49

// style returns the number of a style in the workbook, made when it is first
// asked for.
func (w *writer) style(l look) (int, error) {
	if id, ok := w.styles[l]; ok {
		return id, nil
	}
	s := &excelize.Style{
		Alignment:  &excelize.Alignment{Vertical: "top", WrapText: !l.fixed},
		Protection: &excelize.Protection{Locked: !l.editable},
		NumFmt:     textFormat,
		Font:       &excelize.Font{Family: "Calibri", Size: 11, Bold: l.title || l.marked},
	}
	if l.fixed {
		s.Font.Family = "Consolas"
	}
	if l.digits > 0 {
		format := []string{"0", "0.0", "0.00", "0.000", "0.0000"}[min(l.digits-1, 4)]
		s.NumFmt, s.CustomNumFmt = 0, &format
	}
	for _, fill := range []struct {
		on    bool
		color string
	}{{l.marked, markedFill}, {l.title, titleFill}, {l.editable, editableFill}} {
		if fill.on {
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill.color}}
			break
		}
	}
	id, err := w.f.NewStyle(s)
	if err != nil {
		return 0, err
	}
	if l.quoted {
		id = w.quote(id)
	}
	w.styles[l] = id
	return id, nil
}

// quote returns a copy of a style that shows the text as if somebody had typed
// an apostrophe before it: not part of the value, and a program in which the
// cell is edited leaves it a text (ECMA-376 part 1, 18.8.45, quotePrefix).
// excelize has no option for it.
func (w *writer) quote(id int) int {
	xfs := w.f.Styles.CellXfs
	xf := xfs.Xf[id]
	yes := true
	xf.QuotePrefix = &yes
	xfs.Xf = append(slices.Clip(xfs.Xf), xf)
	xfs.Count = len(xfs.Xf)
	return len(xfs.Xf) - 1
}
