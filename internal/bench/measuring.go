package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// cost is what one whole process took.
type cost struct {
	Wall, CPU time.Duration
	System    time.Duration // the part of CPU that the system took for it: files, memory
	RSS       int64         // peak, in bytes
}

//go:embed launch.go
var launchSource []byte

// launcher returns the path of the program that starts what is measured. It is
// built once for each text of it, and kept in the cache.
func launcher(ctx context.Context) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "chartlift-bench", fmt.Sprintf("launch-%x", sha256.Sum256(launchSource)))
	program := filepath.Join(dir, "launch")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make launcher: %w", err)
	}
	source := filepath.Join(dir, "launch.go")
	if err := os.WriteFile(source, launchSource, 0o600); err != nil {
		return "", fmt.Errorf("make launcher: %w", err)
	}
	// Several processes may build it at once: each its own, the last takes the
	// place.
	part := fmt.Sprintf("%s.%d", program, os.Getpid())
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", part, source).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make launcher: %w\n%s", err, text)
	}
	return program, os.Rename(part, program)
}

// measure runs a process to its end and asks the kernel what it took.
func measure(ctx context.Context, args, env []string) (cost, error) {
	got, _, err := measureText(ctx, args, env)
	return got, err
}

// measureText returns what the process printed as well.
func measureText(ctx context.Context, args, env []string) (cost, string, error) {
	program, err := launcher(ctx)
	if err != nil {
		return cost{}, "", err
	}
	told, tell, err := os.Pipe()
	if err != nil {
		return cost{}, "", err
	}
	defer told.Close()
	var out, said bytes.Buffer
	c := exec.CommandContext(ctx, program, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // which it hands on
	c.Env, c.Stdout, c.Stderr, c.ExtraFiles = append(os.Environ(), env...), &out, &said, []*os.File{tell}
	err = c.Run()
	tell.Close() // or reading would wait for more
	line, errRead := io.ReadAll(io.LimitReader(told, 1<<10))
	if err != nil {
		return cost{}, "", fmt.Errorf("%s: %w\n%s%s", filepath.Base(args[0]), err, said.Bytes(), out.Bytes())
	}
	var got cost
	if err := errors.Join(errRead, json.Unmarshal(line, &got)); err != nil {
		return cost{}, "", fmt.Errorf("%s: read its cost: %w", filepath.Base(args[0]), err)
	}
	if runtime.GOOS == "linux" {
		got.RSS <<= 10 // getrusage(2): kilobytes, on macOS bytes
	}
	return got, out.String(), nil
}
