package tables_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/tables"
)

func TestTablesWithoutARowAreNamed(t *testing.T) {
	t.Parallel()
	const header, row = "ID,SEX\n", "ID,SEX\np1,F\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"all there":             {map[string]string{"patients.csv": row, "visits.csv": "ID,PATIENT\nv1,p1\n"}, nil},
		"one is missing":        {map[string]string{"patients.csv": row}, []string{"visits"}},
		"one is empty":          {map[string]string{"patients.csv": "", "visits.csv": "ID,PATIENT\nv1,p1\n"}, []string{"patients"}},
		"one has a header only": {map[string]string{"patients.csv": header, "visits.csv": "ID,PATIENT\nv1,p1\n"}, []string{"patients"}},
		"one part has rows":     {map[string]string{"patients1.csv": header, "patients2.csv": row, "visits.csv": "ID,PATIENT\n"}, []string{"visits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := tables.Open(t.Context(), compile(t, people), []string{folder(t, c.files)}, tables.Options{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = set.Close() }()
			rowless, err := set.Rowless(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range rowless {
				got = append(got, s.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// feed takes the patients and the next of kin of messages.
const feed = `chartlift: 1
id: t
sources:
  pid: { hl7v2: { path: "*.hl7", segment: PID } }
  kin: { hl7v2: { path: "*.hl7", segment: NK1 } }
maps:
  patient: { from: pid, key: [_patient_id], resource: Patient, elements: { active: true } }
  kin: { from: kin, key: [_key], resource: RelatedPerson, elements: { active: true, patient: { display: $_key } } }
`

func TestAFeedWithoutAKindOfSegmentLacksNoTable(t *testing.T) {
	t.Parallel()
	files := map[string]string{"night.hl7": "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1||7||Q^A||19500101|F\r"}
	set, err := tables.Open(t.Context(), compile(t, feed), []string{folder(t, files)}, tables.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	rowless, err := set.Rowless(t.Context())
	if err != nil || len(rowless) > 0 || len(set.Absent) != 1 {
		t.Errorf("%d tables lack rows, %d are absent; %v", len(rowless), len(set.Absent), err)
	}
}

func TestATableThatCannotBeReadIsNotCalledEmpty(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("ID,SEX\n" + strings.Repeat("p1,F\n", 5000))); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil { // no end: the file was cut on its way
		t.Fatal(err)
	}
	files := map[string]string{"patients.csv.gz": packed.String()[:packed.Len()/2], "visits.csv": "ID,PATIENT\nv1,p1\n"}
	set, err := tables.Open(t.Context(), compile(t, people), []string{folder(t, files)}, tables.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = set.Close() }()
	if rowless, err := set.Rowless(t.Context()); err != nil || len(rowless) > 0 {
		t.Errorf("%d tables lack rows; %v", len(rowless), err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Rowless(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("of a run that is stopped: %v", err)
	}
}
