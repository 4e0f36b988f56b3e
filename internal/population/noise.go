package population

import (
	"fmt"
	"strings"
)

// emit writes a person's records: one as it should be, and for one person in
// five more with errors.
func (g *generator) emit(p *Record) {
	g.persons++
	p.Person = fmt.Sprintf("p%07d", g.persons)
	if g.chance(.4) {
		p.Email = fmt.Sprintf("%s.%s%d@%s", strings.ToLower(p.Given), strings.ToLower(p.Family), g.IntN(100), []string{"example.com", "mail.example.org", "post.example.net"}[g.IntN(3)])
	}
	g.write(*p)
	if !g.chance(.19) {
		return
	}
	for range []int{1, 2, 3, 5}[pick(g.Rand, []float64{.78, .14, .06, .02})] {
		g.write(g.duplicate(*p))
	}
}

// write loses what any record may lose.
func (g *generator) write(r Record) {
	lose := func(p float64, field *string, instead string) {
		if g.chance(p) {
			*field = instead
		}
	}
	lose(.03, &r.DOB, "")
	if r.DOB != "" {
		lose(.004, &r.DOB, []string{"1900-01-01", "1970-01-01"}[g.IntN(2)])
	}
	if r.SSN != "" {
		lose(.25, &r.SSN, "")
		lose(.004, &r.SSN, []string{"999-99-9999", "123-45-6789"}[g.IntN(2)])
	}
	lose(.15, &r.Phone, "")
	lose(.05, &r.Zip, "")
	lose(.02, &r.Sex, "")
	if r.Middle != "" {
		lose(.30, &r.Middle, r.Middle[:1])
	}
	g.records = append(g.records, r)
}

// duplicate returns the person as another clerk entered them another time.
func (g *generator) duplicate(r Record) Record {
	g.move(&r)
	g.rename(&r)
	g.misdate(&r)
	g.misnumber(&r)
	if g.chance(.008) {
		r.Sex = map[string]string{"M": "F", "F": "M"}[r.Sex]
	}
	if g.chance(.30) {
		r.Email = ""
	}
	return r
}

func (g *generator) move(r *Record) {
	if g.chance(.22) {
		home := g.home()
		r.Number, r.Street, r.City, r.Zip, r.State = home.Number, home.Street, home.City, home.Zip, home.State
	}
	if g.chance(.25) {
		r.Phone = g.phone()
	}
	if g.chance(.35) {
		r.Street = abbreviate(r.Street)
	}
	if g.chance(.05) {
		r.Street = g.typo(r.Street)
	}
	if g.chance(.04) {
		r.City = g.typo(r.City)
	}
	if g.chance(.03) {
		r.Zip = g.digit(r.Zip)
	}
}

func (g *generator) rename(r *Record) {
	if g.chance(.10) {
		r.Given = g.n.nickname(g.Rand, r.Given)
	}
	if g.chance(.10) {
		r.Given = g.typo(r.Given)
	}
	if g.chance(.10) {
		r.Family = g.typo(r.Family)
	}
	if r.Sex == "F" && g.chance(.07) {
		other := g.n.family(g.Rand)
		if g.chance(.30) {
			other = r.Family + "-" + other
		}
		r.Family = other
	}
	switch {
	case g.chance(.02):
		r.Given, r.Family = r.Family, r.Given
	case g.chance(.015) && r.Middle != "":
		r.Given, r.Middle = r.Middle, r.Given
	}
	if g.chance(.40) {
		r.Middle = ""
	}
}

func (g *generator) misdate(r *Record) {
	var y, m, d int
	fmt.Sscanf(r.DOB, "%d-%d-%d", &y, &m, &d)
	switch x := g.Float64(); {
	case x < .03:
		d = 1 + g.IntN(28)
	case x < .045 && d <= 12:
		m, d = d, m
	case x < .055:
		y += []int{-10, -1, 1, 10}[g.IntN(4)]
	case x < .065:
		m, d = 1, 1
	}
	r.DOB = fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

func (g *generator) misnumber(r *Record) {
	if r.SSN == "" {
		return
	}
	switch x := g.Float64(); {
	case x < .20:
		r.SSN = ""
	case x < .235:
		r.SSN = g.digit(r.SSN)
	case x < .237:
		r.SSN = g.ssn()
	}
}

// typo changes one letter as fingers do: leaves it out, doubles it, swaps it
// with the next, or hits another.
func (g *generator) typo(s string) string {
	if len(s) < 3 {
		return s
	}
	i := 1 + g.IntN(len(s)-2)
	switch g.IntN(4) {
	case 0:
		return s[:i] + s[i+1:]
	case 1:
		return s[:i] + s[i:i+1] + s[i:]
	case 2:
		return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
	}
	return s[:i] + string(rune('A'+g.IntN(26))) + s[i+1:]
}

// digit changes one digit.
func (g *generator) digit(s string) string {
	at := g.IntN(max(1, len(s)))
	for range len(s) {
		if s[at] >= '0' && s[at] <= '9' {
			return s[:at] + string('0'+(s[at]-'0'+byte(1+g.IntN(9)))%10) + s[at+1:]
		}
		at = (at + 1) % len(s)
	}
	return s
}

func abbreviate(street string) string {
	return strings.NewReplacer(" STREET", " ST", " AVENUE", " AVE", " ROAD", " RD", " DRIVE", " DR", " LANE", " LN", " COURT", " CT").Replace(street)
}
