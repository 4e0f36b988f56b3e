package handover_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/load/handover"
)

func patient(id string) string { return `{"resourceType":"Patient","id":"` + id + `"}` }

func visit(id, patient, part string) string {
	of := ""
	if part != "" {
		of = `,"partOf":{"reference":"Encounter/` + part + `"}`
	}
	return `{"resourceType":"Encounter","id":"` + id + `","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/` + patient + `"}` + of + `}`
}

// folder writes files, those called .gz compressed.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		content := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write(content)
			_ = w.Close()
			content = b.Bytes()
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, paths ...string) *handover.Set {
	t.Helper()
	set, err := handover.Open(context.Background(), paths, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return set
}

// order returns the references of what is to be delivered, levels separated by
// bars, chains in brackets.
func order(t *testing.T, set *handover.Set) string {
	t.Helper()
	levels, err := set.Levels()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range levels {
		var refs []string
		for k := range levels[i].Len() {
			item, err := levels[i].Item(k)
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, item.Resource.Ref())
		}
		text := strings.Join(refs, " ")
		if levels[i].Chain {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	return strings.Join(all, " | ")
}

func left(set *handover.Set) string {
	var all []string
	for _, l := range set.Left {
		code := l.Issue.Code
		if l.Merged {
			code = "merged"
		}
		all = append(all, set.Files[l.File].Name+":"+string(rune('0'+l.Row))+" "+code)
	}
	return strings.Join(all, ", ")
}

func TestWhatIsReferredToComesFirst(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"a/Encounter.ndjson": visit("e1", "p1", "e2") + "\n" + visit("e2", "p2", "e3") + "\n\n" + visit("e3", "p1", "") + "\n",
		"z.ndjson.gz":        patient("p1") + "\r\n" + patient("p2"),
		"Condition.json":     `{"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"}}`,
		"pretty.json":        "{\n \"id\": \"o1\",\n \"resourceType\": \"Organization\"\n}\n",
		"notes.txt":          "not ours", ".hidden.ndjson": "{", ".git/x.ndjson": "{",
	})
	set := open(t, dir)
	if got := order(t, set); got != "Patient/p1 Patient/p2 | [Encounter/e3 Encounter/e2 Encounter/e1] | Condition/c1 | Organization/o1" {
		t.Errorf("the order is %s", got)
	}
	if diff := cmp.Diff(map[string]int64{"Patient": 2, "Encounter": 3, "Condition": 1, "Organization": 1}, set.Counts()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := left(set); got != "" {
		t.Errorf("left are %s", got)
	}
}

func TestDepthsPutTogetherWhatMayGoTogether(t *testing.T) {
	t.Parallel()
	about := func(typ, id, refs string) string {
		return `{"resourceType":"` + typ + `","id":"` + id + `"` + refs + `}`
	}
	subject := `,"subject":{"reference":"Patient/p1"}`
	dir := folder(t, map[string]string{
		"Condition.ndjson": about("Condition", "c1", subject), "Procedure.ndjson": about("Procedure", "x1", subject), "Patient.ndjson": patient("p1"),
		"Organization.ndjson": about("Organization", "o1", ""), "Encounter.ndjson": visit("e1", "p1", "e2") + "\n" + visit("e2", "p1", ""),
		"Observation.ndjson": about("Observation", "b1", subject+`,"encounter":{"reference":"Encounter/e1"}`),
	})
	levels, err := open(t, dir).Depths()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range levels {
		text := strings.Join(l.Types, "+")
		for i := range l.Len() {
			item, err := l.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			text += " " + item.Resource.ID
		}
		if l.Chain {
			text = "[" + text + "]"
		}
		got = append(got, text)
	}
	want := []string{"Patient+Organization p1 o1", "Condition+Procedure c1 x1", "[Encounter e2 e1]", "Observation b1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCirclesEnd(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"e.ndjson": visit("e1", "p1", "e2") + "\n" + visit("e2", "p1", "e1") + "\n" + visit("e3", "p1", "e3") + "\n" + patient("p1")})
	if got := order(t, open(t, dir)); got != "Patient/p1 | [Encounter/e2 Encounter/e1 Encounter/e3]" {
		t.Errorf("the order is %s", got)
	}
}

func TestRowsThatCannotBeSentAreNamed(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"1.ndjson": strings.Join([]string{patient("p1"), "{broken", `{"resourceType":"Patient"}`, `{"id":"x"}`, patient("a b"), patient("p1"), `{"resourceType":"Patient","id":"p1","gender":"male"}`, `[1]`}, "\n"),
		"2.ndjson": `{"id":"p1", "resourceType":"Patient"}`,
	})
	set := open(t, dir)
	want := "1.ndjson:2 bad-json, 1.ndjson:3 bad-resource, 1.ndjson:4 bad-resource, 1.ndjson:5 bad-resource, 1.ndjson:6 merged, 1.ndjson:7 duplicate-resource, 1.ndjson:8 bad-resource, 2.ndjson:1 merged"
	if got := left(set); got != want {
		t.Errorf("left are\n%s, want\n%s", got, want)
	}
	if set.Files[0].Rows != 8 || set.Left[4].Into != 1 || set.Left[7].Into != 0 {
		t.Errorf("%d rows, merged into %d and %d", set.Files[0].Rows, set.Left[4].Into, set.Left[7].Into)
	}
	if got := order(t, set); got != "Patient/p1" {
		t.Errorf("the order is %s", got)
	}
}

