//go:build !race

package validate_test

// underRace says whether the race detector is on; see race_on_test.go.
const underRace = false
