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
func (b *beyond) add(h uint64, s string, l look) {
	b.tally.add(l, 1)
	b.different.add(h)
	b.frequent.add(h, s, 1)
	b.texts.add(h, s, l)
	if b.sample.add(h) {
		b.repeated()
	}
}

// again takes the value that was added last as often as it came again, as add
// would.
func (b *beyond) again(l *latest) {
	b.tally.add(l.look, l.again)
	b.frequent.add(l.hash, l.text, l.again)
	b.texts.again(l.hash, l.again)
	if b.sample.again(l.hash, l.again) {
		b.repeated()
	}
}

// repeated gives up the memory that is worth it only while every value is
// another.
func (b *beyond) repeated() {
	if b.sample.most == mostUnique {
		b.sample.limit(mostSampled)
	}
}
