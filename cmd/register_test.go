package cmd_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// queried opens the run database of a project.
func queried(t *testing.T, project string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(project, ".chartlift", "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Hashes are known when files get their names, and the audit log has each once,
// also where rows were read before a hash was known, and where the run fails.
func TestARunKnowsTheHashesOfItsFiles(t *testing.T) {
	t.Parallel()
	for how, more := range map[string][]string{"whole": nil, "stopped": {"--max-rejected", "2"}} {
		mapping, dir := legacy(t, 200)
		project := t.TempDir()
		run(t, 3, append([]string{"run", "--mapping", mapping, "--source", dir, "--to", filepath.Join(project, "out"), "--project", project}, more...)...)
		rows, err := queried(t, project).Query("SELECT source, sha256, bytes, (SELECT count(*) FROM audit WHERE action = 'source' AND subject LIKE source || ' %') FROM source")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for ; rows.Next(); n++ {
			var name, sum string
			var bytes, told int
			if err := rows.Scan(&name, &sum, &bytes, &told); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if want := sha256.Sum256(content); sum != hex.EncodeToString(want[:]) || bytes != len(content) || told != 1 {
				t.Errorf("%s run, %s: %s of %d bytes, told %d times", how, name, sum, bytes, told)
			}
		}
		if n != 2 {
			t.Errorf("%s run: %d files", how, n)
		}
	}
}

// What goes on reads what was begun. Where a run ended before it knew the
// hashes, nothing was delivered, and there is nothing to fit in with.
func TestARunGoesOnWithTheFilesThatItBegan(t *testing.T) {
	t.Parallel()
	mapping, dir := legacy(t, 60)
	project := t.TempDir()
	run(t, 3, "run", "--mapping", mapping, "--source", dir, "--to", filepath.Join(project, "out"), "--project", project)
	db := queried(t, project)
	change := func(statement string) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	change("UPDATE run SET status = 'interrupted'")
	visits := filepath.Join(dir, "visits.csv")
	content, err := os.ReadFile(visits)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(visits, append(content, "v-new,p1,OFFICE\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, "resume", "--project", project)
	if err := p.Run(); err == nil || !strings.Contains(p.err.String(), "input-changed: "+visits+" has changed since run ") {
		t.Errorf("%v: %s", err, p.err.String())
	}
	change("UPDATE source SET sha256 = '' WHERE source = 'visits.csv'")
	run(t, 3, "resume", "--project", project)
	if got, want := fmt.Sprint(ledgers(t, project)[0].rows()), fmt.Sprint(60+3*60+1); got != want {
		t.Errorf("the run that went on read %s rows, not %s", got, want)
	}
}
