package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestOneTurnOfTheClusterCountsAndItIsTheOneInTheMiddle(t *testing.T) {
	t.Parallel()
	of := func(one, job float64) clusterTurn {
		return clusterTurn{oneWall: one, oneCPU: 2 * one, jobs: [2]clusterJob{{wall: 3 * job}, {wall: job, cpu: job}}}
	}
	s := clusterSection([]clusterTurn{of(4, 8), of(2, 9), of(3, 30)})
	if f := s.figures[0]; f.value != 4.5 || f.cpu != 2.25 { // 2, 4.5 and 10 times
		t.Errorf("%+v", f)
	}
	if !strings.Contains(s.body, "| one process | 3.0 | 6.0 |") || !strings.Contains(s.body, "| second job | 9.0 | 9.0 |") {
		t.Error(s.body)
	}
}

func TestAClusterThatFailsOrSaysSomethingElseIsAnError(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"echo the output differs; exit 1":                   "the output differs",
		"echo one process: 4.0 s, processor 8.0 s":          "says nothing of one process or two jobs",
		strings.Replace(cluster, "warm job", "cold job", 1): "says nothing of one process or two jobs",
	} {
		a := standing(t)
		if err := os.WriteFile(a.clusterTest, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := clustering(t.Context(), a, quick()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", script, err)
		}
	}
}

func TestTheClusterIsLeftOutWhereNobodyAsksForIt(t *testing.T) {
	t.Parallel()
	o := quick()
	o.peers = "floor"
	if _, err := clustering(t.Context(), standing(t), o); !errors.Is(err, errNotAsked) {
		t.Error(err)
	}
}
