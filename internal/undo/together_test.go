package undo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/undo"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// keeper holds Patients by id with what each refers to, and lets nobody delete
// what another refers to. Its JSON has a space behind the colon, as some
// servers write it.
type keeper struct {
	links   map[string][]string
	applied []int // how many changes each request had, refused ones with a minus
	most    int   // that it was asked for at once
}

func (k *keeper) Current(_ context.Context, _ string, ids []string) (map[string]fhirserver.Stored, error) {
	k.most = max(k.most, len(ids))
	found := map[string]fhirserver.Stored{}
	for _, id := range ids {
		to, ok := k.links[id]
		if !ok {
			continue
		}
		var list []string
		for _, other := range to {
			list = append(list, fmt.Sprintf(`{"other": {"reference": "Patient/%s"}, "type": "seealso"}`, other))
		}
		found[id] = fhirserver.Stored{Version: "1", JSON: fmt.Appendf(nil, `{"resourceType": "Patient", "id": %q, "link": [%s]}`, id, strings.Join(list, ", "))}
	}
	return found, nil
}

func (k *keeper) Before(context.Context, string, string, string) (fhirserver.Stored, bool, bool, error) {
	return fhirserver.Stored{}, false, false, nil
}

func (k *keeper) Apply(_ context.Context, changes []fhirserver.Change) (int, error) {
	going := map[string]bool{}
	for _, c := range changes {
		going[c.ID] = true
	}
	for id, to := range k.links {
		if !going[id] && slices.ContainsFunc(to, func(other string) bool { return going[other] }) {
			k.applied = append(k.applied, -len(changes))
			return 409, nil
		}
	}
	for id := range going {
		delete(k.links, id)
	}
	k.applied = append(k.applied, len(changes))
	return 0, nil
}

// created is the journal of a run that created them, 50 in a bundle.
func created(ids []string) []string {
	var bundles []string
	for part := range slices.Chunk(ids, 50) {
		bundles = append(bundles, strings.Join(part, ":c:1 ")+":c:1")
	}
	return bundles
}

func carry(t *testing.T, k *keeper, ids []string) (gone int, refused string) {
	t.Helper()
	db := open(t)
	chain := []string{run(t, db, "", true, created(ids)...)}
	p, err := undo.Prepare(t.Context(), db, k, chain)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Carry(t.Context(), k, func(all []reports.Delivered) error { gone += len(all); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return gone, refusals(p)
}

func TestThoseThatReferToEachOtherAreTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	k := &keeper{links: map[string][]string{}}
	var ids []string
	for i := range 300 { // i and its twin refer to each other and were delivered far apart
		id, twin := fmt.Sprintf("p%d", i), fmt.Sprintf("p%d", (i+150)%300)
		ids = append(ids, id)
		k.links[id] = []string{twin}
	}
	gone, refused := carry(t, k, ids)
	if gone != 300 || refused != "" || len(k.links) > 0 {
		t.Errorf("%d of 300 are gone, %s", gone, refused)
	}
	if diff := cmp.Diff([]int{100, 100, 100}, k.applied); diff != "" {
		t.Errorf("requests, none of them refused:\n%s", diff)
	}
}

func TestACircleIsNotCutAlsoWhereItIsLargerThanARequest(t *testing.T) {
	t.Parallel()
	k := &keeper{links: map[string][]string{"alone": nil}}
	ids := []string{"alone"}
	for i := range 250 {
		id := fmt.Sprintf("p%d", i)
		ids = append(ids, id)
		k.links[id] = []string{fmt.Sprintf("p%d", (i+1)%250)}
	}
	gone, refused := carry(t, k, ids)
	if gone != 251 || refused != "" {
		t.Errorf("%d of 251 are gone, %s", gone, refused)
	}
	slices.Sort(k.applied)
	if diff := cmp.Diff([]int{1, 250}, k.applied); diff != "" {
		t.Errorf("requests:\n%s", diff)
	}
	if k.most > 100 {
		t.Errorf("it was asked for %d at once", k.most)
	}
}

func TestWhatRefersToOthersGoesBeforeThemInWhateverOrderItCame(t *testing.T) {
	t.Parallel()
	k := &keeper{links: map[string][]string{}}
	var ids []string
	for i := range 220 { // each refers to the one that came after it
		id := fmt.Sprintf("p%03d", i)
		ids = append(ids, id)
		if k.links[id] = nil; i < 219 {
			k.links[id] = []string{fmt.Sprintf("p%03d", i+1)}
		}
	}
	gone, refused := carry(t, k, ids)
	if gone != 220 || refused != "" || slices.Min(k.applied) < 0 {
		t.Errorf("%d of 220 are gone with requests of %v, %s", gone, k.applied, refused)
	}
}

func TestWhatOthersReferToStaysAndTheRestGoes(t *testing.T) {
	t.Parallel()
	// "of others" is not the run's: x stays for it, and y, to which x refers.
	// All else goes, pairs together.
	k := &keeper{links: map[string][]string{"of others": {"x"}, "x": {"y"}, "y": {"x"}}}
	ids := []string{"x"}
	for i := range 40 {
		a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		k.links[a], k.links[b] = []string{b}, []string{a}
		ids = append(ids, a, b)
	}
	ids = append(ids, "y")
	gone, refused := carry(t, k, ids)
	want := "x: the server refuses it: others refer to it\ny: the server refuses it: others refer to it"
	if gone != 80 || refused != want {
		t.Errorf("%d of 80 are gone, %s", gone, refused)
	}
	if len(k.applied) > 30 {
		t.Errorf("it took %d requests: %v", len(k.applied), k.applied)
	}
}
