package hl7v2_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/hl7v2"
	"chartlift/internal/issue"
)

// saidOf returns what is said of the table, as code, line and value.
func saidOf(t *testing.T, feed, table string) (said []string) {
	t.Helper()
	src, err := hl7v2.Format().Open(context.Background(), extract.FromBytes("a.hl7", []byte(feed)), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	report := func(i issue.Issue) {
		said = append(said, fmt.Sprintf("%s %s line %d message %s", i.Severity, i.Code, i.Origin.Line, i.Value))
		if !strings.Contains(i.Message, "ADT^") || strings.Contains(i.Message, "Roe") {
			t.Errorf("the message does not name its kind, or names a patient: %s", i.Message)
		}
	}
	for _, err := range src.Read(context.Background(), table, report) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return said
}

func TestAMessageThatChangesOtherRecordsIsNamed(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{"A23": "record-deleted", "A29": "record-deleted", "A24": "patients-linked", "A37": "patients-linked"}
	for _, merge := range []string{"A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"} {
		kinds[merge] = "patient-merged"
	}
	for _, move := range []string{"A35", "A41", "A42", "A43", "A44", "A45", "A48", "A49", "A50", "A51"} {
		kinds[move] = "numbers-moved"
	}
	for n := range 65 {
		trigger := fmt.Sprintf("A%02d", n)
		feed := "MSH|^~\\&|A|B|||20200101||ADT^" + trigger + "^ADT_A39|m7|P|2.5\rPID|1||1^^^A||Roe^Ann\rMRG|2^^^A\r"
		var want []string
		if code := kinds[trigger]; code != "" {
			want = []string{"warning " + code + " line 2 message m7"}
		}
		if diff := cmp.Diff(want, saidOf(t, feed, "PID")); diff != "" {
			t.Errorf("%s:\n%s", trigger, diff)
		}
		if other := saidOf(t, feed, "MRG"); other != nil {
			t.Errorf("%s, table MRG: %v", trigger, other)
		}
	}
}

func TestEveryMergeOfAMessageIsNamedAndALinkOnce(t *testing.T) {
	t.Parallel()
	two := "PID|1||1^^^A||Roe^Ann\rMRG|2^^^A\rPID|2||3^^^A||Roe^Bob\rMRG|4^^^A\r"
	for kind, want := range map[string][]string{
		"ADT^A40": {"warning patient-merged line 2 message m7", "warning patient-merged line 4 message m7"},
		"ADT^A24": {"warning patients-linked line 2 message m7"},
		"ORU^A40": nil, // no ADT message: its A40 means nothing
		"ADT":     nil,
	} {
		if diff := cmp.Diff(want, saidOf(t, "MSH|^~\\&|A|B|||20200101||"+kind+"|m7|P|2.5\r"+two, "PID")); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
}
