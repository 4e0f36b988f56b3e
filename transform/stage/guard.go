package stage

import (
	"strings"

	"github.com/mattn/go-sqlite3"
)

// sqliteRecursive is SQLITE_RECURSIVE (sqlite.org/c3ref/c_alter_table.html),
// which the driver has no name for.
const sqliteRecursive = 33

// guard decides what a view may do. SQLite asks it while a statement is
// compiled.
type guard struct {
	lifted  bool            // for statements of our own
	tables  map[string]bool // that may be read, in lower case
	allowed map[string]bool // functions
	refused string          // what the last refusal was about
	read    map[[2]string]bool
	called  map[string]bool
}

func newGuard() *guard {
	g := &guard{tables: map[string]bool{"json_each": true, "json_tree": true}, allowed: map[string]bool{}, read: map[[2]string]bool{}, called: map[string]bool{}}
	for _, name := range strings.Fields(functions()) {
		g.allowed[name] = true
	}
	return g
}

// functions are those of SQLite whose result depends on nothing but their
// arguments.
func functions() string {
	return `-> ->> abs avg char coalesce concat concat_ws count cume_dist date datetime dense_rank first_value format glob
		group_concat hex if ifnull iif instr json json_array json_array_length json_each json_extract json_group_array
		json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid
		julianday lag last_value lead length like likelihood likely lower ltrim max min nth_value ntile nullif octet_length
		percent_rank printf quote rank replace round row_number rtrim sign string_agg strftime substr substring sum time timediff
		total trim typeof unhex unicode unistr unistr_quote unixepoch unlikely upper
		acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
		radians sin sinh sqrt tan tanh trunc`
}

// allow is the authorizer (sqlite.org/c3ref/set_authorizer.html).
func (g *guard) allow(op int, first, second, _ string) int {
	if g.lifted {
		return sqlite3.SQLITE_OK
	}
	switch op {
	case sqlite3.SQLITE_SELECT, sqliteRecursive:
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_READ:
		if g.tables[strings.ToLower(first)] {
			g.read[[2]string{strings.ToLower(first), strings.ToLower(second)}] = true
			return sqlite3.SQLITE_OK
		}
		g.refused = "the table " + first
	case sqlite3.SQLITE_FUNCTION:
		if g.called[strings.ToLower(second)] = true; g.allowed[strings.ToLower(second)] {
			return sqlite3.SQLITE_OK
		}
		g.refused = "the function " + second
	default:
		g.refused = "anything but reading"
	}
	return sqlite3.SQLITE_DENY
}
