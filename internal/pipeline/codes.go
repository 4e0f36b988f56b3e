package pipeline

import "chartlift/internal/issue"

// Codes lists the stable codes of what is found when records of one person are
// put together, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{Code: "merge-conflict", Title: "records of one person contradict each other in date of birth, sex or death", Fix: "look at both records; correct the source, say under survivorship which one counts, or decide in a review worksheet that they are two persons"},
		{Code: "merge-undone", Title: "records of one person were left apart, because one of them was refused or what was made of them is not valid", Fix: "mend what the findings of these rows name, and run again"},
		{Code: samePerson, Title: "two records are one person; as a reason in the ledger: the row became part of the other's Patient", Fix: "nothing; where it is wrong, decide in a review worksheet that they are two persons, and run again"},
	}
}

// RepeatCodes lists the stable codes of what is found when resources of several
// systems are compared, sorted.
func RepeatCodes() []issue.Code {
	return []issue.Code{
		{Code: "allergy-denied", Title: "one row says that a patient has no known allergy, another names one", Fix: "ask which is true, and correct the source"},
		{Code: "duplicate-differs", Title: "two resources have the same key, but do not say the same", Fix: "compare the two rows; add an element to dedupe: { on: … } where they are two things, or say which is kept"},
		{Code: nearly, Title: "two resources differ by a rounding or a short time alone, as far as dedupe: { near: … } says", Fix: "compare the two rows; write then: merge if such pairs are one thing told twice, or a narrower near if they are two"},
		{Code: repeated, Title: "a resource tells the same as that of another row, which is kept; as a reason in the ledger: the row was merged into the other", Fix: "nothing"},
	}
}
