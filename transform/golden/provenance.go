package golden

import (
	"strings"
	"time"

	"chartlift/fhir"
)

// Decision tells who put records together, for their Provenance.
type Decision struct {
	ID       string   // of the Provenance
	Records  []string // ids of the Patients that are its targets, the survivor first
	Sources  []Source // what went into them
	Merged   bool     // false: they were linked only
	Tool     string   // name and version of this program
	By       string   // the person who decided, "" where nobody had to
	Recorded string   // instant of the decision, else of the sources; "" where neither is known
	Policy   string   // URI of the weights by which it was decided
}

// Source is a record that went into a golden one.
type Source struct {
	ID   string // of its Patient; "" where that is not kept
	Text string // the row that it was made of
}

// unknownTime stands for a time that nobody knows: recorded is required, and a
// clock would give other bytes in each run.
const unknownTime = `"_recorded":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`

// Provenance returns the Provenance of a merge or link, as canonical JSON. The
// activities are those of ISO 21089, in which merge and link are life cycle
// events of records
// (http://hl7.org/fhir/R4/valueset-provenance-activity-type.html).
func Provenance(d Decision) []byte {
	out := append(fhir.AppendString([]byte(`{"resourceType":"Provenance","id":`), d.ID), `,"target":[`...)
	out = append(out, `{"reference":"Patient/`+strings.Join(d.Records, `"},{"reference":"Patient/`)+`"}`...)
	out = append(out, ']', ',')
	if d.Recorded == "" {
		out = append(out, unknownTime...)
	} else {
		out = fhir.AppendString(append(out, `"recorded":`...), d.Recorded)
	}
	if d.Policy != "" {
		out = append(fhir.AppendString(append(out, `,"policy":[`...), d.Policy), ']')
	}
	code, display, text := "link", "Link Record Lifecycle Event", "LINK"
	if d.Merged {
		code, display, text = "merge", "Merge Record Lifecycle Event", "MERGE"
	}
	out = append(out, `,"activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle","code":"`+code+`","display":"`+display+`"}],"text":"`+text+`"}`...)
	out = append(out, `,"agent":[`...)
	if d.By != "" {
		out = agent(out, "author", "Author", d.By)
		out = append(out, ',')
	}
	out = agent(out, "assembler", "Assembler", d.Tool)
	return append(sources(append(out, ']', ','), d.Sources), '}')
}

// sources appends the records that were put together.
func sources(out []byte, all []Source) []byte {
	out = append(out, `"entity":[`...)
	for i, s := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"role":"source","what":{`...)
		if s.ID != "" {
			out = append(out, `"reference":"Patient/`+s.ID+`",`...)
		}
		out = append(fhir.AppendString(append(out, `"display":`...), s.Text), `}}`...)
	}
	return append(out, ']')
}

// agent appends somebody who took part.
func agent(dst []byte, code, display, who string) []byte {
	dst = append(dst, `{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"`+code+`","display":"`+display+`"}]},"who":{"display":`...)
	return append(fhir.AppendString(dst, who), `}}`...)
}

// Instant returns a FHIR dateTime as an instant: the first moment of a day,
// month or year, where no more is known, in the zone (an offset such as +05:30,
// or Z). It returns "" for a text that is none.
func Instant(dateTime, zone string) string {
	const noTime = "T00:00:00"
	switch {
	case fhir.CheckPrimitive("instant", dateTime) == nil:
		return dateTime
	case strings.Contains(dateTime, "T") || fhir.CheckPrimitive("dateTime", dateTime) != nil:
		return ""
	}
	return dateTime + "0000-01-01"[len(dateTime):] + noTime + zone
}

// Moment returns the beginning of a FHIR dateTime as a text that sorts by time,
// whatever zones they are written in; what has no zone is taken as UTC. It
// returns "" for a text that is none.
func Moment(dateTime string) string {
	at, err := time.Parse(time.RFC3339Nano, Instant(dateTime, "Z"))
	if err != nil {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000000")
}
