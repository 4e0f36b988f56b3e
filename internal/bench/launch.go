//go:build ignore

// Runs a program and writes what it took to the file of descriptor 3, as a line
// of JSON: launch PROGRAM ARGS….
//
// A process counts the memory of the one that started it as its own peak
// (vfork(2), getrusage(2)), so that this one must be smaller than whatever is
// measured: it imports little, and is a program of its own.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	c := exec.Command(os.Args[1], os.Args[2:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	started := time.Now()
	err := c.Start()
	if err == nil {
		go func() {
			c.Process.Signal(<-interrupted)
		}()
		err = c.Wait()
	}
	wall := time.Since(started)
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		os.Exit(max(1, failed.ExitCode()))
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(127)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	fmt.Fprintf(os.NewFile(3, "cost"), `{"Wall":%d,"CPU":%d,"System":%d,"RSS":%d}`+"\n",
		wall, c.ProcessState.UserTime()+c.ProcessState.SystemTime(), c.ProcessState.SystemTime(), usage.Maxrss)
}
