package mllp

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
)

// Names are the applications and facilities of a message's head (MSH-3 to
// MSH-6); all may be empty.
type Names struct {
	Sender, SenderFacility     string
	Receiver, ReceiverFacility string
}

// message is one HL7 v2.5.1 message.
type message struct {
	event     string // ADT^A28^ADT_A05
	at        string // MSH-7
	segments  []string
	controlID string // by encode
}

// encode writes the message in ER7: UTF-8, segments that end with a carriage
// return. Its control id is made of all the rest, so that the same content has
// the same id whenever it is sent, and a resource that was mended has another.
func (m *message) encode(n Names) []byte {
	body := strings.Join(m.segments, "\r") + "\r"
	head := func(id string) string {
		return segment("MSH", field{1, `^~\&`}, field{2, components(n.Sender)}, field{3, components(n.SenderFacility)}, field{4, components(n.Receiver)},
			field{5, components(n.ReceiverFacility)}, field{6, m.at}, field{8, m.event}, field{9, id}, field{10, "P"}, field{11, "2.5.1"},
			field{17, "UNICODE UTF-8"}) + "\r"
	}
	sum := sha256.Sum256([]byte(head("") + body))
	m.controlID = base32.StdEncoding.EncodeToString(sum[:10]) // 16 characters; MSH-10 has room for 20
	return []byte(head(m.controlID) + body)
}

// errNotCarried is in the chain of the error where a resource says something
// that no message can say, and that may not be left out.
var errNotCarried = errors.New("no HL7 v2 message carries this")

// later returns the later of two timestamps as far as their text tells it: of
// one zone and precision. MSH-7 is a mark, nothing is decided by it.
func later(a, b string) string {
	if b > a {
		return b
	}
	return a
}
