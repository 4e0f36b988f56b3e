// Package population makes people with duplicates whose truth is known:
// households with couples, children, twins and juniors, and second records with
// the errors of registration desks.
//
// Read [Make] first. The same options give the same records on every machine.
package population

import (
	"fmt"
	"math/rand/v2"
)

// Options say how many people there are and how they live.
type Options struct {
	Persons int
	Seed    uint64
	Twins   float64 // share of households with twins; 0: 0.012
	Second  float64 // chance of a second adult; 0: 0.5
	NoSSN   bool    // no record has a social security number
}

// Record is one row of a registration system. Person says who it really is.
type Record struct {
	ID, Person                                                 string
	Given, Middle, Family, Suffix, DOB, Sex, SSN, Phone, Email string
	Number, Street, City, Zip, State                           string
}

// Columns are the names of Record.Values.
func Columns() []string {
	return []string{"given", "middle", "family", "suffix", "dob", "sex", "ssn", "phone", "email", "street", "city", "zip", "state"}
}

// Kinds are the kinds of Columns, as a fields file names them.
func Kinds() []string {
	return []string{"given", "middle", "family", "suffix", "dob(YYYY-MM-DD)", "sex", "ssn", "phone", "email", "street", "city", "zip", "state"}
}

// Values returns the columns of a record; house number and street are one.
func (r *Record) Values() []string {
	street := r.Street
	if r.Number != "" {
		street = r.Number + " " + street
	}
	return []string{r.Given, r.Middle, r.Family, r.Suffix, r.DOB, r.Sex, r.SSN, r.Phone, r.Email, street, r.City, r.Zip, r.State}
}

// Make returns the records in no order: those of one person do not stand
// together.
func Make(o Options) []Record {
	if o.Twins == 0 {
		o.Twins = .012
	}
	if o.Second == 0 {
		o.Second = .5
	}
	g := &generator{Rand: rand.New(rand.NewPCG(o.Seed, 0x5eed)), o: o, n: newNames(rand.New(rand.NewPCG(o.Seed, 7)))}
	for g.persons < o.Persons {
		g.household()
	}
	g.Shuffle(len(g.records), func(i, j int) { g.records[i], g.records[j] = g.records[j], g.records[i] })
	for i := range g.records {
		g.records[i].ID = fmt.Sprintf("r%016x", g.Uint64())
	}
	return g.records
}

// generator makes households one after another.
type generator struct {
	*rand.Rand
	o       Options
	n       *names
	persons int
	records []Record
}

func (g *generator) chance(p float64) bool { return g.Float64() < p }

// household makes an adult, perhaps a second one, children, twins among them,
// and a junior.
func (g *generator) household() {
	home := g.home()
	first := g.person(home, g.between(1935, 2000))
	family := []Record{first}
	if g.chance(g.o.Second) {
		second := g.person(home, min(2003, max(1930, year(&first)+g.IntN(13)-6)))
		second.Sex = map[string]string{"M": "F", "F": "M"}[first.Sex]
		second.Given, second.Middle = g.n.given(g.Rand, second.Sex), g.n.given(g.Rand, second.Sex)
		if g.chance(.7) {
			second.Family = first.Family
		}
		family = append(family, second)
	}
	children := pick(g.Rand, []float64{.55, .20, .17, .08})
	for range children {
		family = append(family, g.child(&first, home))
	}
	if g.chance(g.o.Twins) {
		family = append(family, g.twins(&first, home)...)
	}
	if first.Sex == "M" && g.chance(.02) {
		family = append(family, g.junior(&family[0], home))
	}
	for i := range family {
		g.emit(&family[i])
	}
}

func year(r *Record) int {
	y := 0
	fmt.Sscanf(r.DOB, "%d", &y)
	return y
}

func (g *generator) between(from, to int) int { return from + g.IntN(to-from+1) }

// home is an address with a telephone that most who live there share.
func (g *generator) home() Record {
	city := g.n.city(g.Rand)
	return Record{
		Number: fmt.Sprint(1 + g.IntN(3999)), Street: g.n.street(g.Rand), City: city.name, State: city.state,
		Zip: fmt.Sprintf("%05d", city.zip+g.IntN(8)), Phone: g.phone(),
	}
}

func (g *generator) phone() string {
	return fmt.Sprintf("%d%02d-%03d-%04d", 2+g.IntN(8), g.IntN(100), 200+g.IntN(700), g.IntN(10000))
}

func (g *generator) ssn() string {
	return fmt.Sprintf("%03d-%02d-%04d", 1+g.IntN(665), 1+g.IntN(99), 1+g.IntN(9999))
}

// person is somebody who lives in this home, born in the year.
func (g *generator) person(home Record, born int) Record {
	p := home
	p.Sex = []string{"F", "M"}[g.IntN(2)]
	p.Given, p.Middle, p.Family = g.n.given(g.Rand, p.Sex), g.n.given(g.Rand, p.Sex), g.n.family(g.Rand)
	p.DOB = fmt.Sprintf("%04d-%02d-%02d", born, 1+g.IntN(12), 1+g.IntN(28))
	if g.chance(.85) && !g.o.NoSSN {
		p.SSN = g.ssn()
	}
	if !g.chance(.6) {
		p.Phone = g.phone()
	}
	return p
}

func (g *generator) child(parent *Record, home Record) Record {
	c := g.person(home, min(2023, year(parent)+g.between(20, 38)))
	c.Family = parent.Family
	return c
}

func (g *generator) twins(parent *Record, home Record) []Record {
	a := g.child(parent, home)
	b := g.child(parent, home)
	b.DOB, b.Family, b.Phone = a.DOB, a.Family, a.Phone
	if b.Sex = a.Sex; g.chance(.3) {
		b.Sex = map[string]string{"M": "F", "F": "M"}[a.Sex]
	}
	for b.Given = g.n.given(g.Rand, b.Sex); b.Given == a.Given; b.Given = g.n.given(g.Rand, b.Sex) {
	}
	if g.chance(.3) {
		b.Given = g.n.sameInitial(g.Rand, b.Sex, a.Given)
	}
	if a.SSN != "" && b.SSN != "" && g.chance(.6) {
		b.SSN = next(a.SSN)
	}
	return []Record{a, b}
}

// next returns the number that was given out after this one.
func next(ssn string) string {
	var area, group, serial int
	fmt.Sscanf(ssn, "%d-%d-%d", &area, &group, &serial)
	return fmt.Sprintf("%03d-%02d-%04d", area, group, serial%9999+1)
}

// junior has his father's names.
func (g *generator) junior(father *Record, home Record) Record {
	j := g.child(father, home)
	j.Sex, j.Given, j.Middle = "M", father.Given, father.Middle
	if g.chance(.5) {
		father.Suffix, j.Suffix = "SR", "JR"
	}
	return j
}

// pick returns an index with the chance that stands there.
func pick(r *rand.Rand, chances []float64) int {
	x := r.Float64()
	for i, c := range chances {
		if x -= c; x < 0 {
			return i
		}
	}
	return len(chances) - 1
}
