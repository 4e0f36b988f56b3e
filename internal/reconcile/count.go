package reconcile

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"chartlift/fhir"
)

// count compares how many of each type there are.
func (c *Checker) count(ctx context.Context) error {
	journal := c.held.Counts()
	types := maps.Clone(journal)
	maps.Copy(types, c.made)
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		t := TypeCount{Type: typ, Source: c.made[typ], Journal: journal[typ], Server: -1}
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
		c.result.Types = append(c.result.Types, t)
		if ok && n < journal[typ] {
			c.differs(Difference{Kind: Count, Type: typ, Says: fmt.Sprintf("%d delivered, %d on the server", journal[typ], n)})
		}
		if err := c.orphans(ctx, typ); err != nil {
			return err
		}
	}
	return nil
}

// orphans lists what has our tag and was never delivered.
func (c *Checker) orphans(ctx context.Context, typ string) error {
	if !c.o.Orphans || c.tag == "" {
		return nil
	}
	ok, err := c.server.IDs(ctx, typ, "_tag="+url.QueryEscape(c.tag), func(id string) error {
		if !c.held.Knows(typ, id) {
			c.differs(Difference{Kind: Orphan, Type: typ, ID: id})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for %s that nobody delivered: %w", typ, err)
	}
	if !ok {
		c.result.Notes = append(c.result.Notes, "the server is not searched by tag: "+typ+" that nobody delivered were not looked for")
	}
	return nil
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

// countPatients compares how many resources of each type the server finds for a patient. More than were delivered are no difference:
// others work with the chart.
func (c *Checker) countPatients(ctx context.Context) error {
	blind := map[string]bool{} // types that cannot be searched by patient
	for _, ref := range slices.Sorted(maps.Keys(c.patients)) {
		for _, typ := range slices.Sorted(maps.Keys(c.patients[ref])) {
			if blind[typ] {
				continue
			}
			want := c.patients[ref][typ]
			n, ok, err := c.server.CountWhere(ctx, typ, "patient="+url.QueryEscape(ref))
			if err != nil {
				return fmt.Errorf("count %s by patient: %w", typ, err)
			}
			if !ok {
				blind[typ] = true
				c.result.Notes = append(c.result.Notes, "the server is not searched for "+typ+" by patient")
				continue
			}
			if n < want {
				id := strings.TrimPrefix(ref, "Patient/")
				c.differs(Difference{Kind: PatientCount, Type: "Patient", ID: id, Says: fmt.Sprintf("%d %s delivered, %d found", want, typ, n)})
			}
		}
	}
	return nil
}
