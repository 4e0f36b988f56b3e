package courier

import (
	"chartlift/load"
	"chartlift/reports"
)

// Stage writes down that what next returns is on its way, in the bundles in
// which Deliver will send the same afterwards: a run that is killed while a
// server works on it by itself leaves its doubts by name. put gets what is to
// be delivered, known what the target holds already.
func (r *Round) Stage(next func() (Parcel, bool, error), put, known func(load.Entry) error) error {
	seq := r.seq
	var failed error
	err := r.cut(next, func(p Parcel) {
		if failed == nil {
			failed = known(p.Entry)
		}
	}, func(parcels []Parcel) error {
		seq++
		entries := make([]reports.Delivered, len(parcels))
		for i, p := range parcels {
			e := p.Entry.Resource
			entries[i] = reports.Delivered{Type: e.Type, ID: e.ID, Sum: reports.SumOf(e.JSON), Fate: reports.Sent}
			if err := put(p.Entry); err != nil {
				return err
			}
		}
		r.Recorder.Journal(seq, false, entries)
		return failed
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return r.Recorder.Await()
}
