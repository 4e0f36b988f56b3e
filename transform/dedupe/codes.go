package dedupe

import "chartlift/internal/issue"

// Codes lists the stable codes of this room, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "decision-contradiction", Title: "people decided that records are one person and that they are two", Fix: "change one of the decisions in its worksheet and import it again; nothing is joined by them until then"},
		{Code: "dedupe-empty-column", Title: "no record has a value in a column that is to be compared", Fix: "name the right column, or correct its kind"},
		{Code: "dedupe-faulty-row", Title: "a row that could not be read for certain is compared with no other", Fix: "repair the row in the line named"},
		{Code: "dedupe-one-value", Title: "one value stands in more than half of the records: it tells nobody apart", Fix: "make it empty where the old system enters it by itself, or leave the column out"},
		{Code: "dedupe-placeholder", Title: "values that stand for nobody count as missing", Fix: "nothing; records with such a name are never merged by themselves"},
		{Code: "dedupe-unreadable", Title: "dates that are not written as the fields file says count as missing", Fix: "correct the format: dob(MM/DD/YYYY)"},
	}
}
