package extract_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
)

// packed returns the same files as each kind of archive, by ending.
func packed(t *testing.T, files ...string) map[string][]byte {
	t.Helper()
	plain := tarred(t, files...)
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	gz := gzipped(t, string(plain))
	return map[string][]byte{".tar": plain, ".tar.gz": gz, ".tgz": gz, ".tar.zst": zstandard(t, string(plain), 1<<20), ".zip": z.Bytes()}
}

// contents reads what a path stands for as a stream, and once more from the
// middle.
func contents(t *testing.T, path string, archives *extract.Archives) (string, error) {
	t.Helper()
	var content []byte
	f := extract.Format{
		Name: "bytes", Sniff: func(string, []byte) bool { return true },
		Open: func(_ context.Context, in *extract.Input, _ extract.Options) (extract.Source, error) {
			r, err := in.Open()
			if err != nil {
				return nil, err
			}
			content, err = io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil {
				return nil, err
			}
			if r, err = in.OpenAt(int64(len(content) / 2)); err != nil {
				return nil, err
			}
			half, err := io.ReadAll(r)
			if string(half) != string(content[len(content)/2:]) {
				t.Errorf("%s: other bytes from the middle: %q", path, half)
			}
			return opened{in}, errors.Join(err, r.Close())
		},
	}
	src, err := extract.Open(t.Context(), []extract.Format{f}, path, extract.Options{Archives: archives})
	if err == nil {
		err = src.Close()
	}
	return string(content), err
}

func TestAnArchiveIsLookedThroughOnceHoweverOftenItsMembersAreOpened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long folder/", 20) + "p.csv" // in a header of its own
	files := []string{"p.csv", "id\n1\n", long, strings.Repeat("2\n", 300_000), "v.csv.gz", string(gzipped(t, "id\n3\n")), "q/p.csv", "id\n4\n"}
	want := map[string]string{"p.csv": files[1], long: files[3], "v.csv.gz": "id\n3\n", "q/p.csv": "id\n4\n"}
	for ending, content := range packed(t, files...) {
		dir, temp := t.TempDir(), t.TempDir()
		archives := extract.NewArchives(temp)
		archive := write(t, filepath.Join(dir, "a"+ending), content)
		paths, err := extract.Expand(t.Context(), dir, archives)
		if err != nil || len(paths) != len(want) {
			t.Fatalf("%s: %v, %v", ending, paths, err)
		}
		spoilDirectory(t, archive, ending)
		for range 3 {
			for _, path := range paths {
				got, err := contents(t, path, archives)
				if member := strings.TrimPrefix(path, filepath.ToSlash(archive)+"!"); err != nil || got != want[member] {
					t.Errorf("%s: %d bytes, want %d, %v", path, len(got), len(want[member]), err)
				}
			}
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%s: others can see %v, %v", ending, left, err)
		}
		if err := errors.Join(archives.Close(), archives.Close()); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v, %v", ending, left, err)
		}
	}
}

// spoilDirectory makes zeros of all that a second look through an archive would
// have to read before it found a member, and lets it seem unchanged.
func spoilDirectory(t *testing.T, path, ending string) {
	t.Helper()
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch ending {
	case ".zip":
		clear(content[bytes.Index(content, []byte("PK\x01\x02")):])
	case ".tar":
		clear(content[:512])
	default:
		clear(content)
	}
	write(t, path, content)
	if err := os.Chtimes(path, stat.ModTime(), stat.ModTime()); err != nil {
		t.Fatal(err)
	}
}

func TestAnArchiveThatChangesWhileItIsReadIsNotReadOn(t *testing.T) {
	t.Parallel()
	all := packed(t, "p.csv", "id\n1\n", "v.csv", "id\n2\n")
	for _, ending := range []string{".zip", ".tar"} {
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), all[ending])
		archives := extract.NewArchives("")
		if _, err := extract.Expand(t.Context(), path, archives); err != nil {
			t.Fatal(err)
		}
		write(t, path, append(all[ending], make([]byte, 512)...))
		if _, err := contents(t, path+"!v.csv", archives); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
			t.Errorf("%s: %v", ending, err)
		}
		write(t, path, all[ending])
		if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := contents(t, path+"!v.csv", archives); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
			t.Errorf("%s of the same length: %v", ending, err)
		}
	}
}

