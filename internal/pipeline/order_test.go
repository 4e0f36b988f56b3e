package pipeline_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/transform"
)

// ordered compiles a program of maps, each written TABLE RESOURCE REFERENCE,
// and returns the order of the tables.
func ordered(t *testing.T, maps ...string) string {
	t.Helper()
	text := "chartlift: 1\nid: o\nsources:\n"
	rules := "maps:\n"
	for _, m := range maps {
		table, rest, _ := strings.Cut(m, " ")
		resource, references, _ := strings.Cut(rest, " ")
		text += "  " + table + ": { csv: { path: " + table + ".csv }, key: [ID] }\n"
		rules += "  m_" + table + ":\n    from: " + table + "\n    resource: " + resource + "\n    id: $ID\n    elements: { " + references + " }\n"
	}
	prog, found := mappings.Compile(fstest.MapFS{"o.yaml": {Data: []byte(text + rules)}}, "o.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatal(found)
	}
	return strings.Join(pipeline.Order(prog), " ")
}

func TestWhatIsSoughtByASearchIsConvertedFirst(t *testing.T) {
	t.Parallel()
	const (
		visit    = `visits Encounter status: finished, class: { code: AMB }, subject: { reference: "Patient?identifier=urn:mrn|${PAT}" }`
		patient  = `patients Patient active: true`
		seen     = `patients Patient generalPractitioner: [{ reference: $GP | prefix "Practitioner?identifier=urn:npi|" }]`
		doctor   = `doctors Practitioner active: true`
		bound    = `patients Patient link: [{ other: ref m_doctors($GP), type: seealso }]`
		relative = `doctors RelatedPerson patient: { reference: "Patient?identifier=${ID}" }`
		person   = `persons Patient generalPractitioner: [{ reference: "Organization?identifier=${O}" }], managingOrganization: ref m_wards($W)`
		ward     = `wards Organization partOf: { reference: "Organization?identifier=${O}" }`
		house    = `houses Organization active: true`
		home     = `homes Organization endpoint: [{ reference: "Patient?identifier=${ID}" }]`
	)
	for name, c := range map[string]struct {
		maps []string
		want string
	}{
		"as they stand, where nothing is sought":  {[]string{doctor, patient}, "doctors patients"},
		"what is sought":                          {[]string{visit, patient}, "patients visits"},
		"what that seeks itself":                  {[]string{visit, seen, doctor}, "doctors patients visits"},
		"a reference by key goes before a search": {[]string{relative, bound}, "doctors patients"},
		"and the other way round":                 {[]string{bound, relative}, "doctors patients"},
		"all tables that make the type":           {[]string{person, ward, house}, "houses wards persons"},
		"each other":                              {[]string{person, home, ward}, "wards persons homes"},
	} {
		if diff := cmp.Diff(c.want, ordered(t, c.maps...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
