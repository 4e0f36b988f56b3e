package cmd

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"chartlift/load/httppost"
	"chartlift/load/mllp"
)

// engineFlags declares the flags of interface engines.
func (o *targetOptions) engineFlags(f *pflag.FlagSet) {
	f.StringVar(&o.sender, "hl7-sender", "", "HL7 v2: who we are, APPLICATION or APPLICATION/FACILITY (MSH-3, MSH-4)")
	f.StringVar(&o.receiver, "hl7-receiver", "", "HL7 v2: who the receiver is, in the same form (MSH-5, MSH-6)")
	f.StringVar(&o.outlet, "outlet", "fhir", "what stands at an http address: fhir (a FHIR server), or http (the listener of an interface engine, which is posted bundles), or hl7 (one that is posted HL7 v2 messages)")
	f.StringVar(&o.headerFile, "header-file", "", "with --outlet http and hl7: file of headers for every request, NAME: VALUE, one a line")
}

// engineTarget opens an interface engine that listens to HL7 v2, by MLLP or
// HTTP.
func engineTarget(ctx context.Context, dir string, o targetOptions) (*target, error) {
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	header, err := o.header()
	if err != nil {
		return nil, err
	}
	options := mllp.Options{
		Address: o.to, TLS: transport.TLSClientConfig, HTTP: transport, Header: header, Insecure: o.insecure, GiveUpAfter: o.giveUpAfter,
		People: filepath.Join(dir, "targets", addressKey(o.to)+".people"),
	}
	options.Names.Sender, options.Names.SenderFacility, _ = strings.Cut(o.sender, "/")
	options.Names.Receiver, options.Names.ReceiverFacility, _ = strings.Cut(o.receiver, "/")
	sink, err := mllp.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	// One message is under way at a time: more senders would only wait.
	return &target{sink: sink, engine: sink, key: serverKey(sink.Target()), name: sink.Target(), senders: 1}, nil
}

// header reads the file of headers, where there is one.
func (o targetOptions) header() (http.Header, error) {
	if o.headerFile == "" {
		return nil, nil
	}
	text, err := readSecret("header", o.headerFile)
	if err != nil {
		return nil, err
	}
	h, err := httppost.ParseHeader(text)
	if err != nil {
		return nil, usage("--header-file %s: %w", o.headerFile, err)
	}
	return h, nil
}

// listenerTarget opens the HTTP listener of an interface engine.
func listenerTarget(o targetOptions) (*target, error) {
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	header, err := o.header()
	if err != nil {
		return nil, err
	}
	options := httppost.Options{Address: o.to, Header: header, Insecure: o.insecure, HTTP: transport, GiveUpAfter: o.giveUpAfter}
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
	case !slices.Contains([]string{"", "fhir", "http", "hl7"}, o.outlet):
		return usage("--outlet %s is not known; use fhir, http or hl7", o.outlet)
	case o.listens() && !web:
		return usage("--outlet %s needs --to https://HOST/PATH", o.outlet)
	case o.headerFile != "" && !o.listens():
		return usage("--header-file is for --outlet http and hl7")
	}
	return nil
}

// listens reports whether the listener of an interface engine stands at an http
// address.
func (o targetOptions) listens() bool { return o.outlet == "http" || o.outlet == "hl7" }

// uncarriedLine says what the resources had and no message could tell, "" where
// that is nothing.
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
	return "not told      elements that HL7 v2 messages have no place for, and how often they were there: " + strings.Join(parts, ", ")
}
