package mllp

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ack is an acknowledgment (HL7 v2.5.1 section 2.9.2).
type ack struct {
	code  string // MSA-1: AA, AE, AR, CA, CE or CR; or the HTTP status that refused a message without more
	about string // MSA-2: the control id of the message
	words string // what the receiver says of a refusal: MSA-3 and ERR, as it stands there
}

var errAck = errors.New("the answer is no HL7 v2 acknowledgment of this message")

// maxWords bounds what is kept of a receiver's words.
const maxWords = 1000

// readAck reads the answer to the message with the control id.
func readAck(text []byte, controlID string) (ack, error) {
	segments := strings.FieldsFunc(strings.ToValidUTF8(string(text), "?"), func(r rune) bool { return r == '\r' || r == '\n' })
	if len(segments) == 0 || !strings.HasPrefix(segments[0], "MSH") || len(segments[0]) < 4 {
		return ack{}, errAck
	}
	separator := segments[0][3:4] // a receiver may write others than we do
	var a ack
	var words []string
	for _, s := range segments[1:] {
		f := append(strings.Split(s, separator), "", "", "", "")
		switch f[0] {
		case "MSA":
			a.code, a.about = strings.TrimSpace(f[1]), strings.TrimSpace(f[2])
			words = append(words, f[3])
		case "ERR":
			words = append(words, strings.Join(f[1:], separator))
		}
	}
	known := slices.Contains([]string{"AA", "CA", "AE", "AR", "CE", "CR"}, a.code)
	if !known || a.about != controlID {
		return ack{}, errAck
	}
	a.words = strings.TrimSpace(strings.Join(words, " "))
	if len(a.words) > maxWords {
		a.words = strings.ToValidUTF8(a.words[:maxWords], "") + "…"
	}
	return a, nil
}

// refused reports whether the receiver did not take the message. What a commit
// (CA) accepted is safe with it: MLLP has no further answer in this mode.
func (a ack) refused() bool {
	return a.code != "AA" && a.code != "CA"
}

// status is the refusal as HTTP would tell it: rejected messages are those of a
// wrong kind.
func (a ack) status() int {
	if status, err := strconv.Atoi(a.code); err == nil {
		return status
	}
	if a.code == "AR" || a.code == "CR" {
		return 400
	}
	return 422
}
