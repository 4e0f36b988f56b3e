package dedupe

import "unicode/utf8"

// maxCompared bounds the texts that are compared letter by letter: nothing that
// names a person or a place is longer.
const maxCompared = 64

// jaroWinkler returns the similarity of two texts from 0 to 1 (Winkler 1990: up
// to four letters of common prefix, scale 0.1). Only the first 64 letters
// count.
func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if !ascii(a) || !ascii(b) {
		return jaroRunes(a, b)
	}
	var x, y [maxCompared]rune
	return jaro(widen(&x, a), widen(&y, b))
}

func widen(to *[maxCompared]rune, text string) []rune {
	n := min(len(text), maxCompared)
	for i := range n {
		to[i] = rune(text[i])
	}
	return to[:n]
}

func jaroRunes(a, b string) float64 {
	cut := func(s string) []rune {
		r := []rune(s)
		return r[:min(len(r), maxCompared)]
	}
	return jaro(cut(a), cut(b))
}

func jaro(a, b []rune) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(0, max(len(a), len(b))/2-1)
	var usedA, usedB uint64 // which letters have found their partner
	common := 0
	for i, r := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if b[j] == r && usedB&(1<<j) == 0 {
				usedA |= 1 << i
				usedB |= 1 << j
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	c := float64(common)
	sim := (c/float64(len(a)) + c/float64(len(b)) + (c-halfTranspositions(a, b, usedA, usedB)/2)/c) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return sim + float64(prefix)*0.1*(1-sim)
}

// halfTranspositions counts the letters whose partners stand in another order.
func halfTranspositions(a, b []rune, usedA, usedB uint64) float64 {
	n, j := 0, 0
	for i, r := range a {
		if usedA&(1<<i) == 0 {
			continue
		}
		for usedB&(1<<j) == 0 {
			j++
		}
		if b[j] != r {
			n++
		}
		j++
	}
	return float64(n)
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// edits returns the number of letters to insert, delete, replace or swap with a
// neighbour to get from a to b (optimal string alignment), or limit+1 where it
// is more than limit.
func edits(a, b string, limit int) int {
	if a == b {
		return 0
	}
	var x, y [maxCompared]rune
	ra, rb := runes(&x, a), runes(&y, b)
	if len(ra)-len(rb) > limit || len(rb)-len(ra) > limit {
		return limit + 1
	}
	if len(ra) == len(rb) && limit == 1 {
		return sameLengthEdit(ra, rb)
	}
	return alignment(ra, rb, limit)
}

func runes(to *[maxCompared]rune, text string) []rune {
	n := 0
	for _, r := range text {
		if n == maxCompared {
			break
		}
		to[n] = r
		n++
	}
	return to[:n]
}

// sameLengthEdit is the quick form for one edit and texts of one length: most
// pairs are refused after two letters.
func sameLengthEdit(a, b []rune) int {
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		rest := i + 1
		if rest < len(a) && a[i] == b[rest] && a[rest] == b[i] {
			rest++
		}
		for ; rest < len(a); rest++ {
			if a[rest] != b[rest] {
				return 2
			}
		}
		return 1
	}
	return 0
}

func alignment(a, b []rune, limit int) int {
	var rows [3][maxCompared + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		best := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			best = min(best, row[j+1])
		}
		if best > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
