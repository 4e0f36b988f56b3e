package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// boot makes this process a worker where an engine started it as one, at
// provision: engines start the boot program of a container, which asks there
// for the addresses of the task manager that wants it (Beam Fn API,
// ProvisionService), fetches a worker, and starts it. Ours has nothing to
// fetch, and is the worker. What it is told are flags of Beam's own.
func boot(ctx context.Context, id, provision string) error {
	if provision == "" {
		return nil
	}
	info, err := tools.ProvisionInfo(grpcx.WriteWorkerID(ctx, id), provision)
	if err != nil {
		return fmt.Errorf("ask %s what worker %s is to do: %w", provision, id, err)
	}
	told := map[string]string{"worker": "true"}
	if at := info.GetLoggingEndpoint().GetUrl(); at != "" {
		told["logging_endpoint"] = at
	}
	if at := info.GetControlEndpoint().GetUrl(); at != "" {
		told["control_endpoint"] = at
	}
	for name, value := range told {
		if err := flag.Set(name, value); err != nil {
			return fmt.Errorf("set --%s: %w", name, err)
		}
	}
	return errors.Join(
		os.Setenv("RUNNER_CAPABILITIES", strings.Join(info.GetRunnerCapabilities(), " ")),
		os.Setenv("STATUS_ENDPOINT", info.GetStatusEndpoint().GetUrl()),
	)
}

// workers says which program the task managers of a cluster start as their
// workers, unless a flag says so: this one, by its path. done removes the file
// that Beam wants to hand to workers, as it does a program that they do not
// have.
func workers(runner string) (done func(), err error) {
	done = func() {}
	if runner == "prism" || *jobopts.EnvironmentType != "" {
		return done, nil
	}
	self, err := os.Executable()
	if err != nil {
		return done, fmt.Errorf("find this program: %w", err)
	}
	config, err := json.Marshal(map[string]string{"command": self})
	if err != nil {
		return done, fmt.Errorf("describe worker: %w", err)
	}
	*jobopts.EnvironmentType, *jobopts.EnvironmentConfig = "PROCESS", string(config)
	if *jobopts.WorkerBinary != "" {
		return done, nil
	}
	f, err := os.CreateTemp("", "chartlift-beam-*")
	if err != nil {
		return done, fmt.Errorf("describe worker: %w", err)
	}
	*jobopts.WorkerBinary = f.Name()
	_, err = f.WriteString(self + "\n")
	return func() { _ = os.Remove(f.Name()) }, errors.Join(err, f.Close())
}
