package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// provisioner is a task manager as far as a worker asks it what to do.
type provisioner struct {
	fnpb.UnimplementedProvisionServiceServer
	asked string // by which worker
}

func (p *provisioner) GetProvisionInfo(ctx context.Context, _ *fnpb.GetProvisionInfoRequest) (*fnpb.GetProvisionInfoResponse, error) {
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		p.asked = strings.Join(md.Get("worker_id"), ",")
	}
	at := func(url string) *pipepb.ApiServiceDescriptor { return &pipepb.ApiServiceDescriptor{Url: url} }
	return &fnpb.GetProvisionInfoResponse{Info: &fnpb.ProvisionInfo{
		LoggingEndpoint: at("localhost:1"), ControlEndpoint: at("localhost:2"), StatusEndpoint: at("localhost:3"), RunnerCapabilities: []string{"a", "b"},
	}}, nil
}

// keepFlags puts flags back when the test is over: Beam's are global.
func keepFlags(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		before := flag.Lookup(name).Value.String()
		t.Cleanup(func() {
			if err := flag.Set(name, before); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAProcessThatATaskManagerStartsIsItsWorker(t *testing.T) {
	keepFlags(t, "worker", "logging_endpoint", "control_endpoint")
	t.Setenv("RUNNER_CAPABILITIES", "")
	t.Setenv("STATUS_ENDPOINT", "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, asked := grpc.NewServer(), &provisioner{}
	fnpb.RegisterProvisionServiceServer(server, asked)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	if err := boot(context.Background(), "2-1", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(asked.asked, flag.Lookup("worker").Value, flag.Lookup("logging_endpoint").Value, flag.Lookup("control_endpoint").Value, os.Getenv("STATUS_ENDPOINT"), os.Getenv("RUNNER_CAPABILITIES"))
	if want := "2-1 true localhost:1 localhost:2 localhost:3 a b\n"; got != want {
		t.Errorf("got %s, not %s", got, want)
	}
}

func TestAProcessThatAUserStartsIsNoWorker(t *testing.T) {
	if err := boot(context.Background(), "", ""); err != nil || flag.Lookup("worker").Value.String() != "false" {
		t.Errorf("%v, worker %s", err, flag.Lookup("worker").Value)
	}
}

func TestAClusterStartsThisProgramAsItsWorker(t *testing.T) {
	keepFlags(t, "environment_type", "environment_config", "worker_binary")
	*jobopts.EnvironmentType = "" // the tests run in this process
	done, err := workers("flink")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if *jobopts.EnvironmentType != "PROCESS" || *jobopts.EnvironmentConfig != fmt.Sprintf(`{"command":%q}`, self) {
		t.Errorf("%s %s", *jobopts.EnvironmentType, *jobopts.EnvironmentConfig)
	}
	// Beam hands a file to all workers, and compiles a program of its own where
	// none is named.
	staged := *jobopts.WorkerBinary
	if stat, err := os.Stat(staged); err != nil || stat.Size() > 4096 {
		t.Errorf("%v, %v", stat, err)
	}
	done()
	if _, err := os.Stat(staged); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", staged, err)
	}
}

func TestWhatTheUserSaysOfWorkersStays(t *testing.T) {
	keepFlags(t, "environment_type", "environment_config", "worker_binary")
	*jobopts.EnvironmentType, *jobopts.EnvironmentConfig = "EXTERNAL", "localhost:50000"
	for _, runner := range []string{"flink", "prism"} {
		if _, err := workers(runner); err != nil || *jobopts.EnvironmentType != "EXTERNAL" || *jobopts.EnvironmentConfig != "localhost:50000" || *jobopts.WorkerBinary != "" {
			t.Errorf("%s: %v, %s %s", runner, err, *jobopts.EnvironmentType, *jobopts.EnvironmentConfig)
		}
	}
}

// An engine that lost a machine begins again; what was done meanwhile is not
// done once more.
func TestAShardThatWasDoneIsNotConvertedAgain(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "chartlift")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\n[ $2 = left ] && { echo 3; exit; }\necho \"$6\" >>"+dir+"/converted\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := shardFn{Plan: dir, Tool: fake, Attempts: 1}
	for _, shard := range []int{2, 3} {
		if err := f.ProcessElement(context.Background(), shard); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "converted")); err != nil || string(got) != "3\n" {
		t.Errorf("converted %q, %v", got, err)
	}
}
