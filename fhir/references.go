package fhir

import (
	"bytes"
	"iter"
)

// References yields the literal references of a resource in canonical JSON, in
// their order: Patient/1, #local, urn:uuid:…
func References(json []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		key := []byte(`"reference":"`)
		for {
			at := bytes.Index(json, key)
			if at < 0 {
				return
			}
			json = json[at+len(key):]
			end := bytes.IndexByte(json, '"')
			if end < 0 || !yield(string(json[:end])) {
				return
			}
			json = json[end:]
		}
	}
}
