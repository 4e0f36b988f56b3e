// Package layers_test holds the house's rule of who may import whom.
package layers_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed lists, for every room, the rooms of ours that it may import. A room
// that is not listed may not exist.
func allowed() map[string][]string {
	return map[string][]string{
		"cmd/chartlift":        {"cmd", "internal/console"},
		"cmd":                  {"*"},
		"internal/reconcile":   {"fhir", "internal/issue", "load", "load/compare", "load/fhirserver", "reports"},
		"internal/undo":        {"fhir", "internal/issue", "load", "load/compare", "load/fhirserver", "reports"},
		"internal/pipeline":    {"extract", "fhir", "internal/courier", "internal/disk", "internal/issue", "internal/shards", "load", "mappings", "reports", "transform", "transform/dedupe", "transform/golden", "transform/repeats", "transform/stage", "validate", "validate/plausible"},
		"internal/courier":     {"fhir", "internal/issue", "load", "reports"},
		"internal/mappingtest": {"extract", "fhir", "internal/issue", "mappings", "transform", "transform/stage", "validate"},
		"internal/mappingdiff": {"fhir", "internal/issue", "mappings"},
		"internal/console":     {},
		"internal/denial":      {},
		"internal/disk":        {},
		"internal/formula":     {},
		"internal/issue":       {},
		"internal/population":  {},
		"internal/prints":      {},
		"reports/archive":      {"reports"},
		"internal/tables":      {"extract", "extract/formats", "extract/hl7v2", "internal/issue", "internal/pipeline", "internal/survey", "mappings", "reports", "transform", "transform/stage"},
		"internal/shards":      {"extract", "internal/issue", "reports"},
		"internal/gendefs":     {"fhir", "fhir/profile"},
		"internal/survey":      {"extract", "internal/issue", "mappings", "transform", "transform/clean", "transform/stage"},
		"internal/accuracy":    {"fhir"},
		"internal/bench":       {"cmd", "extract", "extract/formats", "fhir", "internal/console", "internal/courier", "internal/issue", "internal/pipeline", "internal/population", "load", "load/fhirserver", "load/ndjson", "mappings", "reports", "transform", "transform/dedupe", "validate", "validate/plausible"},
		"extract":              {"internal/disk", "internal/issue"},
		"extract/ccda":         {"extract", "internal/issue"},
		"extract/csvfile":      {"extract", "internal/issue"},
		"extract/xlsx":         {"extract", "internal/issue"},
		"extract/sqldump":      {"extract", "internal/issue"},
		"extract/sqlitefile":   {"extract", "internal/disk", "internal/issue"},
		"extract/hl7v2":        {"extract", "internal/issue"},
		"extract/formats":      {"extract", "extract/ccda", "extract/csvfile", "extract/hl7v2", "extract/sqldump", "extract/sqlitefile", "extract/xlsx"},
		"extract/extracttest":  {"extract", "internal/issue"},
		"extract/profile":      {"extract", "internal/issue", "transform/clean"},
		"fhir":                 {},
		"fhir/fhirpath":        {"fhir", "fhir/ucum"},
		"fhir/profile":         {"fhir", "fhir/terms"},
		"fhir/terms":           {"fhir/ucum"},
		"fhir/ucum":            {},
		"internal/agreement":   {"fhir", "fhir/profile", "internal/issue", "internal/suites", "validate"},
		"internal/suites":      {"fhir", "fhir/fhirpath", "fhir/profile", "internal/issue", "validate"},
		"mappings":             {"fhir", "fhir/profile", "internal/formula", "internal/issue", "transform/repeats", "validate/plausible"},
		"transform/stage":      {"extract", "internal/disk", "internal/issue", "mappings", "transform/clean"},
		"mappings/draft":       {"extract/profile", "internal/formula", "internal/issue", "mappings"},
		"transform":            {"extract", "fhir", "internal/disk", "internal/issue", "internal/prints", "mappings", "transform/clean"},
		"transform/batches":    {"internal/disk", "transform/dedupe"},
		"transform/clean":      {"internal/denial", "internal/issue"},
		"transform/dedupe":     {"internal/issue"},
		"transform/golden":     {"fhir"},
		"transform/repeats":    {"fhir", "internal/denial"},
		"validate":             {"fhir", "fhir/fhirpath", "fhir/profile", "fhir/terms", "fhir/ucum", "internal/issue"},
		"validate/plausible":   {"fhir", "internal/denial", "internal/disk", "internal/issue", "internal/prints"},
		"load":                 {"fhir", "internal/issue"},
		"load/auth":            {"internal/issue", "load"},
		"load/fhirserver":      {"fhir", "internal/issue", "load"},
		"load/serverids":       {"internal/disk", "load/fhirserver"},
		"load/bulkimport":      {"fhir", "internal/issue", "load", "load/compare", "load/fhirserver"},
		"load/compare":         {"fhir"},
		"load/handover":        {"fhir", "internal/issue", "load"},
		"load/httppost":        {"fhir", "internal/issue", "load"},
		"load/mllp":            {"fhir", "internal/disk", "internal/issue", "load", "load/httppost"},
		"load/ndjson":          {"fhir", "internal/disk", "internal/issue", "load", "load/handover"},
		"load/sandbox":         {"fhir", "internal/disk", "internal/issue", "load"},
		"load/loadtest":        {"fhir", "internal/issue", "load"},
		"reports":              {"internal/disk", "internal/formula", "internal/issue", "load"},
		"reports/charts":       {"internal/issue", "load", "reports"},
		"reports/worksheet":    {"internal/formula"},
		"reports/workbook":     {"internal/issue", "reports", "reports/worksheet"},
	}
}

