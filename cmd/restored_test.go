package cmd_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/load/sandbox"
)

// forget makes a sandbox lose the patient that it got first, as if that had not
// reached its disk when it fell.
func forget(path string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	for _, table := range []string{"history", "identifier", "reference", "resource"} {
		_, failed := db.Exec("DELETE FROM " + table + " WHERE seq = (SELECT min(seq) FROM resource WHERE type = 'Patient')")
		err = errors.Join(err, failed)
	}
	return errors.Join(err, db.Close())
}

func TestWhatAServerLostAndWasSentAgainIsInTheRunDatabaseAndInJSON(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	path := filepath.Join(project, "server.db")
	s, err := sandbox.Open(path, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken, away := false, 0
	base = before(t, base, func(w http.ResponseWriter, _ *http.Request, body string) bool {
		if taken && away == 0 && strings.Contains(body, `"Encounter"`) { // it falls when the patients are there
			away = 3
			if err := forget(path); err != nil {
				t.Error(err)
			}
		}
		taken = taken || strings.Contains(body, `"Patient"`)
		if away < 2 {
			return false
		}
		away--
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	code, out, said := chartlift(t, "run", "--mapping", "../testdata/clinic/clinic.yaml", "--source", "../testdata/clinic/legacy", "--to", base, "--project", project, "--json")
	var results struct {
		Balanced bool
		Restored int64
	}
	if err := json.Unmarshal([]byte(out), &results); err != nil || code != 0 || !results.Balanced || results.Restored != 1 {
		t.Fatalf("the run ends with %d, %v: %s\n%s", code, err, out, said)
	}
	var list struct{ Rows []struct{ Type, File string } }
	if err := json.Unmarshal([]byte(run(t, 0, "report", "restored", "--json", "--project", project)), &list); err != nil || len(list.Rows) != 1 ||
		list.Rows[0].Type != "Patient" || list.Rows[0].File != "patients.csv" {
		t.Errorf("the report lists %+v, %v", list, err)
	}
	if page := run(t, 0, "report", "page", "--project", project); !strings.Contains(page, "came back without 1 resource that it had acknowledged") {
		t.Error("the page does not tell of the fall")
	}
}
