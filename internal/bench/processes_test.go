package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestProcessorTimeIsThatOfAProcessAndItsChildren(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	var p processes
	if err := p.Set("12,34"); err != nil || p.String() != "12,34" || p[1] != 34 {
		t.Errorf("as a flag: %q, %v", p.String(), err)
	}
	if err := p.Set("1,x"); err == nil {
		t.Error("a process named x was taken")
	}
	shell := exec.Command("sh", "-c", "sh -c 'while :; do :; done' & sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; cat") // one child ended, one at work
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, child := range childrenOf(shell.Process.Pid) {
			_ = exec.Command("kill", child).Run()
		}
		_ = in.Close()
		_ = shell.Wait()
	})
	p = processes{shell.Process.Pid}
	for deadline := time.Now().Add(time.Minute); p.spent() < 200*time.Millisecond; {
		if time.Now().After(deadline) {
			t.Fatalf("a child that never rests took %s in a minute", p.spent())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := (processes{1 << 30}).spent(); got != 0 {
		t.Errorf("a process that is not there took %s", got)
	}
}