// homes lists where each third-party module may be imported.
func homes() map[string][]string {
	return map[string][]string{
		"github.com/spf13/cobra":            {"cmd"},
		"github.com/spf13/pflag":            {"cmd"},
		"github.com/xuri/excelize/v2":       {"extract/xlsx", "reports/worksheet"},
		"github.com/mattn/go-sqlite3":       {"reports", "load/sandbox", "load/serverids", "extract/sqlitefile", "transform/batches", "transform/stage"},
		"github.com/schollz/progressbar/v3": {"internal/console"},
		"github.com/rs/zerolog":             {"internal/console", "cmd"},
		"github.com/zeebo/xxh3":             {"extract", "extract/csvfile", "internal/shards", "reports", "transform", "validate/plausible"},
		"golang.org/x/sys":                  {"extract/csvfile", "internal/disk"},
		"golang.org/x/term":                 {"internal/console"},
		"github.com/go-jose/go-jose/v4":     {"load/auth"},
		"github.com/goccy/go-yaml":          {"mappings", "transform/dedupe"},
		"github.com/nyaruka/phonenumbers":   {"transform/clean"},
		"github.com/klauspost/compress":     {"extract", "internal/bench", "internal/shards", "load/handover", "load/ndjson"},
		"golang.org/x/text":                 {"extract", "fhir/terms", "transform/clean", "transform/dedupe"},
		"google.golang.org/protobuf":        {"internal/bench"},
		"golang.org/x/sync":                 {"cmd", "extract/profile", "internal/courier", "internal/bench", "internal/pipeline", "load/fhirserver", "transform/dedupe"},
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages returns the project's packages with what they import.
func packages(t *testing.T) []listed {
	t.Helper()
	// A package that is compiled by a profile has another name for go list.
	cmd := exec.Command("go", "list", "-pgo=off", "-json=ImportPath,Imports", "chartlift/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestRoomsImportOnlyWhatTheHouseAllows(t *testing.T) {
	for _, p := range packages(t) {
		room, _ := strings.CutPrefix(p.ImportPath, "chartlift/")
		if room == "internal/layers" {
			continue
		}
		may, known := allowed()[room]
		if !known {
			t.Errorf("the room %s is not in the plan of the house; add it to allowed()", room)
			continue
		}
		for _, imported := range p.Imports {
			other, ours := strings.CutPrefix(imported, "chartlift/")
			if ours && !slices.Contains(may, other) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s, which the house does not allow", room, other)
			}
		}
	}
}

func TestThirdPartyModulesStayInTheirRooms(t *testing.T) {
	for _, p := range packages(t) {
		room, _ := strings.CutPrefix(p.ImportPath, "chartlift/")
		for _, imported := range p.Imports {
			if !strings.Contains(strings.Split(imported, "/")[0], ".") {
				continue // the standard library
			}
			module, rooms := home(imported)
			if module == "" {
				t.Errorf("%s imports %s, which has no home in homes()", room, imported)
			} else if !slices.Contains(rooms, room) {
				t.Errorf("%s imports %s, whose home is %s", room, imported, strings.Join(rooms, ", "))
			}
		}
	}
}

func home(imported string) (module string, rooms []string) {
	for m, r := range homes() {
		if imported == m || strings.HasPrefix(imported, m+"/") {
			return m, r
		}
	}
	return "", nil
}
