package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseFaults reads faults as they are written on a command line:
// 429=5%,503=2%,slow=200ms,cut=1%,stale-token. The keys are
//
//	429=SHARE          answered with 429 and Retry-After of a second
//	503=SHARE          answered with 503
//	drop=SHARE         done, and the connection is cut before the answer
//	cut=SHARE          done, and the answer is cut in its middle
//	slow=DURATION      before each answer
//	stale-token[=DURATION]  tokens live three seconds, or so long; the sandbox gives them out itself
//	max-entries=N      larger bundles are refused with 413
//	max-bytes=N        larger requests are refused with 413
//
// A share is a number of percent, and says how likely each request other than
// for metadata meets the fault.
func ParseFaults(text string) (Faults, error) {
	var f Faults
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		var err error
		switch name {
		case "":
			continue
		case "429":
			f.Chance429, err = share(value)
			f.RetryAfter = time.Second
		case "503":
			f.Chance503, err = share(value)
		case "drop":
			f.ChanceDrop, err = share(value)
		case "cut":
			f.ChanceCut, err = share(value)
		case "slow":
			f.Latency, err = time.ParseDuration(value)
		case "stale-token":
			if f.TokenLife = 3 * time.Second; value != "" {
				f.TokenLife, err = time.ParseDuration(value)
			}
		case "max-entries":
			f.MaxEntries, err = strconv.Atoi(value)
		case "max-bytes":
			f.MaxBytes, err = strconv.ParseInt(value, 10, 64)
		default:
			return f, fmt.Errorf("fault %q is not known; use 429, 503, drop, cut, slow, stale-token, max-entries, max-bytes", name)
		}
		if err != nil || f.Latency < 0 || f.TokenLife < 0 || f.MaxEntries < 0 || f.MaxBytes < 0 {
			return f, fmt.Errorf("fault %s=%s cannot be read; write 429=5%%, slow=200ms, max-entries=100", name, value)
		}
	}
	return f, nil
}

// share reads a number of percent.
func share(text string) (float64, error) {
	percent, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(percent, 64)
	if !ok || err != nil || !(n >= 0 && n <= 100) { // NaN is neither
		return 0, fmt.Errorf("%q is no share", text)
	}
	return n / 100, nil
}

// chance is what happens to one request.
type chance int

const (
	served chance = iota
	throttled
	resting
	unanswered
	halfAnswered
)

// draw decides by the counted faults, then by a number below 1 that is drawn
// for the request.
func (f Faults) draw(n int64, drawn float64) chance {
	switch {
	case every(n, f.RateLimit429Every):
		return throttled
	case every(n, f.Fail503Every):
		return resting
	case every(n, f.DropAnswerEvery):
		return unanswered
	}
	for _, one := range []struct {
		share float64
		is    chance
	}{{f.Chance429, throttled}, {f.Chance503, resting}, {f.ChanceDrop, unanswered}, {f.ChanceCut, halfAnswered}} {
		if drawn < one.share {
			return one.is
		}
		drawn -= one.share
	}
	return served
}
