package reports

import (
	"context"
	"database/sql"
	"slices"
)

// MustSupport adds what one worker counted of an element that a profile must
// support: it was there in so many of the values of its parent. Resources are
// counted as the mapping makes them, before records of one person are put
// together.
func (r *Recorder) MustSupport(profile, element string, there, of int64) {
	r.add(func(b *batch) {
		key := [2]string{profile, element}
		n, known := b.support[key]
		if !known {
			b.things++
		}
		b.support[key] = [2]int64{n[0] + there, n[1] + of}
	})
}

// writeSupport adds to what earlier transactions wrote.
func (r *Recorder) writeSupport(tx *sql.Tx, support map[[2]string][2]int64) error {
	var rows [][]any
	for key, n := range support {
		rows = append(rows, []any{r.id, key[0], key[1], n[0], n[1]})
	}
	return insert(tx, "INSERT INTO must_support VALUES", rows, " ON CONFLICT DO UPDATE SET n_there = n_there + excluded.n_there, n_of = n_of + excluded.n_of")
}

// SupportedProfile is a profile with the elements that it must support, the
// emptiest first.
type SupportedProfile struct {
	Profile  string             `json:"profile"`
	Never    int                `json:"never"` // elements that are nowhere
	Elements []SupportedElement `json:"elements"`
}

// SupportedElement says in how many of the values of its parent an element is
// there.
type SupportedElement struct {
	Element string `json:"element"`
	There   int64  `json:"there"`
	Of      int64  `json:"of"`
}

// sumSupport reads the elements by profile.
func (db *DB) sumSupport(ctx context.Context, s *Summary) error {
	s.Support = []SupportedProfile{}
	return db.each(ctx, `SELECT profile, element, n_there, n_of FROM must_support WHERE run_id = ? AND n_of > 0
		ORDER BY profile, 1.0 * n_there / n_of, element`, []any{s.Run.ID}, func(scan scanner) error {
		var profile string
		var e SupportedElement
		if err := scan(&profile, &e.Element, &e.There, &e.Of); err != nil {
			return err
		}
		at := slices.IndexFunc(s.Support, func(p SupportedProfile) bool { return p.Profile == profile })
		if at < 0 {
			at, s.Support = len(s.Support), append(s.Support, SupportedProfile{Profile: profile})
		}
		p := &s.Support[at]
		if e.There == 0 {
			p.Never++
		}
		p.Elements = append(p.Elements, e)
		return nil
	})
}
