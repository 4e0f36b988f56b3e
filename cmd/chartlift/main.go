// Command chartlift moves legacy records into FHIR.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"chartlift/cmd"
	"chartlift/internal/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	code := cmd.Main(ctx, os.Args[1:], console.Standard())
	stop()
	os.Exit(code)
}
