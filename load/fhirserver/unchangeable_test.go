package fhirserver_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// unchangeable are servers that create and never change, with and without
// conditions.
func unchangeable(t *testing.T) map[string]sandbox.Profile {
	all := map[string]sandbox.Profile{}
	for _, conditional := range []bool{true, false} {
		for _, bundles := range []bool{true, false} {
			all[fmt.Sprintf("conditions %v, transactions %v", conditional, bundles)] = profile(t, "azure", func(p *sandbox.Profile) {
				p.ClientIDs, p.Conditional, p.NoTransaction = sandbox.No, conditional, !bundles
				p.Types = []sandbox.TypeProfile{{Type: "Patient", Does: "crs", Params: "_id identifier"}}
			})
		}
	}
	return all
}

// A circle goes in two steps where it cannot go at once. Where the second is
// impossible, the resource that lacks its reference must not count as
// delivered.
func TestACircleThatCannotBeClosedIsNotTakenForDelivered(t *testing.T) {
	t.Parallel()
	for name, as := range unchangeable(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			o.IDs = &kept{}
			circle := []load.Entry{
				resource("Patient", "before", `"gender":"male"`),
				resource("Patient", "a", `"link":[{"other":{"reference":"Patient/b"},"type":"seealso"}]`),
				resource("Patient", "b", `"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]`),
			}
			got := send(t, open(t, o), circle)
			whole := 0
			for i, r := range []string{"before", "a", "b"} {
				stored := holds(t, o.Base, "Patient")[r]
				if len(stored) != 1 {
					t.Fatalf("%s is there %d times", r, len(stored))
				}
				linked := r == "before" || len(stored[0].json["link"]) > 0
				if got[i].OK() != linked || !linked && got[i].Issues[0].Code != "not-updated" {
					t.Errorf("%s has its link: %v, and is %+v", r, linked, got[i])
				}
				if got[i].OK() {
					whole++
				}
			}
			for i, out := range send(t, open(t, o), circle) { // nor when it comes again, to a sink that knows what was sent
				if out.OK() != got[i].OK() {
					t.Errorf("entry %d, the second time: %+v", i, out)
				}
			}
			if together := !as.NoTransaction && as.Conditional; whole != 2 && !together || together && whole != 3 {
				t.Errorf("%d are whole", whole)
			}
		})
	}
}

// What is there from another machine is as it should be, or not: that is
// compared, whatever its place in the bundle.
func TestWhatIsThereAndCannotBeChangedIsCompared(t *testing.T) {
	t.Parallel()
	for name, as := range unchangeable(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := behave(t, as, sandbox.Faults{})
			entries := []load.Entry{loadtest.Patient("a"), loadtest.Patient("b"), loadtest.Patient("c")}
			wantAllOK(t, send(t, open(t, o), entries))
			wantAllOK(t, send(t, open(t, o), entries)) // by a sink that knows nothing
			for i := range entries {
				entries[i].Resource.JSON = []byte(strings.Replace(string(entries[i].Resource.JSON), "unknown", "female", 1))
			}
			for i, out := range send(t, open(t, o), entries) {
				if out.OK() || out.Issues[0].Code != "not-updated" {
					t.Errorf("entry %d: the server holds another form, and it is %+v", i, out)
				}
			}
		})
	}
}
