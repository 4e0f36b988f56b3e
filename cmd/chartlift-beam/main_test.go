package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
)

// Prism makes a worker of this binary.
func TestMain(m *testing.M) { ptest.MainWithDefault(m, "prism") }

// tool builds chartlift.
func tool(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chartlift")
	build := exec.Command("go", "build", "-o", path, "./cmd/chartlift")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// chartlift runs the program; the demo has rows that are rejected, which is
// exit code 3.
func chartlift(t *testing.T, path string, code int, args ...string) {
	t.Helper()
	c := exec.Command(path, args...)
	out, _ := c.CombinedOutput()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != code {
		t.Fatalf("%v: %v\n%s", args, c.ProcessState, out)
	}
}

func demo(dir string) []string {
	return []string{"-q", "--project", dir, "--mapping", "../../testdata/demo/lakeside.yaml", "--source", "../../testdata/demo/legacy", "--to", filepath.Join(dir, "out"), "--fail-on", "never"}
}

// sameFiles compares two folders of NDJSON.
func sameFiles(t *testing.T, want, got string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(want, "*.ndjson"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		w, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		g, err := os.ReadFile(filepath.Join(got, filepath.Base(f)))
		if err != nil || string(w) != string(g) {
			t.Errorf("%s differs: %v", filepath.Base(f), err)
		}
	}
}

func TestPrismMakesTheBytesOfOneProcess(t *testing.T) {
	path, one, many := tool(t), t.TempDir(), t.TempDir()
	chartlift(t, path, 0, append([]string{"run"}, demo(one)...)...)
	plan := filepath.Join(many, "parts")
	chartlift(t, path, 0, append([]string{"shards", "plan", plan, "--shards", "5"}, demo(many)...)...)
	// The second shard dies once in the middle, without a word.
	flaky := filepath.Join(t.TempDir(), "flaky")
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$6\" = 2 ] && [ ! -e %[1]s.died ]; then touch %[1]s.died %[2]s/.shard-00002.result.1.tmp; kill -9 $$; fi\nexec %[3]s \"$@\"\n", flaky, plan, path)
	if err := os.WriteFile(flaky, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := convert(context.Background(), "prism", options{plan: plan, tool: flaky, project: many, attempts: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(flaky + ".died"); err != nil {
		t.Error("no shard died: this test does not test what it says")
	}
	sameFiles(t, filepath.Join(one, "out"), filepath.Join(many, "out"))
	if left, _ := filepath.Glob(filepath.Join(plan, ".shard-*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

func TestAShardThatKeepsFailingEndsThePipelineAndIsNamed(t *testing.T) {
	path, dir := tool(t), t.TempDir()
	plan := filepath.Join(dir, "parts")
	chartlift(t, path, 0, append([]string{"shards", "plan", plan, "--shards", "2"}, demo(dir)...)...)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\n[ \"$2\" = run ] && { echo no room; exit 1; }\nexec "+path+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := convert(context.Background(), "prism", options{plan: plan, tool: broken, project: dir, attempts: 1})
	if err == nil || !strings.Contains(err.Error(), "shard") {
		t.Errorf("got %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "out", "*")); len(files) > 0 {
		t.Errorf("%q was written", files)
	}
}
