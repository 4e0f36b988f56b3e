// Package formula keeps spreadsheet programs from running what stands in a file
// as a formula.
//
// A CSV file has no types: a program that opens it decides by the first
// characters of a cell whether to compute it, and values of a source may have
// been typed by anybody
// (https://owasp.org/www-community/attacks/CSV_Injection). [Guard] puts an
// apostrophe before such a cell, [Unguard] takes exactly that apostrophe away
// again: files that we write and read back have the same values.
//
//	formula.Guard("=1+1")    // '=1+1
//	formula.Unguard("'=1+1") // =1+1
//	formula.Guard("-1.5")    // -1.5: a number
package formula

import (
	"regexp"
	"strings"
	"unicode"
)

// number is what a program takes for a number, whatever its sign: an id or a
// measurement stays what it is.
var number = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// Starts reports whether a spreadsheet program may take a cell for a formula:
// it opens with one of = + - @ or their wide forms of East Asian keyboards
// (which some programs fold), blanks and signs that cannot be seen before them
// not counted. A cell that opens with a tab or the end of a line counts
// whatever follows, as programs differ in what they cut off. A number is none.
func Starts(cell string) bool {
	if cell == "" || number.MatchString(cell) {
		return false
	}
	if strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return true
	}
	for _, sign := range strings.TrimLeftFunc(cell, unseen) {
		return strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫", sign)
	}
	return false
}

// unseen reports whether a reader of the cell would not see the character:
// white space, control characters, and format characters such as the byte order
// mark and marks of direction.
func unseen(c rune) bool { return unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf) }

// Guard returns the cell for a CSV file: with an apostrophe in front where it
// Starts like a formula. A cell that looks as if it had been guarded gets one
// more, so that Unguard gives every value back.
func Guard(cell string) string {
	if Starts(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Unguard returns what Guard was given. It leaves an apostrophe alone that
// Guard has not put there, such as that of 's-Hertogenbosch.
func Unguard(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && Starts(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

// GuardAll guards the cells of a row, in a new one.
func GuardAll(row []string) []string {
	safe := make([]string, len(row))
	for i, cell := range row {
		safe[i] = Guard(cell)
	}
	return safe
}