func TestOfMembersOfOneNameTheLastIsReadAsWhenUnpacked(t *testing.T) {
	t.Parallel()
	for ending, content := range packed(t, "p.csv", "id\n1\n", "v.csv", "id\n2\n", "p.csv", "id\n3\n") {
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content)
		archives := extract.NewArchives("")
		files, err := extract.Expand(t.Context(), path, archives)
		if err != nil || len(files) != 2 {
			t.Fatalf("%v, %v", files, err)
		}
		for _, of := range []*extract.Archives{archives, nil} {
			if got, err := contents(t, files[0], of); err != nil || got != "id\n3\n" {
				t.Errorf("%s: %q, %v", ending, got, err)
			}
		}
		if err := archives.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOneMemberOfATarArchiveTooLargeToListIsRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 100_001 {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("scans/%d.pdf", i), Typeflag: tar.TypeReg, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
	}
	err := w.WriteHeader(&tar.Header{Name: "p.csv", Typeflag: tar.TypeReg, Mode: 0o600, Size: 5})
	if _, more := io.WriteString(w, "id\n1\n"); errors.Join(err, more, w.Close()) != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(t.TempDir(), "a.tgz"), gzipped(t, b.String()))
	archives := extract.NewArchives("")
	files, err := extract.Expand(t.Context(), path, archives)
	if err != nil || !slices.Equal(files, []string{path}) {
		t.Errorf("%d files, %v", len(files), err)
	}
	var refused *extract.OpenError
	if _, err := extract.Open(t.Context(), formats.All(), path, extract.Options{Archives: archives}); !errors.As(err, &refused) || refused.Code != "several-files" {
		t.Error(err)
	}
	if got, err := contents(t, path+"!p.csv", archives); err != nil || got != "id\n1\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAMemberWithHolesIsReadWithThem(t *testing.T) {
	t.Parallel()
	// Eight bytes, of which the last three are there (GNU sparse format 0.1).
	var b bytes.Buffer
	block := func(name string, flag byte, content string) {
		h := make([]byte, 512)
		copy(h, name)
		copy(h[100:], "0000600\x000000000\x000000000\x00")
		copy(h[124:], fmt.Sprintf("%011o\x0000000000000\x00        ", len(content)))
		h[156] = flag
		copy(h[257:], "ustar\x0000")
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
		b.Write(h)
		b.WriteString(content)
		b.Write(make([]byte, (512-len(content)%512)%512))
	}
	records := ""
	for _, r := range []string{"GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.name=p.csv", "GNU.sparse.size=8", "GNU.sparse.numblocks=1", "GNU.sparse.map=5,3"} {
		records += fmt.Sprintf("%d %s\n", len(r)+4, r)
	}
	block("PaxHeaders/p.csv", 'x', records)
	block("p.csv", '0', "id\n")
	block("v.csv", '0', "id\n2\n")
	b.Write(make([]byte, 1024))
	for ending, content := range map[string][]byte{".tar": b.Bytes(), ".tgz": gzipped(t, b.String())} {
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content)
		for member, want := range map[string]string{"p.csv": "\x00\x00\x00\x00\x00id\n", "v.csv": "id\n2\n"} {
			if got, err := contents(t, path+"!"+member, nil); err != nil || got != want {
				t.Errorf("%s!%s: %q, %v", ending, member, got, err)
			}
		}
	}
}

