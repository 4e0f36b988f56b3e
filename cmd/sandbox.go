package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/load/sandbox"
)

func newSandbox(s *settings) *cobra.Command {
	var addr, path, as string
	var f sandbox.Faults
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the embedded FHIR server on loopback, to look at a load or to rehearse one",
		Long: `Serves the FHIR R4 server that chartlift run loads into when no other target is named.
It is kept in the project folder and listens on this machine only. The faults rehearse what real servers do.`,
		Example: "  chartlift sandbox --addr 127.0.0.1:8080",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			profile, err := sandboxProfile(as)
			if err != nil {
				return err
			}
			return serveSandbox(c.Context(), s, addr, path, sandbox.Options{Faults: f, As: profile})
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "loopback address to listen on; port 0 takes a free one")
	c.Flags().StringVar(&path, "db", "", "database file (default: sandbox.db in the project folder)")
	c.Flags().StringVar(&as, "as", "", "behave as the public capability statement of a server says: "+strings.Join(profileNames(), ", ")+" (docs/targets.md)")
	c.Flags().IntVar(&f.RateLimit429Every, "fault-429-every", 0, "answer every n-th request with 429 and Retry-After")
	c.Flags().IntVar(&f.Fail503Every, "fault-503-every", 0, "answer every n-th request with 503")
	c.Flags().IntVar(&f.DropAnswerEvery, "fault-drop-every", 0, "do the work of every n-th request, then cut the connection")
	c.Flags().DurationVar(&f.Latency, "fault-latency", 0, "wait before each answer")
	c.Flags().IntVar(&f.MaxEntries, "fault-max-entries", 0, "refuse larger bundles with 413")
	return c
}

// sandboxProfile is the profile of the name, of the sandbox itself where there is none.
func sandboxProfile(name string) (sandbox.Profile, error) {
	if name == "" {
		return sandbox.Profile{}, nil
	}
	p, ok := sandbox.FindProfile(name)
	if name == "athenahealth" {
		return p, usage("--as athenahealth: no public capability statement of it is at hand, and none is invented; see docs/targets.md")
	}
	if !ok {
		return p, usage("--as %s is not known; use one of %s", name, strings.Join(profileNames(), ", "))
	}
	return p, nil
}

func profileNames() []string {
	var names []string
	for _, p := range sandbox.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

func serveSandbox(ctx context.Context, s *settings, addr, path string, o sandbox.Options) (err error) {
	if path == "" {
		dir, err := s.folder()
		if err != nil {
			return err
		}
		path = filepath.Join(dir, "sandbox.db")
	}
	server, err := startSandbox(path, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	base, err := server.Start(addr)
	if err != nil {
		return fmt.Errorf("%w; --addr 127.0.0.1:0 takes a free port", err)
	}
	fmt.Fprintln(s.streams.Out, base)
	s.message("the sandbox serves %s; press Ctrl-C to stop", path)
	<-ctx.Done()
	return nil
}
