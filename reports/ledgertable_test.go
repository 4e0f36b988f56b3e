package reports_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestTheLedgerIsAListToAddUpAsWell(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	change(t, path, "UPDATE source SET rows_read = rows_read + 3 WHERE table_or_sheet = 'allergies'")
	l, err := db.Ledger(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := l.Table().CSV(&got); err != nil {
		t.Fatal(err)
	}
	want := `source,table,mapped,read,loaded,merged,filtered,rejected,difference
patients.csv,patients,yes,10012,9551,400,60,1,0
allergies.csv,allergies,yes,42120,40000,0,0,2117,3
rooms.csv,rooms,yes,0,0,0,0,0,0
audit_trail.csv,audit_trail,no,88412,,,,,
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
