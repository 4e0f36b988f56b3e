// Package shards is the contract by which one run is converted in pieces, by
// processes that know nothing of each other.
//
// Read [Plan] and [Result] first. A plan is a folder: plan.json says what is
// converted where, keys.bin which resources the pieces may refer to, and every
// piece that is done is one file beside them. A piece is a pure function of the
// sources and the plan, and its file appears whole or not at all: it may be
// made twice, by two machines at once, or again after a machine died, and an
// engine need only promise that every piece is made at least once.
//
//	plan, err := shards.Read(dir)
//	w, err := plan.Create(dir, 3) // the third shard
//	err = w.Begin(plan.Shards[2].Parts[0])
//	err = w.Rows(2, rows, append(w.Room(), resources...))
//	err = w.End(told)
//	err = w.Commit()
package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/zeebo/xxh3"

	"chartlift/extract"
)

// Names of a plan's files.
const (
	planName = "plan.json"
	keysName = "keys.bin"
)

// TempFolder is the pattern by which processes name folders for temporary files
// in the plan's folder.
const TempFolder = ".shard-tmp-*"

// formatVersion is that of plans and results. A result is read by the version
// that made the plan, and by no other.
const formatVersion = 6

// maxPlan bounds plan.json: a part takes some 300 bytes.
const maxPlan = 256 << 20

// ErrNoPlan means that the folder holds no plan.
var ErrNoPlan = errors.New("the folder holds no plan: make one with chartlift shards plan")

// Plan says what is converted where. It is written once and never changed.
type Plan struct {
	Version       int             `json:"version"`
	Tool          string          `json:"tool"` // version of the program; parts of two versions could differ
	Mapping       string          `json:"mapping"`
	MappingSHA256 string          `json:"mappingSha256"`
	Args          json.RawMessage `json:"args"`    // what it takes to open mapping and sources again, and to deliver
	Project       string          `json:"project"` // folder of the run database, where the shards are put together
	KeysSum       string          `json:"keysSum"`
	Keys          []Keys          `json:"keys"` // in the order of their file
	Sources       []File          `json:"sources"`
	Tables        []Table         `json:"tables"`
	Absent        []string        `json:"absent,omitempty"` // sources of the mapping for which there is no file
	Made          []Part          `json:"made"`             // converted while planning, because others refer to their resources
	Shards        []Shard         `json:"shards"`

	id string // hash of the file
}

// Ways returns where each table is converted, by the name of its source.
func (p *Plan) Ways() map[string]Way {
	out := map[string]Way{}
	for _, t := range p.Tables {
		out[t.Name] = t.Way
	}
	return out
}

// ErrChanged means that a source is not what it was when the plan was made.
var ErrChanged = errors.New("the source has changed since the plan was made: plan again")

// Verify compares the bytes of the part, in the file at path, with those that
// were planned.
func (p Part) Verify(path string) error {
	from, to, want := int64(0), int64(-1), p.Sum
	if p.Range != nil {
		from, to, want = p.Range.From, p.Range.To, p.Range.Sum
	}
	sum, n, err := Sum(path, from, to)
	if err != nil {
		return err
	}
	if sum != want || n != p.Bytes {
		return fmt.Errorf("%s: %w", path, ErrChanged)
	}
	return nil
}

// Sum returns the checksum of a stretch of a file, as a part of it has, and its
// length; to below 0 is the end of the file.
func Sum(path string, from, to int64) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("sum source: %w", err)
	}
	defer f.Close()
	if to < 0 {
		to = 1 << 62
	}
	h := xxh3.New()
	// xxh3 takes strings, too, for which io.Copy would hand out small pieces.
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, io.NewSectionReader(f, from, to-from), make([]byte, 1<<18))
	if err != nil {
		return "", 0, fmt.Errorf("sum source: %w", err)
	}
	return extract.PartSum(h), n, nil
}

// File is a source file that was there.
type File struct {
	Path     string `json:"path"`
	SHA256   string `json:"sha256"`
	Bytes    int64  `json:"bytes"`
	Modified int64  `json:"modified"`       // nanoseconds since 1970
	UTF8     bool   `json:"utf8,omitempty"` // it was looked through for accents, and is text in UTF-8
}

// Untouched reports whether the file has the size and the time that it had:
// then it is taken for what it was.
func (f File) Untouched() bool {
	stat, err := os.Stat(f.Path)
	return err == nil && stat.Size() == f.Bytes && stat.ModTime().UnixNano() == f.Modified
}

