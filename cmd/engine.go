package cmd

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"chartlift/load/httppost"
	"chartlift/load/mllp"
)

// engineFlags declares the flags of interface engines.
func (o *targetOptions) engineFlags(f *pflag.FlagSet) {
	f.StringVar(&o.sender, "hl7-sender", "", "mllp: who we are, APPLICATION or APPLICATION/FACILITY (MSH-3, MSH-4)")
	f.StringVar(&o.receiver, "hl7-receiver", "", "mllp: who the receiver is, in the same form (MSH-5, MSH-6)")
	f.StringVar(&o.outlet, "outlet", "fhir", "what stands at an http address: fhir (a FHIR server), or http (the listener of an interface engine, which is posted bundles)")
	f.StringVar(&o.headerFile, "header-file", "", "with --outlet http: file of headers for every request, NAME: VALUE, one a line")
}

// engineTarget opens an interface engine that listens to HL7 v2 by MLLP.
func engineTarget(ctx context.Context, dir string, o targetOptions) (*target, error) {
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	options := mllp.Options{
		Address: o.to, TLS: transport.TLSClientConfig, Insecure: o.insecure, GiveUpAfter: o.giveUpAfter,
		People: filepath.Join(dir, "targets", addressKey(o.to)+".people"),
	}
	options.Names.Sender, options.Names.SenderFacility, _ = strings.Cut(o.sender, "/")
	options.Names.Receiver, options.Names.ReceiverFacility, _ = strings.Cut(o.receiver, "/")
	sink, err := mllp.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	// One message is under way at a time: more senders would only wait.
	return &target{sink: sink, engine: sink, key: serverKey(o.to), name: o.to, senders: 1}, nil
}

// listenerTarget opens the HTTP listener of an interface engine.
func listenerTarget(o targetOptions) (*target, error) {
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	options := httppost.Options{Address: o.to, Insecure: o.insecure, HTTP: transport, GiveUpAfter: o.giveUpAfter}
	if o.headerFile != "" {
		text, err := readSecret("header", o.headerFile)
		if err != nil {
			return nil, err
		}
		if options.Header, err = httppost.ParseHeader(text); err != nil {
			return nil, usage("--header-file %s: %w", o.headerFile, err)
		}
	}
	sink, err := httppost.Open(options)
	if err != nil {
		return nil, err
	}
	return &target{sink: sink, key: serverKey(sink.Target()), name: sink.Target(), senders: 1, posts: true}, nil
}

// checkOutlet refuses flags that do not go together.
func (o targetOptions) checkOutlet() error {
	web := strings.HasPrefix(o.to, "http://") || strings.HasPrefix(o.to, "https://")
	switch {
	case o.outlet != "" && o.outlet != "fhir" && o.outlet != "http":
		return usage("--outlet %s is not known; use fhir or http", o.outlet)
	case o.outlet == "http" && !web:
		return usage("--outlet http needs --to https://HOST/PATH")
	case o.headerFile != "" && o.outlet != "http":
		return usage("--header-file is for --outlet http")
	}
	return nil
}

// uncarriedLine says what the resources had and no message could tell, "" where that is nothing.
func (t *target) uncarriedLine() string {
	if t.engine == nil {
		return ""
	}
	left := t.engine.Uncarried()
	if len(left) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(left)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, left[name]))
	}
	return "not told     elements that HL7 v2 messages have no place for, and how often they were there: " + strings.Join(parts, ", ")
}
