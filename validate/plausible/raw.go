package plausible

import (
	"encoding/json"
	"strings"
	"unsafe"

	"chartlift/fhir"
)

// raw is the JSON text of one value, "" where there is none. What is asked of
// it is found by skipping over the rest, so that a resource of which three
// elements are looked at costs no tree. It reads what the validator has
// accepted; of other text it finds nothing, or less.
type raw string

// rawOf returns text as raw. It must not change meanwhile.
func rawOf(text []byte) raw { return raw(unsafe.String(unsafe.SliceData(text), len(text))) }

// skim appends the members of the object in the text to list. Their names refer
// to the text, which must not change meanwhile.
func skim(text []byte, list []fhir.Member) []fhir.Member {
	for m := range rawOf(text).members {
		list = append(list, m)
	}
	return list
}

// members yields the members of an object, nothing of another value.
func (r raw) members(yield func(fhir.Member) bool) {
	if r == "" || r[0] != '{' {
		return
	}
	for at := r.blank(1); at < len(r) && r[at] == '"'; {
		end := r.quoted(at)
		colon := r.blank(end)
		if colon >= len(r) || r[colon] != ':' {
			return
		}
		start := r.blank(colon + 1)
		next := r.value(start)
		if !yield(fhir.Member{Name: string(r[at+1 : end-1]), Start: int32(start), End: int32(next)}) {
			return
		}
		if at = r.blank(next); at >= len(r) || r[at] != ',' {
			return
		}
		at = r.blank(at + 1)
	}
}

// items yields the values of an array, nothing of another value.
func (r raw) items(yield func(raw) bool) {
	if r == "" || r[0] != '[' {
		return
	}
	for at := r.blank(1); at < len(r) && r[at] != ']'; {
		next := r.value(at)
		if next == at || !yield(r[at:next]) {
			return
		}
		if at = r.blank(next); at >= len(r) || r[at] != ',' {
			return
		}
		at = r.blank(at + 1)
	}
}

// get returns the value of a key of an object.
func (r raw) get(key string) raw {
	for m := range r.members {
		if m.Name == key {
			return r[m.Start:m.End]
		}
	}
	return ""
}

// text returns the text of a string, "" of another value.
func (r raw) text() string {
	if len(r) < 2 || r[0] != '"' {
		return ""
	}
	plain := string(r[1 : len(r)-1])
	if strings.IndexByte(plain, '\\') < 0 {
		return plain
	}
	var s string
	if json.Unmarshal([]byte(r), &s) != nil {
		return ""
	}
	return s
}

// blank returns the place of the next character that is no white space.
func (r raw) blank(at int) int {
	for at < len(r) && (r[at] == ' ' || r[at] == '\n' || r[at] == '\t' || r[at] == '\r') {
		at++
	}
	return at
}

// quoted returns the place behind the string that begins at a quote.
func (r raw) quoted(at int) int {
	for at++; at < len(r); {
		n := strings.IndexByte(string(r[at:]), '"')
		if n < 0 {
			break
		}
		at += n + 1
		slashes := 0
		for r[at-2-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
	return len(r)
}

// value returns the place behind the value that begins at a place.
func (r raw) value(at int) int {
	if at >= len(r) {
		return len(r)
	}
	if r[at] == '"' {
		return r.quoted(at)
	}
	for depth := 0; at < len(r); {
		switch r[at] {
		case '"':
			at = r.quoted(at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return at + 1 + depth // below 0: the bracket closes what the value stands in
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
		}
		at++
	}
	return len(r)
}
