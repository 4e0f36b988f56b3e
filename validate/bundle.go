package validate

import (
	"strings"

	"chartlift/fhir"
)

// entries are those of one bundle, as references inside of it find them
// (https://hl7.org/fhir/R4/bundle.html#references, 2.36.4.1).
type entries struct {
	kind  string          // Bundle.type
	byURL map[string]hit  // by fullUrl; of a resource that says its version, by fullUrl/_history/version as well
	byID  map[string]bool // Type/id of the resources; true where one of them has no fullUrl that could count
	home  map[int]string  // the fullUrl that a resource has, by the resource's node
}

// hit is what a reference finds among the entries of a bundle.
type hit struct {
	count int    // of the entries that it may mean, 0 for none
	typ   string // of their resource, "" for an entry without one
	node  int    // of the resource in the tree of the bundle
}

// newEntries lists the entries of the bundle at a node. Nothing in it refers to
// the tree.
func newEntries(t *fhir.Tree, bundle int) *entries {
	all := &entries{kind: strings.Clone(t.FindText(bundle, "type"))}
	list := t.Find(bundle, "entry")
	if list == 0 {
		return all
	}
	n := t.Count(list)
	all.byURL, all.byID, all.home = make(map[string]hit, n), make(map[string]bool, n), make(map[int]string, n)
	for e := t.First(list); e != 0; e = t.Next(e) {
		all.add(t, e)
	}
	return all
}

func (b *entries) add(t *fhir.Tree, entry int) {
	url, at := strings.Clone(t.FindText(entry, "fullUrl")), t.Find(entry, "resource")
	if at == 0 {
		b.put(url, hit{})
		return
	}
	found := hit{node: at, typ: strings.Clone(t.FindText(at, "resourceType"))}
	b.home[at] = url
	b.put(url, found)
	if id := t.FindText(at, "id"); id != "" {
		name := found.typ + "/" + id
		b.byID[name] = b.byID[name] || !strings.Contains(url, ":")
	}
	if meta := t.Find(at, "meta"); meta != 0 {
		if version := t.FindText(meta, "versionId"); version != "" {
			b.put(url+history+version, found)
		}
	}
}

// put files what stands under an address; of several the first counts. What is
// not absolute is none.
func (b *entries) put(url string, found hit) {
	if !strings.Contains(url, ":") {
		return
	}
	if known, ok := b.byURL[url]; ok {
		found = known
	}
	found.count++
	b.byURL[url] = found
}

const history = "/_history/"

// find returns what a reference means that stands in the entry with the fullUrl
// from. A relative one counts from the base of that fullUrl, and has no meaning
// where that is no server's; one of a certain version finds that version only.
func (b *entries) find(from, reference string, t target) hit {
	switch {
	case b == nil || t.relative && t.id == "":
		return hit{}
	case !t.relative:
		return b.byURL[reference]
	}
	base, ok := baseOf(from)
	if !ok {
		return hit{}
	}
	return b.byURL[base+reference]
}

// byUUID returns what the reference validator takes a relative reference for in
// an entry whose fullUrl is a urn: the entry whose urn ends with the id. R4
// gives such a reference no meaning.
func (b *entries) byUUID(from string, t target) hit {
	if b == nil || !t.relative || !strings.HasPrefix(from, "urn:") {
		return hit{}
	}
	return b.byURL[from[:strings.LastIndexByte(from, ':')+1]+t.id]
}

// named reports whether an entry has type and id of a relative reference, and
// whether such a one has no fullUrl.
func (b *entries) named(t target) (bare, there bool) {
	if b == nil || !t.relative {
		return false, false
	}
	bare, there = b.byID[t.typ+"/"+t.id]
	return bare, there
}

// leaves reports whether a relative reference that finds no entry may be left
// alone: the server that takes a transaction knows its entries by type and id,
// and of an entry without a fullUrl, or with a relative one, that is said
// already.
func (b *entries) leaves(from string, t target) bool {
	bare, there := b.named(t)
	return there && (bare || from == "" || b.transaction())
}

// transaction reports whether the entries are requests: not all of these need a
// fullUrl.
func (b *entries) transaction() bool {
	return b != nil && (b.kind == "transaction" || b.kind == "batch")
}

// typed reports whether there is a bundle, and it says what it is.
func (b *entries) typed() bool { return b != nil && b.kind != "" }

// closed reports whether no server answers searches in the place of references:
// only a transaction's does.
func (b *entries) closed() bool { return b.typed() && !b.transaction() }

// baseOf returns what stands before Type/id in the URL of a server's resource
// (https://hl7.org/fhir/R4/references.html#literal, the form of a RESTful URL).
func baseOf(url string) (base string, ok bool) {
	bare, _, _ := strings.Cut(url, history)
	last := lastTwo(bare)
	if t := restful(last); !t.valid || !strings.HasPrefix(bare, "http://") && !strings.HasPrefix(bare, "https://") {
		return "", false
	}
	return strings.TrimSuffix(bare, last), true
}

// from returns the fullUrl of the entry that holds the resource at hand,
// contained ones with it; "" outside of entries.
func (c *checker) from() string {
	if !c.inTree {
		return c.fullURL
	}
	root, _ := c.machine.Root.Node()
	return c.entries.home[root]
}

// entry checks the fullUrl of an entry: absolute, and that of its resource
// where it looks like a server's
// (https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl).
func (c *checker) entry(node int) {
	at, resource := c.tree.Find(node, "fullUrl"), c.tree.Find(node, "resource")
	if at == 0 {
		if !c.entries.transaction() && !strings.HasSuffix(c.entries.kind, "-response") && resource != 0 {
			c.fail(finding{rule: bundleURL, message: "outside of transactions and batches an entry needs a fullUrl, the identity of its resource"})
		}
		return
	}
	if c.tree.Kind(at) != fhir.String {
		return
	}
	url := c.tree.Text(at)
	if !strings.Contains(url, ":") && !strings.ContainsAny(url, " \t\n") {
		c.fail(finding{rule: bundleURL, node: at, message: "a fullUrl is an absolute URL or urn:uuid:…"})
		return
	}
	if resource == 0 || !strings.HasPrefix(url, "http") {
		return
	}
	bare, _, _ := strings.Cut(url, history)
	named := restful(lastTwo(bare))
	switch id := c.tree.FindText(resource, "id"); {
	case !named.valid:
	case id == "" && c.tree.Find(resource, "id") == 0:
		c.nameless(at)
	case id == "":
	case named.typ != c.tree.FindText(resource, "resourceType") || named.id != id:
		c.fail(finding{rule: bundleURL, node: at, message: "this fullUrl looks like a server's, so that it must end with type and id of the resource"})
	}
}

// nameless reports a fullUrl of a server on a resource without an id, with
// which it does not agree. A transaction may name by it what is to be made
// (https://hl7.org/fhir/R4/bundle.html#bundle-unique).
func (c *checker) nameless(at int) {
	f := finding{
		rule: bundleURL, theirs: "BUNDLE_ENTRY_URL_MATCHES_NO_ID", node: at,
		message: "this fullUrl looks like a server's, and the resource has no id; write the id, or urn:uuid:… as fullUrl",
	}
	if c.entries.transaction() {
		c.byReference(f)
		return
	}
	c.fail(f)
}
