package mllp

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"chartlift/load/httppost"
)

// carrier takes messages to a receiver and brings its acknowledgments back: by
// MLLP (wire) or by HTTP (posted). It is for one goroutine at a time.
type carrier interface {
	connect(ctx context.Context) error
	// tell sends a message and returns its acknowledgment. An error says that
	// there was none.
	tell(ctx context.Context, text []byte, controlID string) (ack, error)
	drop()
}

// media is the type of a message by HTTP (HL7 over HTTP,
// hapifhir.github.io/hapi-hl7v2/hapi-hl7overhttp/specification.html).
const media = "application/hl7-v2; charset=UTF-8"

// posted carries messages by POST to an HTTP listener: one message a request,
// its acknowledgment in the answer.
type posted struct{ poster *httppost.Poster }

func (p posted) connect(context.Context) error { return nil } // a listener has nothing to be asked
func (p posted) drop()                         { p.poster.Close() }

// waitError says that the receiver wishes not to be asked for a while.
type waitError struct {
	status int
	wait   time.Duration
}

func (e *waitError) Error() string { return "the receiver answered " + strconv.Itoa(e.status) }

// tell posts. An acknowledgment counts whatever the status is: receivers answer
// AE with 500 as with 200. Without one, an empty answer with 2xx took the
// message, as channels answer that are not told to acknowledge; 4xx refused it.
// Anything else, such as the page of a login, says nothing.
func (p posted) tell(ctx context.Context, text []byte, controlID string) (ack, error) {
	a, err := p.poster.Post(ctx, media, text, maxAnswer)
	if err != nil {
		return ack{}, err
	}
	words := bytes.TrimSpace(bytes.Trim(a.Body, "\x0b\x1c")) // some channels leave the frame of MLLP around it
	if got, err := readAck(words, controlID); err == nil {
		return got, nil
	}
	if closed := p.poster.Closed(a); closed != nil {
		return ack{}, closed
	}
	switch {
	case a.Busy():
		return ack{}, &waitError{a.Status, a.Wait}
	case a.Status >= 400:
		said := strings.ToValidUTF8(string(words[:min(len(words), maxWords)]), "")
		return ack{code: strconv.Itoa(a.Status), about: controlID, words: said}, nil
	case len(words) == 0:
		return ack{code: "AA", about: controlID}, nil
	}
	return ack{}, errAck
}

// closed returns the error that ends delivery, nil where err is none.
func closed(err error) error {
	var e *httppost.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// wishOf returns how long the receiver wishes to be left alone.
func wishOf(err error) time.Duration {
	var w *waitError
	if errors.As(err, &w) {
		return w.wait
	}
	return 0
}
