package cmd_test

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load/loadtest"
	"chartlift/load/sandbox"
)

// replace FILE OLD NEW: puts NEW in the place of OLD, which must be there once.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, args[1]); n != 1 {
		ts.Fatalf("%q is %d times in %s", args[1], n, args[0])
	}
	write(ts, args[0], []byte(strings.Replace(text, args[1], strings.ReplaceAll(args[2], `\n`, "\n"), 1)))
}

func write(ts *testscript.TestScript, name string, content []byte) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, content, 0o600))
}

// bytes FILE WORD… appends bytes to a file: hex digits after 0x, random (a
// kilobyte of noise), patients (2,000 rows of them), else text with \n.
func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	old, _ := os.ReadFile(path) // not there yet: empty
	for _, word := range args[1:] {
		digits, isHex := strings.CutPrefix(word, "0x")
		switch {
		case isHex:
			b, err := hex.DecodeString(digits)
			ts.Check(err)
			old = append(old, b...)
		case word == "random":
			noise := rand.NewChaCha8([32]byte{7})
			b := make([]byte, 1024)
			_, err := noise.Read(b)
			ts.Check(err)
			old = append(old, b...)
		case word == "patients":
			for i := range 2000 {
				old = fmt.Appendf(old, "many%d-%d,Quillfeather,Ana,1950-02-31,F\n", len(old), i)
			}
		default:
			old = append(old, strings.ReplaceAll(word, `\n`, "\n")...)
		}
	}
	write(ts, args[0], old)
}

// workbook FILE TABLE.csv…: a workbook with a sheet Table for each CSV file.
// Numbers, dates and times are cells of these kinds.
func workbook(ts *testscript.TestScript, _ bool, args []string) {
	book := excelize.NewFile()
	for _, name := range args[1:] {
		rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
		ts.Check(err)
		sheet := strings.TrimSuffix(filepath.Base(name), ".csv")
		sheet = strings.ToUpper(sheet[:1]) + sheet[1:]
		_, err = book.NewSheet(sheet)
		ts.Check(err)
		for y, row := range rows {
			for x, text := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				ts.Check(err)
				ts.Check(book.SetCellValue(sheet, at, cellValue(text)))
			}
		}
	}
	ts.Check(book.DeleteSheet("Sheet1"))
	var out bytes.Buffer
	ts.Check(book.Write(&out))
	write(ts, args[0], out.Bytes())
}

// cellValue reads what a spreadsheet would make of a text that is typed into
// it.
func cellValue(text string) any {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return text
}

// same FOLDER FOLDER: both hold the same files with the same bytes.
func same(ts *testscript.TestScript, neg bool, args []string) {
	one, err := tree(ts.MkAbs(args[0]))
	ts.Check(err)
	two, err := tree(ts.MkAbs(args[1]))
	ts.Check(err)
	differ := len(one) != len(two)
	for name, content := range one {
		differ = differ || two[name] != content
	}
	if differ != neg || len(one) == 0 {
		ts.Fatalf("%d files against %d, the same: %v", len(one), len(two), !differ)
	}
}

// double is the FHIR server of a story.
type double struct {
	requests atomic.Int64 // but those for metadata, and the question whether the credentials are good
	mended   atomic.Bool  // it no longer refuses, or holds back, what it did
	base     string
}