func TestBundlesOfOthersKeepTheirReferences(t *testing.T) {
	t.Parallel()
	const uuid = "urn:uuid:0f1e2d3c-1111-4222-8333-444455556666"
	dir := folder(t, map[string]string{"b.json": `{"resourceType":"Bundle","type":"transaction","entry":[
		{"fullUrl":"urn:uuid:e","resource":{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"` + uuid + `"},"identifier":[{"value":"` + uuid + `"}]},"request":{"method":"POST","url":"Encounter"}},
		{"fullUrl":"` + uuid + `","resource":{"resourceType":"Patient","gender":"male"},"request":{"method":"POST","url":"Patient"}},
		{"request":{"method":"DELETE","url":"Patient/x"}},
		{"resource":{"resourceType":"Patient","id":"y"},"request":{"method":"DELETE","url":"Patient/y"}},
		{"resource":{"resourceType":"Patient","id":"z"}}]}`})
	set := open(t, dir)
	levels, err := set.Levels()
	if err != nil || len(levels) != 2 {
		t.Fatal(levels, err)
	}
	item, err := levels[1].Item(0)
	if err != nil {
		t.Fatal(err)
	}
	got := string(item.Resource.JSON)
	if !strings.Contains(got, `"subject":{"reference":"Patient/0f1e2d3c-1111-4222-8333-444455556666"}`) || !strings.Contains(got, `"value":"`+uuid+`"`) {
		t.Errorf("the visit is %s", got)
	}
	if order(t, set) != "Patient/0f1e2d3c-1111-4222-8333-444455556666 Patient/z | Encounter/e1" || left(set) != "b.json:3 unsupported-request, b.json:4 unsupported-request" {
		t.Errorf("the order is %s, left are %s", order(t, set), left(set))
	}
	if item.Row != 1 || set.Files[0].Kind != "bundle" || set.Files[0].Rows != 5 {
		t.Errorf("row %d of %+v", item.Row, set.Files[0])
	}
}

func TestAnEmptyEntryIsRefusedAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"b.json": `{"resourceType":"Bundle","type":"collection","entry":[
		{"fullUrl":"urn:uuid:0f1e2d3c-1111-4222-8333-444455556666","resource":{}},{"resource":` + patient("p1") + `}]}`})
	set := open(t, dir)
	if order(t, set) != "Patient/p1" || left(set) != "b.json:1 bad-resource" {
		t.Errorf("the order is %s, left are %s", order(t, set), left(set))
	}
}

func TestAFileThatChangesMeanwhileIsAnError(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"p.ndjson": patient("p1") + "\n"})
	set := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "p.ndjson"), []byte(patient("p2")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	levels, err := set.Levels()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := levels[0].Item(0); err == nil || !strings.Contains(err.Error(), "has changed meanwhile") {
		t.Errorf("the error is %v", err)
	}
}