func TestOfATarArchiveThatWasCutTheMembersBeforeAreReadAndItIsSaid(t *testing.T) {
	t.Parallel()
	const n = 20_000
	texts := make([]string, 3)
	for i := range texts {
		var b strings.Builder
		for j := range n {
			fmt.Fprintf(&b, "%d,Ann %x\n", j, (i*n+j)*2654435761%(1<<32)) // hard to compress
		}
		texts[i] = b.String()
	}
	for ending, content := range packed(t, "a.csv", texts[0], "b.csv", texts[1], "c.csv", texts[2]) {
		if ending == ".zip" {
			continue // the directory is at its end
		}
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content[:len(content)/2])
		archives := extract.NewArchives("")
		files, err := extract.Expand(t.Context(), path, archives)
		if diff := cmp.Diff([]string{path + "!a.csv", path + "!b.csv", path}, files); err != nil || diff != "" {
			t.Errorf("%s: %v %s", ending, err, diff)
			continue
		}
		if got, err := contents(t, files[0], archives); err != nil || got != texts[0] {
			t.Errorf("%s: a.csv: %d bytes, %v", ending, len(got), err)
		}
		if got, err := contents(t, files[1], archives); !errors.Is(err, extract.ErrDamaged) || len(got) < len(texts[1])/8 || !strings.HasPrefix(texts[1], got) {
			t.Errorf("%s: b.csv: %d bytes, %v", ending, len(got), err)
		}
		var refused *extract.OpenError
		if _, err := contents(t, path, archives); !errors.As(err, &refused) || refused.Code != extract.FileDamaged || !strings.Contains(err.Error(), "cut short in or behind b.csv; files behind are missing") {
			t.Errorf("%s: %v", ending, err)
		}
		some, err := extract.Expand(t.Context(), path+"!a*", archives)
		if err != nil || !slices.Equal(some, []string{path + "!a.csv", path}) {
			t.Errorf("%s: by a pattern %v, %v", ending, some, err)
		}
		if err := archives.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOfACompressedTarArchiveWhoseBytesWereChangedNothingIsRead(t *testing.T) {
	t.Parallel()
	all := packed(t, "a.csv", "id\n1\n", "b.csv", strings.Repeat("id\n", 1000))
	for ending, checksum := range map[string]int{".tar.gz": 6, ".tar.zst": 2} { // bytes from the end
		content := all[ending]
		content[len(content)-checksum] ^= 0xff
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content)
		archives := extract.NewArchives("")
		files, err := extract.Expand(t.Context(), path, archives)
		if err != nil || !slices.Equal(files, []string{path}) {
			t.Errorf("%s: %v, %v", ending, files, err)
		}
		var refused *extract.OpenError
		if _, err := contents(t, path, archives); !errors.As(err, &refused) || refused.Code != extract.FileDamaged || !strings.Contains(err.Error(), "what stands before may be changed") {
			t.Errorf("%s: %v", ending, err)
		}
		if _, err := contents(t, path+"!a.csv", nil); !errors.As(err, &refused) || refused.Code != "unreadable" {
			t.Errorf("%s: %v", ending, err)
		}
	}
}

func TestWhatStandsBehindAWholeTarArchiveIsNobodys(t *testing.T) {
	t.Parallel()
	for ending, content := range packed(t, "a.csv", "id\n1\n", "b.csv", "id\n2\n") {
		if ending == ".zip" {
			continue
		}
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), append(content, make([]byte, 64)...))
		if files, err := extract.Expand(t.Context(), path, nil); err != nil || len(files) != 2 || !strings.HasSuffix(files[1], "!b.csv") {
			t.Errorf("%s: %v, %v", ending, files, err)
		}
	}
}

func TestWithoutAPlaceForItsTemporaryFileACompressedArchiveIsNotTakenForEmpty(t *testing.T) {
	t.Parallel()
	for ending, content := range packed(t, "a.csv", "id\n1\n") {
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content)
		archives := extract.NewArchives(filepath.Join(t.TempDir(), "nowhere"))
		files, err := extract.Expand(t.Context(), path, archives)
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		_, err = contents(t, files[0], archives)
		if needs := ending != ".zip" && ending != ".tar"; needs != (err != nil) || needs && !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%s: %v", ending, err)
		}
	}
}

func TestMembersAreReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	var files []string
	for i := range 20 {
		files = append(files, fmt.Sprintf("%d.csv", i), strings.Repeat(fmt.Sprintf("%d\n", i), 5000))
	}
	for ending, content := range packed(t, files...) {
		path := write(t, filepath.Join(t.TempDir(), "a"+ending), content)
		archives := extract.NewArchives("")
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for i := range 20 {
					of := (i*(worker+1) + worker) % 20
					if got, err := contents(t, path+"!"+files[2*of], archives); err != nil || got != files[2*of+1] {
						t.Errorf("%s: %s: %d bytes, %v", ending, files[2*of], len(got), err)
					}
				}
			})
		}
		all.Wait()
		if err := archives.Close(); err != nil {
			t.Error(err)
		}
	}
}

// It runs while no other test does, as it measures the memory of all.
func TestOfManySmallFilesNoMoreIsHeldThanTheyHave(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "a.csv"), []byte("id\n1\n"))
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	all := make([]extract.Source, 1000)
	for i := range all {
		var err error
		if all[i], err = extract.Open(t.Context(), formats.All(), path, extract.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if after := held(); after > before+32<<20 {
		t.Errorf("%d bytes for each file", (after-before)/1000)
	}
	for _, src := range all {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}
