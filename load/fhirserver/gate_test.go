package fhirserver_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"chartlift/load/fhirserver"
)

// model is a server and the network before it, in simulated time.
type model struct {
	cores   int           // that work on requests; 0: any number
	service time.Duration // of one request on a core
	network time.Duration // there and back
	noise   float64       // share by which service varies, exponentially
	thrash  float64       // share by which each further request inside makes all slower
	accepts int           // requests inside at most, else 503; 0: any number
	faults  float64       // share of requests that fail by accident
	reads   int           // requests that come first and ask for next to nothing
	locked  time.Duration // that a request waits inside without a core: for a lock, a disk, another server
	every   time.Duration // after which a server stops to collect its garbage; 0: never
	stall   time.Duration // for which it does
}

// simulation runs requests of 100 entries through a gate, or through a fixed
// number of lanes.
type simulation struct {
	model
	rng   *rand.Rand
	now   time.Time
	free  []time.Time // when a core has nothing to do any more
	going []trip
	rests []time.Time // when lanes go on that were refused
	// What came of it.
	sent    int
	refused int
	limits  []int // after each request that went well
}

type trip struct {
	sent, done time.Time
	status     int
	entries    int
}

func (s *simulation) send() {
	t := trip{sent: s.now, status: 200, entries: 100}
	s.sent++
	switch {
	case s.sent <= s.reads:
		t.entries, t.done = 1, s.now.Add(s.network+2*ms)
	case s.accepts > 0 && len(s.going) >= s.accepts:
		t.status, t.done = 503, s.now.Add(s.network+time.Millisecond)
	case s.rng.Float64() < s.faults:
		t.status, t.done = 503, s.now.Add(s.network+time.Millisecond)
	default:
		work := float64(s.service) * (1 - s.noise + s.noise*s.rng.ExpFloat64()) * (1 + s.thrash*float64(len(s.going)))
		begin := s.now.Add(s.network / 2)
		if s.cores > 0 {
			core := slices.IndexFunc(s.free, func(f time.Time) bool { return f.Equal(slices.MinFunc(s.free, time.Time.Compare)) })
			if s.free[core].After(begin) {
				begin = s.free[core]
			}
			s.free[core] = s.worked(begin, work)
		}
		t.done = s.worked(begin, work).Add(s.locked + s.network/2)
	}
	s.going = append(s.going, t)
}

// worked is when so much work is done that begins at a time.
func (s *simulation) worked(begin time.Time, work float64) time.Time {
	end := begin.Add(time.Duration(work))
	if s.every > 0 && !begin.Truncate(s.every).Equal(end.Truncate(s.every)) {
		end = end.Add(s.stall)
	}
	return end
}

// resting is how many lanes wait after a refusal.
func (s *simulation) resting() int {
	s.rests = slices.DeleteFunc(s.rests, func(t time.Time) bool { return !t.After(s.now) })
	return len(s.rests)
}

// next moves the clock to the next answer.
func (s *simulation) next() trip {
	first := 0
	for i, t := range s.going {
		if t.done.Before(s.going[first].done) {
			first = i
		}
	}
	t := s.going[first]
	s.going = slices.Delete(s.going, first, first+1)
	s.now = t.done
	return t
}

// run brings n requests through and returns how long that took. fixed lanes, or
// where that is 0 as many as the gate finds.
func (m model) run(t *testing.T, seed uint64, n, fixed int) (time.Duration, *simulation) {
	t.Helper()
	s := &simulation{model: m, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1, 0), free: make([]time.Time, max(1, m.cores))}
	began := s.now
	g := fhirserver.NewGate(func() time.Time { return s.now }, 8)
	for done := 0; done < n; {
		limit := fixed
		if fixed == 0 {
			limit = g.Limit()
		}
		if len(s.going) == 0 && s.resting() > 0 {
			s.now = slices.MinFunc(s.rests, time.Time.Compare)
		}
		for len(s.going) < min(limit, 8-s.resting()) && done+len(s.going) < n {
			if fixed == 0 {
				if err := g.Enter(); err != nil {
					t.Fatal(err)
				}
			}
			s.send()
		}
		a := s.next()
		if fixed == 0 {
			g.Leave(a.status, a.entries, a.done.Sub(a.sent))
		}
		if a.status == 200 {
			done++
			s.limits = append(s.limits, g.Limit())
		} else {
			s.refused++
			s.rests = append(s.rests, s.now.Add(250*ms))
		}
	}
	return s.now.Sub(began), s
}

// share is the speed of the gate as a share of the best fixed number of lanes,
// the middle of many runs.
func (m model) share(t *testing.T, n int) (float64, int) {
	t.Helper()
	var shares []float64
	best := 0
	for seed := range uint64(15) {
		least := time.Duration(1 << 62)
		for _, lanes := range []int{1, 2, 4, 8} {
			if took, _ := m.run(t, seed, n, lanes); took < least {
				least, best = took, lanes
			}
		}
		ours, _ := m.run(t, seed, n, 0)
		shares = append(shares, float64(least)/float64(ours))
	}
	slices.Sort(shares)
	return shares[len(shares)/2], best
}