func TestNothingToReadIsAnError(t *testing.T) {
	t.Parallel()
	cut := folder(t, map[string]string{"p.ndjson.gz": strings.Repeat(patient("p1")+"\n", 3000)})
	path := filepath.Join(cut, "p.ndjson.gz")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"an empty folder": t.TempDir(), "no file": filepath.Join(cut, "none"), "a compressed file cut short": cut} {
		if _, err := handover.Open(context.Background(), []string{path}, t.TempDir()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestATableIsNotLoaded(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.csv": "id,name\n1,x\n"})
	if _, err := handover.Open(context.Background(), []string{filepath.Join(dir, "a.csv")}, t.TempDir()); !errors.Is(err, handover.ErrTable) {
		t.Errorf("a CSV file: %v", err)
	}
	if _, err := handover.Open(context.Background(), []string{filepath.Join(folder(t, map[string]string{"a.xml": "<a/>"}), "a.xml")}, t.TempDir()); !errors.Is(err, handover.ErrXML) {
		t.Errorf("an XML file: %v", err)
	}
	if _, err := handover.Open(context.Background(), []string{filepath.Join(dir, "b.json")}, t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestWhatIsPassedOverInAFolderIsNamed(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"Patient.ndjson": patient("p1"), "table.CSV": "a\n1\n", "in/document.xml": "<Patient/>", "in/packed.ndjson.bz2": "BZh9", "README.md": "hello",
		"empty.json": "", "blank.ndjson": "\n \n", "none.json.gz": "", "bundle.json": `{"resourceType":"Bundle","type":"batch"}`,
		".chartlift-manifest.json": "{}", ".DS_Store": "x", ".git/config.json": patient("p2"),
	})
	for link, to := range map[string]string{"link.ndjson": "Patient.ndjson", "dead.json": "nowhere", "folder.json": "in"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	linked := filepath.Join(t.TempDir(), "latest")
	if err := os.Symlink(dir, linked); err != nil {
		t.Fatal(err)
	}
	set := open(t, linked)
	var got []string
	for _, u := range set.Unread {
		got = append(got, u.Severity.String()+" "+u.Code+" "+u.Name)
	}
	slices.Sort(got)
	want := []string{
		"information not-loaded .DS_Store", "information not-loaded .git/", "information not-loaded README.md",
		"warning no-resources blank.ndjson", "warning no-resources bundle.json", "warning no-resources empty.json", "warning no-resources none.json.gz",
		"warning not-loaded dead.json", "warning not-loaded folder.json", "warning not-loaded in/document.xml", "warning not-loaded in/packed.ndjson.bz2", "warning not-loaded table.CSV",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := set.Counts()["Patient"]; n != 1 || len(set.Left) != 1 || !set.Left[0].Merged {
		t.Errorf("the file behind a link is not read: %d patients, left %+v", n, set.Left)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(patient("p1") + "\n" + visit("e1", "p1", "e1")))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},{}]}`))
	f.Add([]byte("{\n}\n[\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := handover.Open(context.Background(), []string{path}, t.TempDir())
		if err != nil {
			return
		}
		defer func() { _ = set.Close() }()
		levels, err := set.Levels()
		if err != nil {
			t.Fatal(err)
		}
		n := int64(len(set.Left))
		for i := range levels {
			n += int64(levels[i].Len())
			for k := range levels[i].Len() {
				if _, err := levels[i].Item(k); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n != set.Files[0].Rows {
			t.Fatalf("%d of %d rows are accounted for", n, set.Files[0].Rows)
		}
	})
}

func TestAFolderOfManyFilesKeepsFewOpen(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for n := range 250 {
		files[fmt.Sprintf("p%d.json", n)] = patient(fmt.Sprint("p", n))
	}
	dir := folder(t, files)
	set := open(t, dir)
	if got := strings.Count(order(t, set), "p"); got != 250 {
		t.Fatalf("%d patients", got)
	}
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell which files are open")
	}
	ours := 0
	for _, d := range descriptors {
		if name, err := os.Readlink("/proc/self/fd/" + d.Name()); err == nil && strings.HasPrefix(name, dir) {
			ours++
		}
	}
	if ours > 100 {
		t.Errorf("%d files are open", ours)
	}
}
