package ndjson_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/handover"
	"chartlift/load/loadtest"
	"chartlift/load/ndjson"
)

// many returns bundles of n resources whose texts are hardly repeated.
func many(n int) (bundles []*load.Bundle, lines string) {
	var all strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		json := fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","active":true,"name":[{"family":"%x"}]}`, i, r.Uint64())
		all.WriteString(json + "\n")
		bundles = append(bundles, &load.Bundle{Seq: int64(i + 1), Entries: []load.Entry{{Resource: fhir.Resource{Type: "Patient", ID: fmt.Sprint("p", i), JSON: []byte(json)}}}})
	}
	return bundles, all.String()
}

// writeAll writes the bundles into dir and returns what Output says.
func writeAll(t *testing.T, dir string, o ndjson.Options, bundles []*load.Bundle) load.Output {
	t.Helper()
	sink, err := ndjson.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bundles {
		if _, err := sink.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(sink.Commit(), sink.Close()); err != nil {
		t.Fatal(err)
	}
	return sink.Output()
}

func TestPackedFilesHoldTheSameLinesAndAreTheSameBytesEachTime(t *testing.T) {
	t.Parallel()
	bundles, lines := many(5000)
	for _, c := range []struct {
		compress ndjson.Compression
		name     string
	}{{ndjson.Gzip, "Patient.ndjson.gz"}, {ndjson.Zstd, "Patient.ndjson.zst"}, {ndjson.Plain, "Patient.ndjson"}} {
		one, two := t.TempDir(), t.TempDir()
		out := writeAll(t, one, ndjson.Options{Compress: c.compress}, bundles)
		if again := writeAll(t, two, ndjson.Options{Compress: c.compress}, bundles); again != out || out.Resources != 5000 {
			t.Errorf("%s: %+v, then %+v", c.name, out, again)
		}
		packed, err := os.ReadFile(filepath.Join(one, c.name))
		if err != nil {
			t.Fatal(err)
		}
		in, was, err := handover.Unpack(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil || string(plain) != lines || was != (c.compress != ndjson.Plain) {
			t.Errorf("%s: %d bytes of %d, packed %v, %v", c.name, len(plain), len(lines), was, err)
		}
		if was && len(packed) > len(lines)/2 {
			t.Errorf("%s has %d bytes of %d", c.name, len(packed), len(lines))
		}
		manifest, err := os.ReadFile(filepath.Join(one, ".chartlift-manifest.json"))
		sum := sha256.Sum256(packed)
		if err != nil || !strings.Contains(string(manifest), hex.EncodeToString(sum[:])) || !strings.Contains(string(manifest), `"`+c.name+`"`) {
			t.Errorf("the manifest does not vouch for %s: %s %v", c.name, manifest, err)
		}
	}
}

func TestAnotherCompressionTakesThePlaceOfTheFilesBefore(t *testing.T) {
	t.Parallel()
	bundles, _ := many(3)
	dir := t.TempDir()
	for _, c := range []ndjson.Compression{ndjson.Plain, ndjson.Gzip, ndjson.Zstd, ndjson.Plain} {
		writeAll(t, dir, ndjson.Options{Compress: c}, bundles)
		found, err := filepath.Glob(filepath.Join(dir, "P*"))
		if err != nil || len(found) != 1 {
			t.Errorf("after %q there are %q, %v", c, found, err)
		}
	}
	foreign := filepath.Join(dir, "Patient.ndjson.gz")
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	sink, err := ndjson.Open(dir, ndjson.Options{Compress: ndjson.Gzip})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	if _, err := sink.Send(t.Context(), bundles[0]); !errors.Is(err, ndjson.ErrForeign) {
		t.Errorf("somebody else's packed file is written over: %v", err)
	}
}

func TestACompressionThatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []ndjson.Options{{Compress: "lzma"}, {Compress: ndjson.Gzip, Format: ndjson.Bundles}} {
		if _, err := ndjson.Open(t.TempDir(), o); !errors.Is(err, ndjson.ErrCompression) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// What is larger than a buffer, and what fills several, is summed beside the
// writing: the sum is that of all bytes, in their order.
func TestFilesOfManyBuffersAreSummedInTheirOrder(t *testing.T) {
	t.Parallel()
	const buffer = 128 << 10
	for _, sizes := range [][]int{{1}, {buffer / 2, buffer}, {buffer, buffer, 1}, {5*buffer + 7}, {3, 9 * buffer, buffer - 1, 2}} {
		dir, want := t.TempDir(), sha256.New()
		sink := open(t, dir, ndjson.Options{})
		for i, n := range sizes {
			e := loadtest.Patient(fmt.Sprint("p", i))
			e.Resource.JSON = fmt.Appendf(nil, `{"resourceType":"Patient","id":"p%d","text":"%s"}`, i, strings.Repeat(string(rune('a'+i)), n))
			fmt.Fprintf(want, "%s\n", e.Resource.JSON)
			send(t, sink, int64(i+1), e)
		}
		if err := errors.Join(sink.Commit(), sink.Close()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "Patient.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := os.ReadFile(filepath.Join(dir, ".chartlift-manifest.json"))
		if got := sha256.Sum256(text); err != nil || !bytes.Equal(got[:], want.Sum(nil)) || !strings.Contains(string(manifest), hex.EncodeToString(got[:])) {
			t.Errorf("%v: %d bytes, %v\n%s", sizes, len(text), err, manifest)
		}
	}
}

func TestADiskThatIsFullBeforeTheFileEndsStopsTheBundle(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	sink := open(t, t.TempDir(), ndjson.Options{}.WithCreate(func(string) (*os.File, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }))
	e := loadtest.Patient("p")
	e.Resource.JSON = fmt.Appendf(nil, `{"resourceType":"Patient","id":"p","text":"%s"}`, strings.Repeat("x", 1<<20))
	if _, err := sink.Send(t.Context(), &load.Bundle{Seq: 1, Entries: []load.Entry{e}}); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "bundle 1") {
		t.Error(err)
	}
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
}