const ms = time.Millisecond

func TestTheGateReachesNineTenthsOfTheBestFixedNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		model
		requests int
	}{
		{"one core, no network", model{cores: 1, service: 500 * ms}, 40},
		{"two cores, no network", model{cores: 2, service: 500 * ms}, 40},
		{"two cores, no network, noise", model{cores: 2, service: 500 * ms, noise: 0.5}, 40},
		{"two cores, 50 ms", model{cores: 2, service: 400 * ms, network: 50 * ms}, 40},
		{"two cores, 50 ms each way, noise", model{cores: 2, service: 300 * ms, network: 100 * ms, noise: 0.5}, 60},
		{"two quick cores far away", model{cores: 2, service: 50 * ms, network: 100 * ms, noise: 0.3}, 150},
		{"four cores, noise", model{cores: 4, service: 300 * ms, network: 50 * ms, noise: 0.5}, 100},
		{"eight cores", model{cores: 8, service: 300 * ms, network: 10 * ms}, 60},
		{"all network", model{service: ms, network: 100 * ms}, 60},
		{"two cores that wait for a disk", model{cores: 2, service: 200 * ms, locked: 150 * ms, noise: 0.3}, 60},
		{"two cores that collect garbage", model{cores: 2, service: 220 * ms, noise: 0.3, every: 1500 * ms, stall: 300 * ms}, 60},
		{"the same, 50 ms", model{cores: 2, service: 220 * ms, network: 50 * ms, noise: 0.3, every: 1500 * ms, stall: 300 * ms}, 60},
		{"a disk that takes most of the time", model{cores: 2, service: 60 * ms, locked: 300 * ms, noise: 0.3}, 100},
		{"contention", model{cores: 4, service: 200 * ms, network: 20 * ms, thrash: 0.15, noise: 0.3}, 100},
	} {
		share, best := c.share(t, c.requests)
		t.Logf("%-34s %.2f of %d at once", c.name, share, best)
		if share < 0.92 {
			t.Errorf("%s: %.2f of the speed of %d requests at once", c.name, share, best)
		}
	}
}

func TestTheGateStaysLowWhereTheServerGainsNothing(t *testing.T) {
	t.Parallel()
	all, n := 0, 0
	for seed := range uint64(20) {
		_, s := model{cores: 1, service: 300 * ms, noise: 0.4}.run(t, seed, 300, 0)
		for _, l := range s.limits[150:] {
			all, n = all+l, n+1
		}
	}
	if mean := float64(all) / float64(n); mean > 4 {
		t.Errorf("%.1f at once into a server that does one after the other", mean)
	} else {
		t.Logf("%.1f at once", mean)
	}
}

func TestTheGateGrowsWhereTheServerGains(t *testing.T) {
	t.Parallel()
	_, s := model{service: ms, network: 100 * ms}.run(t, 1, 60, 0)
	if got := s.limits[30]; got != 8 {
		t.Errorf("after 30 answers %d at once, want 8: %v", got, s.limits)
	}
}

// What is read before anything is written, such as counts of what the server
// holds, is answered in no time: that tells nothing of how long writing takes.
func TestReadingsBeforeTheFirstWriteAreNotTakenForShortAnswers(t *testing.T) {
	t.Parallel()
	for _, reads := range []int{1, 3, 4, 9, 30} {
		m := model{cores: 8, service: 300 * ms, network: 10 * ms, noise: 0.2, reads: reads}
		if share, _ := m.share(t, reads+80); share < 0.9 {
			t.Errorf("%d readings first: %.2f of the speed of a fixed number", reads, share)
		}
	}
}

func TestTheGateLearnsWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	_, s := model{cores: 3, service: 100 * ms, accepts: 3}.run(t, 1, 400, 0)
	if s.refused > 60 {
		t.Errorf("%d of 400 requests were refused", s.refused)
	}
	if late := slices.Max(s.limits[200:]); late > 5 {
		t.Errorf("%d at once in the second half into a server that takes three", late)
	}
}

// Requests that fail by accident, such as one in twenty over a bad line, are
// not taken for a server that has too much to do.
func TestAccidentsCostLittleSpeed(t *testing.T) {
	t.Parallel()
	var shares []float64
	for seed := range uint64(15) {
		m := model{cores: 4, service: 200 * ms, network: 50 * ms, noise: 0.3}
		whole, _ := m.run(t, seed, 300, 0)
		m.faults = 0.05
		bad, _ := m.run(t, seed, 300, 0)
		shares = append(shares, float64(whole)/float64(bad))
	}
	slices.Sort(shares)
	if kept := shares[len(shares)/2]; kept < 0.85 {
		t.Errorf("%.2f of the speed is kept", kept)
	} else {
		t.Logf("%.2f of the speed is kept", kept)
	}
}