// fhir KIND: starts a server and puts its address into FHIR.
func startFHIR(ts *testscript.TestScript, _ bool, args []string) {
	d := ts.Value(double{}).(*double)
	o := sandbox.Options{Check: func(r fhir.Resource) []issue.Issue {
		if args[0] == "picky" && r.ID == "p2" && !d.mended.Load() {
			return []issue.Issue{{Severity: issue.Error, Type: "business-rule", Message: "this server does not like this patient"}}
		}
		return nil
	}}
	switch args[0] {
	case "busy":
		o.Faults.RateLimit429Every = 2
	case "noids":
		o.Faults.NoClientIDs = true
	case "small":
		o.Faults.MaxEntries = 2
	case "token":
		o.Faults.Token = "open-sesame"
	case "epic":
		o.As, _ = sandbox.FindProfile("epic")
	case "azure", "refuses", "searches": // no transactions; the latter two give the ids, and the last looks at no conditions
		o.As, _ = sandbox.FindProfile("azure")
		if args[0] != "azure" {
			o.As.ClientIDs, o.As.Conditional = sandbox.No, args[0] == "refuses"
		}
	case "own-ids":
		o.As = sandbox.Profile{Name: "own-ids", Software: "x", Conditional: true, ClientIDs: sandbox.Never}
	}
	server, err := sandbox.Open(filepath.Join(ts.MkAbs("."), "server-"+args[0]+".db"), o)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	web := httptest.NewServer(awkward(args[0], d, server.Handler()))
	ts.Defer(web.Close)
	d.base = web.URL + "/fhir"
	if args[0] == "down" {
		web.Close()
	}
	ts.Setenv("FHIR", d.base)
	storage := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs("container")))) // which imports of Azure fetch from
	ts.Defer(storage.Close)
	ts.Setenv("STORAGE", storage.URL)
	// By way of a proxy the server stands at an address that is another
	// machine.
	ts.Setenv("http_proxy", web.URL)
	ts.Setenv("REMOTE", "http://clinic.example/fhir")
}

// grant gives the client acme a token for its secret.
func grant(w http.ResponseWriter, r *http.Request) {
	if user, secret, _ := r.BasicAuth(); user != "acme" || secret != "hunter2" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"hunter2 is wrong"}`))
		return
	}
	_, _ = w.Write([]byte(`{"access_token":"open-sesame","token_type":"Bearer","expires_in":60}`))
}

// awkward answers as servers do that are not what they should be.
func awkward(kind string, d *double, next http.Handler) http.Handler {
	page := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>Please log in</body></html>"))
	}
	if strings.HasPrefix(kind, "import") {
		importer := &loadtest.Importer{Next: next, Polls: 1, RetryAfter: "1", Unreachable: kind == "import-unreachable", Azure: strings.HasPrefix(kind, "import-azure"), Denied: kind == "import-azure-denied"}
		if kind == "import-leaves-out" {
			importer.Skip("Patient/p2")
		}
		next = importer
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		metadata := strings.HasSuffix(r.URL.Path, "/metadata")
		if !metadata && !strings.HasSuffix(r.URL.Path, "/chartlift-is-this-allowed") {
			d.requests.Add(1)
		}
		switch {
		case kind == "401" || kind == "403" || kind == "404" || kind == "500":
			status, _ := strconv.Atoi(kind)
			w.WriteHeader(status)
		case kind == "held" && r.Method == http.MethodPost && !d.mended.Load():
			for !d.mended.Load() && r.Context().Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
			next.ServeHTTP(w, r)
		case kind == "html", kind == "late-html" && !metadata:
			page(w)
		case kind == "token" && strings.HasSuffix(r.URL.Path, "/smart-configuration"):
			_, _ = fmt.Fprintf(w, `{"token_endpoint":"http://%s/token"}`, r.Host)
		case kind == "token" && r.URL.Path == "/token":
			grant(w, r)
		case kind == "late-401" && !metadata:
			w.WriteHeader(http.StatusUnauthorized)
		case kind == "turns-401" && d.requests.Load() > 1: // the empty transaction that asks for permission is one
			w.WriteHeader(http.StatusUnauthorized)
		case kind == "late-403" && r.Method == http.MethodPost:
			w.WriteHeader(http.StatusForbidden)
		case kind == "terms" && !metadata:
			terms(w, r)
		case kind == "r5":
			w.Header().Set("Content-Type", "application/fhir+json")
			_, _ = w.Write([]byte(`{"resourceType":"CapabilityStatement","fhirVersion":"5.0.0"}`))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// terms answers as a terminology server that has SNOMED CT with one code, and
// one map of the system urn:old.
func terms(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/fhir+json")
	answer := `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":false}]}`
	switch text := string(body); {
	case strings.HasSuffix(r.URL.Path, "/$validate-code") && !strings.Contains(text, "http://snomed.info/sct"):
		w.WriteHeader(http.StatusNotFound)
		return
	case strings.HasSuffix(r.URL.Path, "/$validate-code") && strings.Contains(text, `"38341003"`):
		answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true}]}`
	case strings.HasSuffix(r.URL.Path, "/$translate") && strings.Contains(text, `"urn:old"`) && strings.Contains(text, `"X99"`):
		answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true},{"name":"match","part":[
			{"name":"equivalence","valueCode":"equivalent"},{"name":"concept","valueCoding":{"system":"http://snomed.info/sct","code":"73211009","display":"Diabetes"}}]}]}`
	case strings.HasSuffix(r.URL.Path, "/$translate") && strings.Contains(text, `"X98"`):
		answer = `{"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true},{"name":"match","part":[
			{"name":"equivalence","valueCode":"wider"},{"name":"concept","valueCoding":{"system":"http://snomed.info/sct","code":"64572001"}}]}]}`
	}
	_, _ = w.Write([]byte(answer))
}

