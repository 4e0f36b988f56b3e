package fhirserver_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// A load into the sandbox: the observation arrives with its patient, the one
// without a patient is refused alone.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := sandbox.Open(filepath.Join(dir, "rehearsal.db"), sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	endpoint := httptest.NewServer(server.Handler())
	defer endpoint.Close()

	ctx := context.Background()
	sink, err := fhirserver.Open(ctx, fhirserver.Options{Base: endpoint.URL + "/fhir"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sink.Close() }()
	outcomes, err := sink.Send(ctx, &load.Bundle{Seq: 1, Atomic: true, Entries: []load.Entry{
		loadtest.Observation("o1", "p1"), loadtest.Patient("p1"), loadtest.Refused("o2"),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range outcomes {
		fmt.Println(o.Status, o.OK())
	}
	fmt.Println(outcomes[2].Issues[0].Message)
	// Output:
	// 201 true
	// 201 true
	// 400 false
	// the server refused this Observation with status 400 not-found; load what it refers to first, or see why that was refused
}
