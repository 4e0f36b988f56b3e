package profile_test

import (
	"testing"

	"chartlift/fhir/profile"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		profile.New()
	}
}

func BenchmarkUSCore(b *testing.B) {
	for b.Loop() {
		g := profile.New()
		if err := g.AddPath(profile.USCore); err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{"us-core-patient", "us-core-blood-pressure"} {
			if _, err := g.Find(name); err != nil {
				b.Fatal(err)
			}
		}
	}
}
