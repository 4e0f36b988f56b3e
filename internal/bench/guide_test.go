package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// stringsOf returns the strings of a packed profile.
func stringsOf(t *testing.T, packed []byte) (all []string) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	in, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for len(in) > 0 {
		number, kind, tag := protowire.ConsumeTag(in)
		n := protowire.ConsumeFieldValue(number, kind, in[max(0, tag):])
		if tag < 0 || n < 0 {
			t.Fatalf("no field at the last %d bytes", len(in))
		}
		if number == stringTable {
			text, _ := protowire.ConsumeString(in[tag:])
			all = append(all, text)
		}
		in = in[tag+n:]
	}
	return all
}

func TestAGuideLosesItsPathsAndNothingElse(t *testing.T) {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 0); err != nil {
		t.Fatal(err)
	}
	before := stringsOf(t, profile.Bytes())
	public, err := withoutPaths(profile.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(before)
	paths := 0
	for i, text := range want {
		if filepath.IsAbs(text) {
			want[i] = ""
			paths++
		}
	}
	if after := stringsOf(t, public); paths == 0 || !slices.Equal(after, want) {
		t.Errorf("%d paths; of %d strings %d are left", paths, len(before), len(after))
	}
}

func TestOfAGuideThatIsCutNothingIsKept(t *testing.T) {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := withoutPaths(profile.Bytes()[:profile.Len()-9]); err == nil {
		t.Error("no error")
	}
}

// The compiler refuses a guide that is not whole, and one that names nothing of
// ours makes nothing faster.
func TestTheCommittedGuideIsOneOfThisProgram(t *testing.T) {
	packed, err := os.ReadFile(filepath.Join("..", "..", "cmd", "chartlift", "default.pgo"))
	if err != nil {
		t.Fatal(err)
	}
	all := stringsOf(t, packed)
	if slices.ContainsFunc(all, filepath.IsAbs) {
		t.Error("it holds the path of a machine")
	}
	for _, room := range []string{"transform", "validate", "extract/csvfile", "reports", "transform/dedupe", "load/ndjson"} {
		if !slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "chartlift/"+room) }) {
			t.Errorf("it names nothing of %s", room)
		}
	}
}
