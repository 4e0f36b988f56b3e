package fhirserver_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"chartlift/load"
	"chartlift/load/fhirserver"
	"chartlift/load/loadtest"
)

// far is a network of so much delay.
type far time.Duration

func (f far) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(f))
	return http.DefaultTransport.RoundTrip(r)
}

// BenchmarkARealServer loads patients into the FHIR server at
// CHARTLIFT_E2E_FHIR: with the defaults, with bounds of concurrency, and one by
// one as simple loaders do, with and without 50 ms of network.
//
//	CHARTLIFT_E2E_FHIR=http://127.0.0.1:8080/fhir go test -run - -bench ARealServer -benchtime 1x ./load/fhirserver
func BenchmarkARealServer(b *testing.B) {
	base := os.Getenv("CHARTLIFT_E2E_FHIR")
	if base == "" {
		b.Skip("SKIPPED: set CHARTLIFT_E2E_FHIR to the address of a FHIR server that may be written to")
	}
	for _, delay := range []time.Duration{0, 50 * time.Millisecond} {
		for _, row := range []struct {
			name  string
			n     int
			o     fhirserver.Options
			lanes int
		}{
			{"one-by-one", 150, fhirserver.Options{Strategy: fhirserver.Single, MaxConcurrency: 1}, 1},
			{"at-most-1", 1500, fhirserver.Options{MaxConcurrency: 1}, 1},
			{"at-most-2", 1500, fhirserver.Options{MaxConcurrency: 2}, 2},
			{"at-most-4", 1500, fhirserver.Options{MaxConcurrency: 4}, 4},
			{"defaults", 1500, fhirserver.Options{}, 8},
		} {
			b.Run(fmt.Sprintf("%s/%v", row.name, delay), func(b *testing.B) {
				row.o.Base, row.o.HTTP = base, &http.Client{Transport: far(delay)}
				sink, err := fhirserver.Open(context.Background(), row.o)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					loadPatients(b, sink, row.n, row.lanes)
				}
				b.ReportMetric(float64(row.n*b.N)/b.Elapsed().Seconds(), "resources/s")
			})
		}
	}
}

// loadPatients sends so many new ones in bundles of 100, in so many lanes.
func loadPatients(b *testing.B, sink *fhirserver.Sink, n, lanes int) {
	b.Helper()
	prefix := fmt.Sprintf("b%d", time.Now().UnixNano())
	bundles := make(chan *load.Bundle)
	var group sync.WaitGroup
	for range lanes {
		group.Go(func() {
			for one := range bundles {
				if _, err := sink.Send(context.Background(), one); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := 0; i < n; i += 100 {
		one := &load.Bundle{Seq: int64(i/100 + 1), Atomic: true}
		for j := i; j < min(n, i+100); j++ {
			one.Entries = append(one.Entries, loadtest.Patient(fmt.Sprintf("%s-%d", prefix, j)))
		}
		bundles <- one
	}
	close(bundles)
	group.Wait()
}
