package fhirserver_test

import (
	"strings"
	"testing"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/sandbox"
)

// A server that takes changes by PATCH alone must not keep what the source has
// taken back.
func TestAPatchTakesAwayWhatIsGone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, does string
		code       string // why the second form is not taken
		want       string
	}{
		{"PATCH", "crps", "", `{"birthDate":"1980-01-02","name":[{"family":"New"}],"resourceType":"Patient"}`},
		{"PUT", "crups", "", `{"birthDate":"1980-01-02","name":[{"family":"New"}],"resourceType":"Patient"}`},
		{"PATCH, and nobody may read", "cps", "not-updated", `{"gender":"male","name":[{"family":"Old"}],"resourceType":"Patient"}`},
		{"neither", "crs", "not-updated", `{"gender":"male","name":[{"family":"Old"}],"resourceType":"Patient"}`},
	} {
		as := profile(t, "cerner", func(p *sandbox.Profile) {
			p.Types = []sandbox.TypeProfile{{Type: "Patient", Does: row.does, Params: "_id identifier"}}
		})
		o := behave(t, as, sandbox.Faults{})
		o.IDs = &kept{}
		var last []load.Outcome
		for i, members := range []string{`"gender":"male","name":[{"family":"Old"}]`, `"name":[{"family":"New"}],"birthDate":"1980-01-02"`} {
			sink, err := fhirserver.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if last, err = sink.Send(t.Context(), &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{resource("Patient", "p", members)}}); err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
		}
		code := ""
		if !last[0].OK() {
			code = last[0].Issues[0].Code
		}
		if code != row.code {
			t.Errorf("%s: %+v, want %q", row.name, last[0], row.code)
		}
		if strings.Contains(row.does, "r") {
			got := strings.NewReplacer(`,"id":"p"`, "", `"id":"p",`, "", `"identifier":[],`, "").Replace(asSent(t, o.Base, "Patient")["Patient/p"])
			if got != row.want {
				t.Errorf("%s: the server holds %s, want %s", row.name, got, row.want)
			}
		}
	}
}
