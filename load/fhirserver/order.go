package fhirserver

import "bytes"

// inOrder returns items so that each comes after those of the same bundle that it
// refers to, and otherwise in the given order. Whatever prefix of them is
// sent first then finds its references: cutting and halving do not break a bundle that is whole.
// Resources that refer to each other in a circle stay next to each other.
func inOrder(items []item) []item {
	at := make(map[string]int, len(items))
	for i, it := range items {
		if _, twice := at[it.ref()]; twice {
			return items // the same resource twice: only the given order is right
		}
		at[it.ref()] = i
	}
	sorted := make([]item, 0, len(items))
	placed := make([]bool, len(items))
	var place func(i int)
	place = func(i int) {
		if placed[i] {
			return
		}
		placed[i] = true
		for _, ref := range references(items[i].entry.Resource.JSON) {
			if j, here := at[string(ref)]; here {
				place(j)
			}
		}
		sorted = append(sorted, items[i])
	}
	for i := range items {
		place(i)
	}
	return sorted
}

// references returns the values of all "reference" elements of canonical JSON.
func references(json []byte) [][]byte {
	key := []byte(`"reference":"`)
	var found [][]byte
	for {
		at := bytes.Index(json, key)
		if at < 0 {
			return found
		}
		json = json[at+len(key):]
		end := bytes.IndexByte(json, '"')
		if end < 0 {
			return found
		}
		found = append(found, json[:end])
		json = json[end:]
	}
}
