package fhirserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// version is one of a resource's history.
type version struct {
	Stored
	at      time.Time // zero where the server does not tell
	deleted bool
	created bool // the server says that nothing was there before: POST, or the status 201 (FHIR R4 sections 3.1.0.8.1 and 3.1.0.13)
}

// mostVersions bounds the history of one resource that is kept in memory. One
// that is longer is taken for one that the server does not tell.
const mostVersions = 2000

// errLongHistory ends the reading of a history that has more.
var errLongHistory = errors.New("the history has too many versions")

// Before returns the version of a resource that stood before the given one.
// exists is false where the given one is the first, or the resource was deleted
// before it; ok is false where the server tells no history, too long a one, or
// not back to that version and the one before. A server that throws old
// versions away must not make us take what was there before for new: that the
// given one is the first is believed where the server says that it created the
// resource, numbers it 1, or is known to keep every version.
func (c *Client) Before(ctx context.Context, resourceType, id, of string) (s Stored, exists, ok bool, err error) {
	all, ok, err := c.history(ctx, resourceType, id)
	if err != nil || !ok {
		return s, false, false, err
	}
	at := slices.IndexFunc(all, func(v version) bool { return !v.deleted && v.Version == of })
	if at < 0 {
		return s, false, false, nil
	}
	if at++; at == len(all) {
		return s, false, all[at-1].created || of == "1" || c.keepsAll(), nil
	}
	if all[at].deleted {
		return s, false, true, nil
	}
	return all[at].Stored, true, true, nil
}

// history returns the versions of a resource, the latest first. ok is false
// where the server tells none. The specification wants that order (FHIR R4
// section 3.1.0.8), and not every server keeps to it: Medplum's memory does
// not. So it is sorted by time, where all versions tell theirs.
func (c *Client) history(ctx context.Context, resourceType, id string) (all []version, ok bool, err error) {
	timed := true
	ok, err = c.pages(ctx, url.PathEscape(resourceType)+"/"+url.PathEscape(id)+"/_history", func(page searchset) error {
		if len(all)+len(page.Entry) > mostVersions {
			return errLongHistory
		}
		for _, e := range page.Entry {
			v := version{deleted: e.Request.Method == http.MethodDelete || len(e.Resource) == 0}
			v.created = e.Request.Method == http.MethodPost || strings.HasPrefix(e.Response.Status, "201")
			when := e.Response.LastModified
			if !v.deleted {
				var err error
				if v.Stored, err = stored(e.Resource); err != nil {
					return err
				}
				when = v.Updated
			}
			if v.at, err = time.Parse(time.RFC3339Nano, when); err != nil {
				timed = false
			}
			all = append(all, v)
		}
		return nil
	})
	if errors.Is(err, errLongHistory) {
		return nil, false, nil
	}
	if timed {
		slices.SortStableFunc(all, func(a, b version) int { return b.at.Compare(a.at) })
	}
	return all, ok, err
}

// keepsAll reports whether the server's software is known to keep every version
// for as long as it keeps the resource, so that the last one of a history is
// the first. Medplum has a table of them from which nothing is thrown away
// alone, and tells GET and 200 of each of them, so that nothing else could
// prove it.
func (c *Client) keepsAll() bool {
	name, _, _ := strings.Cut(c.capability.Software, " ")
	return strings.EqualFold(name, "medplum")
}
