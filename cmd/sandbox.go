package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/load"
	"chartlift/load/sandbox"
)

func newSandbox(s *settings) *cobra.Command {
	var addr, path, as, faults string
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the embedded FHIR server on loopback, to look at a load or to rehearse one",
		Long: `Serves the FHIR R4 server that chartlift run loads into when no other target is named.
It is kept in the project folder and listens on this machine only. The faults rehearse what real servers do.`,
		Example: "  chartlift sandbox --addr 127.0.0.1:8080\n  chartlift sandbox --as epic --faults 429=5%,503=2%,slow=200ms,cut=1%,stale-token",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			profile, err := sandboxProfile(as)
			if err != nil {
				return err
			}
			f, err := sandbox.ParseFaults(faults)
			if err != nil {
				return &flagError{err}
			}
			return serveSandbox(c.Context(), s, addr, path, sandbox.Options{Faults: f, As: profile})
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "loopback address to listen on; port 0 takes a free one")
	c.Flags().StringVar(&path, "db", "", "database file (default: sandbox.db in the project folder)")
	c.Flags().StringVar(&as, "as", "", "behave as the public capability statement of a server says: "+strings.Join(profileNames(), ", ")+" (docs/targets.md)")
	c.Flags().StringVar(&faults, "faults", "", "what goes wrong: 429=5%,503=2%,drop=1%,cut=1%,slow=200ms,stale-token,max-entries=50,max-bytes=100000")
	return c
}

// sandboxProfile is the profile of the name, of the sandbox itself where there
// is none.
func sandboxProfile(name string) (sandbox.Profile, error) {
	if name == "" {
		return sandbox.Profile{}, nil
	}
	p, ok := sandbox.FindProfile(name)
	if name == "athenahealth" {
		return p, usage("--as athenahealth: no public capability statement of it is at hand, and none is invented; see docs/targets.md")
	}
	if !ok {
		return p, usage("--as %s is not known; use %s", name, oneOf(profileNames()))
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
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !load.Loopback(host) {
		return usage("--addr %s: the sandbox listens on this machine only; write 127.0.0.1:8080, or 127.0.0.1:0 for a free port", addr)
	}
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
	if err := s.printServed(served{base, strings.TrimSuffix(base, "fhir"), path}); err != nil {
		return err
	}
	s.message("the sandbox serves %s; what arrived is shown at %s; press Ctrl-C to stop", path, strings.TrimSuffix(base, "fhir"))
	<-ctx.Done()
	return nil
}

// served is the sandbox as --json tells it.
type served struct {
	Base string `json:"base"` // of the FHIR server
	Page string `json:"page"` // what arrived
	Path string `json:"path"` // of the file that keeps it
}

// printServed tells programs where the server is, before the first request is
// answered.
func (s *settings) printServed(v served) error {
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(v)
	}
	_, err := fmt.Fprintln(s.streams.Out, v.Base)
	return err
}
