package hl7v2

import (
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// event is what a message says of records that other messages made: a table of
// rows, one for each segment, does not show it.
type event struct{ code, text string }

// eventOf returns what an ADT message of this kind (MSH-9) says of earlier
// records, by HL7 v2.5.1 chapter 3; no code where it says nothing of them.
// Cancelled admissions and the like (A11, A12, A13, A27, A38 …) are none: the
// message is about its own visit.
func eventOf(kind string) event {
	trigger, ok := strings.CutPrefix(kind, "ADT^")
	if !ok {
		return event{}
	}
	switch trigger {
	case "A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47":
		return event{"patient-merged", "the number in MRG-1 was merged into this patient's, or replaced by it: see that its chart does not live on, also where an earlier run delivered it"}
	case "A35", "A41", "A42", "A43", "A44", "A45", "A48", "A49", "A50", "A51":
		return event{"numbers-moved", "a visit, an account or a number was merged, moved or renamed (MRG), which is not carried out: do it in the target, or export again behind it"}
	case "A24", "A37":
		return event{"patients-linked", "two patients are said to be linked, or no longer to be, which is not carried out: do it in the target"}
	case "A23", "A29":
		return event{"record-deleted", "the sender deleted this visit or person: ask whether it was an error, and see what became of the chart and of what hangs on it, also where an earlier run delivered it"}
	}
	return event{}
}

// remark says of a PID what its message means for other records. The value is
// the message's id (MSH-10).
func (r *rows) remark(rec *extract.Record, seg *segment) {
	e := eventOf(seg.kind)
	if e.code == "" || e.code == "patients-linked" && seg.place.n > 1 { // once a message, which has both patients
		return
	}
	is := fault(rec, e.code, seg.kind+": "+e.text)
	is.Severity, is.Type, is.Column, is.Value = issue.Warning, "business-rule", messageIDColumn, seg.message.id
	r.report(*is)
}
