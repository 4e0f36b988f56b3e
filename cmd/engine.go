package cmd

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"chartlift/load/mllp"
)

// engineFlags declares the flags of interface engines.
func (o *targetOptions) engineFlags(f *pflag.FlagSet) {
	f.StringVar(&o.sender, "hl7-sender", "", "mllp: who we are, APPLICATION or APPLICATION/FACILITY (MSH-3, MSH-4)")
	f.StringVar(&o.receiver, "hl7-receiver", "", "mllp: who the receiver is, in the same form (MSH-5, MSH-6)")
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
