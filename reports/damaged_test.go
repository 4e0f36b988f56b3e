package reports_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"chartlift/reports"
)

func TestADamagedRunDatabaseSaysOnceWhatToDo(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"cut short":      func(b []byte) []byte { return b[:len(b)/2] },
		"text":           func([]byte) []byte { return []byte(strings.Repeat("these are no runs\n", 1000)) },
		"broken schema":  func(b []byte) []byte { return append(append(b[:100:100], make([]byte, 3996)...), b[4096:]...) },
		"zeros in front": func(b []byte) []byte { return append(make([]byte, 100), b[100:]...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := sample(t, reports.Options{})
			if _, err := raw(t, path).Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for _, beside := range []string{"-wal", "-shm"} { // they would still hold what the file lost
				if err := os.Remove(path + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := damage(text)
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			for way, open := range map[string]func(string) (*reports.DB, error){"to write": reports.Open, "to read": reports.OpenReadOnly} {
				db, err := open(path)
				if err == nil {
					_ = db.Close()
				}
				if !errors.Is(err, reports.ErrDamaged) || strings.Count(err.Error(), "run database") != 1 || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move it away") {
					t.Errorf("%s: %v", way, err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(damaged) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}
