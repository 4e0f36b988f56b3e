package fhirserver_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/sandbox"
	"chartlift/load/serverids"
)

// kills is how often a load is killed: CHARTLIFT_KILLS, 20 in CI.
func kills(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("CHARTLIFT_KILLS"))
	switch {
	case err == nil && n > 0:
		return n
	case os.Getenv("CI") != "":
		return 20
	}
	return 4
}

// hospital is the clinic, with ids that begin with prefix. What cannot carry an
// identifier is left out: it is in doubt after a kill.
func hospital(prefix string, n int) []load.Entry {
	var all []load.Entry
	for _, e := range clinic(n) {
		if e.Resource.Type == "Provenance" {
			continue
		}
		text := string(e.Resource.JSON)
		for _, before := range []string{`"id":"`, "Patient/", "Encounter/", "Organization/", "Practitioner/"} {
			text = strings.ReplaceAll(text, before, before+prefix)
		}
		all = append(all, resource(e.Resource.Type, prefix+e.Resource.ID, ""))
		all[len(all)-1].Resource.JSON = []byte(valid(e.Resource.Type, text))
	}
	return all
}

// valid adds what real servers demand of a type.
func valid(typ, text string) string {
	more := map[string]string{
		"Observation": `"status":"final","code":{"text":"weight"},`,
		"Encounter":   `"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},`,
	}[typ]
	return strings.Replace(strings.ReplaceAll(text, `"identifier":[],`, ""), `"id"`, more+`"id"`, 1)
}

// TestChildThatLoads is no test of its own: it is the process that
// TestAKilledLoad kills.
func TestChildThatLoads(t *testing.T) {
	base := os.Getenv("CHARTLIFT_CHILD_BASE")
	if base == "" {
		t.Skip("run by TestAKilledLoad")
	}
	n, _ := strconv.Atoi(os.Getenv("CHARTLIFT_CHILD_N"))
	ids := serverids.Open(os.Getenv("CHARTLIFT_CHILD_IDS"))
	defer func() { _ = ids.Close() }()
	o := fhirserver.Options{Base: base, IDs: ids, HTTP: &http.Client{Transport: &lossy{every: 12}}}
	o.Clock.Jitter = func(ceiling time.Duration) time.Duration { return rand.N(ceiling) }
	o.Clock.Sleep = func(ctx context.Context, d time.Duration) error {
		time.Sleep(d / 50)
		return ctx.Err()
	}
	sink, err := fhirserver.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	entries := hospital(os.Getenv("CHARTLIFT_CHILD_PREFIX"), n)
	send := func(b *load.Bundle) {
		outcomes, err := sink.Send(context.Background(), b)
		if err != nil {
			t.Error(err)
		}
		wantAllOK(t, outcomes)
	}
	seq := int64(1)
	send(&load.Bundle{Seq: seq, Atomic: true, Entries: entries[:2]}) // what all refer to is there before they are sent, as in a run
	bundles := make(chan *load.Bundle)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for b := range bundles {
				send(b)
			}
		})
	}
	for part := range slices.Chunk(entries[2:], 24) { // six patients
		seq++
		bundles <- &load.Bundle{Seq: seq, Atomic: true, Entries: part}
	}
	close(bundles)
	group.Wait()
}

// killLoads loads a hospital into base, killed so many times at random moments,
// and once to its end.
func killLoads(t *testing.T, base, prefix string, patients, times int) {
	t.Helper()
	ids := filepath.Join(t.TempDir(), "ids.db")
	child := func() *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run", "^TestChildThatLoads$", "-test.count=1")
		c.Env = append(os.Environ(), "CHARTLIFT_CHILD_BASE="+base, "CHARTLIFT_CHILD_IDS="+ids, "CHARTLIFT_CHILD_PREFIX="+prefix, fmt.Sprintf("CHARTLIFT_CHILD_N=%d", patients))
		return c
	}
	whole, killed := 2*time.Second, 0
	for range times {
		c := child()
		var said strings.Builder
		c.Stdout = &said
		began := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		select {
		case <-time.After(rand.N(whole)):
			_ = c.Process.Kill()
			<-ended
			killed++
		case err := <-ended:
			if err != nil {
				t.Errorf("a load that was not killed: %v\n%s", err, said.String())
			}
			whole = min(whole, time.Since(began)*12/10)
		}
	}
	if out, err := child().CombinedOutput(); err != nil {
		t.Fatalf("the last load: %v\n%s", err, out)
	}
	t.Logf("%d of %d loads were killed under way", killed, times)
}

// wantHospital checks that all of it is there, once and as it was sent.
func wantHospital(t *testing.T, base, prefix string, patients int) {
	t.Helper()
	entries := hospital(prefix, patients)
	mine := func(all map[string]string) map[string]string {
		for ref := range all {
			if !strings.Contains(ref, "/"+prefix) {
				delete(all, ref)
			}
		}
		return all
	}
	if diff := cmp.Diff(sent(entries), mine(asSent(t, base, "Organization", "Practitioner", "Patient", "Encounter", "Observation"))); diff != "" {
		t.Error(diff)
	}
}