// stored TYPE N: the server holds N resources of the type.
func stored(ts *testscript.TestScript, _ bool, args []string) {
	client := http.Client{Timeout: patience}
	var found struct{ Total int }
	for status := 0; status != http.StatusOK; { // a busy server answers the second time
		r, err := client.Get(ts.Value(double{}).(*double).base + "/" + args[0] + "?_summary=count")
		ts.Check(err)
		status = r.StatusCode
		ts.Check(json.NewDecoder(r.Body).Decode(&found))
		ts.Check(r.Body.Close())
	}
	if want, _ := strconv.Atoi(args[1]); found.Total != want {
		ts.Fatalf("the server has %d %s, want %d", found.Total, args[0], want)
	}
}

// requests N: the server has been asked N times, metadata apart.
func requests(ts *testscript.TestScript, _ bool, args []string) {
	if got := ts.Value(double{}).(*double).requests.Load(); strconv.FormatInt(got, 10) != args[0] {
		ts.Fatalf("the server was asked %d times, want %s", got, args[0])
	}
}

// put TYPE/ID JSON: somebody else writes to the server.
func put(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodPut, ts.Value(double{}).(*double).base+"/"+args[0], strings.NewReader(args[1]))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/fhir+json")
	r, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(r.Body.Close())
	if r.StatusCode > 201 {
		ts.Fatalf("PUT %s: status %d", args[0], r.StatusCode)
	}
}

// drop TYPE/ID: somebody else deletes it.
func drop(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodDelete, ts.Value(double{}).(*double).base+"/"+args[0], nil)
	ts.Check(err)
	r, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(r.Body.Close())
}

// held TYPE/ID TEXT: the server has the resource, with this text in it.
func held(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.Get(ts.Value(double{}).(*double).base + "/" + args[0])
	ts.Check(err)
	body, err := io.ReadAll(r.Body)
	ts.Check(err)
	ts.Check(r.Body.Close())
	if r.StatusCode != http.StatusOK || !strings.Contains(string(body), args[1]) {
		ts.Fatalf("%s is %s", args[0], body)
	}
}

// mend: the server of the story takes from now on what it refused, or held
// back.
func mend(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Value(double{}).(*double).mended.Store(true)
}

// tmpfs FOLDER SIZE: makes the folder a disk of that size. Stories ask for
// [smalldisk] first.
func tmpfs(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(mountSmall(dir, args[1]))
	ts.Defer(func() { unmount(dir) })
}

// condition knows smalldisk: whether a small disk can be mounted here.
func condition(name string) (bool, error) {
	if name != "smalldisk" {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	dir, err := os.MkdirTemp("", "smalldisk")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := mountSmall(dir, "64k"); err != nil {
		return false, nil // not being root is an answer
	}
	unmount(dir)
	return true, nil
}

// waitfor FILE: waits until the file is there.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s does not come", args[0])
}

// hold FOLDER: another run is writing to the folder until the story ends.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	f, err := holdFolder(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = f.Close() })
}

// fill FILE.xlsx SHEET CELL TEXT …: types texts into cells of a workbook, as a
// person does.
func fillCells(ts *testscript.TestScript, _ bool, args []string) {
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	for i := 2; i+1 < len(args); i += 2 {
		ts.Check(f.SetCellStr(args[1], args[i], args[i+1]))
	}
	ts.Check(f.Save())
}
