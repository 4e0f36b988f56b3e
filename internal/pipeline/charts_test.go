package pipeline_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/load"
)

// families is a mapping whose charts refer to each other: a newborn's to the
// mother's, a recipient's to the donor's.
const families = `chartlift: 1
id: families
output: { bundle: { per: patient, max_entries: 3 } }
sources:
  pat: { csv: { path: pat.csv }, key: [ID] }
  rel: { csv: { path: rel.csv }, key: [ID] }
  dev: { csv: { path: dev.csv }, key: [ID] }
  obs: { csv: { path: obs.csv }, key: [ID] }
maps:
  d: { from: dev, resource: Device, id: $ID, elements: { parent: ref? d($PART), patient: ref? p($PAT) } }
  p: { from: pat, resource: Patient, id: $ID, elements: { link: [{ other: ref? p($MOTHER), type: seealso }] } }
  r: { from: rel, resource: RelatedPerson, id: $ID, elements: { patient: ref p($PAT) } }
  v: { from: obs, resource: Observation, id: $ID, elements: { status: final, code: { text: x }, subject: ref? p($PAT), focus: [ref? p($ABOUT)], derivedFrom: [ref? v($OF)], device: ref? d($BY) } }
`

// checking is a target that looks after references as a server does: each must
// lead to what is there, or in the same bundle.
func checking(r *run, missing *[]string) {
	var mu sync.Mutex
	there := map[string]bool{}
	r.job.Sink = &sink{onSend: func(b *load.Bundle) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range b.Entries {
			there[e.Resource.Ref()] = true
		}
		for _, e := range b.Entries {
			for ref := range fhir.References(e.Resource.JSON) {
				if !there[ref] {
					*missing = append(*missing, fmt.Sprintf("%d: %s to %s", b.Seq, e.Resource.Ref(), ref))
				}
			}
		}
	}}
}

func familyFiles() []*memory {
	return []*memory{
		file("pat.csv", "ID|MOTHER", "baby|mum", "mum|gran", "gran|∅", "donor|∅", "alone|∅"),
		file("rel.csv", "ID|PAT", "r1|baby"),
		// a pump that belongs to nobody, and is part of a device of a patient
		// that comes later
		file("dev.csv", "ID|PART|PAT", "part|pump|∅", "pump|implant|∅", "implant|∅|donor", "scale|∅|∅"),
		// the mother's observation is about the newborn: their charts refer to
		// each other
		file("obs.csv", "ID|PAT|ABOUT|OF|BY", "v1|mum|baby|∅|scale", "v2|alone|∅|v3|∅", "v3|donor|∅|∅|part", "v4|baby|donor|v1|∅"),
	}
}

func TestChartsComeAfterThoseThatTheyReferTo(t *testing.T) {
	t.Parallel()
	for _, senders := range []int{1, 4} {
		r := prepare(t, families, familyFiles()...)
		r.job.Senders = senders
		var missing []string
		checking(r, &missing)
		r.start(t.Context()).ok()
		if len(missing) > 0 {
			t.Errorf("%d senders: what was not there: %s", senders, strings.Join(missing, ", "))
		}
		r.wantLedger("pat.csv 5 = 5 + 0 + 0 + 0", "rel.csv 1 = 1 + 0 + 0 + 0", "dev.csv 4 = 4 + 0 + 0 + 0", "obs.csv 4 = 4 + 0 + 0 + 0")
	}
}

func TestChartsThatReferToEachOtherAreOneAndOthersStayTheirOwn(t *testing.T) {
	t.Parallel()
	r := prepare(t, families, familyFiles()...)
	r.job.Senders = 1
	got := bundles(r)
	r.start(t.Context()).ok()
	want := []string{
		"1 true Device/scale",
		"2 true Patient/gran",
		"3 true Patient/donor Device/implant Device/pump", "4 true Device/part Observation/v3",
		"5 true Patient/mum Patient/baby RelatedPerson/r1", "6 true Observation/v1 Observation/v4",
		"7 true Patient/alone Observation/v2",
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

// Two patients who name each other cannot be sent one after the other at all:
// they are in one bundle, though it holds more than it should.
func TestPatientsWhoNameEachOtherAreInOneBundle(t *testing.T) {
	t.Parallel()
	mapping := strings.Replace(families, "max_entries: 3", "max_entries: 1", 1)
	r := prepare(t, mapping, file("pat.csv", "ID|MOTHER", "a|b", "b|c", "c|a", "d|a"), file("rel.csv", "ID|PAT"), file("dev.csv", "ID|PART|PAT"), file("obs.csv", "ID|PAT|ABOUT|OF|BY"))
	r.job.Senders = 1
	got := bundles(r)
	r.start(t.Context()).ok()
	if diff := cmp.Diff([]string{"1 true Patient/a Patient/b Patient/c", "2 true Patient/d"}, *got); diff != "" {
		t.Error(diff)
	}
}

// A chain of charts through the whole hospital is followed to its end, in
// order.
func TestALongChainOfChartsIsSentFromItsEnd(t *testing.T) {
	t.Parallel()
	const n = 300
	rows := []string{"ID|MOTHER"}
	for i := range n {
		mother := fmt.Sprintf("p%03d", i+1)
		if i == n-1 {
			mother = "∅"
		}
		rows = append(rows, fmt.Sprintf("p%03d|%s", i, mother))
	}
	r := prepare(t, families, file("pat.csv", rows...), file("rel.csv", "ID|PAT"), file("dev.csv", "ID|PART|PAT"), file("obs.csv", "ID|PAT|ABOUT|OF|BY"))
	r.job.Senders = 3
	var missing []string
	checking(r, &missing)
	r.start(t.Context()).ok()
	if len(missing) > 0 {
		t.Errorf("%d references lead nowhere, the first %s", len(missing), missing[0])
	}
}
