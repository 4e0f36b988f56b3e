package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
)

// insideCommand makes this program one that does a part of a run, without the
// rest: inside WAY DATA OUT.
const insideCommand = "inside"

// insided is what a part of a run says of itself.
type insided struct {
	Rows    int64 `json:"rows"`
	Mallocs int64 `json:"mallocs"`
}

// insideWays are the parts of a run that can be done alone.
func insideWays() map[string]func(data, out string) (rows int64, err error) {
	return map[string]func(string, string) (int64, error){
		"mapping":     mapAlone,
		"handwritten": mapByHand,
		"run": func(data, out string) (int64, error) {
			return runInside(data, out, running{files: true, recorded: true})
		},
		"unrecorded": func(data, out string) (int64, error) { return runInside(data, out, running{files: true}) },
		"nowhere":    func(data, out string) (int64, error) { return runInside(data, out, running{recorded: true}) },
		"lineage":    recordAlone,
	}
}

// insideMain does one of them and prints an insided.
func insideMain(args []string) error {
	if len(args) != 3 || insideWays()[args[0]] == nil {
		return errors.New("inside takes WAY DATA OUT")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, err := insideWays()[args[0]](args[1], args[2])
	if err != nil {
		return fmt.Errorf("inside %s: %w", args[0], err)
	}
	runtime.ReadMemStats(&after)
	return json.NewEncoder(os.Stdout).Encode(insided{rows, int64(after.Mallocs - before.Mallocs)})
}

// inside is a contender that does a part of a run.
func (a *arena) inside(name, way, how string, env ...string) *contender {
	return &contender{name: name, how: how, env: env, args: func(data, out string) []string { return []string{a.self, insideCommand, way, data, out} }}
}

// benchProgram compiles the bench's mapping.
func benchProgram() (*mappings.Program, error) {
	prog, findings := mappings.Compile(benchFolder, "bench.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		return nil, fmt.Errorf("compile mapping: %v", findings)
	}
	return prog, nil
}

// opened is a table of the data.
type opened struct {
	extract.Source
	schema *extract.Schema
}

// openTable opens a table of the data as chartlift does.
func openTable(ctx context.Context, data, table string) (*opened, error) {
	src, err := extract.Open(ctx, formats.All(), filepath.Join(data, table+".csv"), extract.Options{})
	if err != nil {
		return nil, err
	}
	schemas, err := src.Tables(ctx)
	if err == nil && len(schemas) != 1 {
		err = fmt.Errorf("%s has %d tables", table, len(schemas))
	}
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return &opened{src, schemas[0]}, nil
}

// lineMaker makes lines of some rows of one table and appends them.
type lineMaker func(to []byte, records []extract.Record) ([]byte, error)

// eachTable reads the tables one after another with chartlift's reader, has
// lines made of their rows in this goroutine, and writes them as it goes: what
// all that convert have in common, so that they differ in the conversion alone.
func eachTable(data, out string, maker func(src *opened) (lineMaker, error)) (rows int64, err error) {
	for i, table := range tableNames {
		n, err := oneTable(data, table, filepath.Join(out, resourceNames[i]+".ndjson"), maker)
		if rows += n; err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func oneTable(data, table, to string, maker func(src *opened) (lineMaker, error)) (rows int64, err error) {
	ctx := context.Background()
	src, err := openTable(ctx, data, table)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(out, chunkSize)
	defer func() { err = errors.Join(err, w.Flush(), out.Close()) }()
	lines, err := maker(src)
	if err != nil {
		return 0, err
	}
	return writeLines(ctx, src, w, lines)
}

func writeLines(ctx context.Context, src *opened, w io.Writer, lines lineMaker) (rows int64, err error) {
	var buf []byte
	for batch, err := range src.Read(ctx, src.schema.Table, nil) {
		if err != nil {
			return rows, err
		}
		if buf, err = lines(buf[:0], batch.Records); err != nil {
			return rows, err
		}
		rows += int64(len(batch.Records))
		if _, err := w.Write(buf); err != nil {
			return rows, err
		}
		if batch.Spent != nil {
			batch.Spent()
		}
	}
	return rows, nil
}

// mapAlone converts by the compiled mapping: no validation, no lineage, no
// findings.
func mapAlone(data, out string) (int64, error) {
	prog, err := benchProgram()
	if err != nil {
		return 0, err
	}
	engine := transform.New(prog, nil)
	return eachTable(data, out, func(src *opened) (lineMaker, error) {
		var of *mappings.Source
		for _, s := range prog.Sources {
			if s.Name == src.schema.Table {
				of = s
			}
		}
		binding, err := engine.Bind(of, src.schema)
		if err != nil {
			return nil, err
		}
		var trouble error
		w := binding.Worker(transform.Hooks{Report: func(i issue.Issue) { trouble = errors.Join(trouble, errors.New(i.Code)) }})
		return func(to []byte, records []extract.Record) ([]byte, error) {
			w.Ahead(records)
			for i := range records {
				for _, b := range w.Row(&records[i]).Built {
					engine.Accept(b.Map, b.Resource.ID)
					to = append(append(to, b.Resource.JSON...), '\n')
					b.Piece.Done(1)
				}
			}
			return to, trouble
		}, nil
	})
}

// mapByHand converts by hand-written code.
func mapByHand(data, out string) (int64, error) {
	h := newHandwritten()
	return eachTable(data, out, func(src *opened) (lineMaker, error) {
		line, err := h.table(src.schema)
		if err != nil {
			return nil, err
		}
		return func(to []byte, records []extract.Record) ([]byte, error) {
			h.out = to
			for i := range records {
				if err := line(&records[i]); err != nil {
					return nil, err
				}
			}
			return h.out, nil
		}, nil
	})
}
