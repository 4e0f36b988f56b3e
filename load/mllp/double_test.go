package mllp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"chartlift/load/mllp"
)

// listener is an MLLP receiver that keeps what it is told, and answers as fault
// says.
type listener struct {
	// fault returns the whole answer to the n-th message (from 1) as bytes on
	// the wire, and whether it is to be sent instead of AA. An answer of no
	// bytes cuts the connection.
	fault func(n int, message string) (answer string, instead bool)

	ln     net.Listener
	mu     sync.Mutex
	got    []string // messages in the order of their coming, repetitions included
	stored map[string]string
	ids    map[string]bool
}

func listen(t *testing.T) *listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{ln: ln, stored: map[string]string{}, ids: map[string]bool{}}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go l.serve(conn)
		}
	}()
	return l
}

func (l *listener) address() string { return "mllp://" + l.ln.Addr().String() }

func (l *listener) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		if b, err := in.ReadByte(); err != nil || b != 0x0b {
			return
		}
		text, err := in.ReadString(0x1c)
		if err != nil {
			return
		}
		if b, err := in.ReadByte(); err != nil || b != '\r' {
			return
		}
		answer := l.take(strings.TrimSuffix(text, "\x1c"))
		if answer == "" {
			return
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

func (l *listener) take(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, text)
	if l.fault != nil {
		if answer, instead := l.fault(len(l.got), text); instead {
			return answer
		}
	}
	if id := at(text, "MSH", 9); !l.ids[id] { // a receiver knows a message again by MSH-10
		l.ids[id] = true
		l.keep(text)
	}
	return frame(ack("AA", at(text, "MSH", 9)))
}

func (l *listener) messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.got...)
}

func ack(code, about string, more ...string) string {
	return "MSH|^~\\&|||||||ACK|1|P|2.5.1\rMSA|" + code + "|" + about + "\r" + strings.Join(more, "\r") + "\r"
}

func frame(text string) string { return "\x0b" + text + "\x1c\r" }

// at returns a field of the first segment of the name; MSH-10 is at 9, all
// others at their numbers.
func at(text, name string, n int) string {
	for _, s := range segments(text, name) {
		if f := strings.Split(s, "|"); n < len(f) {
			return f[n]
		}
	}
	return ""
}

func segments(text, name string) []string {
	var out []string
	for _, s := range strings.Split(text, "\r") {
		if strings.HasPrefix(s, name+"|") {
			out = append(out, s)
		}
	}
	return out
}

// part returns a component of a field, and of its repetition.
func part(text string, repetition, component int) string {
	r := strings.Split(text, "~")
	if repetition >= len(r) {
		return ""
	}
	c := strings.Split(r[repetition], "^")
	if component > len(c) {
		return ""
	}
	return c[component-1]
}

// keep reads the messages back into the resources of load/loadtest, in a
// reading of its own.
func (l *listener) keep(text string) {
	pid := at(text, "PID", 3)
	last := strings.Count(pid, "~")
	person := part(pid, last, 1)
	switch part(at(text, "MSH", 8), 0, 1) {
	case "ADT":
		system := strings.TrimSuffix(strings.TrimPrefix(part(pid, 0, 4), "&"), "&URI")
		name := at(text, "PID", 5)
		gender := map[string]string{"M": "male", "F": "female", "O": "other", "U": "unknown"}[at(text, "PID", 8)]
		l.stored["Patient/"+person] = fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":%q,"value":%q}],"name":[{"family":%q,"given":[%q]}],"gender":%q}`,
			person, system, part(pid, 0, 1), part(name, 0, 1), part(name, 0, 2), gender)
	case "ORU":
		for _, x := range segments(text, "OBX") {
			f := strings.Split(x, "|")
			status := map[string]string{"F": "final"}[f[11]]
			id := part(f[21], 0, 1)
			l.stored["Observation/"+id] = fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":%q,"code":{"text":%q},"subject":{"reference":"Patient/%s"},"valueQuantity":{"value":%s,"unit":%q}}`,
				id, status, part(f[3], 0, 2), person, json.Number(f[5]), f[6])
		}
	}
}

func open(t *testing.T, o mllp.Options) *mllp.Sink {
	t.Helper()
	s, err := mllp.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
