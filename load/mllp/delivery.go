package mllp

import (
	"context"
	"errors"
	"slices"

	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/load/httppost"
)

// delivery is one bundle on its way.
type delivery struct {
	*Sink
	again bool // the bundle was sent before
	sent  int  // messages, repetitions included

	patients      []told[patient]
	immunizations []told[immunization]
	observations  []observed
	reports       []reported
}

// told is a resource with its entry.
type told[T any] struct {
	item
	resource *T
}

// take sorts an entry by the message that it goes into, or answers for it at
// once.
func (d *delivery) take(i item) {
	if why, bad := load.Dangling(i.entry); bad {
		*i.out = load.Outcome{Status: 400, Issues: []issue.Issue{why}}
		return
	}
	switch i.entry.Resource.Type {
	case "Patient":
		if r := read[patient](d, i); r != nil {
			d.patients = append(d.patients, told[patient]{i, r})
		}
	case "Immunization":
		if r := read[immunization](d, i); r != nil {
			d.immunizations = append(d.immunizations, told[immunization]{i, r})
		}
	case "Observation":
		if r := read[observation](d, i); r != nil {
			d.observations = append(d.observations, observed{i, r})
		}
	case "DiagnosticReport":
		if r := read[report](d, i); r != nil {
			d.reports = append(d.reports, reported{i, r})
		}
	default:
		i.refuse(404, issue.Issue{
			Code: "no-message", Type: "not-supported",
			Message: "no HL7 v2 message of ours carries " + i.entry.Resource.Type + "; deliver it elsewhere: by a load to a folder or to a FHIR server",
		})
	}
}

// read returns the resource, or nil where it was answered for.
func read[T any](d *delivery, i item) *T {
	r, left, err := decode[T](i.entry.Resource)
	if err != nil {
		i.notCarried(err)
		return nil
	}
	for _, name := range left {
		d.uncarried[name]++
	}
	return r
}