func TestAKilledLoadLeavesNothingOutAndNothingTwice(t *testing.T) {
	t.Parallel()
	for name, as := range ways(t) {
		if name == "A, small transactions" || name == "B, small ones" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o := behave(t, as, sandbox.Faults{Latency: 2 * time.Millisecond})
			killLoads(t, o.Base, "k-", 30, kills(t))
			wantHospital(t, o.Base, "k-", 30)
		})
	}
}

// TestARealServerAfterKilledLoads kills loads into the FHIR server at
// CHARTLIFT_E2E_FHIR.
func TestARealServerAfterKilledLoads(t *testing.T) {
	base := os.Getenv("CHARTLIFT_E2E_FHIR")
	if base == "" {
		t.Skip("SKIPPED: set CHARTLIFT_E2E_FHIR to the address of a FHIR server that may be written to")
	}
	times, prefix := kills(t), fmt.Sprintf("k%d-", time.Now().UnixNano())
	killLoads(t, base, prefix, 40, times)
	wantHospital(t, base, prefix, 40)
}

// TestChildThatServes is no test of its own: it is the server that
// TestAKilledServer kills.
func TestChildThatServes(t *testing.T) {
	address := os.Getenv("CHARTLIFT_CHILD_LISTEN")
	if address == "" {
		t.Skip("run by TestAKilledServer")
	}
	as := ways(t)[os.Getenv("CHARTLIFT_CHILD_AS")]
	server, err := sandbox.Open(os.Getenv("CHARTLIFT_CHILD_DB"), sandbox.Options{As: as, Faults: sandbox.Faults{Latency: 4 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Start(address); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // which ends with whoever started it
}

// mortal is a sandbox in a process of its own, which can be killed and comes
// back at the same address.
type mortal struct {
	t        *testing.T
	as       string
	address  string
	database string
	process  *exec.Cmd
	killed   int
}

func newMortal(t *testing.T, as string) *mortal {
	t.Helper()
	m := &mortal{t: t, as: as, address: ownAddress(t), database: filepath.Join(t.TempDir(), "s.db")}
	m.start()
	t.Cleanup(func() { m.kill() })
	return m
}

// ownAddress returns an address that stays free while nobody listens at it: its
// port is below those that the system gives to who asks for any.
func ownAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(20_000)))
		if err == nil {
			_ = l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (m *mortal) base() string { return "http://" + m.address + "/fhir" }

// start returns when the server answers.
func (m *mortal) start() {
	m.process = exec.Command(os.Args[0], "-test.run", "^TestChildThatServes$", "-test.count=1")
	m.process.Env = append(os.Environ(), "CHARTLIFT_CHILD_LISTEN="+m.address, "CHARTLIFT_CHILD_DB="+m.database, "CHARTLIFT_CHILD_AS="+m.as)
	if _, err := m.process.StdinPipe(); err != nil {
		m.t.Error(err)
		return
	}
	if err := m.process.Start(); err != nil {
		m.t.Error(err)
		return
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if status, _, err := get(m.base() + "/metadata"); err == nil && status == 200 {
			return
		}
	}
	m.t.Error("the server does not start")
}

func (m *mortal) kill() {
	_ = m.process.Process.Kill()
	_ = m.process.Wait()
}

// killUntil kills the server at random moments, so many times, until done says
// how the load ended.
func (m *mortal) killUntil(done <-chan error, times int) error {
	for {
		select {
		case err := <-done:
			return err
		case <-time.After(rand.N(60 * time.Millisecond)):
			if m.killed < times {
				m.kill()
				m.killed++
				m.start()
			}
		}
	}
}

// A server that dies in the middle of a transaction, and comes back, holds
// everything once.
func TestAKilledServerLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"A, transactions with our ids", "B, transactions with conditional creates", "C, one PUT each", "E, a search before each create"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMortal(t, name)
			o := fhirserver.Options{Base: m.base(), IDs: &kept{}, MaxEntries: 8}
			o.Clock.Sleep = func(ctx context.Context, d time.Duration) error {
				time.Sleep(min(d/20, 100*time.Millisecond))
				return ctx.Err()
			}
			sink, done := open(t, o), make(chan error, 1)
			go func() {
				outcomes, err := sink.Send(context.Background(), &load.Bundle{Seq: 1, Atomic: true, Entries: hospital("s-", 40)})
				wantAllOK(t, outcomes)
				done <- err
			}()
			if err := m.killUntil(done, kills(t)); err != nil {
				t.Error(err)
			}
			t.Logf("the server was killed %d times", m.killed)
			wantHospital(t, m.base(), "s-", 40)
		})
	}
}
