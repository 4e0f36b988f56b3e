package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"chartlift/extract"
	"chartlift/extract/formats"
)

// readCommand makes this program one that reads files and prints how many rows
// they have.
const readCommand = "read"

// readGC is by how many per cent the heap grows before it is collected, for
// every reader of this program: chartlift lets a small heap grow, too
// (cmd/pace.go), and at Go's own setting a third of a reader's time goes into
// collecting four megabytes again and again.
const readGC = 400

// readMain reads all FILES in one of the ways of readWays: read WAY FILES….
func readMain(args []string) error {
	if len(args) < 2 {
		return errors.New("read takes WAY FILES…")
	}
	debug.SetGCPercent(readGC)
	way := readWays()[args[0]]
	if way == nil {
		return fmt.Errorf("read %s: no such way", args[0])
	}
	var rows int64
	for _, path := range args[1:] {
		n, err := way(path)
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		rows += n
	}
	_, err := fmt.Println(rows)
	return err
}

// readWays are the ways in which this program itself reads a file, each as fast
// as it goes.
func readWays() map[string]func(path string) (int64, error) {
	return map[string]func(string) (int64, error){
		"ours": readOurs, "cells": readCells, "scan": readScan, "encoding/csv": readCSV(false), "encoding/csv-reuse": readCSV(true),
	}
}

// readOurs opens the file as chartlift does and looks at every value of every
// table.
func readOurs(path string) (rows int64, err error) {
	ctx := context.Background()
	src, err := extract.Open(ctx, formats.All(), path, extract.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	tables, err := src.Tables(ctx)
	if err != nil {
		return 0, err
	}
	size := 0
	for _, t := range tables {
		for batch, err := range src.Read(ctx, t.Table, nil) {
			if err != nil {
				return rows, err
			}
			for i := range batch.Records {
				rows++
				for j := range batch.Records[i].Values {
					size += len(batch.Records[i].Values[j].Text)
				}
			}
			if batch.Spent != nil {
				batch.Spent()
			}
		}
	}
	if size == 0 {
		return rows, errors.New("there is no text in it")
	}
	return rows, nil
}

// readCells opens the file as chartlift does and finds the cells of every
// record, as it does to cut a table for several processes: no value is made.
func readCells(path string) (rows int64, err error) {
	ctx := context.Background()
	src, err := extract.Open(ctx, formats.All(), path, extract.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	tables, err := src.Tables(ctx)
	if err != nil {
		return 0, err
	}
	cut, ok := src.(extract.Cutter)
	if !ok {
		return 0, errors.New("it is of a format that is read as a whole")
	}
	for _, t := range tables {
		parts, err := cut.Cut(ctx, t.Table, nil)
		if err != nil {
			return rows, err
		}
		for _, p := range parts {
			rows += p.Rows
		}
	}
	return rows, nil
}

// readScan only looks for line ends: no reader can be faster.
func readScan(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, buf := 0, make([]byte, chunkSize)
	for {
		got, err := f.Read(buf)
		n += bytes.Count(buf[:got], []byte{'\n'})
		switch {
		case errors.Is(err, io.EOF):
			return int64(n), nil
		case err != nil:
			return 0, err
		}
	}
}

// readCSV is the standard library's reader.
func readCSV(reuse bool) func(path string) (int64, error) {
	return func(path string) (int64, error) {
		f, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.ReuseRecord = reuse
		rows := int64(-1) // the header
		for ; ; rows++ {
			record, err := r.Read()
			switch {
			case errors.Is(err, io.EOF):
				return rows, nil
			case err != nil:
				return rows, err
			case strings.HasPrefix(record[0], "\x00"):
				return rows, errors.New("a value that is not there")
			}
		}
	}
}
