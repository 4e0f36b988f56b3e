package dedupe_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/dedupe"
)

func TestClustersCarryTheirIDsOverByTheMajorityOfTheirRecords(t *testing.T) {
	t.Parallel()
	fresh := dedupe.ClusterID("n")
	for _, c := range []struct {
		name     string
		clusters string // records of a cluster with blanks, clusters with commas
		before   string // record:id
		taken    string
		want     string
	}{
		{"nothing before", "n", "", "", "n:" + fresh},
		{"one grows", "a b n", "a:X b:X", "", "a:X b:X n:X"},
		{"two meet", "a b c", "a:X b:Y c:Y", "", "a:Y b:Y c:Y"},
		{"one is divided", "a b,n", "a:X b:X n:X", "", "a:X b:X n:" + fresh},
		{"divided in halves: the larger now keeps it", "n,a c", "a:X n:X", "", "a:X c:X n:" + fresh},
		{"two change places", "a b y,x c d", "a:X b:X x:X c:Y d:Y y:Y", "", "a:X b:X c:Y d:Y x:Y y:X"},
		{"the second choice where the first is gone", "a b c,d e f g n", "a:X b:X c:X d:X e:X f:Y g:Z", "", "a:X b:X c:X d:Y e:Y f:Y g:Y n:Y"},
	} {
		got := carried(t, c.clusters, c.before, c.taken)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := carried(t, "n", "", fresh); got == "n:"+fresh || len(got) != len("n:"+fresh) {
		t.Errorf("an id that is taken was given again: %s", got)
	}
}

// carried is CarryOver with everything written as text.
func carried(t *testing.T, clusters, before, taken string) string {
	t.Helper()
	was := map[string]string{}
	for _, pair := range strings.Fields(before) {
		id, cluster, _ := strings.Cut(pair, ":")
		was[id] = cluster
	}
	var list []dedupe.Cluster
	var alone, all []string
	for _, text := range strings.Split(clusters, ",") {
		var c dedupe.Cluster
		ids := strings.Fields(text)
		for _, id := range ids {
			c.Members = append(c.Members, dedupe.Member{ID: id})
		}
		all = append(all, ids...)
		if len(ids) == 1 {
			alone = append(alone, ids...)
		} else {
			list = append(list, c)
		}
	}
	got, err := dedupe.CarryOver(list, alone, was, func(id string) (bool, error) { return id == taken, nil })
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, id := range slices.Sorted(slices.Values(all)) {
		parts = append(parts, id+":"+got[id])
	}
	return strings.Join(parts, " ")
}

func TestAValueThatIsCommonAmongAllRecordsSaysLessThanInTheBatch(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"1", "GRETA", "VOSS", "1988-02-14", "", ""}, {"2", "GRETA", "VOSS", "1988-02-14", "", ""}}
	model := linkRows(t, dedupe.Options{Fields: plainFields(t)}, rows...).Model
	bits := func(known *dedupe.Known) float64 {
		e, ok := linkRows(t, dedupe.Options{Fields: plainFields(t), Model: model, Known: known}, rows...).Explain("1", "2")
		if !ok {
			t.Fatal("no explanation")
		}
		return e.Bits
	}
	known := func(n int) *dedupe.Known {
		return &dedupe.Known{Records: 1000, Filled: map[string]int{"given": 1000, "family": 1000, "dob": 1000}, Count: func(name, value string) (int, error) {
			if name == "family" && value == "VOSS" {
				return n, nil
			}
			return 3, nil
		}}
	}
	if rare, common := bits(known(3)), bits(known(900)); rare <= common {
		t.Errorf("a rare name weighs %.2f bits in all, a common one %.2f", rare, common)
	}
	few := known(3)
	few.Records = 2
	if of2, of1000 := bits(few), bits(known(3)); of2 <= of1000 {
		t.Errorf("among 2 records the two are one with %.2f bits, among 1000 with %.2f", of2, of1000)
	}
	failing := &dedupe.Known{Records: 9, Count: func(name, value string) (int, error) { return 0, fmt.Errorf("gone") }}
	l, err := dedupe.New(dedupe.Options{Fields: plainFields(t), Known: failing})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add("1", rows[0][1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Link(context.Background()); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a count that cannot be had: %v", err)
	}
}
