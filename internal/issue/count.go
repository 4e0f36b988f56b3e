package issue

import (
	"strconv"
	"strings"
)

// Count writes a number with what it counts: 1 row, 2 rows, 0 entries. The last
// word of noun is put into the plural.
func Count[N int | int64](n N, noun string) string {
	text := strconv.FormatInt(int64(n), 10) + " "
	if n == 1 {
		return text + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") {
		return text + stem + "ies"
	}
	return text + noun + "s"
}
