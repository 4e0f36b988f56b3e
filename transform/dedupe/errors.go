package dedupe

import "fmt"

// IDError says that a record has no id, or one that an earlier record has. Row
// counts the records from 1.
type IDError struct {
	Row   int64
	Twice bool
}

func (e *IDError) Error() string {
	if e.Twice {
		return fmt.Sprintf("row %d has the id of an earlier row; ids must be unique: mend the column id, or name a unique one", e.Row)
	}
	return fmt.Sprintf("row %d has no id; every record needs one", e.Row)
}
