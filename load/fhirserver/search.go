package fhirserver

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"chartlift/fhir"
)

const (
	createTries = 6    // of one resource, with a look for it in between
	lateLooks   = 4    // for what may have been created: servers index late
	maxPages    = 1000 // of one search
)

// search delivers a resource of a type that knows no conditions: it looks
// whether it is there, and creates it where it is not. A create may not be
// repeated blindly, so it is written down before, and looked for after every
// answer that is lost.
func (d delivery) search(ctx context.Context, it item) error {
	it.put = false // it may have been tried under our id before
	known, err := d.sink.ids.Lookup([]string{it.ref()})
	if err != nil {
		return fmt.Errorf("look up server ids: %w", err)
	}
	k, sent := known[it.ref()]
	at, certain, err := d.find(ctx, it, k, sent)
	if err != nil {
		return err
	}
	switch {
	case at.id != "":
		return d.present(ctx, it, k, at)
	case !certain:
		return d.doubt(it)
	}
	if k.ID != "" || sent { // it is gone from the server, or never arrived
		if err := d.sink.ids.Save(Known{Ref: it.ref(), Hash: hashOf(it.entry.Resource.JSON)}); err != nil {
			return fmt.Errorf("write down what is sent: %w", err)
		}
	}
	return d.create(ctx, it)
}

// find looks for the resource. Certain is false where it may be there and
// nobody can tell.
func (d delivery) find(ctx context.Context, it item, k Known, sent bool) (at located, certain bool, err error) {
	typ := it.entry.Resource.Type
	a, _ := d.sink.client.capability.of(typ)
	if k.ID != "" && a.read {
		got, v, err := d.sink.client.send(ctx, request{method: http.MethodGet, path: typ + "/" + k.ID, tries: d.requests}, 1)
		if err != nil || v == accepted {
			return located{k.ID, versionIn(got)}, true, err
		}
	} else if k.ID != "" {
		return located{id: k.ID}, true, nil // it cannot be read; what was answered once is believed
	}
	address := d.finder(it, a)
	if address == "" {
		return at, !sent || k.ID != "", nil
	}
	looks := 1
	if sent {
		looks = lateLooks
	}
	for look := 1; ; look++ {
		all, err := d.look(ctx, address, it.entry.Resource.ID)
		switch {
		case err != nil:
			return at, false, err
		case len(all) == 1:
			return all[0], true, nil
		case len(all) > 1:
			return at, false, d.twice(it)
		case look == looks:
			return at, true, nil
		}
		if err := d.sink.client.options.Clock.Sleep(ctx, time.Duration(look)*backoffFirst); err != nil {
			return at, false, err
		}
	}
}

// look reads the pages of a search and returns the resources that bear our
// identifier.
func (d delivery) look(ctx context.Context, address, id string) ([]located, error) {
	c := d.sink.client
	var all []located
	unwhole := 0
	for range maxPages {
		got, v, err := c.send(ctx, request{method: http.MethodGet, path: address, tries: d.requests}, 1)
		if err != nil {
			return nil, err
		}
		if v != accepted {
			return nil, c.fail("no-update-as-create", got.status,
				"the server lets no client choose ids (CapabilityStatement.rest.resource.updateCreate), and does not answer a search for what is there already; switch one of them on in the server")
		}
		found, next, ok := matches(got.body, id)
		if !ok {
			if unwhole++; unwhole >= brokenTries || webPage(got.body) {
				return nil, c.fail("bad-answer", got.status, "the server's answer to a search is not one")
			}
			if err := c.pause(ctx, answer{}, unwhole); err != nil {
				return nil, err
			}
			continue
		}
		all = append(all, found...)
		if next == "" || len(all) > 0 {
			return all, nil
		}
		if address, ok = c.within(next); !ok {
			return nil, c.strayed(got.status, next)
		}
	}
	return nil, c.fail("bad-answer", 0, "a search has no end")
}

// lookUp returns the id of a resource that the server has stored and not named,
// "" where a search does not find it.
func (d delivery) lookUp(ctx context.Context, it item) (string, error) {
	a, _ := d.sink.client.capability.of(it.entry.Resource.Type)
	address := d.finder(it, a)
	if address == "" {
		return "", nil
	}
	all, err := d.look(ctx, address, it.entry.Resource.ID)
	if err != nil || len(all) != 1 {
		return "", err
	}
	return all[0].id, nil
}

// twice is the outcome of a resource that the server has more than once.
func (d delivery) twice(it item) error {
	*it.out = refusal(it.entry, answer{status: http.StatusPreconditionFailed})
	return nil
}

// doubt is the outcome of a resource of which nobody can tell whether it is
// there, unless more is known.
func (d delivery) doubt(it item) error {
	if it.out.Status == 0 {
		*it.out = inDoubt(it.entry)
	}
	return nil
}