// UTF8 returns the files that were found to be text in UTF-8, by path.
func (p *Plan) UTF8() map[string]bool {
	found := map[string]bool{}
	for _, f := range p.Sources {
		found[f.Path] = f.UTF8
	}
	return found
}

// Way says where a table is converted.
type Way string

// The ways. Nothing is converted in another way than in a run of one process;
// only where differs.
const (
	InShards    Way = "shards" // in pieces, or as one piece
	InPlan      Way = "plan"   // while planning
	InMerge     Way = "merge"  // when the pieces are put together, as in a run of one process
	LookupsOnly Way = "lookup" // read by whoever looks in it; counted when the pieces are put together
)

// Table is a table of the mapping and where it is converted.
type Table struct {
	Name string `json:"name"`
	Way  Way    `json:"way"`
	Why  string `json:"why"`
}

// Shard is what one process converts.
type Shard struct {
	Parts []Part `json:"parts"`
}

// Part is a table of a source file, or a stretch of it.
type Part struct {
	Table   string        `json:"table"` // the source's name in the mapping
	Input   int           `json:"input"` // which of the files of this source, from 0
	Path    string        `json:"path"`
	Columns []string      `json:"columns"`
	Bytes   int64         `json:"bytes"`
	Sum     string        `json:"sum,omitempty"`   // of the file, where the part is all of it; a stretch has its own
	Range   *extract.Part `json:"range,omitempty"` // nil: all of it
	Twins   []byte        `json:"twins,omitempty"` // rows of it that duplicate others; see PackTwins
}

// ID tells plans apart: results carry it.
func (p *Plan) ID() string { return p.id }

// Write writes the plan into the folder, with a name of its own until it is
// whole.
func (p *Plan) Write(dir string) error {
	p.Version = formatVersion
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	temp := filepath.Join(dir, "."+planName+".tmp")
	if err := os.WriteFile(temp, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := os.Rename(temp, filepath.Join(dir, planName)); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	p.id = idOf(append(text, '\n'))
	return nil
}

// Read reads the plan in the folder. ErrNoPlan says that there is none.
func Read(dir string) (*Plan, error) {
	path := filepath.Join(dir, planName)
	stat, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoPlan)
	}
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if stat.Size() > maxPlan {
		return nil, fmt.Errorf("read plan: %s is larger than any plan", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	p := &Plan{id: idOf(text)}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("read plan %s: %w", path, err)
	}
	if p.Version != formatVersion {
		return nil, fmt.Errorf("read plan %s: it is of version %d, this program knows version %d: plan again", path, p.Version, formatVersion)
	}
	return p, nil
}

func idOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// KeysPath returns where the keys of a plan are.
func KeysPath(dir string) string { return filepath.Join(dir, keysName) }

// name returns the file of a shard's result; shard 0 is what was made while
// planning.
func name(shard int) string { return fmt.Sprintf("shard-%05d.result", shard) }

// ours matches the results of shards, and what a killed process left of one.
var ours = regexp.MustCompile(`^(shard-(\d{5,})\.result|\.shard-\d{5,}\.result\.[0-9a-z-]+\.tmp)$`)

// Clear removes the plan and all results from the folder: those of another plan
// would be foreign to the next. Other files stay.
func Clear(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("clear plan: %w", err)
	}
	for _, e := range entries {
		if n := e.Name(); n == planName || n == keysName || ours.MatchString(n) {
			if err := os.Remove(filepath.Join(dir, n)); err != nil {
				return fmt.Errorf("clear plan: %w", err)
			}
		}
	}
	return nil
}

// Sweep removes what processes left that were killed in the middle, and returns
// how much that was.
func Sweep(dir string) (int, error) {
	n := 0
	for _, pattern := range []string{".shard-*.result.*.tmp", TempFolder} {
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return 0, fmt.Errorf("sweep %s: %w", dir, err)
		}
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				return 0, fmt.Errorf("sweep %s: %w", dir, err)
			}
			n++
		}
	}
	return n, nil
}

// Missing returns the shards without a result, and results of shards that the
// plan does not have.
func (p *Plan) Missing(dir string) (missing []int, foreign []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("look for results: %w", err)
	}
	there := map[int]bool{}
	for _, e := range entries {
		m := ours.FindStringSubmatch(e.Name())
		if m == nil || m[2] == "" {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil || n > len(p.Shards) || name(n) != e.Name() {
			foreign = append(foreign, e.Name())
			continue
		}
		there[n] = true
	}
	for n := 0; n <= len(p.Shards); n++ {
		if !there[n] {
			missing = append(missing, n)
		}
	}
	return missing, foreign, nil
}
