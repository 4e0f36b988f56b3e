package mllp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// The frame of MLLP release 1 (HL7 v2.5.1 appendix C of the implementation
// guide): a vertical tab, the message, a file separator and a carriage return.
const (
	frameStart = 0x0b
	frameEnd   = 0x1c
	frameLast  = '\r'
)

// maxAnswer bounds an acknowledgment. Real ones have some hundred bytes.
const maxAnswer = 1 << 20

var (
	errFrame   = errors.New("the answer is not framed as MLLP demands")
	errTooLong = errors.New("the answer is longer than an acknowledgment may be")
)

// wire is one connection, opened when it is needed and again after trouble. It
// is for one goroutine at a time.
type wire struct {
	address string // host:port
	tls     *tls.Config
	timeout time.Duration // of connecting, and of one exchange

	conn net.Conn
	in   *bufio.Reader
}

func (w *wire) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	var conn net.Conn
	var err error
	if w.tls != nil {
		conn, err = (&tls.Dialer{Config: w.tls}).DialContext(ctx, "tcp", w.address)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", w.address)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	w.conn, w.in = conn, bufio.NewReader(conn)
	return nil
}

// tell sends a message and reads its acknowledgment.
func (w *wire) tell(ctx context.Context, text []byte, controlID string) (ack, error) {
	answer, err := w.exchange(ctx, text)
	if err != nil {
		return ack{}, err
	}
	return readAck(answer, controlID)
}

// exchange sends a message and returns what was answered. After an error the
// connection is closed: a late answer must not be taken for that to the next
// message.
func (w *wire) exchange(ctx context.Context, text []byte) (answer []byte, err error) {
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.drop()
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := w.conn.SetDeadline(time.Now().Add(w.timeout)); err != nil {
		return nil, fmt.Errorf("send message: %w", err)
	}
	if ctx.Err() != nil { // it may have been done before the deadline was set anew
		return nil, ctx.Err()
	}
	if w.in.Buffered() > 0 {
		return nil, fmt.Errorf("%w: it came before the message", errFrame)
	}
	framed := make([]byte, 0, len(text)+3)
	framed = append(append(append(framed, frameStart), text...), frameEnd, frameLast)
	if _, err := w.conn.Write(framed); err != nil {
		return nil, fmt.Errorf("send message: %w", err)
	}
	return w.read()
}

// read returns the content of one frame.
func (w *wire) read() ([]byte, error) {
	start, err := w.in.ReadByte()
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if start != frameStart {
		return nil, errFrame
	}
	var answer []byte
	for {
		b, err := w.in.ReadByte()
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		switch {
		case b == frameStart:
			return nil, errFrame
		case b == frameEnd:
			last, err := w.in.ReadByte()
			if err != nil {
				return nil, fmt.Errorf("read answer: %w", err)
			}
			if last != frameLast {
				return nil, errFrame
			}
			return answer, nil
		case len(answer) == maxAnswer:
			return nil, errTooLong
		}
		answer = append(answer, b)
	}
}

// drop closes the connection, if there is one.
func (w *wire) drop() {
	if w.conn != nil {
		_ = w.conn.Close() // nothing is in it that matters any more
		w.conn, w.in = nil, nil
	}
}
