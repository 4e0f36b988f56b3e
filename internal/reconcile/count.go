package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/load/compare"
)

// count compares how many of each type there are.
func (c *Checker) count(ctx context.Context) error {
	for typ, n := range c.held.Counts() {
		c.of(typ).Journal = n
	}
	for _, typ := range slices.Sorted(maps.Keys(c.types)) {
		t := c.types[typ]
		t.Server, t.Compared, t.Uncompared = -1, c.state.Compared[typ], c.state.Uncompared[typ]
		c.result.Compared += t.Compared
		c.result.Uncompared += t.Uncompared
		n, ok, err := c.server.CountWhere(ctx, typ, "_total=accurate")
		if err == nil && !ok {
			n, ok, err = c.server.CountWhere(ctx, typ, "")
		}
		if err != nil {
			return fmt.Errorf("count %s: %w", typ, err)
		}
		if ok {
			t.Server = n
		} else {
			c.result.Notes = append(c.result.Notes, "the server does not say how many "+typ+" it has")
		}
		c.result.Types = append(c.result.Types, *t)
		if ok && n < t.Journal {
			c.differs(Difference{Kind: Count, Type: typ, Says: fmt.Sprintf("%d delivered, %d on the server", t.Journal, n)})
		}
		if err := c.orphans(ctx, typ); err != nil {
			return err
		}
	}
	return nil
}

// mostOrphans bounds how many of a type are listed: a server that another
// project has loaded, too, may have millions.
const mostOrphans = 10_000

// errEnough ends a listing.
var errEnough = errors.New("enough is known")

