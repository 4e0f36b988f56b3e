package ccda_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

// statement makes a document of one entry in the section with the template, and
// returns the rows of all tables.
func statement(t *testing.T, template, entry string) map[string][]line {
	t.Helper()
	got, _, err := readTables(t, "a.xml", wrap(`<component><section><templateId root="2.16.840.1.113883.10.20.22.2.`+template+`"/><text><list><item ID="i1">Aspirin <content ID="i2">81&#160;mg</content>
   daily</item></list></text><entry xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+entry+`</entry></section></component>`), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const (
	medications = "1.1"
	allergies   = "6.1"
	results     = "3.1"
)

// only keeps the columns that are named.
func only(row line, columns string) string {
	var out []string
	for _, c := range strings.Fields(columns) {
		if v, ok := row[c]; ok {
			out = append(out, c+"="+v)
		}
	}
	return strings.Join(out, " ")
}

func TestWhatIsDeniedIsNeverReadAsGiven(t *testing.T) {
	t.Parallel()
	for written, denied := range map[string]bool{
		`negationInd="true"`: true, `negationInd=" true "`: true, `negationInd="TRUE"`: true, `negationInd="1"`: true, "negationInd='true'": true,
		`negationInd="false"`: false, `negationInd="0"`: false, `negationInd=""`: false, ``: false, `nullFlavor="UNK"`: false,
	} {
		for table, document := range map[string]map[string][]line{
			"medications": statement(t, medications, `<substanceAdministration `+written+`><consumable/></substanceAdministration>`),
			"allergies":   statement(t, allergies, `<act `+written+`><entryRelationship><observation><value code="x"/></observation></entryRelationship></act>`),
			"results":     statement(t, results, `<organizer><component><observation `+written+`><code code="1"/></observation></component></organizer>`),
		} {
			if given, no := len(document[table]), len(document[table+"_negated"]); given+no != 1 || (no == 1) != denied {
				t.Errorf("%s with %s: %d rows, and %d of what is denied", table, written, given, no)
			}
		}
		reactions := statement(t, allergies, `<act><entryRelationship><observation><entryRelationship typeCode="MFST"><observation `+written+`><templateId root="2.16.840.1.113883.10.20.22.4.9"/><value code="hives"/></observation></entryRelationship></observation></entryRelationship></act>`)
		if found := reactions["allergies"][0]["reaction"] == "hives"; found == denied {
			t.Errorf("a reaction with %s is found: %v", written, found)
		}
	}
}

// The null flavors are those of HL7 V3 (code system 2.16.840.1.113883.5.1008).
// None of them is a value, and all of them are kept.
func TestANullFlavorIsNoValueAndIsNotLost(t *testing.T) {
	t.Parallel()
	for _, flavor := range strings.Fields("NI INV DER OTH NINF PINF UNC MSK NA UNK ASKU NAV NASK NAVU QS TRC") {
		row := statement(t, results, fmt.Sprintf(`<organizer><component><observation><code nullFlavor="%[1]s"/><effectiveTime nullFlavor="%[1]s"/><value xsi:type="PQ" nullFlavor="%[1]s"/></observation></component></organizer>`, flavor))["results"][0]
		want := strings.ReplaceAll("code_null=? time_null=? value_type=PQ value_code_null=?", "?", flavor)
		if got := only(row, "code code_null time time_null time_low time_high value value_type value_unit value_code value_code_null"); got != want {
			t.Errorf("%s: %s", flavor, got)
		}
	}
	row := statement(t, medications, `<substanceAdministration><effectiveTime xsi:type="IVL_TS"><low value="20120101"/><high nullFlavor="UNK"/></effectiveTime><doseQuantity nullFlavor="NI"/><routeCode nullFlavor="OTH"><originalText>by mouth</originalText></routeCode></substanceAdministration>`)["medications"][0]
	if got := only(row, "time_low time_low_null time_high time_high_null dose dose_null route route_null route_text"); got != "time_low=20120101 time_high_null=UNK dose_null=NI route_null=OTH route_text=by mouth" {
		t.Error(got)
	}
}

func TestTheFirstOfSeveralIsOneThatSaysSomething(t *testing.T) {
	t.Parallel()
	row := statement(t, results, `<organizer><component><observation><id nullFlavor="NI"/><id root="1.2" extension="7"/><code nullFlavor="NI"/><code code="a"/><value xsi:type="ST"/></observation></component></organizer>`)["results"][0]
	if got := only(row, "id code code_null value"); got != "id=1.2^7 code=a value=" {
		t.Error(got)
	}
}

// A medication has a time in which it was taken and another that says how
// often, in any order.
func TestHowOftenIsNotWhen(t *testing.T) {
	t.Parallel()
	const when, often = `<effectiveTime xsi:type="IVL_TS"><low value="20120101"/><high value="20120201"/></effectiveTime>`, `<effectiveTime xsi:type="PIVL_TS" institutionSpecified="true" operator="A"><period value="12" unit="h"/></effectiveTime>`
	const meal, once = `<effectiveTime xsi:type="EIVL_TS" operator="A"><event code="PC"/></effectiveTime>`, `<effectiveTime value="201201011200-0500"/>`
	const columns = "time time_low time_high frequency_period frequency_period_unit frequency_institution_specified frequency_event"
	for times, want := range map[string]string{
		when + often: "time_low=20120101 time_high=20120201 frequency_period=12 frequency_period_unit=h frequency_institution_specified=true",
		often + when: "time_low=20120101 time_high=20120201 frequency_period=12 frequency_period_unit=h frequency_institution_specified=true",
		meal + once:  "time=201201011200-0500 frequency_event=PC",
		often:        "frequency_period=12 frequency_period_unit=h frequency_institution_specified=true",
		strings.ReplaceAll(when, "xsi:type", `xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type`): "time_low=20120101 time_high=20120201",
	} {
		row := statement(t, medications, "<substanceAdministration>"+times+"</substanceAdministration>")["medications"][0]
		if got := only(row, columns); got != want {
			t.Errorf("%s: %s", times, got)
		}
	}
}

func TestTextsAreFoundWhereTheyAreReferredTo(t *testing.T) {
	t.Parallel()
	for element, want := range map[string]string{
		`<text><reference value="#i1"/></text>`:                                       "text=Aspirin 81 mg daily",
		`<text><reference value="#i2"/></text>`:                                       "text=81 mg",
		`<text><reference value="i2"/></text>`:                                        "text=81 mg",
		`<text><reference value="#nowhere"/></text>`:                                  "",
		`<text>said <reference value="#i1"/></text>`:                                  "text=said",
		`<text nullFlavor="NI"/>`:                                                     "",
		`<text/>`:                                                                     "text=",
		`<text> a&amp;b &lt;5 <![CDATA[<c>]]>&#x1F600; </text>`:                       "text=a&b <5 <c>😀",
		`<code code="1"><originalText><reference value="#i2"/></originalText></code>`: "code=1 code_text=81 mg",
	} {
		row := statement(t, medications, "<substanceAdministration>"+element+"</substanceAdministration>")["medications"][0]
		if got := only(row, "text code code_text"); got != want {
			t.Errorf("%s: %q, want %q", element, got, want)
		}
	}
}

func TestValuesOfAllTypesKeepWhatIsWritten(t *testing.T) {
	t.Parallel()
	const columns = "value value_type value_unit value_low value_low_unit value_high value_high_unit value_numerator value_denominator value_code value_code_system value_code_display value_code_alt"
	for value, want := range map[string]string{
		`<value xsi:type="PQ" value="6.20" unit="%"/>`:                                                                         "value=6.20 value_type=PQ value_unit=%",
		`<value xsi:type="PQ" value="-0.0" unit="1"/>`:                                                                         "value=-0.0 value_type=PQ value_unit=1",
		`<value xsi:type="INT" value="007"/>`:                                                                                  "value=007 value_type=INT",
		`<value xsi:type="BL" value="false"/>`:                                                                                 "value=false value_type=BL",
		`<value xsi:type="TS" value="20120229"/>`:                                                                              "value=20120229 value_type=TS",
		`<value xsi:type="IVL_PQ"><low value="3" unit="g"/><high value="5" unit="kg"/></value>`:                                "value_type=IVL_PQ value_low=3 value_low_unit=g value_high=5 value_high_unit=kg",
		`<value xsi:type="RTO_PQ_PQ"><numerator value="1"/><denominator value="128"/></value>`:                                 "value_type=RTO_PQ_PQ value_numerator=1 value_denominator=128",
		`<value xsi:type="CD" code="0012" codeSystem="2.16.840.1.113883.6.96" displayName="x"><translation code="y"/></value>`: "value_type=CD value_code=0012 value_code_system=2.16.840.1.113883.6.96 value_code_display=x value_code_alt=y",
		`<value xsi:type="ST">  not
   detected </value>`: "value=not detected value_type=ST",
		`<value xsi:type="ED"><reference value="#i2"/></value>`: "value=81 mg value_type=ED",
		`<value>5</value>`: "value=5",
	} {
		row := statement(t, results, `<organizer><component><observation>`+value+`</observation></component></organizer>`)["results"][0]
		if diff := cmp.Diff(want, only(row, columns)); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
}

// Comments, other prefixes, other quotes and white space between elements mean
// nothing in XML.
func TestTheSameDocumentWrittenOtherwiseHasTheSameRows(t *testing.T) {
	t.Parallel()
	whole := string(sample(t))
	want := readSample(t, extract.Options{})
	for name, other := range map[string]string{
		"Windows line ends": strings.ReplaceAll(whole, "\n", "\r\n"),
		"no line ends":      strings.ReplaceAll(whole, ">\n", ">"),
		"comments":          strings.ReplaceAll(whole, "</entry>", "<!-- <entry> ]]> &who; --></entry><?target data?>"),
		"other quotes":      strings.ReplaceAll(whole, `root="2.16.840.1.113883.10.20.22.2.6.1"`, `root='2.16.840.1.113883.10.20.22.2.6.1'`),
		"blanks in tags":    strings.NewReplacer("<entry>", "<entry\n >", "</entry>", "</entry \t>").Replace(whole),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readTables(t, "summary.xml", []byte(other), extract.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
