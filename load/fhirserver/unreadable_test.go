package fhirserver_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// unreadable is a server that creates where a condition finds nothing, takes no
// changes, and lets nobody read what it has.
func unreadable(t *testing.T, bundles bool) sandbox.Profile {
	return profile(t, "azure", func(p *sandbox.Profile) {
		p.ClientIDs, p.Conditional, p.NoTransaction = sandbox.No, true, !bundles
		p.Types = []sandbox.TypeProfile{{Type: "Patient", Does: "c", Params: "_id identifier"}}
	})
}

// codes are the codes of outcomes, "ok" of those that went well.
func codes(all []load.Outcome) string {
	var told []string
	for _, o := range all {
		if o.OK() {
			told = append(told, "ok")
		} else {
			told = append(told, o.Issues[0].Code)
		}
	}
	return strings.Join(told, " ")
}

// What is there and cannot be read may be this or an earlier form: nobody is
// told that it is loaded, or that it is another.
func TestWhatIsThereAndCannotBeReadIsSaidToBeUnknown(t *testing.T) {
	t.Parallel()
	for _, bundles := range []bool{true, false} {
		for _, busy := range []int{0, 2} { // a request that was asked to wait is sent again, and has done nothing before
			t.Run(fmt.Sprintf("transactions %v, busy %d", bundles, busy), func(t *testing.T) {
				t.Parallel()
				o := behave(t, unreadable(t, bundles), sandbox.Faults{RateLimit429Every: busy})
				entries := []load.Entry{loadtest.Patient("a"), loadtest.Patient("b"), loadtest.Patient("c")}
				if got := codes(send(t, open(t, o), entries)); got != "ok ok ok" {
					t.Fatalf("the first time: %s", got)
				}
				for _, text := range []string{"unknown", "female"} {
					for i := range entries {
						entries[i].Resource.JSON = []byte(strings.Replace(string(entries[i].Resource.JSON), "unknown", text, 1))
					}
					got := send(t, open(t, o), entries) // by a sink that knows nothing
					if codes(got) != "not-compared not-compared not-compared" {
						t.Errorf("%s: %s", text, codes(got))
						continue
					}
					if !strings.Contains(got[0].Issues[0].Message, "lets nobody read it") || got[0].Issues[0].Expression != "Patient" {
						t.Errorf("it says %+v", got[0].Issues[0])
					}
				}
			})
		}
	}
}

// One that a busy server has in another form is not loaded, though its request
// went twice.
func TestAnotherFormIsNotTakenForTheWorkOfARequestThatWasSentTwice(t *testing.T) {
	t.Parallel()
	for _, bundles := range []bool{true, false} {
		as := profile(t, "azure", func(p *sandbox.Profile) {
			p.ClientIDs, p.NoTransaction = sandbox.No, !bundles
			p.Types = []sandbox.TypeProfile{{Type: "Patient", Does: "cr", Params: "_id identifier"}}
		})
		o := behave(t, as, sandbox.Faults{RateLimit429Every: 2})
		entries := []load.Entry{loadtest.Patient("a"), loadtest.Patient("b"), loadtest.Patient("c")}
		wantAllOK(t, send(t, open(t, o), entries))
		wantAllOK(t, send(t, open(t, o), entries))
		for i := range entries {
			entries[i].Resource.JSON = []byte(strings.Replace(string(entries[i].Resource.JSON), "unknown", "female", 1))
		}
		if got := codes(send(t, open(t, o), entries)); got != "not-updated not-updated not-updated" {
			t.Errorf("transactions %v: %s", bundles, got)
		}
	}
}

// Of a circle that cannot be closed it is known that what is there lacks a
// reference, also where nobody can read it.
func TestACircleThatCannotBeClosedOrReadIsKnownToLackAReference(t *testing.T) {
	t.Parallel()
	o := behave(t, unreadable(t, false), sandbox.Faults{})
	o.IDs = &kept{}
	got := send(t, open(t, o), []load.Entry{
		resource("Patient", "a", `"link":[{"other":{"reference":"Patient/b"},"type":"seealso"}]`),
		resource("Patient", "b", `"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]`),
	})
	if codes(got) != "not-updated ok" {
		t.Errorf("the circle is %s", codes(got))
	}
}
