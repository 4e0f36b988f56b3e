package validate

import (
	"crypto/sha1" // what R4 defines Attachment.hash by; nothing is kept secret with it
	"encoding/base64"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// elementID notes the id of an element: it stands only once in a resource
// (https://hl7.org/fhir/R4/element.html#id).
func (c *checker) elementID(text string) {
	owner := c.owner()
	if owner == nil || owner.Kind == fhir.ResourceKind {
		return
	}
	for _, other := range c.ids {
		if other == text {
			c.above(finding{rule: elementID, message: "another element of this resource has this id; give each its own"})
			return
		}
	}
	if len(c.ids) < maxIDs {
		c.ids = append(c.ids, text)
	}
}

// maxIDs bounds the ids that are compared with each other; resources of people
// have a handful.
const maxIDs = 1000

// maxHashed bounds the data whose hash is computed.
const maxHashed = 32 << 20

// attachment holds size and hash against the data, where that is there.
func (c *checker) attachment(node int) {
	size, hash := c.tree.Find(node, "size"), c.tree.Find(node, "hash")
	for _, name := range [...]string{"data", "hash"} {
		if at := c.tree.Find(node, name); at != 0 && c.tree.Kind(at) == fhir.String && strings.ContainsAny(c.tree.Text(at), " \t\r\n") && strings.TrimSpace(c.tree.Text(at)) != "" {
			c.byReference(finding{rule: attachmentData, node: at, message: "the base64 of " + name + " has white space in it, which RFC 4648 does not know; leave it out"})
		}
	}
	if size == 0 && hash == 0 {
		return
	}
	text := c.tree.FindText(node, "data")
	if text == "" || len(text) > maxHashed {
		return
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return // said elsewhere
	}
	if size != 0 && c.tree.Kind(size) == fhir.Number && c.tree.Text(size) != strconv.Itoa(len(data)) {
		c.fail(finding{rule: attachmentData, node: size, message: "size is not the number of bytes of data; correct it or leave it out"})
	}
	sum := sha1.Sum(data)
	if hash != 0 && c.tree.Kind(hash) == fhir.String && c.tree.Text(hash) != base64.StdEncoding.EncodeToString(sum[:]) {
		c.fail(finding{rule: attachmentData, node: hash, message: "hash is not the SHA-1 of data in base64; correct it or leave it out"})
	}
}
