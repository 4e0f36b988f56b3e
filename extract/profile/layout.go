package profile

import "strings"

// layout is the way in which a date is written. Widths of one digit are not
// part of it: 3/27/2017 and 12/12/2017 are of one layout.
type layout struct {
	order     order
	separator byte // between the parts of the day, 0 none
	joint     byte // between day and time: 'T', ' ' or 0
	shortYear bool
	clock     clock
	half      half
	zone      bool
}

// order is the order of day, month and year.
type order uint8

const (
	yearFirst order = iota + 1 // 2017-03-27
	yearLast                   // 03/27/2017 or 27/03/2017: which one is to be proved
	dayName                    // 27 Mar 2017
	nameDay                    // Mar 27, 2017
)

// clock is how precise the time is.
type clock uint8

const (
	noClock clock = iota
	toMinute
	toSecond
	toFraction
)

// half is how AM or PM is written.
type half uint8

const (
	noHalf     half = iota
	joinedHalf      // 10:11AM
	spacedHalf      // 10:11 AM
)

// format returns the layout in the words of the mapping language: DD/MM/YYYY
// HH:mm. narrow tells that days or months of one digit occur.
func (l layout) format(first proof, narrow bool) string {
	d, m, y, sep := "DD", "MM", "YYYY", ""
	if narrow {
		d, m = "D", "M"
	}
	if l.shortYear {
		y = "YY"
	}
	if l.separator != 0 {
		sep = string(rune(l.separator))
	}
	var text string
	switch l.order {
	case yearFirst:
		text = y + sep + m + sep + d
	case dayName:
		text = d + sep + "MMM" + sep + y
	case nameDay:
		text = "MMM " + d + strings.TrimSpace(sep) + " " + y
	default:
		text = m + sep + d + sep + y
		if first == dayFirst {
			text = d + sep + m + sep + y
		}
	}
	return text + l.timeFormat(narrow)
}

// timeFormat returns what follows the day.
func (l layout) timeFormat(narrow bool) string {
	if l.clock == noClock {
		return ""
	}
	h := "HH"
	switch {
	case l.half != noHalf:
		h = "h"
	case narrow:
		h = "H"
	}
	colon, text := ":", h
	if l.joint == 0 {
		colon = ""
	} else {
		text = string(rune(l.joint)) + h
	}
	text += colon + "mm"
	if l.clock >= toSecond {
		text += colon + "ss"
	}
	if l.clock == toFraction {
		text += ".SSS"
	}
	switch l.half {
	case joinedHalf:
		text += "A"
	case spacedHalf:
		text += " A"
	}
	if l.zone {
		text += "Z"
	}
	return text
}