// deliver sends patients before what is told of them.
func (d *delivery) deliver(ctx context.Context) error {
	for _, p := range d.patients {
		if err := d.person(ctx, p); err != nil {
			return err
		}
	}
	for _, g := range groups(d.observations, d.reports) {
		if err := d.results(ctx, g); err != nil {
			return err
		}
	}
	for _, i := range d.immunizations {
		if err := d.vaccination(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (d *delivery) person(ctx context.Context, p told[patient]) error {
	pid, err := identity(p.resource)
	if err != nil {
		p.notCarried(err)
		return nil
	}
	if slices.ContainsFunc(p.resource.Telecom, func(t telecom) bool { return t.Use == "old" }) {
		d.uncarried["Patient.telecom"]++ // see phones
	}
	ref := p.entry.Resource.Ref()
	known := d.people.has(ref)
	a, err := d.send(ctx, person(p.resource, pid, known))
	if err != nil {
		return err
	}
	if a.refused() {
		return d.answer(a, p.item)
	}
	d.refusals.Took()
	p.accepted(!known)
	return d.people.add(ref, pid)
}

// pid returns the PID of a patient whom the receiver knows; without one the
// entries are answered for.
func (d *delivery) pid(ref string, of ...item) (string, error) {
	pid, known, err := d.people.pid(ref)
	if err != nil || known {
		return pid, err
	}
	for _, i := range of {
		i.refuse(422, issue.Issue{
			Code: "reference-not-found", Type: "not-found",
			Message: "the patient was not sent to this receiver, so that nobody could tell whose it is; see why the patient was refused, or deliver patients first",
		})
	}
	return "", nil
}

func (d *delivery) vaccination(ctx context.Context, i told[immunization]) error {
	pid, err := d.pid(i.resource.Patient.Reference, i.item)
	if err != nil || pid == "" {
		return err
	}
	m, err := vaccination(i.resource, pid)
	if err != nil {
		i.notCarried(err)
		return nil
	}
	return d.tell(ctx, m, i.item)
}

// results sends a group, without what cannot be told.
func (d *delivery) results(ctx context.Context, g *group) error {
	pid, err := d.pid(g.patient, g.items()...)
	if err != nil || pid == "" {
		return err
	}
	var good []observed
	for _, o := range g.results {
		n := 0
		if _, err := o.segments(&n); err != nil {
			o.notCarried(err)
			continue
		}
		good = append(good, o)
	}
	g.results = good
	if g.report == nil {
		return d.halves(ctx, g, pid)
	}
	err = errElsewhere
	if g.missing() == 0 {
		if _, err = g.order(); err == nil {
			return d.halves(ctx, g, pid)
		}
	}
	g.report.notCarried(err)
	for _, alone := range groups(good, nil) {
		if err := d.halves(ctx, alone, pid); err != nil {
			return err
		}
	}
	return nil
}

var errElsewhere = errors.New("results of the report are not in the same bundle, and a message without them would say that there are none; " +
	"where a mapping makes them, write bundle.per: patient in its output; of files, deliver the report elsewhere")

// halves sends a group; where it is refused, its halves, until the guilty
// results stand alone. A report is there when one message that names it was
// taken.
func (d *delivery) halves(ctx context.Context, g *group, pid string) error {
	if len(g.results) == 0 && g.report == nil {
		return nil
	}
	m, err := g.message(pid)
	if err != nil {
		return err
	}
	a, err := d.send(ctx, m)
	if err != nil {
		return err
	}
	if !a.refused() || len(g.results) <= 1 {
		return d.answer(a, g.items()...)
	}
	half := len(g.results) / 2
	for _, part := range [][]observed{g.results[:half], g.results[half:]} {
		if err := d.halves(ctx, &group{g.patient, g.encounter, g.report, part}, pid); err != nil {
			return err
		}
	}
	return nil
}

// items are the entries that the group answers for. A report that was taken
// once stays taken.
func (g *group) items() []item {
	var out []item
	if g.report != nil && !g.report.out.OK() {
		out = append(out, g.report.item)
	}
	for _, o := range g.results {
		out = append(out, o.item)
	}
	return out
}

func (d *delivery) tell(ctx context.Context, m message, of item) error {
	a, err := d.send(ctx, m)
	if err != nil {
		return err
	}
	return d.answer(a, of)
}

// answer answers for what went in one message. An error says that the receiver
// refuses everything.
func (d *delivery) answer(a ack, of ...item) error {
	if !a.refused() {
		d.refusals.Took()
	}
	for _, i := range of {
		if !a.refused() {
			i.accepted(!d.again)
			continue
		}
		if row := d.refusals.Refused(a.status(), i.entry.Resource.Type); row.Ends() {
			return &Error{Code: "target-refuses", Target: d.target, Message: row.Explain(a.code)}
		}
		i.refused(a)
	}
	return nil
}

func (i item) refused(a ack) {
	i.refuse(a.status(), issue.Issue{
		Code: "refused-by-engine", Type: "processing", Value: a.words,
		Message: "the receiver answered " + a.code + "; its words stand in the report. Correct the row or the mapping, or the channel, and send it by chartlift retry",
	})
}

const strangeMost = 3 // answers that are none, to one message

// send sends a message until it is acknowledged. No answer says nothing about
// the message: the same bytes go again, with the same control id, after a
// pause.
func (d *delivery) send(ctx context.Context, m message) (ack, error) {
	text := m.encode(d.options.Names)
	began, strange := d.options.Clock.Now(), 0
	for try := 1; ; try++ {
		d.sent++
		a, err := d.wire.tell(ctx, text, m.controlID)
		if ctx.Err() != nil {
			return ack{}, ctx.Err()
		}
		if err == nil {
			return a, nil
		}
		if ends := closed(err); ends != nil {
			return ack{}, ends
		}
		d.wire.drop() // a late answer must not be taken for that to the next message
		if errors.Is(err, errAck) || errors.Is(err, errFrame) || errors.Is(err, errTooLong) {
			strange++
		}
		if strange == strangeMost {
			return ack{}, &Error{Code: "bad-acknowledgment", Target: d.target, Message: "look whether a listener for HL7 v2 stands there; run again", Err: errors.Join(errStrange, err)}
		}
		if d.options.Clock.Now().Sub(began) >= d.options.GiveUpAfter {
			return ack{}, &Error{Code: "engine-gave-up", Target: d.target, Message: "no acknowledgment for " + d.options.GiveUpAfter.String() + "; run again when the receiver is well", Err: err}
		}
		if err := d.options.Clock.Sleep(ctx, max(wishOf(err), httppost.Backoff(try))); err != nil {
			return ack{}, err
		}
	}
}
