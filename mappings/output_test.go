package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// withOutput is a mapping with this output and these defaults.
func withOutput(defaults, output string) string {
	return "chartlift: 1\nid: m\nparams: { site: north, exported: 2024-05-01, none: \"\" }\ndefaults: { " + defaults + " }\noutput: " + output +
		"\nsources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps: { p: { from: p, resource: Patient, elements: { gender: male } } }\n"
}

func TestOutputSaysWhatIsWritten(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]mappings.Output{
		"{}": {BundleType: "transaction", MaxEntries: 100},
		"{ bundle: { type: batch, per: patient, max_entries: 7, request: put }, narrative: none }": {BundleType: "batch", PerPatient: true, MaxEntries: 7, Narrative: mappings.NarrativeNone},
		"{ bundle: { per: table }, narrative: generated }":                                         {BundleType: "transaction", MaxEntries: 100, Narrative: mappings.NarrativeMade},
		"{ narrative: keep, provenance: { recorded: \"${param.exported}\" } }":                     {BundleType: "transaction", MaxEntries: 100, Provenance: &mappings.Provenance{Recorded: "2024-05-01T00:00:00+02:00", Agent: "chartlift/north"}},
		"{ provenance: { per: row, recorded: \"2024-11-01 18:30:05\", agent: \"x/${param.site}\", source_identifier: true } }": {
			BundleType: "transaction", MaxEntries: 100,
			Provenance: &mappings.Provenance{PerRow: true, Recorded: "2024-11-01T18:30:05+01:00", Agent: "x/north", Identify: true},
		},
		"{ provenance: { recorded: 2024-05-01T18:30:00.5-05:00 } }": {BundleType: "transaction", MaxEntries: 100, Provenance: &mappings.Provenance{Recorded: "2024-05-01T18:30:00.5-05:00", Agent: "chartlift/north"}},
	} {
		got := mustCompile(t, withOutput("timezone: Europe/Berlin", output)).Output
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", output, diff)
		}
	}
}

func TestATimeZoneMayBeAParam(t *testing.T) {
	t.Parallel()
	text := strings.Replace(withOutput(`timezone: "${param.zone}"`, "{}"), "params: { ", "params: { zone: Asia/Kolkata, ", 1)
	if zone := mustCompile(t, text).Defaults.Location; zone == nil || zone.String() != "Asia/Kolkata" {
		t.Errorf("zone %v", zone)
	}
	for _, zone := range []string{`"${param.none}"`, "Local", `"Asia/${param.site}"`} {
		if _, findings := compile(withOutput("timezone: "+zone, "{}")); !strings.Contains(show(findings), "E0107 this time zone is not known") {
			t.Errorf("%s: %s", zone, show(findings))
		}
	}
}

func TestOutputThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"{ bundle: { type: document } }":                         "E0107 a bundle is a transaction or a batch",
		"{ bundle: { per: practitioner } }":                      "E0107 bundles are filled in the order of the tables, or for each patient: table, patient",
		"{ bundle: { request: post } }":                          "E0107 resources are PUT, with ids that are the same in every run",
		"{ bundle: { max_entries: 0 } }":                         "E0107 a bundle has one entry at least",
		"{ narrative: generate }":                                "E0107 a narrative is kept where a map writes it, left out, or generated: keep, none, generated | did you mean generated",
		"{ provenance: { per: run, recorded: 2024-05-01 } }":     "E0107 a Provenance is for one resource",
		"{ provenance: { agent: x } }":                           "E0105 say when the source was exported",
		"{ provenance: { recorded: \"${param.none}\" } }":        "E0105 say when the source was exported",
		"{ provenance: { recorded: \"${run.id}\" } }":            "E0109 nothing in a resource may come from the run",
		"{ provenance: { recorded: yesterday } }":                `E0107 "yesterday" is no moment`,
		"{ provenance: { recorded: 2024-02-30 } }":               `E0107 "2024-02-30" is no moment`,
		"{ provenance: { recorded: 2024-05-01, source: true } }": `E0103 unknown key "source" in provenance`,
	} {
		_, findings := compile(withOutput("timezone: Europe/Berlin", output))
		if got := show(findings); !strings.Contains(got, want) {
			t.Errorf("%s: %s", output, got)
		}
	}
	if _, findings := compile(withOutput("trim: true", "{ provenance: { recorded: 2024-05-01 } }")); !strings.Contains(show(findings), "with a zone where defaults have no timezone") {
		t.Errorf("a date without zone: %s", show(findings))
	}
}
