package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// answer is what the reference validator says of one resource: one line of its
// output.
type answer struct {
	Key    string        `json:"key"` // of the resource's text, in the cache
	Valid  bool          `json:"valid"`
	MS     float64       `json:"ms"`
	Issues []theirsIssue `json:"issues"`
}

type theirsIssue struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Expression string `json:"expression"`
	Message    string `json:"message"`
}

func (i theirsIssue) isError() bool { return i.Severity == "error" || i.Severity == "fatal" }

// oracle asks the reference validator. It answers 50 resources a second and
// needs 13 seconds to start, so that every answer is kept in a file, by the
// hash of what was asked.
type oracle struct {
	command string
	cache   string // file, "" for none
	known   map[string]answer
	asked   int    // of the validator itself
	guide   string // package that the validator is to load, "" for none
}

func openOracle(command, cache string) (*oracle, error) {
	o := &oracle{command: command, cache: cache, known: map[string]answer{}}
	if cache == "" {
		return o, nil
	}
	if err := os.MkdirAll(filepath.Dir(cache), 0o700); err != nil {
		return nil, fmt.Errorf("make cache folder: %w", err)
	}
	f, err := os.Open(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var a answer
		if json.Unmarshal(lines.Bytes(), &a) == nil { // the last line of a run that was ended may be half a line
			o.known[a.Key] = a
		}
	}
	return o, lines.Err()
}

// keyOf names a question: the text, and the guide with which it is judged.
func (o *oracle) keyOf(text string) string {
	sum := sha256.Sum256([]byte(filepath.Base(o.guide) + text))
	if o.guide == "" {
		sum = sha256.Sum256([]byte(text))
	}
	return hex.EncodeToString(sum[:16])
}

// ask returns one answer for each text, in order. Texts must not hold line
// feeds.
func (o *oracle) ask(ctx context.Context, texts []string) ([]answer, error) {
	var missing []string
	queued := map[string]bool{}
	for _, t := range texts {
		if key := o.keyOf(t); !queued[key] {
			if _, ok := o.known[key]; !ok {
				queued[key] = true
				missing = append(missing, t)
			}
		}
	}
	if len(missing) > 0 {
		if err := o.run(ctx, missing); err != nil {
			return nil, fmt.Errorf("ask the reference validator: %w", err)
		}
	}
	all := make([]answer, len(texts))
	for i, t := range texts {
		all[i] = o.known[o.keyOf(t)]
	}
	return all, nil
}

var errAnswers = errors.New("it did not answer once for each resource")

// run asks about texts that are not known yet, and writes each answer down as
// it comes.
func (o *oracle) run(ctx context.Context, texts []string) error {
	fmt.Fprintf(os.Stderr, "asking the reference validator about %d resources\n", len(texts))
	dir, err := os.MkdirTemp("", "agreement-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "trials.ndjson")
	var b bytes.Buffer
	for _, t := range texts {
		b.WriteString(t + "\n")
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return err
	}
	args := []string{"-n", "15", o.command, "--min", "warning"}
	if o.guide != "" {
		args = append(args, "--ig", o.guide)
	}
	cmd := exec.CommandContext(ctx, "nice", append(args, path)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n, readErr := o.remember(bufio.NewReaderSize(out, 1<<20), texts)
	err = cmd.Wait()
	var status *exec.ExitError
	if err != nil && (!errors.As(err, &status) || status.ExitCode() != 1) { // 1: some are invalid
		return errors.Join(err, readErr)
	}
	if readErr == nil && n != len(texts) {
		readErr = fmt.Errorf("%d answers for %d resources: %w", n, len(texts), errAnswers)
	}
	return readErr
}

func (o *oracle) remember(out *bufio.Reader, texts []string) (n int, err error) {
	cache := os.Stderr
	if o.cache != "" {
		if cache, err = os.OpenFile(o.cache, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, cache.Close()) }()
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) || n >= len(texts) {
			continue
		}
		a := answer{}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return n, err
		}
		a.Key = o.keyOf(texts[n])
		o.known[a.Key] = a
		n++
		o.asked++
		if o.cache == "" {
			continue
		}
		if err := json.NewEncoder(cache).Encode(a); err != nil {
			return n, err
		}
	}
	return n, lines.Err()
}
