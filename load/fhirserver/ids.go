package fhirserver

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"chartlift/fhir"
)

// Known is what is known of a resource of ours on a server that gives ids
// itself.
type Known struct {
	Ref  string // ours: Patient/p1
	ID   string // the server's; "" from before the request that creates it until its answer
	Hash string // of what was sent, references and id as they are here
}

// IDs remembers them, across runs where a rerun is to double nothing on servers
// that cannot be searched. It is safe for concurrent use.
type IDs interface {
	// Lookup returns what is known of refs; what is not known is left out.
	Lookup(refs []string) (map[string]Known, error)
	// Save makes all durable before it returns. A later one of the same Ref
	// takes the place of the earlier.
	Save(all ...Known) error
}

// memory is IDs for one run.
type memory struct {
	mu  sync.Mutex
	all map[string]Known
}

func (m *memory) Lookup(refs []string) (map[string]Known, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]Known{}
	for _, ref := range refs {
		if k, ok := m.all[ref]; ok {
			found[ref] = k
		}
	}
	return found, nil
}

func (m *memory) Save(all ...Known) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]Known{}
	}
	for _, k := range all {
		m.all[k.Ref] = k
	}
	return nil
}

// IdentifierSystem is the system of the identifier that resources get whose ids
// the server gives. Its value is the id that they have here, which follows from
// the source's key: so they are found again, also by another run from another
// machine.
const IdentifierSystem = "urn:chartlift:id"

// condition is the search that finds the resource of our id: of If-None-Exist,
// or behind a question mark.
func condition(id string) string { return "identifier=" + url.QueryEscape(IdentifierSystem+"|"+id) }

// hashOf is what tells a resource that has changed from one that has not.
func hashOf(json []byte) string {
	sum := sha256.Sum256(json)
	return hex.EncodeToString(sum[:12])
}

// urn is the name of a resource within a bundle (RFC 9562 section 5.5, version
// 5, of the reference).
func urn(ref string) string {
	b := sha1.Sum([]byte(IdentifierSystem + " " + ref))
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// locatedID returns the id in a Location such as
// http://host/base/Patient/123/_history/1, "" where there is none.
func locatedID(location, typ string) string {
	path, _, _ := strings.Cut(location, "/_history/")
	at := strings.LastIndex("/"+path, "/"+typ+"/")
	if at < 0 {
		return ""
	}
	id := ("/" + path)[at+len(typ)+2:]
	if fhir.CheckPrimitive("id", id) != nil {
		return ""
	}
	return id
}
