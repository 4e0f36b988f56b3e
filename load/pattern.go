package load

import (
	"regexp"
	"sync"
)

// Pattern returns what compiles a regular expression when it is first asked for
// it: those that are held against the answers of servers and the names in a
// folder are large, and most commands see neither. It panics then where the
// expression is none, as regexp.MustCompile does.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
