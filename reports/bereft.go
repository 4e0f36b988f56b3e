package reports

import "context"

// PatientsAbsent is the code of the finding that records are about patients
// whose table was not given. Such a run did what it was told and ends with the
// exit code of its other findings, but nobody may sign it: R4 lets the subject
// of an Encounter or Observation be left out, so all of it would look whole.
const PatientsAbsent = "W0209"

// sumBereft reads what is said of records whose patients are missing. It does
// not go by the groups of a Summary, of which only the first are there.
func (db *DB) sumBereft(ctx context.Context, s *Summary) error {
	return db.each(ctx, "SELECT message FROM finding_group WHERE run_id = ? AND code = ? LIMIT 1", []any{s.Run.ID, PatientsAbsent}, func(scan scanner) error {
		return scan(&s.Bereft)
	})
}
