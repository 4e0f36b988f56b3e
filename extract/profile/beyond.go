package profile

// beyond is what is known of the values outside the dictionary.
type beyond struct {
	known     filter // of the dictionary's values
	different hyperLogLog
	sample    sample
	frequent  *frequent
	texts     texts
	tally     tally
}

// add takes a value.
func (b *beyond) add(r *run, l look) {
	b.tally.add(l, r.rows)
	b.different.add(r.hash)
	b.frequent.add(r.hash, r.text, r.rows)
	b.texts.add(r, l)
	if b.sample.add(r.hash, r.rows) && b.sample.most == mostUnique {
		b.sample.limit(mostSampled)
	}
}