// finder is the address of the search for a resource, "" where there is none:
// by our identifier, or else by its patient.
func (d delivery) finder(it item, a ability) string {
	typ := it.entry.Resource.Type
	d.sink.mu.Lock()
	blind := d.sink.taught.blind[typ]
	d.sink.mu.Unlock()
	if !a.search || blind || !identifiable(typ) {
		return ""
	}
	name := a.finder()
	switch name {
	case "":
		return ""
	case "identifier":
		return typ + "?" + condition(it.entry.Resource.ID)
	}
	var t fhir.Tree
	if t.Parse(it.entry.Resource.JSON) != nil {
		return ""
	}
	for _, element := range []string{"patient", "subject", "beneficiary"} {
		ref := t.FindText(t.Find(0, element), "reference")
		known, err := d.sink.ids.Lookup([]string{ref})
		if err == nil && relative(ref) == "Patient" && known[ref].ID != "" {
			return typ + "?" + name + "=" + url.QueryEscape("Patient/"+known[ref].ID) + "&_count=1000"
		}
	}
	return ""
}

// present gives the outcome of a resource that was there, and brings it to what
// it is now.
func (d delivery) present(ctx context.Context, it item, was Known, at located) error {
	k := Known{Ref: it.ref(), ID: at.id, Hash: was.Hash}
	if was.ID != at.id {
		if err := d.sink.ids.Save(k); err != nil {
			return fmt.Errorf("write down server ids: %w", err)
		}
	}
	*it.out = success(http.StatusOK, at.version)
	if it.before = was.Hash; it.before != hashOf(it.entry.Resource.JSON) {
		return d.update(ctx, it)
	}
	return nil
}

// create posts a resource that is not there, until it is.
func (d delivery) create(ctx context.Context, it item) error {
	d.strategy = Single
	for try := 1; ; try++ {
		items, r, err := d.prepare([]item{it})
		if err != nil || len(items) == 0 {
			return err
		}
		r.ifNoneExist, r.once = "", true
		a, v, err := d.sink.client.send(ctx, r, 1)
		if err != nil {
			return err
		}
		switch {
		case v == accepted:
			return d.created(ctx, it, a)
		case v == refused || v == tooMuch || try == createTries:
			if err := d.fatal(a); err != nil {
				return err
			}
			if v == refused {
				if err := d.walled(ctx, r, a); err != nil {
					return err
				}
			}
			*it.out = refusal(it.entry, a)
			return nil
		}
		known, err := d.sink.ids.Lookup([]string{it.ref()})
		if err != nil {
			return fmt.Errorf("look up server ids: %w", err)
		}
		at, certain, err := d.find(ctx, it, known[it.ref()], true)
		if err != nil {
			return err
		}
		if at.id != "" {
			return d.created(ctx, it, at.answer(it.entry.Resource.Type))
		}
		if !certain {
			return d.doubt(it)
		}
	}
}

// created takes the id of a new resource down. Where no answer named it, it is
// looked for.
func (d delivery) created(ctx context.Context, it item, a answer) error {
	if locatedID(a.header.Get("Location"), it.entry.Resource.Type) == "" {
		at, _, err := d.find(ctx, it, Known{}, true)
		if err != nil {
			return err
		}
		if at.id != "" {
			a = at.answer(it.entry.Resource.Type)
		}
	}
	a.status = http.StatusCreated
	if err := d.settle(ctx, []item{it}, a); err != nil || !it.out.OK() {
		return err
	}
	return d.proveSearch(ctx, it)
}

// answer is what the server would have said to the create whose answer was
// lost.
func (l located) answer(typ string) answer {
	return answer{status: http.StatusCreated, header: http.Header{"Location": {typ + "/" + l.id}, "Etag": {`W/"` + l.version + `"`}}}
}

// proveSearch looks once for each type whether what was created is found by the
// identifier that we gave it: a server may drop it. Then a search proves
// nothing, and what is in doubt stays in doubt.
func (d delivery) proveSearch(ctx context.Context, it item) error {
	typ := it.entry.Resource.Type
	d.sink.mu.Lock()
	_, asked := d.sink.taught.blind[typ]
	d.sink.mu.Unlock()
	if a, _ := d.sink.client.capability.of(typ); asked || d.finder(it, a) == "" {
		return nil
	}
	at, _, err := d.find(ctx, it, Known{}, true)
	if err != nil {
		return err
	}
	d.sink.mu.Lock()
	defer d.sink.mu.Unlock()
	blind := maps.Clone(d.sink.taught.blind)
	if blind == nil {
		blind = map[string]bool{}
	}
	blind[typ] = at.id == ""
	d.sink.taught.blind = blind
	return nil
}