// orphans lists what is ours by its tag or identifier and was never delivered.
func (c *Checker) orphans(ctx context.Context, typ string) error {
	if c.o.Orphans == NoOrphans || c.tag == "" && c.o.Expect == nil {
		return nil
	}
	if enough, err := c.countsOurs(ctx, typ); enough || err != nil {
		return err
	}
	found := 0
	by, err := c.server.Ours(ctx, typ, c.tag, func(id string) error {
		if c.held.Knows(typ, id) {
			return nil
		}
		if found++; found > mostOrphans {
			return errEnough
		}
		c.differs(Difference{Kind: Orphan, Type: typ, ID: id})
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		c.result.Notes = append(c.result.Notes, fmt.Sprintf("%s that nobody delivered: the first %d are listed, there are more", typ, mostOrphans))
		return nil
	case err != nil:
		return fmt.Errorf("look for %s that nobody delivered: %w", typ, err)
	case by == NotAsked:
		c.result.Notes = append(c.result.Notes, "the server is not searched by tag: "+typ+" that nobody delivered were not looked for")
	case by == ByIdentifier && found > 0:
		c.result.Notes = append(c.result.Notes, typ+" that nobody delivered were looked for by our identifier, as the server is not searched by tag: those of another project count, too")
	}
	return nil
}

// countsOurs reports whether a count is enough to say that the type has no
// orphans: the server has as many with our tag as were delivered. One that
// passes over the tag counts all that it has, of which none is an orphan then
// either.
func (c *Checker) countsOurs(ctx context.Context, typ string) (bool, error) {
	if c.o.Orphans != OrphansCounted || c.tag == "" || c.result.Differ > 0 {
		return false, nil
	}
	n, ok, err := c.server.CountWhere(ctx, typ, "_total=accurate&_tag="+url.QueryEscape(c.tag))
	if err != nil {
		return false, fmt.Errorf("count %s that are ours: %w", typ, err)
	}
	return ok && n == c.types[typ].Journal, nil
}

// siteSystem is the system of the tag that mappings give for their site.
const siteSystem = "urn:chartlift:site"

// siteTag returns the tag of the site, "" where the resource has none.
func siteTag(r fhir.Resource) string {
	var t fhir.Tree
	if t.Parse(r.JSON) != nil {
		return ""
	}
	tags := t.Find(t.Find(0, "meta"), "tag")
	if t.Find(0, "meta") == 0 || tags == 0 {
		return ""
	}
	for i := t.First(tags); i != 0; i = t.Next(i) {
		if t.FindText(i, "system") == siteSystem {
			return siteSystem + "|" + t.FindText(i, "code")
		}
	}
	return ""
}

// patient notes a resource of a patient whose resources are counted.
func (c *Checker) patient(r fhir.Resource) {
	if c.o.Patients <= 0 || r.Type == "Patient" {
		return
	}
	var t fhir.Tree
	if t.Parse(r.JSON) != nil {
		return
	}
	for _, element := range []string{"patient", "subject"} {
		at := t.Find(0, element)
		if at == 0 {
			continue
		}
		ref := strings.Clone(t.FindText(at, "reference"))
		if !strings.HasPrefix(ref, "Patient/") || !chosen(ref, c.o.Patients) {
			return
		}
		if c.patients[ref] == nil {
			c.patients[ref] = map[string]int64{}
		}
		c.patients[ref][r.Type]++
		return
	}
}

// PatientStratum is the patients whose resources were counted and who have
// about as many: an error that loses the long charts alone would drown among
// the short ones.
type PatientStratum struct {
	Name      string // such as "10 to 99 resources"
	Patients  int64  // that were counted
	Differ    int64  // of these, the server finds fewer resources of a type
	Delivered int64  // resources of these patients
	Server    int64  // that the server finds; -1 where it cannot be searched by patient
	Whole     bool   // all patients were counted
}

// Bound is the highest share of the stratum's patients that may lack something,
// with 95 % confidence.
func (p PatientStratum) Bound() float64 {
	if p.Whole {
		return bound(p.Differ, p.Patients, p.Patients)
	}
	return compare.Bound(p.Differ, p.Patients)
}

// strata are the classes of patients, by the least number of resources they
// have.
func strata() []PatientStratum {
	return []PatientStratum{{Name: "1 to 9 resources"}, {Name: "10 to 99 resources"}, {Name: "100 or more resources"}}
}

func stratumOf(resources int64) int {
	switch {
	case resources < 10:
		return 0
	case resources < 100:
		return 1
	}
	return 2
}

// countPatients compares how many resources of each type the server finds for a
// patient. More than were delivered are no difference: others work with the
// chart.
func (c *Checker) countPatients(ctx context.Context) error {
	all := strata()
	blind := map[string]bool{} // types that cannot be searched by patient
	for _, ref := range slices.Sorted(maps.Keys(c.patients)) {
		var total int64
		for _, n := range c.patients[ref] {
			total += n
		}
		s := &all[stratumOf(total)]
		s.Patients++
		s.Delivered += total
		found, fewer, err := c.countPatient(ctx, ref, blind)
		if err != nil {
			return err
		}
		s.Server += found
		if fewer {
			s.Differ++
		}
	}
	for _, s := range all {
		if s.Patients == 0 {
			continue
		}
		if s.Whole = c.o.Patients >= 1; len(blind) > 0 {
			s.Server = -1 // a sum over some of the types says nothing
		}
		c.result.Patients = append(c.result.Patients, s)
	}
	return nil
}

// countPatient counts what the server finds of one patient, and reports whether
// it is less than was delivered.
func (c *Checker) countPatient(ctx context.Context, ref string, blind map[string]bool) (found int64, fewer bool, err error) {
	for _, typ := range slices.Sorted(maps.Keys(c.patients[ref])) {
		if blind[typ] {
			continue
		}
		want := c.patients[ref][typ]
		n, ok, err := c.server.CountWhere(ctx, typ, "patient="+url.QueryEscape(ref))
		if err != nil {
			return found, fewer, fmt.Errorf("count %s by patient: %w", typ, err)
		}
		if !ok {
			blind[typ] = true
			c.result.Notes = append(c.result.Notes, "the server is not searched for "+typ+" by patient")
			continue
		}
		found += n
		if n < want {
			fewer = true
			id := strings.TrimPrefix(ref, "Patient/")
			c.differs(Difference{Kind: PatientCount, Type: "Patient", ID: id, Says: fmt.Sprintf("%d %s delivered, %d found", want, typ, n)})
		}
	}
	return found, fewer, nil
}
