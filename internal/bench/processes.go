package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes are numbers of processes; as a flag they have commas between them.
type processes []int

// String and Set make processes a flag.Value.
func (p *processes) String() string {
	var all []string
	for _, pid := range *p {
		all = append(all, strconv.Itoa(pid))
	}
	return strings.Join(all, ",")
}

func (p *processes) Set(text string) error {
	*p = nil
	for one := range strings.SplitSeq(text, ",") {
		pid, err := strconv.Atoi(one)
		if err != nil {
			return err
		}
		*p = append(*p, pid)
	}
	return nil
}

// spent is the processor time that the processes and their children have taken,
// 0 where it cannot be known. A database gives each connection a process of its
// own; those that ended count with their parent.
func (p processes) spent() time.Duration {
	var all time.Duration
	for _, pid := range p {
		all += ticks(filepath.Join("/proc", strconv.Itoa(pid), "stat"), 11, 15)
		for _, child := range childrenOf(pid) {
			all += ticks(filepath.Join("/proc", child, "stat"), 11, 13)
		}
	}
	return all
}

// childrenOf are the living children of a process, as Linux lists them by
// thread.
func childrenOf(pid int) []string {
	lists, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	var all []string
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err == nil {
			all = append(all, strings.Fields(string(text))...)
		}
	}
	return all
}

// ticks adds the fields of a stat file from one number up to another, counted
// from the state of the process: 11 and 12 are its time in its own code and in
// the kernel, 13 and 14 those of children that it has waited for.
func ticks(stat string, from, to int) time.Duration {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < to {
		return 0
	}
	var all int64
	for _, f := range fields[from:to] {
		n, _ := strconv.ParseInt(f, 10, 64)
		all += n
	}
	return time.Duration(all) * 10 * time.Millisecond // proc(5): ticks of a hundredth of a second on Linux
}
