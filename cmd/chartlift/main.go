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
	code := cmd.Main(ctx, os.Args[1:], console.Standard())
	stop()
	os.Exit(code)
}
