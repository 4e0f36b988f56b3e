package profile

// seeISO looks at a value as nearly all exports write a moment: 2017-03-27,
// 2017-03-27 10:11:12 or 2017-03-27T10:11:12Z. Each part stands at its place,
// so that no dateReader is needed to find it; of what seeISO takes, that says
// the same.
func seeISO(s string) (v sight, ok bool) {
	if len(s) != 10 && len(s) != 19 && len(s) != 20 || s[4] != '-' || s[7] != '-' {
		return sight{}, false
	}
	century, year, month, of := two(s), two(s[2:]), two(s[5:]), two(s[8:])
	if max(century, year, month, of) == notTwo {
		return sight{}, false
	}
	v.kind = date
	v.layout.order, v.layout.separator = yearFirst, '-'
	d := day{year: century*100 + year, month: month, day: of}
	if len(s) > 10 {
		hour, minute, second := two(s[11:]), two(s[14:]), two(s[17:])
		if hour > 24 || minute > 59 || second > 60 || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' || len(s) == 20 && s[19] != 'Z' {
			return sight{}, false
		}
		v.kind = datetime
		v.layout.joint, v.layout.clock, v.layout.zone = s[10], toSecond, len(s) == 20
		d.seconds = int64(hour)*10000 + int64(minute)*100 + int64(second)
	}
	if !d.exists() {
		v.kind = impossibleDate
	}
	v.when = [2]int64{d.key(), d.key()}
	return v, true
}

// notTwo is above all numbers of two digits.
const notTwo = 100

// two returns the number that the first two bytes of s are, or notTwo.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return notTwo
	}
	return int(a)*10 + int(b)
}
